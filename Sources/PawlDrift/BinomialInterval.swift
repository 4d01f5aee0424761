import PawlStatistics

/// Exact intervals of a share that was counted (Clopper and Pearson 1934).
public enum BinomialInterval {
  /// Counts beyond this are scaled down to it: a wider interval, still a true one.
  static let most = 1_000_000

  /// Returns the interval of a share of which `hits` of `of` were seen; nil where the counts or the confidence are no such thing.
  public static func exact(hits: Int, of total: Int, confidence: Double = 0.95) -> ClosedRange<Double>? {
    guard total > 0, hits >= 0, hits <= total, confidence > 0, confidence < 1 else { return nil }
    let shrink = total > most ? Double(most) / Double(total) : 1
    let right = Double(hits) * shrink
    let wrong = Double(total - hits) * shrink
    return exact(right: right, wrong: wrong, tail: (1 - confidence) / 2)
  }

  /// Counts may be broken ones: what is asked is how many would do.
  static func exact(right: Double, wrong: Double, tail: Double) -> ClosedRange<Double> {
    let lower = right > 0 ? betaQuantile(tail, right, wrong + 1) : 0
    // The upper tail as the lower one of the other share: no digits are lost near 1.
    let upper = wrong > 0 ? 1 - betaQuantile(tail, wrong, right + 1) : 1
    return lower...max(lower, upper)
  }

  /// Returns the x with I_x(a, b) = `probability`, for a, b > 0, by bisection.
  static func betaQuantile(_ probability: Double, _ a: Double, _ b: Double) -> Double {
    var low = 0.0
    var high = 1.0
    while true {
      let middle = 0.5 * (low + high)
      guard middle > low, middle < high else { return middle }
      if Special.incompleteBeta(middle, a, b) < probability { low = middle } else { high = middle }
      if high - low < 1e-14 * high { return 0.5 * (low + high) }
    }
  }
}
