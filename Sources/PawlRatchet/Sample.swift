import PawlCore
import PawlStatistics

/// The measurements of one trial that is open, or the head.
struct Sample: Sendable, Codable, Hashable {
  let trial: TrialID
  /// The head that its change was made on.
  var parent: TrialID
  /// In the order in which they were recorded, turned so that larger is better.
  var observations: [Observation] = []
  /// Compute seconds of the attempts that measured it.
  var cost = 0.0
  /// What its measurements on an earlier parent said of its effect: an estimate and its variance.
  var carried: Carried?

  struct Carried: Sendable, Codable, Hashable {
    let estimate: Double
    let variance: Double
  }

  /// Nothing more than this many measurements of one trial is held; the head of a quiet study is measured again and again.
  static let most = 64

  /// Whether two measurements are so far apart that one of them must be wild, and a third has to say which.
  func isTorn(_ noise: MeasurementNoise) -> Bool {
    guard observations.count == 2, noise.total > 0 else { return false }
    let gap = observations[0].value - observations[1].value
    return gap * gap > 2 * Sample.wild * Sample.wild * noise.total
  }

  static let wild = 8.0
}

extension [Observation] {
  /// The measurements without those that the others show to be wild: `8` standard deviations from the median of at least three.
  func tame(_ noise: MeasurementNoise) -> [Observation] {
    guard count >= 3, noise.total > 0 else { return self }
    let sorted = map(\.value).sorted()
    let median = sorted[sorted.count / 2]
    let bound = Sample.wild * Sample.wild * noise.total
    let kept = filter { ($0.value - median) * ($0.value - median) <= bound }
    return kept.isEmpty ? self : kept
  }
}
