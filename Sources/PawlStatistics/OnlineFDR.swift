/// The level of each test in an endless stream, such that the expected share of false discoveries is at most alpha.
///
/// Both rules keep `sum over t of level_t / (R_(t-1) + 1) <= alpha`, R being the discoveries so far. With e-values that are each
/// valid given the past, and a discovery at `e >= 1 / level`, that bounds the expected share of false ones at every time, under
/// any dependence (Xu and Ramdas 2024, "Online multiple testing with e-values"; Zhang, Wei, Ren and Zou 2025, "e-GAI",
/// arXiv 2506.01452, theorem 1). Of the same stream, e-LOND spends by a fixed plan; e-LORD spends a fixed share of what is left.
public struct OnlineFDR: Sendable, Codable, Hashable {
  public enum Rule: Sendable, Codable, Hashable {
    /// `alpha gamma_t (R_(t-1) + 1)`: see `AlphaSchedule`.
    case eLOND
    /// `omega (alpha - sum over j < t of level_j / (R_(j-1) + 1)) (R_(t-1) + 1)`; omega is cut to 0 ... 1/2.
    ///
    /// At 1/2 or less no level exceeds alpha / 2, so that a one-sided bound at the test's own level stays inside a two-sided
    /// interval at 1 - alpha. n tests without a discovery spend `1 - (1 - omega)^n` of alpha.
    case eLORD(omega: Double)
  }

  public let alpha: Double
  public let rule: Rule
  /// Tests recorded so far.
  public private(set) var tests = 0
  /// Discoveries among them.
  public private(set) var discoveries = 0
  /// `sum of level / (discoveries before + 1)` over the tests so far; never above alpha.
  public private(set) var spent = 0.0

  /// An `alpha` outside (0, 1) makes every level 0: nothing is ever discovered.
  public init(alpha: Double, rule: Rule) {
    self.alpha = alpha
    self.rule = rule
  }

  /// The level of the next test: it discovers at `e >= 1 / nextLevel`. Zero once nothing is left to spend.
  public var nextLevel: Double {
    guard alpha > 0, alpha < 1 else { return 0 }
    switch rule {
    case .eLOND:
      return AlphaSchedule(alpha: alpha).level(test: tests + 1, discoveries: discoveries)
    case .eLORD(let omega):
      let share = omega > 0 ? min(omega, 0.5) : 0
      return share * max(0, alpha - spent) * Double(discoveries + 1)
    }
  }

  /// Counts the test that was run at `nextLevel`; one that was stopped without a discovery counts too.
  public mutating func record(discovery: Bool) {
    spent += nextLevel / Double(discoveries + 1)
    tests += 1
    if discovery { discoveries += 1 }
  }
}
