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

  /// The share of own noise that is believed at first, and how many contrasts that belief weighs.
  private static let ownShare = 0.65
  private static let ownShareWeight = 6.0
  /// Contrasts further out than this many of their own deviations are no measure of noise.
  private static let wildContrast = 8.0

  /// Adds the replicates of one trial.
  mutating func fold(_ observations: [Observation]) {
    guard observations.count > 1 else { return }
    pooled.fold(Moments(observations.map(\.value)))
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

  /// By how much a standard error grows because the noise itself is estimated.
  var inflation: Double { pooled.inflation }
}
