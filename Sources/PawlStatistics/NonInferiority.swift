/// Anytime-valid evidence that a change is at most `margin` worse: for a simplification, equal and simpler is a win.
///
/// The t e-process (`PairedEProcess`) on differences shifted up by the margin tests "the mean difference is at most -margin";
/// `e >= 1 / alpha` at any time refutes that at level alpha (non-inferiority as a shifted one-sided test: ICH E9 1998, section
/// 3.3.2). Differences are improvements: positive is better.
public struct NonInferiority: Sendable, Codable, Hashable {
  /// In the metric's unit, positive.
  public let margin: Double
  private var shifted: PairedEProcess

  /// Returns nil unless the margin is positive and finite: with no margin, "not worse" can never be shown.
  ///
  /// `floor` is the least standard deviation that a difference is believed to have, as from rounding.
  public init?(margin: Double, floor: Double = 0) {
    guard margin > 0, margin.isFinite else { return nil }
    self.margin = margin
    shifted = PairedEProcess(floor: floor)
  }

  /// The least standard deviation that a difference is believed to have; any value keeps the test valid.
  public var floor: Double {
    get { shifted.floor }
    set { shifted.floor = newValue }
  }

  /// Counts one paired difference; one that is not finite is ignored.
  public mutating func add(_ difference: Double) { shifted.add(difference + margin) }

  public var count: Int { shifted.moments.count }

  /// The mean difference; nil before the first.
  public var mean: Double? { count > 0 ? shifted.moments.mean - margin : nil }

  /// The evidence against "worse by the margin or more"; 1 before the first difference.
  public var eValue: Double { shifted.eValue }

  /// Returns whether the evidence reaches `1 / alpha`.
  public func isShown(alpha: Double) -> Bool { alpha > 0 && eValue >= 1 / alpha }

  /// The confidence sequence of the mean difference, each bound at 1 - `alpha`; nil while it is unbounded.
  ///
  /// Its lower bound is above -margin exactly when non-inferiority is shown at `alpha`.
  public func interval(alpha: Double) -> ClosedRange<Double>? {
    shifted.interval(alpha: alpha).map { ($0.lowerBound - margin)...($0.upperBound - margin) }
  }
}
