/// Which of two texts a judge preferred, by the place at which it was shown.
public enum PairChoice: String, Sendable, Codable, Hashable { case first, second, tie }

/// One pair of outputs, judged twice: with `left` shown first, and with `right` shown first.
public struct PairJudgement: Sendable, Codable, Hashable {
  /// Who made the left one: a generation, counted from 0.
  public var left: Int
  public var right: Int
  /// What was said where the left one was shown first.
  public var forward: PairChoice
  /// What was said where the right one was shown first.
  public var backward: PairChoice
  public init(left: Int, right: Int, forward: PairChoice, backward: PairChoice) {
    self.left = left
    self.right = right
    self.forward = forward
    self.backward = backward
  }

  /// What the left one won: 1 in both orders, half where the orders disagree or both are ties; a win and a tie are 0.75.
  public var leftScore: Double {
    let ahead: Double = forward == .first ? 0.5 : forward == .tie ? 0.25 : 0
    let behind: Double = backward == .second ? 0.5 : backward == .tie ? 0.25 : 0
    return ahead + behind
  }
}

/// How much a judge of pairs goes by the order in which they are shown (Zheng et al. 2023, arXiv 2306.05685, section 3.3).
public struct OrderEffect: Sendable, Codable, Hashable {
  /// Pairs whose winner changed with the order, of those where both orders had a winner.
  public let swapped: Share
  /// Of the pairs whose winner changed, those where the first shown won twice.
  public let first: Share
  /// Pairs with a tie in one order or both, of all.
  public let ties: Share

  public init(_ pairs: [PairJudgement]) {
    let decided = pairs.filter { $0.forward != .tie && $0.backward != .tie }
    let changed = decided.filter { $0.forward == $0.backward }
    swapped = Share(changed.count, of: decided.count)
    first = Share(changed.count { $0.forward == .first }, of: changed.count)
    ties = Share(pairs.count - decided.count, of: pairs.count)
  }

  /// The share of answers for the first shown less that for the second, -1...1, of pairs with a winner in both orders.
  public var bias: Double? {
    guard swapped.total > 0 else { return nil }
    return Double(2 * first.count - first.total) / Double(swapped.total)
  }

  /// The interval of `bias` by the exact interval of `first`, given how many pairs changed; nil without a pair.
  public func biasInterval(confidence: Double = 0.95) -> ClosedRange<Double>? {
    guard let changed = swapped.value else { return nil }
    let bounds = first.interval(confidence: confidence)
    return (changed * (2 * bounds.lowerBound - 1))...(changed * (2 * bounds.upperBound - 1))
  }

  /// The fewest pairs with a winner in both orders by which the order can be told from a coin: 8 of 8 agree by chance 1 time in 256.
  public static let leastPairs = 8

  /// Throws `tooFew`, or `noBetterThanChance` where half of the pairs or more may change with the order (one-sided, 5 %).
  ///
  /// A coin's winner changes in every second pair; a judge that always takes the first shown changes in all.
  public func check() throws(JudgingError) {
    guard swapped.total >= Self.leastPairs else {
      throw JudgingError(
        .tooFew,
        "only \(swapped.total) of \(ties.total) pairs have a winner in both orders: at least \(Self.leastPairs) are needed",
        hints: ["ask about more pairs, or about pairs that differ more"])
    }
    guard swapped.upperBound(tail: 0.05) < 0.5 else {
      let place = first.count * 2 >= first.total ? "first" : "second"
      let times = max(first.count, first.total - first.count)
      throw JudgingError(
        .noBetterThanChance,
        "the judge of pairs is no better than a coin: the winner changed with the order in \(swapped.count) of \(swapped.total) pairs"
          + (swapped.count > 0 ? ", \(times) times for the one shown \(place)" : ""),
        hints: ["name another agent under `judge`"])
    }
  }
}
