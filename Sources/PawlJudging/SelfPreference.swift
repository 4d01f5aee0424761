import PawlStatistics

/// Whether a judge is kinder to its own model's texts than to others' with the same label (Panickssery et al. 2024, arXiv 2404.13076).
public struct SelfPreference: Sendable, Codable, Hashable {
  /// How often it says yes, for own and others' texts, and good and bad ones.
  public private(set) var ownGood = Share(0, of: 0)
  public private(set) var othersGood = Share(0, of: 0)
  public private(set) var ownBad = Share(0, of: 0)
  public private(set) var othersBad = Share(0, of: 0)

  public init() {}
  public init(ownGood: Share, othersGood: Share, ownBad: Share, othersBad: Share) {
    self.ownGood = ownGood
    self.othersGood = othersGood
    self.ownBad = ownBad
    self.othersBad = othersBad
  }

  public mutating func add(own: Bool, label: Bool, verdict: Bool) {
    func more(_ share: Share) -> Share { Share(share.count + (verdict ? 1 : 0), of: share.total + 1) }
    switch (own, label) {
    case (true, true): ownGood = more(ownGood)
    case (true, false): ownBad = more(ownBad)
    case (false, true): othersGood = more(othersGood)
    case (false, false): othersBad = more(othersBad)
    }
  }

  private var strata: [(own: Share, others: Share)] {
    [(ownGood, othersGood), (ownBad, othersBad)].filter { $0.0.total > 0 && $0.1.total > 0 }
  }

  /// How much more often it says yes to its own, at equal label, -1...1 (Mantel and Haenszel's weights); nil without a comparison.
  public var difference: Double? {
    var sum = 0.0
    var weights = 0.0
    for (own, others) in strata {
      let weight = Double(own.total) * Double(others.total) / Double(own.total + others.total)
      sum += weight * ((own.value ?? 0) - (others.value ?? 0))
      weights += weight
    }
    return weights > 0 ? sum / weights : nil
  }

  /// The chance of such kindness, or more, where there is none: Mantel and Haenszel's test (1959), one-sided, with their half; 1 without a comparison.
  public var chance: Double {
    var surplus = 0.0
    var variance = 0.0
    for (own, others) in strata {
      let total = Double(own.total + others.total)
      let yes = Double(own.count + others.count)
      surplus += Double(own.count) - Double(own.total) * yes / total
      guard total > 1 else { continue }
      variance += Double(own.total) * Double(others.total) * yes * (total - yes) / (total * total * (total - 1))
    }
    guard variance > 0 else { return 1 }
    return Normal.cumulative(-(surplus - 0.5) / variance.squareRoot())
  }

  /// The interval of `difference`, with Sato's variance (1989); nil without a comparison.
  public func interval(confidence: Double = 0.95) -> ClosedRange<Double>? {
    guard let difference, confidence > 0, confidence < 1 else { return nil }
    var p = 0.0
    var q = 0.0
    var weights = 0.0
    for (own, others) in strata {
      let (n, m) = (Double(own.total), Double(others.total))
      let total = n + m
      let (a, b) = (Double(own.count), Double(others.count))
      p += (n * n * b - m * m * a + 0.5 * n * m * (m - n)) / (total * total)
      q += (a * (m - b) + b * (n - a)) / (2 * total)
      weights += n * m / total
    }
    let variance = max(0, (difference * p + q) / (weights * weights))
    let half = Normal.quantile(0.5 + 0.5 * confidence) * variance.squareRoot()
    return max(-1, difference - half)...min(1, difference + half)
  }
}
