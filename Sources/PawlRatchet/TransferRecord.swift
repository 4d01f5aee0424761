public import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How effects on one rung foretell those on the next: every change that was tried on both, whatever came of it.
///
/// A change that is worth `d` below is expected to be worth `b d` above. The ratio `b` is learned by shrinkage: it starts at
/// ``priorRatio`` with a deviation as large as that, and each single step draws its own around it, with a spread that is learned, too;
/// in a stack of `n` steps these draws average out, so its ratio lies `sqrt(n)` times nearer. The first promotions are thereby made
/// on faith. A stack that fails where its steps were expected to carry over says that steps differ, which makes its parts worth a
/// try; parts that all fail alike say that this rung does not predict the next one, which ends the tries.
public struct TransferRecord: Sendable, Codable, Hashable {
  /// One change on both rungs; positive effects are better.
  public struct Point: Sendable, Codable, Hashable {
    public let below: Double
    public let above: Double
    /// Of `above`.
    public let standardError: Double
    /// Single steps in it, weighed by what they are worth below: 1 where one makes up nearly all of it.
    public let steps: Double
    public init(below: Double, above: Double, standardError: Double, steps: Double = 1) {
      self.steps = max(1, steps)
      self.below = below
      self.above = above
      self.standardError = standardError
    }
  }

  /// What a change is expected to be worth above.
  public struct Forecast: Sendable, Codable, Hashable {
    public let effect: Double
    public let deviation: Double
  }

  /// Effects are expected to be as large above as below until something is known.
  static let priorRatio = 1.0
  static let priorDeviation = 0.5
  /// How far single steps' ratios may lie from the mean one; each is as likely as the others at first.
  static let spreads = [0.125, 0.25, 0.5, 1, 2, 4, 8]
  /// The newest so many changes count.
  static let limit = 500

  public private(set) var points: [Point] = []

  public init() {}

  public mutating func record(_ point: Point) {
    guard point.below.isFinite, point.above.isFinite, point.standardError.isFinite else { return }
    points.append(point)
    if points.count > Self.limit { points.removeFirst() }
  }

  /// Of effects below and above; nil for fewer than three changes.
  public var rankCorrelation: RankCorrelation? { RankCorrelation(points.map { ($0.below, $0.above) }) }

  /// Whether what is known speaks for the rungs to predict each other at all.
  public var mayPredict: Bool { rankCorrelation.map { $0.interval.upperBound > 0 } ?? true }

  /// Returns what a change of this effect below is expected to be worth above.
  ///
  /// - Parameter steps: single steps in the change, as in ``Point``.
  public func forecast(below effect: Double, steps: Double) -> Forecast {
    let beliefs = beliefs
    let mean = beliefs.reduce(0) { $0 + $1.weight * $1.ratio }
    let square = beliefs.reduce(0) { sum, belief in
      let variance = belief.variance + belief.spread * belief.spread / max(1, steps)
      return sum + belief.weight * (variance + (belief.ratio - mean) * (belief.ratio - mean))
    }
    return Forecast(effect: mean * effect, deviation: square.squareRoot() * abs(effect))
  }

  /// Returns the probability that a paired test above would certify the change.
  ///
  /// - Parameters:
  ///   - steps: single steps in the change, as in ``Point``.
  ///   - deviation: of one paired difference above.
  ///   - pairs: the most that the test makes.
  ///   - alpha: the test's level. What its e-process needs is about `sqrt(2 log(1 / alpha) / pairs)` deviations.
  public func chance(below effect: Double, steps: Double, deviation: Double, pairs: Int, alpha: Double) -> Double {
    let noise = deviation * (1 / Double(max(1, pairs))).squareRoot()
    let needed = noise * (2 * log(1 / max(alpha, 1e-300))).squareRoot()
    return beliefs.reduce(0) { sum, belief in
      let spread = (belief.variance + belief.spread * belief.spread / max(1, steps)).squareRoot() * abs(effect)
      let total = (spread * spread + noise * noise).squareRoot()
      let excess = belief.ratio * effect - needed
      return sum + belief.weight * (total > 0 ? Normal.cumulative(excess / total) : excess > 0 ? 1 : 0)
    }
  }

  /// What is believed of the mean ratio under one spread of single steps, and how much speaks for that spread.
  private struct Belief {
    let spread: Double
    var weight: Double
    let ratio: Double
    let variance: Double
  }

  private var beliefs: [Belief] {
    // A ratio to next to nothing says nothing.
    let ratios = points.compactMap { point -> (value: Double, variance: Double, steps: Double)? in
      guard abs(point.below) > 1e-300, (point.above / point.below).isFinite else { return nil }
      let error = max(1e-6, min(1e3, point.standardError / abs(point.below)))
      return (max(-10, min(10, point.above / point.below)), error * error, point.steps)
    }
    let prior = Self.priorDeviation * Self.priorDeviation
    var logWeights: [Double] = []
    var beliefs: [Belief] = []
    for spread in Self.spreads {
      // One ratio after the other, each foretold by those before it: the product of these densities is the evidence for the spread.
      var (mean, variance, evidence) = (Self.priorRatio, prior, 0.0)
      for ratio in ratios {
        let own = ratio.variance + spread * spread / ratio.steps
        let total = variance + own
        evidence -= 0.5 * ((ratio.value - mean) * (ratio.value - mean) / total + log(total))
        mean += (ratio.value - mean) * variance / total
        variance *= own / total
      }
      logWeights.append(evidence)
      beliefs.append(Belief(spread: spread, weight: 0, ratio: mean, variance: variance))
    }
    let most = logWeights.max() ?? 0
    let sum = logWeights.reduce(0) { $0 + exp($1 - most) }
    for index in beliefs.indices { beliefs[index].weight = exp(logWeights[index] - most) / sum }
    return beliefs
  }
}
