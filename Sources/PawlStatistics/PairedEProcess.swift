#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Anytime-valid evidence that the mean of paired differences is above zero, with the noise unknown.
///
/// The one-sided t e-process: the ratio of the scale-invariant likelihoods of mean/deviation = delta against 0, averaged over
/// fixed deltas (Pérez-Ortiz et al. 2022, "E-statistics, group invariance and anytime-valid testing"; Wang and Ramdas 2023,
/// "Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance"). For normal differences of mean
/// zero it is a nonnegative martingale that starts at one. It grows with the mean at a fixed spread, so for any mean below
/// zero it stays under the martingale of the shifted data: it is an e-process for the whole null. A spread floored at the
/// resolution of the metric only makes it smaller. Stopping rules must look at the differences up to scale, as ours do.
public struct PairedEProcess: Sendable, Codable, Hashable {
  /// The alternatives: mean over standard deviation of one difference, equally likely beforehand.
  static let alternatives = [0.6, 1.2, 2.4, 4.8]

  public private(set) var moments = Moments()
  /// The least standard deviation that a difference is believed to have, as from rounding; any value keeps the test valid.
  public var floor: Double

  public init(floor: Double = 0) { self.floor = floor }

  public mutating func add(_ difference: Double) { moments.add(difference) }

  /// The evidence so far against "the mean is at most zero"; 1 before the first difference, at most 1e300.
  public var eValue: Double { PairedEProcess.eValue(mean: moments.mean, moments: moments, floor: floor) }

  /// The confidence sequence: with probability at least 1 - 2 `alpha` it holds the mean at every time at once.
  ///
  /// Each bound alone holds at 1 - `alpha`, and the lower one is above zero exactly when `eValue >= 1 / alpha`. Returns nil
  /// while there are too few differences for a finite bound.
  public func interval(alpha: Double) -> ClosedRange<Double>? {
    guard alpha > 0, alpha < 1, moments.count > 1 else { return nil }
    let spread = sqrt(moments.squaredDeviations / Double(moments.count) + floor * floor)
    guard spread > 0 else { return nil }
    let limit = 1 / alpha
    // In units of the spread: the distance at which the evidence for "further than this" reaches the limit.
    func evidence(_ distance: Double) -> Double {
      PairedEProcess.eValue(mean: distance * spread, moments: moments, floor: floor)
    }
    var near = 0.0
    var far = 1.0
    while evidence(far) < limit {
      near = far
      far *= 2
      guard far < 1e6 else { return nil }
    }
    for _ in 0..<60 {
      let middle = 0.5 * (near + far)
      if evidence(middle) < limit { near = middle } else { far = middle }
    }
    let lower = moments.mean - far * spread
    let upper = moments.mean + far * spread
    guard lower.isFinite, upper.isFinite else { return nil }
    return lower...upper
  }

  private static func eValue(mean: Double, moments: Moments, floor: Double) -> Double {
    let count = moments.count
    guard count > 0 else { return 1 }
    // The floor may only ever lower the evidence, so it stays out where the mean is against us.
    let least = mean > 0 ? floor * floor : 0
    let meanSquare = mean * mean + moments.squaredDeviations / Double(count) + least
    // All differences are exactly zero, or so small that they square to zero: no evidence either way.
    guard meanSquare > 0 else { return 1 }
    let ratio = mean / sqrt(meanSquare) * sqrt(Double(count))
    var sum = 0.0
    for delta in alternatives {
      let exponent =
        logIntegral(count, delta * ratio) - logIntegral(count, 0) - 0.5 * Double(count) * delta * delta
      sum += exp(min(exponent, 690))
    }
    return min(1e300, sum / Double(alternatives.count))
  }

  /// Returns log of the integral over w > 0 of w^(n-1) exp(-w²/2 + z w), by its three-term recurrence in n.
  ///
  /// The ratio r_n of successive integrals obeys r_n = z + (n-1) / r_(n-1): stable forwards unless z is clearly negative,
  /// and backwards then.
  static func logIntegral(_ count: Int, _ z: Double) -> Double {
    var result = 0.918_938_533_204_672_74 + 0.5 * z * z + Normal.logCumulative(z)
    guard count > 1 else { return result }
    if z > -1 {
      var ratio = z + Normal.density(z) / Normal.cumulative(z)
      result += log(ratio)
      for index in 2..<max(2, count) {
        ratio = z + Double(index - 1) / ratio
        result += log(ratio)
      }
      return result
    }
    let beyond = count + 400
    var ratio = 0.5 * (z + sqrt(z * z + 4 * Double(beyond)))
    for index in stride(from: beyond, to: 1, by: -1) {
      ratio = Double(index - 1) / (ratio - z)
      if index <= count { result += log(ratio) }
    }
    return result
  }
}
