#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Whether two commits' measurements under the same seed correlate, and what pairing them is worth.
///
/// A group is one pair of commits, measured under the same seeds. Deviations from each group's own means are pooled over the
/// groups, so differences between commits are not correlation: with f = sum of (pairs - 1) degrees of freedom the pooled r has
/// the distribution of an ordinary correlation of f + 1 pairs, and without correlation `t = r sqrt((f - 1) / (1 - r²))` is
/// Student's t on f - 1 degrees, exactly for normal noise of one variance over the groups (Fisher 1915; within-class
/// correlation: Snedecor and Cochran 1989, section 10.6). One wild pair dominates r, as it does any product-moment correlation.
public struct SeedCorrelation: Sendable, Codable, Hashable {
  public private(set) var groups = 0
  public private(set) var pairs = 0
  /// Of the pooled sums; the test has one less.
  public private(set) var degreesOfFreedom = 0
  private var firstSquares = 0.0
  private var secondSquares = 0.0
  private var products = 0.0

  public init() {}

  /// Adds all pairs of one group; pairs that are not finite are left out, magnitudes above 1e150 are cut.
  ///
  /// A group of one pair says nothing, and is not counted.
  public mutating func fold(_ group: some Sequence<(first: Double, second: Double)>) {
    var count = 0
    var firstMean = 0.0
    var secondMean = 0.0
    var squares = (first: 0.0, second: 0.0, product: 0.0)
    for pair in group where pair.first.isFinite && pair.second.isFinite {
      count += 1
      let first = max(-1e150, min(1e150, pair.first)) - firstMean
      let second = max(-1e150, min(1e150, pair.second)) - secondMean
      firstMean += first / Double(count)
      secondMean += second / Double(count)
      // Welford's update, for two columns at once: the old deviation times the new one.
      let share = 1 - 1 / Double(count)
      squares.first += first * first * share
      squares.second += second * second * share
      squares.product += first * second * share
    }
    guard count > 1 else { return }
    groups += 1
    pairs += count
    degreesOfFreedom += count - 1
    firstSquares += squares.first
    secondSquares += squares.second
    products += squares.product
  }

  /// The pooled correlation within groups, from -1 to 1; nil below two degrees of freedom and where one side does not vary.
  public var correlation: Double? {
    let scale = sqrt(firstSquares) * sqrt(secondSquares)
    guard degreesOfFreedom > 1, scale > 0, scale.isFinite else { return nil }
    let ratio = products / scale
    return ratio.isFinite ? max(-1, min(1, ratio)) : nil
  }

  /// A test of "measurements under the same seed do not correlate".
  public struct Test: Sendable, Hashable {
    /// Student's t; infinite for a correlation of exactly 1 or -1.
    public let statistic: Double
    public let degreesOfFreedom: Int
    /// Two-sided.
    public let pValue: Double
  }

  /// The exact t-test of zero correlation; nil where there is no correlation to test.
  public var test: Test? {
    guard let correlation else { return nil }
    let freedom = degreesOfFreedom - 1
    let rest = (1 - correlation) * (1 + correlation)
    return Test(
      statistic: correlation * sqrt(Double(freedom) / rest), degreesOfFreedom: freedom,
      pValue: Special.incompleteBeta(rest, Double(freedom) / 2, 0.5))
  }

  /// The variance of a difference within a pair over that of a difference across seeds: below 1 where pairing helps.
  ///
  /// `(s11 + s22 - 2 s12) / (s11 + s22)`: about `1 - r` where both sides are equally noisy. Nil where nothing varies or there are
  /// fewer than two degrees of freedom.
  public var pairingRatio: Double? {
    let both = firstSquares + secondSquares
    guard degreesOfFreedom > 1, both > 0, both.isFinite else { return nil }
    return max(0, min(2, 1 - 2 * products / both))
  }
}
