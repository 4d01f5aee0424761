#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Spearman's rank correlation of pairs, with an approximate interval.
///
/// Ties share their mean rank. The interval is Fisher's transform with the variance of Bonett and Wright 2000, "Sample size
/// requirements for estimating Pearson, Kendall and Spearman correlations", `(1 + r^2 / 2) / (n - 3)`.
public struct RankCorrelation: Sendable, Codable, Hashable {
  public let pairs: Int
  /// -1 to 1.
  public let value: Double
  /// At 95 %; all of -1 to 1 while there are too few pairs to say anything.
  public let interval: ClosedRange<Double>

  /// Pairs from which there is an interval at all.
  static let leastPairs = 4

  /// Returns nil for fewer than three pairs, or where one side is constant; pairs that are not finite are left out.
  public init?(_ pairs: some Sequence<(first: Double, second: Double)>) {
    let finite = pairs.filter { $0.first.isFinite && $0.second.isFinite }
    guard finite.count > 2 else { return nil }
    let (first, second) = (Self.ranks(of: finite.map(\.first)), Self.ranks(of: finite.map(\.second)))
    let middle = Double(finite.count + 1) / 2
    var (both, left, right) = (0.0, 0.0, 0.0)
    for (a, b) in zip(first, second) {
      both += (a - middle) * (b - middle)
      left += (a - middle) * (a - middle)
      right += (b - middle) * (b - middle)
    }
    guard left > 0, right > 0 else { return nil }
    self.pairs = finite.count
    value = max(-1, min(1, both / (left * right).squareRoot()))
    guard finite.count >= Self.leastPairs else {
      interval = -1...1
      return
    }
    // A perfect ranking of few has an infinite transform: held at what the next best ranking of so many would give at least.
    let most = 1 - 6 / (Double(finite.count) * (Double(finite.count * finite.count) - 1))
    let bounded = max(-most, min(most, value))
    let error = ((1 + bounded * bounded / 2) / Double(finite.count - 3)).squareRoot()
    let reach = Normal.quantile(0.975) * error
    interval = min(value, tanh(atanh(bounded) - reach))...max(value, tanh(atanh(bounded) + reach))
  }

  private static func ranks(of values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    return ranks
  }
}
