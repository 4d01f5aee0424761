import PawlStatistics

/// What a count of successes says of their probability.
public enum BinomialBound {
  /// Returns the exact one-sided upper confidence bound of a probability (Clopper and Pearson 1934); 1 where nothing was tried.
  public static func upper(successes: Int, trials: Int, confidence: Double = 0.95) -> Double {
    guard trials > 0, successes < trials, successes >= 0 else { return 1 }
    var low = 0.0
    var high = 1.0
    for _ in 0..<60 {
      let middle = 0.5 * (low + high)
      let below = Special.incompleteBeta(middle, Double(successes + 1), Double(trials - successes))
      if below < confidence { low = middle } else { high = middle }
    }
    return high
  }
}
