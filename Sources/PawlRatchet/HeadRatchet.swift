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
  private struct Closed: Sendable, Codable, Hashable {
    let sample: Sample
    let filters: [HeadFilter?]
  }

  /// A head that is gone, with what was believed of it, while open candidates are measured against it.
  private struct Former: Sendable, Codable, Hashable {
    let trial: TrialID
    let filter: HeadFilter
  }

  /// Candidates after which half of what the prior says of the head is believed.
  private static let trustAfter = 20.0
  /// Seeds that trials share; replicates beyond count as having seeds of their own.
  private static let sharedSeeds = 8
  /// An improvement this many times larger than all that was seen, and than `Sample.wild` deviations, is measured twice.
  private static let incredible = 4.0
  /// The head is measured before anything is judged by it while its variance is above this many times sigma times a typical effect.
  private static let vague = 1.5
  /// How far another machine's level may be off, in variances of one measurement.
  private static let unknownLevel = 25.0
  /// Measurements of the head that may wait for the next candidate's verdict.
  private static let mostUnsettled = 24

  let direction: Direction
  let rule: RatchetRule
  /// The trial that candidates are judged against.
  public private(set) var head = TrialID.baseline
  /// Ordered by trial, so that sums and snapshots come out the same on every replay.
  private var samples: [Sample] = []
  private var beliefs = HeadBelief.start
  private var formers: [Former] = []
  /// The head's measurements that the beliefs do not account for, and all attempts since they were settled.
  private var sinceSettled: [Observation] = []
  private var attemptsSinceSettled = 0
  /// In the order of their first use.
  private var seeds: [UInt64] = []
  /// Of trials that are gone.
  private var noise = StudyNoise()
  private var learned: EffectPrior?
  private var lastClosed: Closed?
  private var costs = IdeaCosts()
  /// The two largest differences to a head that decided candidates showed: one alone may be an accident.
  private var widest: [Double] = []

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
  private mutating func settleHead() {
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
    let place = samples.firstIndex { $0.trial >= trial } ?? samples.count
    if place == samples.count || samples[place].trial != trial {
      samples.insert(Sample(trial: trial, parent: head), at: place)
    }
    return place
  }

  private func sample(_ trial: TrialID) -> Sample? { samples.first { $0.trial == trial } }

  /// The measurements of an open candidate or of the head, on its present parent; nil where there are none.
  public func moments(of trial: TrialID) -> Moments? {
    guard let sample = sample(trial), !sample.observations.isEmpty else { return nil }
    return Moments(sample.observations.map { oriented($0.value) })
  }

  /// What was measured of the baseline while it is the head.
  var calibration: [Observation]? { head == .baseline ? sample(.baseline)?.observations : nil }

  mutating func removeCalibration(at place: Int) {
    guard let index = samples.firstIndex(where: { $0.trial == .baseline }),
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
  private var pooled: StudyNoise {
    var all = noise
    if let lastClosed { all.fold(lastClosed.sample.observations) }
    for sample in samples { all.fold(sample.observations) }
    return all
  }

  /// The standard deviation of one measurement, pooled over the study; nil until there are two replicates of something.
  public var sigma: Double? { pooled.sigma }

  /// What is believed of the effect of a change that was not tried yet.
  public var prior: EffectPrior { learned ?? EffectPrior.weak(sigma: sigma ?? 0) }

  func oriented(_ value: Double) -> Double { direction == .minimize ? -value : value }

  private func present(_ belief: HeadBelief, _ noise: MeasurementNoise) -> HeadFilter? {
    belief.filter(after: attemptsSinceSettled, measured: sinceSettled, seeds: seeds.count, noise: noise)
  }

  /// What was believed of a head that is gone, with the seeds that came into use since.
  private func former(_ trial: TrialID, _ noise: MeasurementNoise) -> HeadFilter? {
    guard var filter = formers.first(where: { $0.trial == trial })?.filter else { return nil }
    filter.extend(to: seeds.count, variance: noise.shared)
    return filter
  }

  /// The assumption about drift that has predicted best.
  private var best: HeadBelief { beliefs.reduce(beliefs[0]) { $1.support > $0.support ? $1 : $0 } }

  /// How fast the machine is believed to drift: variance that each attempt adds, in variances of one measurement.
  var drift: Double { best.drift }

  /// What is believed of the head's true metric, in the metric's own unit and direction; nil until the noise is known.
  ///
  /// Unlike the mean of the measurements that selected the head, it is not flattered by their luck.
  public var headEstimate: (mean: Double, deviation: Double)? {
    guard let parts = pooled.parts, let filter = present(best, parts) else { return nil }
    return (oriented(filter.head), sqrt(max(0, filter.variance)))
  }

  /// A candidate against its parent: the difference, how sure it is, and what it comes to.
  private struct Appraisal {
    let comparison: HeadFilter.Comparison?
    let estimate: Double
    let standardError: Double
    let candidateVariance: Double
    let effect: EffectPosterior
  }

  private func appraise(
    _ sample: Sample, filter: HeadFilter, noise: StudyNoise, parts: MeasurementNoise, prior: EffectPrior,
    offset: Double
  ) -> Appraisal {
    let observations = sample.observations.tame(parts)
    let comparison = filter.compare(observations, noise: parts)
    let mean = observations.reduce(0.0) { $0 + $1.value } / Double(max(1, observations.count))
    var estimate = comparison?.estimate ?? mean - filter.head
    var variance = comparison?.variance ?? 0
    if let carried = sample.carried, variance + carried.variance > 0 {
      let share = variance / (variance + carried.variance)
      estimate += share * (carried.estimate - estimate)
      variance *= 1 - share
    }
    let error = sqrt(variance) * noise.inflation
    return Appraisal(
      comparison: comparison, estimate: estimate, standardError: error,
      candidateVariance: comparison?.candidateVariance ?? 0,
      effect: prior.posterior(estimate: estimate, standardError: error, offset: offset))
  }

  // MARK: the rule

  /// Returns what to do next about an open candidate (DESIGN, section 5).
  ///
  /// Deciding now would cost `min(gain, loss)` on average: more evidence is bought while that exceeds what its attempt would
  /// bring if it were spent on a new idea. Attempts `inFlight`, of the candidate or the head, count as already ordered.
  /// `offset` is what the candidate is worth beside its metric, in the metric's unit, positive is better.
  public func judge(_ candidate: TrialID, inFlight: Int, offset: Double = 0) -> Judgement {
    let noise = pooled
    let sigma = noise.sigma ?? 0
    guard let sample = sample(candidate), !sample.observations.isEmpty else {
      let nothing = evidence(of: 0, count: 0, estimate: 0, sigma: sigma, against: head)
      return inFlight > 0 ? .wait(nothing) : .replicateCandidate(nothing)
    }
    if rule.policy == .anyBetter { return judgeByLooks(sample, sigma: sigma, inFlight: inFlight) }
    let stale = isStale(candidate)
    let mean = oriented(sample.observations.reduce(0.0) { $0 + $1.value } / Double(sample.observations.count))
    let prior = self.prior
    let parent = noise.parts.flatMap { stale ? former(sample.parent, $0) : present(best, $0) }
    guard let parts = noise.parts, let filter = parent else {
      // The noise is unknown, or the head: neither can be judged by, so measure what was measured least.
      let raw = sinceSettled.isEmpty ? 0 : oriented(mean) - Moments(sinceSettled.map(\.value)).mean
      let count = sample.observations.count
      let evidence = evidence(of: mean, count: count, estimate: raw, sigma: sigma, against: sample.parent)
      if inFlight > 0 { return .wait(evidence) }
      if stale { return .rebase(evidence) }
      return sinceSettled.count <= count ? .replicateHead(evidence) : .replicateCandidate(evidence)
    }
    let appraisal = appraise(sample, filter: filter, noise: noise, parts: parts, prior: prior, offset: offset)
    let effect = appraisal.effect
    let evidence = Evidence(
      effect: effect.mean, deviation: effect.deviation, gain: effect.gain, loss: effect.loss, mean: mean,
      measurements: sample.observations.count, sigma: sigma, head: sample.parent)
    if candidate == head { return .decided(.kept, evidence) }
    let count = sample.observations.count
    let verdict: Verdict = effect.mean + offset > 0 ? .kept : .discarded
    let isNew = verdict == .kept && count == 1
    let unsure =
      sample.isTorn(parts)
      || (isNew && (isIncredible(appraisal, sample, parts) || abs(appraisal.estimate) < noise.hiddenByRounding))
    let replica = sample.cost / Double(count)
    // What one more measurement would bring if it were spent on a new idea.
    let elsewhere = prior.expectedGainOfNewIdea * costs.ideas(perReplica: replica)
    if inFlight == 0, !stale, isHeadVague(filter, parts, prior) { return .replicateHead(evidence) }
    if !unsure, min(effect.gain, effect.loss) <= elsewhere {
      return stale && verdict == .kept ? rebase(evidence, inFlight) : .decided(verdict, evidence)
    }
    if count >= rule.maximumReplicates {
      if stale, verdict == .kept { return rebase(evidence, inFlight) }
      return .decided(verdict == .kept ? .kept : .inconclusive, evidence)
    }
    if inFlight > 0 { return .wait(evidence) }
    if stale { return .rebase(evidence) }
    // On a tie the head: its measurements serve the next candidates too.
    return !unsure && filter.variance >= appraisal.candidateVariance
      ? .replicateHead(evidence) : .replicateCandidate(evidence)
  }

  /// The first number of a candidate against the first number of the head, as if neither were noisy.
  private func judgeByLooks(_ sample: Sample, sigma: Double, inFlight: Int) -> Judgement {
    let number = sample.observations[0].value
    let best = self.sample(head)?.observations.first?.value ?? -.infinity
    let evidence = evidence(
      of: oriented(number), count: sample.observations.count, estimate: best.isFinite ? number - best : 0,
      sigma: sigma, against: head)
    if sample.trial == head { return .decided(.kept, evidence) }
    guard number > best else { return .decided(.discarded, evidence) }
    return sample.parent == head ? .decided(.kept, evidence) : rebase(evidence, inFlight)
  }

  private func rebase(_ evidence: Evidence, _ inFlight: Int) -> Judgement {
    inFlight > 0 ? .wait(evidence) : .rebase(evidence)
  }

  /// Whether so little is known of the head that it is better measured before anything is judged by it.
  private func isHeadVague(_ filter: HeadFilter, _ parts: MeasurementNoise, _ prior: EffectPrior) -> Bool {
    filter.variance > prior.typicalSize * sqrt(parts.total) * HeadRatchet.vague
      && (sample(head)?.observations.count ?? 0) < rule.maximumReplicates
  }

  /// Whether a candidate's only measurement claims an improvement out of all proportion.
  private func isIncredible(_ appraisal: Appraisal, _ sample: Sample, _ parts: MeasurementNoise) -> Bool {
    guard sample.carried == nil, parts.total > 0 else { return false }
    let seen = max(widest.count > 1 ? widest[1] : 0, Sample.wild * sqrt(parts.total))
    return appraisal.estimate > HeadRatchet.incredible * seen
  }

  private func evidence(of mean: Double, count: Int, estimate: Double, sigma: Double, against head: TrialID) -> Evidence
  {
    Evidence(
      effect: estimate, deviation: abs(estimate), gain: max(estimate, 0), loss: max(-estimate, 0), mean: mean,
      measurements: count, sigma: sigma, head: head)
  }

  // MARK: what comes of a judgement

  /// Ends a decided candidate: its estimate joins the stream that the prior is learned from, its spread the pooled noise.
  ///
  /// The head's measurements are kept, and closing it does nothing; a candidate may become the head before or after it is closed.
  public mutating func close(_ candidate: TrialID, evidence: Evidence) {
    guard candidate != head, let sample = remove(candidate) else { return }
    let filters = settle(sample)
    if let lastClosed { noise.fold(lastClosed.sample.observations) }
    lastClosed = Closed(sample: sample, filters: filters)
    forgetFormers()
  }

  /// Learns from the candidate's final estimate, and returns what would be believed of it as the head.
  private mutating func settle(_ sample: Sample) -> [HeadFilter?] {
    var noise = pooled
    noise.fold(sample.observations)
    guard let parts = noise.parts else {
      return beliefs.map { _ in nil }
    }
    var prior = self.prior
    if sample.parent != head {
      guard let filter = former(sample.parent, parts) else { return beliefs.map { _ in nil } }
      let appraisal = appraise(sample, filter: filter, noise: noise, parts: parts, prior: prior, offset: 0)
      learn(appraisal, &prior)
      return beliefs.map { _ in nil }
    }
    let trust = Double(prior.observations + 1) / (Double(prior.observations) + HeadRatchet.trustAfter)
    let chosen = best.drift
    var adopted: [HeadFilter?] = []
    var scores: [Double?] = []
    var final: Appraisal?
    for index in beliefs.indices {
      guard let filter = present(beliefs[index], parts) else {
        adopted.append(nil)
        scores.append(nil)
        continue
      }
      let appraisal = appraise(sample, filter: filter, noise: noise, parts: parts, prior: prior, offset: 0)
      if beliefs[index].drift == chosen { final = appraisal }
      guard let comparison = appraisal.comparison else {
        // No noise at all: the measurement is the truth.
        adopted.append(HeadFilter(mean: sample.observations.last?.value ?? filter.head, variance: 0))
        scores.append(nil)
        beliefs[index].filter = filter
        continue
      }
      scores.append(
        prior.logEvidence(estimate: appraisal.estimate, standardError: appraisal.standardError)
          + headEvidence(beliefs[index], parts))
      let effect = (mean: appraisal.effect.mean, deviation: appraisal.effect.deviation)
      adopted.append(filter.settled(comparison, effect: effect, adopted: true, trust: 1))
      beliefs[index].filter = filter.settled(comparison, effect: effect, adopted: false, trust: trust)
    }
    let known = scores.compactMap(\.self)
    if known.count == beliefs.count, let highest = known.max() {
      for index in beliefs.indices { beliefs[index].score(known[index] - highest) }
    }
    sinceSettled = []
    attemptsSinceSettled = 0
    if let final { learn(final, &prior) }
    return adopted
  }

  /// How likely the head's own new measurements are under one assumption.
  private func headEvidence(_ belief: HeadBelief, _ parts: MeasurementNoise) -> Double {
    guard !sinceSettled.isEmpty, belief.filter != nil,
      let before = belief.filter(
        after: attemptsSinceSettled, measured: [], seeds: seeds.count, noise: parts),
      let comparison = before.compare(sinceSettled, noise: parts), comparison.variance > 0
    else { return 0 }
    return -0.5 * comparison.estimate * comparison.estimate / comparison.variance - 0.5 * log(comparison.variance)
  }

  private mutating func learn(_ appraisal: Appraisal, _ prior: inout EffectPrior) {
    guard appraisal.standardError > 0 else { return }
    prior.observe(estimate: appraisal.estimate, standardError: appraisal.standardError)
    learned = prior
    widest = Array((widest + [abs(appraisal.estimate)]).sorted(by: >).prefix(2))
  }

  /// Makes a trial the head. What is believed of it is the belief in the head before it plus the effect, never its lucky mean.
  ///
  /// A trial that was neither open nor the last one closed is a head of which nothing is known: it is measured first.
  public mutating func moveHead(to trial: TrialID) {
    guard trial != head else { return }
    let parts = pooled.parts
    let before = parts.flatMap { present(best, $0) }
    var next: Sample?
    var filters: [HeadFilter?] = beliefs.map { _ in nil }
    if let sample = remove(trial) {
      filters = settle(sample)
      next = sample
    } else if let closed = lastClosed, closed.sample.trial == trial {
      filters = closed.filters
      next = closed.sample
      lastClosed = nil
    }
    if let before, samples.contains(where: { $0.parent == head && $0.trial != head }) {
      formers.append(Former(trial: head, filter: before))
    }
    if let old = remove(head) { noise.fold(old.observations) }
    head = trial
    for index in beliefs.indices { beliefs[index].filter = filters[index] }
    sinceSettled = []
    attemptsSinceSettled = 0
    if let next {
      let place = samples.firstIndex { $0.trial > trial } ?? samples.count
      samples.insert(next, at: place)
    }
  }

  /// Makes an open candidate a change of the present head: its code was re-based, and is to be measured anew.
  ///
  /// What was measured on its old parent still says something of the change. It counts as one more estimate of the effect,
  /// weakened: a change may be worth half as much, or half as much more, beside what the head has gained meanwhile.
  public mutating func rebase(_ trial: TrialID) {
    guard trial != head, let index = samples.firstIndex(where: { $0.trial == trial }) else { return }
    var sample = samples[index]
    guard sample.parent != head else { return }
    let noise = pooled
    if let parts = noise.parts, !sample.observations.isEmpty,
      let filter = former(sample.parent, parts)
    {
      let appraisal = appraise(sample, filter: filter, noise: noise, parts: parts, prior: prior, offset: 0)
      let interaction = 0.5 * appraisal.effect.mean
      sample.carried = .init(
        estimate: appraisal.estimate,
        variance: appraisal.standardError * appraisal.standardError + interaction * interaction)
    }
    self.noise.fold(sample.observations)
    sample.observations = []
    sample.cost = 0
    sample.parent = head
    samples[index] = sample
    forgetFormers()
  }

  /// Compares an open candidate with the present head from here on, as it is: its code is the same, so what was measured of it counts.
  public mutating func compareWithHead(_ trial: TrialID) {
    guard trial != head, let index = samples.firstIndex(where: { $0.trial == trial }), samples[index].parent != head
    else { return }
    samples[index].parent = head
    samples[index].carried = nil
    forgetFormers()
  }

  /// The study goes on on another machine, whose level nobody knows: the head is measured there before anything is judged by it.
  public mutating func changeMachine() {
    guard let parts = pooled.parts else { return }
    settleHead()
    for index in beliefs.indices { beliefs[index].filter?.drift(by: HeadRatchet.unknownLevel * parts.total) }
  }

  /// Forgets an open candidate: it crashed, which says nothing about effects.
  public mutating func drop(_ candidate: TrialID) {
    guard candidate != head, let sample = remove(candidate) else { return }
    noise.fold(sample.observations)
    forgetFormers()
  }

  private mutating func remove(_ trial: TrialID) -> Sample? {
    guard let place = samples.firstIndex(where: { $0.trial == trial }) else { return nil }
    return samples.remove(at: place)
  }

  private mutating func forgetFormers() {
    formers.removeAll { former in !samples.contains { $0.trial != head && $0.parent == former.trial } }
  }
}
