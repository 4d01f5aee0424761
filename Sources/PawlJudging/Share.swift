import PawlStatistics

/// A count out of a count, with its exact interval (Clopper and Pearson 1934).
public struct Share: Sendable, Codable, Hashable {
  public let count: Int
  public let total: Int
  /// Counts outside of 0...`total` are brought inside.
  public init(_ count: Int, of total: Int) {
    self.total = max(0, total)
    self.count = max(0, min(count, self.total))
  }

  /// Nil of nothing.
  public var value: Double? { total > 0 ? Double(count) / Double(total) : nil }

  /// Returns the interval with both tails at (1 - `confidence`) / 2; 0...1 of nothing.
  public func interval(confidence: Double = 0.95) -> ClosedRange<Double> {
    let tail = 0.5 * (1 - confidence)
    let lower = lowerBound(tail: tail)
    return lower...max(lower, upperBound(tail: tail))
  }

  /// Returns the bound that the true share lies above but for `tail` of all cases.
  public func lowerBound(tail: Double) -> Double {
    guard count > 0 else { return 0 }
    return Self.quantile(tail, Double(count), Double(total - count + 1))
  }

  /// Returns the bound that the true share lies below but for `tail` of all cases.
  public func upperBound(tail: Double) -> Double {
    guard count < total else { return 1 }
    return Self.quantile(1 - tail, Double(count + 1), Double(total - count))
  }

  /// Returns the quantile of a beta distribution, by bisection.
  static func quantile(_ probability: Double, _ a: Double, _ b: Double) -> Double {
    guard probability > 0 else { return 0 }
    guard probability < 1 else { return 1 }
    var near = 0.0
    var far = 1.0
    for _ in 0..<80 {
      let middle = 0.5 * (near + far)
      guard middle > near, middle < far else { break }
      if Special.incompleteBeta(middle, a, b) < probability { near = middle } else { far = middle }
    }
    return 0.5 * (near + far)
  }
}
