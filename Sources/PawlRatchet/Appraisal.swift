import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A candidate against its parent: the difference, how sure it is, and what it comes to.
struct Appraisal {
  let comparison: HeadFilter.Comparison?
  let estimate: Double
  let standardError: Double
  let candidateVariance: Double
  let effect: EffectPosterior

  init(
    _ sample: Sample, filter: HeadFilter, noise: StudyNoise, parts: MeasurementNoise, prior: EffectPrior,
    offset: Double = 0
  ) {
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
    self.comparison = comparison
    self.estimate = estimate
    standardError = sqrt(variance) * noise.inflation
    candidateVariance = comparison?.candidateVariance ?? 0
    effect = prior.posterior(estimate: estimate, standardError: standardError, offset: offset)
  }
}
