public import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A ratchet as it stands, for judging many candidates by it: what they have in common is worked out once.
public struct Court: Sendable {
  private let ratchet: HeadRatchet
  private let noise: StudyNoise
  private let parts: MeasurementNoise?
  private let sigma: Double
  private let prior: EffectPrior
  /// What is believed of the head; nil until the noise is known.
  private let present: HeadFilter?
  /// So little is known of the head that it is better measured before anything is judged by it.
  private let isHeadVague: Bool

  /// An improvement this many times larger than all that was seen, and than `Sample.wild` deviations, is measured twice.
  private static let incredible = 4.0
  /// The head is measured before anything is judged by it while its variance is above this many times sigma times a typical effect.
  private static let vague = 1.5

  public init(_ ratchet: HeadRatchet) {
    self.ratchet = ratchet
    noise = ratchet.pooled
    parts = noise.parts
    sigma = noise.sigma ?? 0
    prior = ratchet.learned ?? EffectPrior.weak(sigma: sigma)
    present = parts.flatMap { ratchet.present(ratchet.best, $0) }
    if let parts, let present {
      let isUnclear = present.variance > prior.typicalSize * sqrt(parts.total) * Self.vague
      let measured = ratchet.sample(ratchet.head)?.observations.count ?? 0
      isHeadVague = isUnclear && measured < ratchet.rule.maximumReplicates
    } else {
      isHeadVague = false
    }
  }

  /// Returns what to do next about an open candidate (DESIGN, section 5).
  ///
  /// Deciding now would cost `min(gain, loss)` on average: more evidence is bought while that exceeds what its attempt would
  /// bring if it were spent on a new idea. Attempts `inFlight`, of the candidate or the head, count as already ordered.
  /// `offset` is what the candidate is worth beside its metric, in the metric's unit, positive is better.
  public func judge(_ candidate: TrialID, inFlight: Int = 0, offset: Double = 0) -> Judgement {
    let head = ratchet.head
    guard let sample = ratchet.sample(candidate), !sample.observations.isEmpty else {
      let nothing = evidence(of: 0, count: 0, estimate: 0, against: head)
      return inFlight > 0 ? .wait(nothing) : .replicateCandidate(nothing)
    }
    if ratchet.rule.policy == .anyBetter { return judgeByLooks(sample, inFlight: inFlight) }
    let stale = candidate != head && sample.parent != head
    let count = sample.observations.count
    let mean = ratchet.oriented(sample.observations.reduce(0.0) { $0 + $1.value } / Double(count))
    let parent = stale ? parts.flatMap { ratchet.former(sample.parent, $0) } : present
    guard let parts, let filter = parent else {
      // The noise is unknown, or the head: neither can be judged by, so measure what was measured least.
      let since = ratchet.sinceSettled
      let raw = since.isEmpty ? 0 : ratchet.oriented(mean) - Moments(since.map(\.value)).mean
      let evidence = evidence(of: mean, count: count, estimate: raw, against: sample.parent)
      if inFlight > 0 { return .wait(evidence) }
      if stale { return .rebase(evidence) }
      return since.count <= count ? .replicateHead(evidence) : .replicateCandidate(evidence)
    }
    let appraisal = Appraisal(sample, filter: filter, noise: noise, parts: parts, prior: prior, offset: offset)
    let effect = appraisal.effect
    let evidence = Evidence(
      effect: effect.mean, deviation: effect.deviation, gain: effect.gain, loss: effect.loss, mean: mean,
      measurements: count, sigma: sigma, head: sample.parent)
    if candidate == head { return .decided(.kept, evidence) }
    let verdict: Verdict = effect.mean + offset > 0 ? .kept : .discarded
    let isNew = verdict == .kept && count == 1
    let unsure =
      sample.isTorn(parts)
      || (isNew && (isIncredible(appraisal, sample, parts) || abs(appraisal.estimate) < noise.hiddenByRounding))
    let replica = sample.cost / Double(count)
    // What one more measurement would bring if it were spent on a new idea.
    let elsewhere = prior.expectedGainOfNewIdea * ratchet.costs.ideas(perReplica: replica)
    if inFlight == 0, !stale, isHeadVague { return .replicateHead(evidence) }
    if !unsure, min(effect.gain, effect.loss) <= elsewhere {
      return stale && verdict == .kept ? rebase(evidence, inFlight) : .decided(verdict, evidence)
    }
    if count >= ratchet.rule.maximumReplicates {
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
  private func judgeByLooks(_ sample: Sample, inFlight: Int) -> Judgement {
    let number = sample.observations[0].value
    let best = ratchet.sample(ratchet.head)?.observations.first?.value ?? -.infinity
    let evidence = evidence(
      of: ratchet.oriented(number), count: sample.observations.count, estimate: best.isFinite ? number - best : 0,
      against: ratchet.head)
    if sample.trial == ratchet.head { return .decided(.kept, evidence) }
    guard number > best else { return .decided(.discarded, evidence) }
    return sample.parent == ratchet.head ? .decided(.kept, evidence) : rebase(evidence, inFlight)
  }

  private func rebase(_ evidence: Evidence, _ inFlight: Int) -> Judgement {
    inFlight > 0 ? .wait(evidence) : .rebase(evidence)
  }

  /// Whether a candidate's only measurement claims an improvement out of all proportion.
  private func isIncredible(_ appraisal: Appraisal, _ sample: Sample, _ parts: MeasurementNoise) -> Bool {
    guard sample.carried == nil, parts.total > 0 else { return false }
    let widest = ratchet.widest
    let seen = max(widest.count > 1 ? widest[1] : 0, Sample.wild * sqrt(parts.total))
    return appraisal.estimate > Self.incredible * seen
  }

  private func evidence(of mean: Double, count: Int, estimate: Double, against head: TrialID) -> Evidence {
    Evidence(
      effect: estimate, deviation: abs(estimate), gain: max(estimate, 0), loss: max(-estimate, 0), mean: mean,
      measurements: count, sigma: sigma, head: head)
  }
}

extension HeadRatchet {
  /// Returns what to do next about one open candidate, as ``Court/judge(_:inFlight:offset:)`` does.
  public func judge(_ candidate: TrialID, inFlight: Int, offset: Double = 0) -> Judgement {
    Court(self).judge(candidate, inFlight: inFlight, offset: offset)
  }
}
