#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How finely a metric is printed, seen from its values: the largest power of ten, at most 1, of which all are multiples.
///
/// Differences of values rounded to a grid can tie exactly; a test that believed such ties would be infinitely sure.
public struct Resolution: Sendable, Codable, Hashable {
  /// Decimals that the values seen so far need; at most `mostDecimals`.
  private var decimals = 0
  private var largest = 0.0
  private static let mostDecimals = 12

  public init() {}

  public mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    largest = max(largest, abs(value))
    var power = pow(10, Double(decimals))
    while decimals < Resolution.mostDecimals {
      let scaled = value * power
      if abs(scaled - scaled.rounded()) <= 1e-15 * max(1, abs(scaled)) * 8 { break }
      decimals += 1
      power *= 10
    }
  }

  /// The grid's step, but never less than what a double can tell apart at the largest value.
  public var step: Double { max(pow(10, -Double(decimals)), largest.ulp * 4) }

  /// The standard deviation that rounding both values to the grid gives their difference: step / sqrt(6).
  public var differenceDeviation: Double { step * 0.408_248_290_463_863 }
}
