#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// e-LOND: the level of each test in an endless stream, such that the expected share of false discoveries is at most alpha.
///
/// `alpha_t = alpha * gamma_t * (discoveries before t + 1)`; test t discovers at `e >= 1 / alpha_t`. Valid under any dependence
/// between e-values that are each valid given the past (Xu and Ramdas 2024, "Online multiple testing with e-values").
/// `gamma_t = t^-1.6 / zeta(1.6)` sums to one, starts at 0.44, and `t gamma_t <= 0.44`: no level ever reaches alpha / 2.
public struct AlphaSchedule: Sendable, Codable, Hashable {
  public let alpha: Double
  public init(alpha: Double) { self.alpha = alpha }

  /// Returns the level of test number `test` (from 1) when `discoveries` tests before it discovered.
  public func level(test: Int, discoveries: Int) -> Double {
    let earlier = max(0, min(discoveries, test - 1))
    return alpha * AlphaSchedule.gamma(test) * Double(earlier + 1)
  }

  /// The share of alpha that is set aside for test number `test`, from 1.
  static func gamma(_ test: Int) -> Double { pow(Double(max(1, test)), -1.6) / 2.285_765_665_680_13 }
}
