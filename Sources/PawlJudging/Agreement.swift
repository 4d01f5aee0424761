import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a judge's verdicts agree with labels, beyond what chance would do.
public struct Agreement: Sendable, Codable, Hashable {
  /// Labelled good, and said to be.
  public private(set) var trueYes = 0
  /// Labelled good, said to be bad.
  public private(set) var falseNo = 0
  /// Labelled bad, said to be good.
  public private(set) var falseYes = 0
  public private(set) var trueNo = 0

  public init() {}
  public init(trueYes: Int, falseNo: Int, falseYes: Int, trueNo: Int) {
    self.trueYes = max(0, trueYes)
    self.falseNo = max(0, falseNo)
    self.falseYes = max(0, falseYes)
    self.trueNo = max(0, trueNo)
  }

  public mutating func add(label: Bool, verdict: Bool) {
    switch (label, verdict) {
    case (true, true): trueYes += 1
    case (true, false): falseNo += 1
    case (false, true): falseYes += 1
    case (false, false): trueNo += 1
    }
  }

  public var good: Int { trueYes + falseNo }
  public var bad: Int { falseYes + trueNo }
  public var count: Int { good + bad }
  /// The share of good ones that it keeps.
  public var sensitivity: Share { Share(trueYes, of: good) }
  /// The share of bad ones that it drops.
  public var specificity: Share { Share(trueNo, of: bad) }
  public var accuracy: Share { Share(trueYes + trueNo, of: count) }
  /// How often it says yes, whatever the label.
  public var yes: Share { Share(trueYes + falseYes, of: count) }

  /// The mean of sensitivity and specificity, 0...1: 0.5 for a coin and for who always says the same; nil without both labels.
  public var balanced: Double? {
    guard let keeps = sensitivity.value, let drops = specificity.value else { return nil }
    return 0.5 * (keeps + drops)
  }

  /// Returns the interval of `balanced`, by Newcombe's hybrid of two score intervals (1998, method 10); nil without both labels.
  public func balancedInterval(confidence: Double = 0.95) -> ClosedRange<Double>? {
    guard let keeps = sensitivity.value, let drops = specificity.value, confidence > 0, confidence < 1 else {
      return nil
    }
    let z = Normal.quantile(0.5 + 0.5 * confidence)
    let first = Self.score(keeps, good, z)
    let second = Self.score(drops, bad, z)
    let middle = 0.5 * (keeps + drops)
    let below = 0.5 * hypot(keeps - first.lowerBound, drops - second.lowerBound)
    let above = 0.5 * hypot(first.upperBound - keeps, second.upperBound - drops)
    return max(0, middle - below)...min(1, middle + above)
  }

  /// Wilson's interval of a share (1927).
  private static func score(_ share: Double, _ total: Int, _ z: Double) -> ClosedRange<Double> {
    let n = Double(total)
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    let lower = share == 0 ? 0 : max(0, middle - half)
    return lower...max(lower, share == 1 ? 1 : min(1, middle + half))
  }

  /// Cohen's kappa (1960): agreement beyond chance, 1 for perfect, 0 for none; nil without both labels.
  public var kappa: Double? {
    guard let keeps = sensitivity.value, let drops = specificity.value else { return nil }
    return kappa(keeps: keeps, drops: drops)
  }

  private func kappa(keeps: Double, drops: Double) -> Double {
    let share = Double(good) / Double(count)
    let observed = share * keeps + (1 - share) * drops
    let yes = share * keeps + (1 - share) * (1 - drops)
    let expected = share * yes + (1 - share) * (1 - yes)
    return (observed - expected) / (1 - expected)
  }

  /// Returns the interval of `kappa`, the mix of labels held fixed: draws from the rates' Jeffreys posteriors (Brown, Cai and DasGupta 2001).
  ///
  /// Unlike a bootstrap it has a width where a judge was never wrong. Nil without both labels.
  public func kappaInterval(confidence: Double = 0.95, draws: Int = 2_000, seed: UInt64 = 1) -> ClosedRange<Double>? {
    guard good > 0, bad > 0, confidence > 0, confidence < 1, draws > 1 else { return nil }
    func quantiles(_ hits: Int, _ misses: Int) -> [Double] {
      (0..<draws).map {
        Share.quantile((Double($0) + 0.5) / Double(draws), Double(hits) + 0.5, Double(misses) + 0.5)
      }
    }
    var generator = SeededGenerator(seed: seed)
    // One stratum of each rate per draw, paired by chance: a Latin square.
    let keeps = quantiles(trueYes, falseNo)
    let drops = quantiles(trueNo, falseYes).map { (generator.next(), $0) }.sorted { $0 < $1 }.map(\.1)
    let values = zip(keeps, drops).map { kappa(keeps: $0, drops: $1) }.sorted()
    let tail = 0.5 * (1 - confidence) * Double(draws - 1)
    return values[Int(tail)]...values[min(draws - 1, Int((Double(draws - 1) - tail).rounded(.up)))]
  }

  /// The chance that a judge who knows nothing of the labels does as well: Fisher's exact test, one-sided; 1 without both labels.
  public var chance: Double {
    guard good > 0, bad > 0 else { return 1 }
    let saidYes = trueYes + falseYes
    func logChoose(_ n: Int, _ k: Int) -> Double {
      Special.logGamma(Double(n) + 1) - Special.logGamma(Double(k) + 1) - Special.logGamma(Double(n - k) + 1)
    }
    let all = logChoose(count, saidYes)
    var sum = 0.0
    for hits in trueYes...max(trueYes, min(good, saidYes)) where saidYes - hits <= bad {
      sum += exp(logChoose(good, hits) + logChoose(bad, saidYes - hits) - all)
    }
    return min(1, sum)
  }

  /// Returns how many labels, in the same mix, would show a judge as good as this one seems, 4 times in 5 at 5 %.
  ///
  /// Fleiss, Levin and Paik (2003), section 4.4, with the correction for continuity. Nil where it seems no better than chance.
  public var labelsNeeded: Int? {
    guard let keeps = sensitivity.value, let drops = specificity.value else { return nil }
    let wrong = 1 - drops
    let gap = keeps - wrong
    guard gap > 0.001 else { return nil }
    let share = Double(good) / Double(count)
    let ratio = (1 - share) / share
    let yes = share * keeps + (1 - share) * wrong
    let spread =
      1.644_853_626_951 * sqrt((1 + ratio) * yes * (1 - yes))
      + 0.841_621_233_573 * sqrt(ratio * keeps * (1 - keeps) + wrong * (1 - wrong))
    let first = spread * spread / (ratio * gap * gap)
    // A judge without an error has no spread; what Fisher's test can show at all then decides.
    guard first > 0 else { return JudgeReport.leastOfEach * 2 }
    let corrected = 0.25 * first * pow(1 + sqrt(1 + 2 * (ratio + 1) / (first * ratio * gap)), 2)
    let total = (corrected * (1 + ratio)).rounded(.up)
    return total < 1e12 ? Int(total) : nil
  }
}
