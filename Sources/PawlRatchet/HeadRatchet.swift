public import PawlCore
public import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is believed about candidates, and the one rule that moves the head. Codable: it is part of the engine's snapshot.
///
/// The noise, its seeds' share, the machine's drift and the distribution of effects are learned from the study itself; nothing
/// is given but the direction and the rule's bounds. Only open candidates and the heads that they were made on are held:
/// memory does not grow with the study.
public struct HeadRatchet: Sendable, Codable, Hashable {
  /// A candidate that was just decided, in case it is to be the head: what would be believed of it then.
  struct Closed: Sendable, Codable, Hashable {
    let sample: Sample
    let filters: [HeadFilter?]
  }

  /// A head that is gone, with what was believed of it, while open candidates are measured against it.
  struct Former: Sendable, Codable, Hashable {
    let trial: TrialID
    let filter: HeadFilter
  }

  /// Candidates after which half of what the prior says of the head is believed.
  static let trustAfter = 20.0
  /// Seeds that trials share; replicates beyond count as having seeds of their own.
  private static let sharedSeeds = 8
  /// How far another machine's level may be off, in variances of one measurement.
  static let unknownLevel = 25.0
  /// Measurements of the head that may wait for the next candidate's verdict.
  private static let mostUnsettled = 24

  let direction: Direction
  let rule: RatchetRule
  /// The trial that candidates are judged against.
  public internal(set) var head = TrialID.baseline
  /// Ordered by trial, so that sums and snapshots come out the same on every replay.
  var samples: [Sample] = []
  var beliefs = HeadBelief.start
  var formers: [Former] = []
  /// The head's measurements that the beliefs do not account for, and all attempts since they were settled.
  var sinceSettled: [Observation] = []
  var attemptsSinceSettled = 0
  /// In the order of their first use.
  var seeds: [UInt64] = []
  /// Of trials that are gone.
  var noise = StudyNoise()
  var learned: EffectPrior?
  var lastClosed: Closed?
  var costs = IdeaCosts()
  /// The two largest differences to a head that decided candidates showed: one alone may be an accident.
  var widest: [Double] = []

  public init(direction: Direction, rule: RatchetRule) {
    self.direction = direction
    self.rule = rule
  }

  // MARK: measurements

  /// Says which head a candidate was made on, before anything is recorded for it; otherwise it is the present one.
  public mutating func open(_ trial: TrialID, parent: TrialID) {
    guard trial != head else { return }
    samples[place(of: trial)].parent = parent
  }

  /// Counts one finite measurement of a trial (calibration or search; never certification).
  ///
  /// Trials measured under the same `seed` are compared under it. `cost` is the attempt's, in any unit that all attempts share.
  /// A measurement that comes after its trial was closed opens the trial again: `drop` or `close` it then.
  public mutating func record(_ value: Double, for trial: TrialID, seed: UInt64? = nil, cost: Double = 1) {
    guard value.isFinite else { return }
    let place = place(of: trial)
    let bounded = max(-1e150, min(1e150, value))
    let observation = Observation(seed: seed.flatMap { register($0) }, value: oriented(bounded))
    if samples[place].observations.isEmpty, trial != head { costs.measured(cost) }
    if samples[place].observations.count >= Sample.most { samples[place].observations.removeFirst() }
    samples[place].observations.append(observation)
    samples[place].cost += cost
    if trial == head, !isWild(samples[place]) { sinceSettled.append(observation) }
    attemptsSinceSettled += 1
    if sinceSettled.count >= HeadRatchet.mostUnsettled { settleHead() }
  }

  /// Counts what an attempt cost that was stopped early: new ideas are the cheaper for it.
  public mutating func recordStop(cost: Double) {
    costs.stopped(cost)
    attemptsSinceSettled += 1
  }

  /// Counts what an attempt cost that gave no measurement: new ideas are the dearer for it.
  public mutating func recordFailure(cost: Double) {
    costs.failed(cost)
    attemptsSinceSettled += 1
  }

  /// Whether the newest measurement of the head is one that the others show to be wild; two in a row are a change, not an accident.
  private func isWild(_ sample: Sample) -> Bool {
    let noise = pooled
    guard let parts = noise.parts, noise.freedom >= 2, let last = sample.observations.last else { return false }
    let tame = sample.observations.tame(parts)
    return !tame.contains(last) && sample.observations.dropLast().last.map(tame.contains) ?? false
  }

  /// Takes the head's measurements into the beliefs without waiting for a candidate: many at a time would cost their cube.
  mutating func settleHead() {
    guard let parts = pooled.parts else { return }
    for index in beliefs.indices { beliefs[index].filter = present(beliefs[index], parts) }
    sinceSettled = []
    attemptsSinceSettled = 0
  }

  private mutating func register(_ seed: UInt64) -> Int? {
    if let known = seeds.firstIndex(of: seed) { return known }
    guard seeds.count < HeadRatchet.sharedSeeds else { return nil }
    seeds.append(seed)
    return seeds.count - 1
  }

  /// Returns where the trial's sample is, making one if need be.
  private mutating func place(of trial: TrialID) -> Int {
    let place = position(of: trial)
    if place == samples.count || samples[place].trial != trial {
      samples.insert(Sample(trial: trial, parent: head), at: place)
    }
    return place
  }

  /// Returns where the trial's sample is, or would be.
  func position(of trial: TrialID) -> Int {
    guard let last = samples.last, last.trial >= trial else { return samples.count }
    var (low, high) = (0, samples.count)
    while low < high {
      let middle = (low + high) / 2
      if samples[middle].trial < trial { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Returns where the trial's sample is; nil where there is none.
  func index(of trial: TrialID) -> Int? {
    let place = position(of: trial)
    return place < samples.count && samples[place].trial == trial ? place : nil
  }

  func sample(_ trial: TrialID) -> Sample? { index(of: trial).map { samples[$0] } }

  /// Whether an open candidate, or the head, has measurements on its present parent.
  public func isMeasured(_ trial: TrialID) -> Bool {
    index(of: trial).map { !samples[$0].observations.isEmpty } ?? false
  }

  /// The measurements of an open candidate or of the head, on its present parent; nil where there are none.
  public func moments(of trial: TrialID) -> Moments? {
    guard let sample = sample(trial), !sample.observations.isEmpty else { return nil }
    return Moments(sample.observations.map { oriented($0.value) })
  }

  /// What was measured of the baseline while it is the head.
  var calibration: [Observation]? { head == .baseline ? sample(.baseline)?.observations : nil }

  mutating func removeCalibration(at place: Int) {
    guard let index = index(of: .baseline),
      samples[index].observations.indices.contains(place)
    else { return }
    samples[index].observations.remove(at: place)
    // During calibration nothing else has been believed yet.
    beliefs = HeadBelief.start
    sinceSettled = samples[index].observations
  }

  /// Whether a candidate was made on a head that is gone.
  public func isStale(_ trial: TrialID) -> Bool {
    guard let sample = sample(trial) else { return false }
    return trial != head && sample.parent != head
  }

  // MARK: beliefs

  /// Everything known about the noise: trials that are gone, open candidates and the head.
  var pooled: StudyNoise {
    var all = noise
    if let lastClosed { all.fold(lastClosed.sample.observations) }
    // Most have one measurement, which says nothing; so many are looked at that copies would tell.
    for place in samples.indices where samples[place].observations.count > 1 { all.fold(samples[place].observations) }
    return all
  }

  /// The standard deviation of one measurement, pooled over the study; nil until there are two replicates of something.
  public var sigma: Double? { pooled.sigma }

  /// What is believed of the effect of a change that was not tried yet.
  public var prior: EffectPrior { learned ?? EffectPrior.weak(sigma: sigma ?? 0) }

  func oriented(_ value: Double) -> Double { direction == .minimize ? -value : value }

  func present(_ belief: HeadBelief, _ noise: MeasurementNoise) -> HeadFilter? {
    belief.filter(after: attemptsSinceSettled, measured: sinceSettled, seeds: seeds.count, noise: noise)
  }

  /// What was believed of a head that is gone, with the seeds that came into use since.
  func former(_ trial: TrialID, _ noise: MeasurementNoise) -> HeadFilter? {
    guard var filter = formers.first(where: { $0.trial == trial })?.filter else { return nil }
    filter.extend(to: seeds.count, variance: noise.shared)
    return filter
  }

  /// The assumption about drift that has predicted best.
  var best: HeadBelief { beliefs.reduce(beliefs[0]) { $1.support > $0.support ? $1 : $0 } }

  /// How fast the machine is believed to drift: variance that each attempt adds, in variances of one measurement.
  var drift: Double { best.drift }

  /// What is believed of the head's true metric, in the metric's own unit and direction; nil until the noise is known.
  ///
  /// Unlike the mean of the measurements that selected the head, it is not flattered by their luck.
  public var headEstimate: (mean: Double, deviation: Double)? {
    guard let parts = pooled.parts, let filter = present(best, parts) else { return nil }
    return (oriented(filter.head), sqrt(max(0, filter.variance)))
  }
}
