public import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What comes of a judgement: what is learned, and what is believed of the next head.
extension HeadRatchet {
  /// Ends a decided candidate: its estimate joins the stream that the prior is learned from, its spread the pooled noise.
  ///
  /// The head's measurements are kept, and closing it does nothing; a candidate may become the head before or after it is closed.
  public mutating func close(_ candidate: TrialID, evidence: Evidence) {
    guard candidate != head, let sample = remove(candidate) else { return }
    let filters = settle(sample)
    if let lastClosed { noise.fold(lastClosed.sample.observations) }
    lastClosed = Closed(sample: sample, filters: filters)
    forgetFormers([sample.parent])
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
      let appraisal = Appraisal(sample, filter: filter, noise: noise, parts: parts, prior: prior)
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
      let appraisal = Appraisal(sample, filter: filter, noise: noise, parts: parts, prior: prior)
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
      let place = position(of: trial)
      samples.insert(next, at: place)
    }
  }

  /// Makes an open candidate a change of the present head: its code was re-based, and is to be measured anew.
  ///
  /// What was measured on its old parent still says something of the change. It counts as one more estimate of the effect,
  /// weakened: a change may be worth half as much, or half as much more, beside what the head has gained meanwhile.
  public mutating func rebase(_ trial: TrialID) {
    guard trial != head, let index = index(of: trial) else { return }
    var sample = samples[index]
    guard sample.parent != head else { return }
    let noise = pooled
    if let parts = noise.parts, !sample.observations.isEmpty,
      let filter = former(sample.parent, parts)
    {
      let appraisal = Appraisal(sample, filter: filter, noise: noise, parts: parts, prior: prior)
      let interaction = 0.5 * appraisal.effect.mean
      sample.carried = .init(
        estimate: appraisal.estimate,
        variance: appraisal.standardError * appraisal.standardError + interaction * interaction)
    }
    self.noise.fold(sample.observations)
    sample.observations = []
    sample.cost = 0
    let parent = sample.parent
    sample.parent = head
    samples[index] = sample
    forgetFormers([parent])
  }

  /// Compares open candidates with the present head from here on, as they are: their code is the same, so what was measured counts.
  public mutating func compareWithHead(_ candidates: [TrialID]) {
    var parents: Set<TrialID> = []
    for trial in candidates where trial != head {
      guard let index = index(of: trial), samples[index].parent != head else { continue }
      parents.insert(samples[index].parent)
      samples[index].parent = head
      samples[index].carried = nil
    }
    forgetFormers(parents)
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
    forgetFormers([sample.parent])
  }

  /// Forgets a candidate whose attempt was stopped, and learns its expected effect: were the hopeless ones left out, ideas would look better than
  /// they are.
  public mutating func foresee(_ candidate: TrialID, evidence: Evidence) {
    drop(candidate)
    guard evidence.deviation > 0, pooled.parts != nil else { return }
    var prior = self.prior
    prior.observe(estimate: evidence.effect, standardError: evidence.deviation)
    learned = prior
  }

  private mutating func remove(_ trial: TrialID) -> Sample? {
    guard let place = index(of: trial) else { return nil }
    return samples.remove(at: place)
  }

  /// Forgets what was believed of heads that are gone, those of `parents` that no open candidate is measured against any more.
  private mutating func forgetFormers(_ parents: Set<TrialID>) {
    for parent in parents {
      guard let place = formers.firstIndex(where: { $0.trial == parent }) else { continue }
      let isWanted = samples.indices.contains { samples[$0].parent == parent && samples[$0].trial != head }
      if !isWanted { formers.remove(at: place) }
    }
  }
}
