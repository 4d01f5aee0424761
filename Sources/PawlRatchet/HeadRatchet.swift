public import PawlCore
public import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is believed about candidates, and the one rule that moves the head. Codable: it is part of the engine's snapshot.
///
/// The noise and the distribution of effects are learned from the study itself; nothing is given but the direction and the
/// rule's bounds. Only candidates that are open, and the head, are held: memory does not grow with the study.
public struct HeadRatchet: Sendable, Codable, Hashable {
  /// The measurements of one trial that is open, or the head.
  private struct Sample: Sendable, Codable, Hashable {
    let trial: TrialID
    var moments: Moments
  }

  /// A candidate that was just decided, in case it is to be the head.
  private struct Closed: Sendable, Codable, Hashable {
    let sample: Sample
    let belief: HeadBelief
  }

  /// Candidates after which half of what the prior says of the head is believed.
  private static let trustAfter = 20

  private let direction: Direction
  private let rule: RatchetRule
  /// The trial that candidates are judged against.
  public private(set) var head = TrialID.baseline
  /// Ordered by trial, so that sums and snapshots come out the same on every replay.
  private var samples: [Sample] = []
  /// What is believed of the head but for `sinceAdoption`; nil for a head of which nothing is known but measurements.
  private var inherited: HeadBelief?
  /// The head's measurements that `inherited` does not account for.
  private var sinceAdoption = Moments()
  /// Of trials that are gone.
  private var noise = PooledNoise()
  private var learned: EffectPrior?
  private var lastClosed: Closed?
  /// What open candidates are changes of.
  private var parents: [TrialID: TrialID] = [:]
  /// What was believed of heads that are gone and of which candidates are open.
  private var formers: [TrialID: HeadBelief] = [:]

  public init(direction: Direction, rule: RatchetRule) {
    self.direction = direction
    self.rule = rule
  }

  /// Notes what a new candidate is a change of, before anything is recorded for it.
  public mutating func open(_ trial: TrialID, parent: TrialID) { parents[trial] = parent }

  /// Makes a candidate a change of the present head, of which nothing is measured yet.
  public mutating func rebase(_ trial: TrialID) {
    parents[trial] = head
    if let sample = remove(trial) { noise.fold(sample.moments) }
  }

  /// Counts one finite measurement of a trial (calibration or search; never certification).
  ///
  /// A measurement that comes after its trial was closed opens the trial again: `drop` or `close` it then.
  public mutating func record(_ value: Double, for trial: TrialID) {
    guard value.isFinite else { return }
    let place = samples.firstIndex { $0.trial >= trial } ?? samples.count
    if place == samples.count || samples[place].trial != trial {
      samples.insert(Sample(trial: trial, moments: Moments()), at: place)
    }
    samples[place].moments.add(value)
    if trial == head { sinceAdoption.add(value) }
  }

  /// The measurements of an open candidate or of the head; nil where there are none.
  public func moments(of trial: TrialID) -> Moments? {
    samples.first { $0.trial == trial }?.moments
  }

  /// Everything known about the noise: trials that are gone, open candidates and the head.
  private var pooled: PooledNoise {
    var all = noise
    if let lastClosed { all.fold(lastClosed.sample.moments) }
    for sample in samples { all.fold(sample.moments) }
    return all
  }

  /// The standard deviation of one measurement, pooled over the study; nil until there are two replicates of something.
  public var sigma: Double? { pooled.sigma }

  /// What is believed of the effect of a change that was not tried yet.
  public var prior: EffectPrior { learned ?? EffectPrior.weak(sigma: sigma ?? 0) }

  private func oriented(_ value: Double) -> Double { direction == .minimize ? -value : value }

  /// What is believed of the head; nil while nothing was measured or inherited.
  private func headBelief(noise: Double) -> HeadBelief? {
    let measured = oriented(sinceAdoption.mean)
    if let inherited { return inherited.updated(by: sinceAdoption, mean: measured, noise: noise) }
    guard sinceAdoption.count > 0 else { return nil }
    return HeadBelief(mean: measured, variance: noise / Double(sinceAdoption.count))
  }

  /// What is believed of the head's true metric, in the metric's own unit and direction; nil until the noise is known.
  ///
  /// Unlike the mean of the measurements that selected the head, it is not flattered by their luck.
  public var headEstimate: (mean: Double, deviation: Double)? {
    guard let sigma, let belief = headBelief(noise: sigma * sigma) else { return nil }
    return (oriented(belief.mean), sqrt(max(0, belief.variance)))
  }

  /// A candidate against the head: the difference, how sure it is, and what it comes to.
  private struct Comparison {
    let estimate: Double
    let standardError: Double
    let candidateVariance: Double
    let head: HeadBelief
    let effect: EffectPosterior
  }

  private func compare(
    _ moments: Moments, noise: PooledNoise, prior: EffectPrior, former: HeadBelief? = nil
  ) -> Comparison? {
    guard let sigma = noise.sigma, let belief = former ?? headBelief(noise: sigma * sigma) else { return nil }
    let variance = sigma * sigma / Double(moments.count)
    let estimate = oriented(moments.mean) - belief.mean
    let error = sqrt(variance + belief.variance) * noise.inflation
    return Comparison(
      estimate: estimate, standardError: error, candidateVariance: variance, head: belief,
      effect: prior.posterior(estimate: estimate, standardError: error))
  }

  /// Returns what to do next about an open candidate with at least one measurement (DESIGN, section 5).
  ///
  /// Deciding now would cost `min(gain, loss)` on average: more evidence is bought while that exceeds what the attempt would
  /// bring if it were spent on a new idea. Attempts `inFlight`, of the candidate or the head, count as already ordered.
  public func judge(_ candidate: TrialID, inFlight: Int, offset: Double = 0) -> Judgement {
    let noise = pooled
    let sigma = noise.sigma ?? 0
    guard let moments = moments(of: candidate) else {
      let nothing = evidence(of: Moments(), estimate: 0, sigma: sigma)
      return inFlight > 0 ? .wait(nothing) : .replicateCandidate(nothing)
    }
    let prior = self.prior
    guard
      let comparison = compare(moments, noise: noise, prior: prior, former: parents[candidate].flatMap { formers[$0] })
    else {
      // The noise is unknown, or the head: neither can be judged by, so measure what was measured least.
      let raw = sinceAdoption.count > 0 ? oriented(moments.mean) - oriented(sinceAdoption.mean) : 0
      let evidence = evidence(of: moments, estimate: raw, sigma: sigma)
      if inFlight > 0 { return .wait(evidence) }
      return sinceAdoption.count <= moments.count ? .replicateHead(evidence) : .replicateCandidate(evidence)
    }
    let effect = comparison.effect
    let evidence = Evidence(
      effect: effect.mean, deviation: effect.deviation, gain: effect.gain, loss: effect.loss, mean: moments.mean,
      measurements: moments.count, sigma: sigma, head: head)
    if candidate == head { return .decided(.kept, evidence) }
    let regret = min(effect.gain, effect.loss)
    let isStale = parents[candidate].map { $0 != head } ?? false
    if isStale, effect.mean + offset > 0 || regret > prior.expectedGainOfNewIdea { return .rebase(evidence) }
    let verdict: Verdict = effect.mean + offset > 0 ? .kept : .discarded
    if regret <= prior.expectedGainOfNewIdea { return .decided(verdict, evidence) }
    if moments.count >= rule.maximumReplicates {
      return .decided(verdict == .kept ? .kept : .inconclusive, evidence)
    }
    if inFlight > 0 { return .wait(evidence) }
    // On a tie the head: its measurements serve the next candidates too.
    return comparison.head.variance >= comparison.candidateVariance
      ? .replicateHead(evidence) : .replicateCandidate(evidence)
  }

  private func evidence(of moments: Moments, estimate: Double, sigma: Double) -> Evidence {
    Evidence(
      effect: estimate, deviation: abs(estimate), gain: max(estimate, 0), loss: max(-estimate, 0), mean: moments.mean,
      measurements: moments.count, sigma: sigma, head: head)
  }

  /// Ends a decided candidate: its estimate joins the stream that the prior is learned from, its spread the pooled noise.
  ///
  /// The head's measurements are kept, and closing it does nothing; a candidate may become the head before or after it is closed.
  public mutating func close(_ candidate: TrialID, evidence: Evidence) {
    parents[candidate] = nil
    guard candidate != head, let sample = remove(candidate) else { return }
    let belief = settle(sample.moments)
    if let lastClosed { noise.fold(lastClosed.sample.moments) }
    lastClosed = Closed(sample: sample, belief: belief)
  }

  /// Learns from the candidate's final estimate, and returns what is believed of it.
  private mutating func settle(_ moments: Moments) -> HeadBelief {
    var noise = pooled
    noise.fold(moments)
    var prior = self.prior
    guard let comparison = compare(moments, noise: noise, prior: prior) else {
      let sigma = noise.sigma ?? 0
      return HeadBelief(mean: oriented(moments.mean), variance: sigma * sigma / Double(moments.count))
    }
    if comparison.standardError > 0 {
      prior.observe(estimate: comparison.estimate, standardError: comparison.standardError)
      learned = prior
    }
    // A decided candidate says something about the head too: what of the difference its effect does not explain.
    inherited = comparison.head.informed(
      by: comparison.estimate, variance: comparison.candidateVariance, effect: comparison.effect,
      trust: Double(prior.observations + 1) / Double(prior.observations + HeadRatchet.trustAfter))
    sinceAdoption = Moments()
    return HeadBelief.adopted(
      head: comparison.head, candidateMean: oriented(moments.mean), candidateVariance: comparison.candidateVariance,
      effect: comparison.effect)
  }

  /// Makes a trial the head. What is believed of it is the belief in the head before it plus the effect, never its lucky mean.
  ///
  /// A trial that was neither open nor the last one closed is a head of which nothing is known: it is measured first.
  public mutating func moveHead(to trial: TrialID) {
    guard trial != head else { return }
    parents[trial] = nil
    formers = formers.filter { former in parents.values.contains(former.key) }
    if parents.values.contains(head), let sigma, let belief = headBelief(noise: sigma * sigma) {
      formers[head] = belief
    }
    var next: Sample?
    var belief: HeadBelief?
    if let sample = remove(trial) {
      belief = settle(sample.moments)
      next = sample
    } else if let closed = lastClosed, closed.sample.trial == trial {
      belief = closed.belief
      next = closed.sample
      lastClosed = nil
    }
    if let old = remove(head) { noise.fold(old.moments) }
    head = trial
    inherited = belief
    sinceAdoption = Moments()
    if let next {
      let place = samples.firstIndex { $0.trial > trial } ?? samples.count
      samples.insert(next, at: place)
    }
  }

  /// Forgets an open candidate: it crashed, which says nothing about effects.
  public mutating func drop(_ candidate: TrialID) {
    parents[candidate] = nil
    guard candidate != head, let sample = remove(candidate) else { return }
    noise.fold(sample.moments)
  }

  private mutating func remove(_ trial: TrialID) -> Sample? {
    guard let place = samples.firstIndex(where: { $0.trial == trial }) else { return nil }
    return samples.remove(at: place)
  }
}
