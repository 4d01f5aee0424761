#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension PooledNoise {
  /// The interval that holds the true sigma with the given confidence if the noise is normal (chi-squared, equal tails).
  ///
  /// Nil until something was replicated, and for a confidence outside (0, 1); 0 to 0 where all replicates agreed exactly.
  public func interval(confidence: Double) -> ClosedRange<Double>? {
    guard confidence > 0, confidence < 1, degreesOfFreedom > 0 else { return nil }
    let distribution = ChiSquared(degreesOfFreedom: degreesOfFreedom)
    let tail = 0.5 * (1 - confidence)
    let lower = sqrt(sumOfSquares / distribution.quantile(1 - tail))
    let upper = sqrt(sumOfSquares / distribution.quantile(tail))
    guard lower.isFinite, upper.isFinite, lower <= upper else { return nil }
    return lower...upper
  }
}
