import PawlStatistics

/// What is believed of the head's true metric, turned so that larger is better: a normal with this mean and variance.
///
/// A head is adopted because a measurement looked good, so its own mean is biased upwards. What it inherits instead is the belief
/// in the head before it plus the posterior of the effect; its later measurements then update that as usual.
struct HeadBelief: Sendable, Codable, Hashable {
  var mean: Double
  var variance: Double

  /// Returns the belief in `head + d` given what is believed of the head, of d, and the candidate's own mean.
  ///
  /// Exact to second moments: with k the share of the head's variance in the variance of `candidate - head` given d, the
  /// measured difference moves the head by k of what d does not explain.
  static func adopted(
    head: HeadBelief, candidateMean: Double, candidateVariance: Double, effect: EffectPosterior
  ) -> HeadBelief {
    let total = head.variance + candidateVariance
    guard total > 0 else { return HeadBelief(mean: candidateMean, variance: 0) }
    let share = head.variance / total
    return HeadBelief(
      mean: head.mean + share * (candidateMean - head.mean) + (1 - share) * effect.mean,
      variance: share * candidateVariance + (1 - share) * (1 - share) * effect.deviation * effect.deviation)
  }

  /// Returns the belief after one more candidate, `difference` better than it by its own mean, was judged against it.
  ///
  /// The part of the difference that the posterior of the effect leaves open is the head's error or the candidate's, in
  /// proportion to their variances. This leans on the prior, so it counts by `trust` (0 to 1) while the prior is young.
  func informed(by difference: Double, variance candidateVariance: Double, effect: EffectPosterior, trust: Double)
    -> HeadBelief
  {
    let total = variance + candidateVariance
    guard total > 0 else { return self }
    let share = variance / total * max(0, min(1, trust))
    return HeadBelief(
      mean: mean + share * (difference - effect.mean),
      variance: (1 - share) * variance + share * share * effect.deviation * effect.deviation)
  }

  /// Returns the belief after `measurements` more, each with variance `noise`.
  func updated(by measurements: Moments, mean measured: Double, noise: Double) -> HeadBelief {
    guard measurements.count > 0 else { return self }
    let theirs = noise / Double(measurements.count)
    let total = variance + theirs
    guard total > 0 else { return HeadBelief(mean: measured, variance: 0) }
    let share = variance / total
    return HeadBelief(mean: mean + share * (measured - mean), variance: share * theirs)
  }
}
