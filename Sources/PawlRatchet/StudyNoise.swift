import PawlStatistics

/// The noise of a study: pooled within trials, and split into what is a measurement's own and what its seed shares with others.
///
/// Two trials measured under the same two seeds tell: the seeds' common offsets move both of them alike, so the spread of
/// `value under this seed - value under the first` between trials is made of own noise alone (a two-way layout without
/// interaction; Fisher 1925). While few trials have replicates the own share is held near its start.
struct StudyNoise: Sendable, Codable, Hashable {
  private(set) var pooled = PooledNoise()
  /// Of each shared seed after the first: the difference to the first, over trials measured under both.
  private var contrasts: [Moments] = []
  /// How finely the values are printed, and the largest of them.
  private var resolution = Resolution()
  private var largest = 0.0

  /// The share of own noise that is believed at first, and how many contrasts that belief weighs.
  private static let ownShare = 0.65
  private static let ownShareWeight = 6.0
  /// Contrasts further out than this many of their own deviations are no measure of noise.
  private static let wildContrast = 8.0

  /// Adds the replicates of one trial.
  mutating func fold(_ observations: [Observation]) {
    guard observations.count > 1 else { return }
    for observation in observations {
      resolution.add(observation.value)
      largest = max(largest, abs(observation.value))
    }
    pooled.fold(Moments(tame(observations).map(\.value)))
    guard let first = observations.first(where: { $0.seed == 0 }) else { return }
    for observation in observations {
      guard let seed = observation.seed, seed > 0 else { continue }
      while contrasts.count < seed { contrasts.append(Moments()) }
      let contrast = observation.value - first.value
      let known = contrasts[seed - 1]
      if known.count >= 4, let variance = known.variance, variance > 0 {
        let distance = contrast - known.mean
        if distance * distance > StudyNoise.wildContrast * StudyNoise.wildContrast * variance { continue }
      }
      contrasts[seed - 1].add(contrast)
    }
  }

  /// The standard deviation of one measurement under a seed of its own; nil until something was replicated.
  var sigma: Double? { pooled.sigma }

  /// What one measurement is made of; nil until something was replicated.
  var parts: MeasurementNoise? {
    guard let sigma = pooled.sigma else { return nil }
    let total = sigma * sigma
    let freedom = Double(contrasts.reduce(0) { $0 + max(0, $1.count - 1) })
    let squares = contrasts.reduce(0.0) { $0 + $1.squaredDeviations } / 2
    let start = StudyNoise.ownShareWeight
    let own = (start * StudyNoise.ownShare * total + squares) / (start + freedom)
    return MeasurementNoise(own: min(own, total), shared: max(0, total - own))
  }

  /// Degrees of freedom of sigma.
  var freedom: Double { pooled.degreesOfFreedom }

  /// The difference up to which noise may hide behind rounding: all replicates agree, but on values that are printed coarsely.
  var hiddenByRounding: Double {
    let isDoubtful =
      pooled.sigma == 0 && freedom < StudyNoise.enoughTies && resolution.step >= StudyNoise.coarse * largest
    return isDoubtful ? 4 * resolution.step : 0
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return 0.5 * (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2])
  }

  /// So many median deviations out, one normal value of four is found in under one study of a hundred.
  private static let wildDeviations = 25.0
  private static let enoughTies = 6.0
  private static let coarse = 1e-4

  /// The replicates without those that the others, and what is known of the noise, show to be wild.
  private func tame(_ observations: [Observation]) -> [Observation] {
    if freedom >= 3, let parts { return observations.tame(parts) }
    // Nothing else is known yet: four values or more speak for themselves (median absolute deviation; Hampel 1974).
    guard observations.count >= 4 else { return observations }
    let median = StudyNoise.median(observations.map(\.value))
    let spread = StudyNoise.median(observations.map { abs($0.value - median) })
    guard spread > 0 else { return observations }
    return observations.filter { abs($0.value - median) <= StudyNoise.wildDeviations * spread }
  }

  /// By how much a standard error grows because the noise itself is estimated.
  var inflation: Double { pooled.inflation }
}
