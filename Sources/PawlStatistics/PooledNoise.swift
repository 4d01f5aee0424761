#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The noise of one measurement, pooled within candidates: differences between candidates do not count as noise.
///
/// The pooled estimate is that of one-way analysis of variance, with calibration as the first group. One wild group cannot
/// spoil it: once three degrees of freedom are known, a group's variance counts for at most `8 (1 + 8 / df)` times the
/// pooled one (a winsorised pool; for one pair of normal replicates the bound cuts about one in two hundred).
public struct PooledNoise: Sendable, Codable, Hashable {
  public private(set) var degreesOfFreedom = 0.0
  public private(set) var sumOfSquares = 0.0

  public init() {}

  /// Adds the spread of one candidate's replicates; a single measurement says nothing about noise.
  public mutating func fold(_ replicates: Moments) {
    guard replicates.count > 1 else { return }
    let freedom = Double(replicates.count - 1)
    var squares = replicates.squaredDeviations
    if degreesOfFreedom >= 3, sumOfSquares > 0 {
      squares = min(squares, freedom * sumOfSquares / degreesOfFreedom * 8 * (1 + 8 / degreesOfFreedom))
    }
    degreesOfFreedom += freedom
    sumOfSquares += squares
  }

  /// The standard deviation of one measurement; nil until something was replicated, zero where all replicates agreed exactly.
  public var sigma: Double? {
    degreesOfFreedom > 0 ? sqrt(sumOfSquares / degreesOfFreedom) : nil
  }

  /// How much wider a standard error must be because sigma itself is estimated: the Student quantile that a normal has at one
  /// standard deviation (Cornish-Fisher expansion, Abramowitz and Stegun 26.7.5, at x = 1); 1.8 at one degree of freedom.
  public var inflation: Double {
    guard degreesOfFreedom > 0 else { return 2 }
    let inverse = 1 / max(1, degreesOfFreedom)
    return 1 + inverse * (0.5 + inverse * (0.25 + inverse * 0.0625))
  }
}
