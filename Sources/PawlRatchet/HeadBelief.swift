import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is believed of the head under one assumption of how fast the machine drifts, and how well that assumption has done.
struct HeadBelief: Sendable, Codable, Hashable {
  /// Variance that each attempt adds to the common level of all trials, in variances of one measurement.
  let drift: Double
  /// How well it predicted lately, in log likelihood; only differences between assumptions mean anything.
  var support: Double
  /// Nil while the head has only measurements that are not accounted for yet.
  var filter: HeadFilter?

  /// A still machine is believed until the measurements disagree; the others drift by 3, 10 and 30 % of sigma each attempt.
  static let start = [(0.0, 0.0), (0.001, -3.0), (0.01, -4.0), (0.09, -5.0)].map {
    HeadBelief(drift: $0.0, support: $0.1, filter: nil)
  }
  /// What an older prediction counts for, beside the newest.
  private static let memory = 0.98

  /// Returns what is believed now, after `attempts` since the filter was settled and measurements of the head among them.
  func filter(after attempts: Int, measured: [Observation], seeds: Int, noise: MeasurementNoise) -> HeadFilter? {
    var next: HeadFilter
    if let filter {
      next = filter
      next.drift(by: drift * noise.total * Double(attempts))
    } else {
      guard !measured.isEmpty else { return nil }
      let mean = measured.reduce(0.0) { $0 + $1.value } / Double(measured.count)
      // Flat beside one measurement; exact where there is no noise.
      next = HeadFilter(mean: mean, variance: 1e4 * noise.total)
    }
    next.extend(to: seeds, variance: noise.shared)
    return next.updated(by: measured, noise: noise)
  }

  /// Counts how likely a prediction error was, less what the best assumption gave it; at most 0.
  mutating func score(_ disadvantage: Double) {
    // One absurd value must not decide between assumptions for the rest of the study.
    support = HeadBelief.memory * support + max(-6, min(0, disadvantage))
  }
}
