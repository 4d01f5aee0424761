import PawlCore

/// What was seen of a judge, and whether it may judge.
public struct JudgeReport: Sendable, Codable, Hashable {
  /// Who judged: an agent's name, or `classifier`.
  public var judge: String
  /// The principle that it was about; nil for all together.
  public var principle: Int?
  public var agreement: Agreement
  /// Answers that could not be read, of all that were given.
  public var unreadable: Share
  /// Labels on which it was not sure enough to say anything, of all.
  public var abstained: Share
  /// How far its probabilities are from what happens: 10 bins of equal width (Guo et al. 2017, arXiv 1706.04599), 0...1.
  public var calibrationError: Double?
  /// Why it was not asked about all labels, where it was not.
  public var stopped: JudgingLedger.Stop?
  public var order: OrderEffect?
  public var selfPreference: SelfPreference?
  public init(
    judge: String, principle: Int? = nil, agreement: Agreement, unreadable: Share = Share(0, of: 0),
    abstained: Share = Share(0, of: 0), calibrationError: Double? = nil, order: OrderEffect? = nil,
    selfPreference: SelfPreference? = nil
  ) {
    self.judge = judge
    self.principle = principle
    self.agreement = agreement
    self.unreadable = unreadable
    self.abstained = abstained
    self.calibrationError = calibrationError
    self.order = order
    self.selfPreference = selfPreference
  }

  /// The fewest labels of each kind: with 10 and 10, a judge that is right 4 times in 5 is told from a coin 4 times in 5.
  public static let leastOfEach = 10
  /// The greatest share of answers that may be unreadable.
  public static let mostUnreadable = 0.2

  /// Throws `tooFew` unless there are enough labels of both kinds to measure anybody by.
  package static func checkLabels(good: Int, bad: Int, about principle: Int?) throws(JudgingError) {
    guard good < leastOfEach || bad < leastOfEach else { return }
    let about = principle.map { " about principle `\($0)`" } ?? ""
    let more = [
      good < leastOfEach ? "\(leastOfEach - good) more with `\"label\":true`" : nil,
      bad < leastOfEach ? "\(leastOfEach - bad) more with `\"label\":false`" : nil,
    ].compactMap { $0 }.joined(separator: " and ")
    throw JudgingError(
      .tooFew,
      "\(good) good and \(bad) bad labels\(about) are too few to measure a judge by: at least \(leastOfEach) of each are needed",
      hints: ["add \(more) to the file that `labels` names"])
  }

  /// Throws `tooFew`, `unreadable`, `unavailable` or `noBetterThanChance` unless the judge is shown to be better than a coin (one-sided, 5 %).
  public func check() throws(JudgingError) {
    let name = principle.map { "`\(judge)`, for principle `\($0)`," } ?? "`\(judge)`"
    if let share = unreadable.value, share > Self.mostUnreadable {
      throw JudgingError(
        .unreadable,
        "the judge \(name) cannot be read in \(unreadable.count) of \(unreadable.total) answers: at most \(Self.percent(Self.mostUnreadable)) may be",
        hints: ["name another agent under `judge`, or leave `judge` out for a classifier trained on the labels"])
    }
    if abstained.count > 0, agreement.good < Self.leastOfEach || agreement.bad < Self.leastOfEach {
      throw JudgingError(
        .noBetterThanChance,
        "the judge \(name) is sure of only \(abstained.total - abstained.count) of \(abstained.total) labels: it learnt too little that tells good from bad",
        hints: ["add labels to the file that `labels` names, or name an agent under `judge`"])
    }
    if let stopped, agreement.good < Self.leastOfEach || agreement.bad < Self.leastOfEach {
      throw JudgingError(
        .unavailable,
        "the judge \(name) could not be measured: \(stopped.description), after \(agreement.count) labels",
        hints: ["see to the agent that `judge` names, or raise `spend`; \(2 * Self.leastOfEach) labels are the fewest"])
    }
    try Self.checkLabels(good: agreement.good, bad: agreement.bad, about: principle)
    let bound = agreement.balancedInterval(confidence: 0.9)?.lowerBound ?? 0
    if agreement.chance > 0.05 || bound <= 0.5 { throw refused(name) }
  }

  private func refused(_ name: String) -> JudgingError {
    let saw: String
    if agreement.yes.count == agreement.count {
      saw = "it says yes to all \(agreement.count) labelled documents, \(agreement.bad) bad ones among them"
    } else if agreement.yes.count == 0 {
      saw = "it says no to all \(agreement.count) labelled documents, \(agreement.good) good ones among them"
    } else {
      saw =
        "it keeps \(agreement.sensitivity.count) of \(agreement.good) good and \(agreement.falseYes) of \(agreement.bad) bad documents"
        + " (balanced accuracy \(Self.percent(agreement.balanced ?? 0)), kappa \((agreement.kappa ?? 0).formatted(digits: 2)),"
        + " by chance in \(Self.percent(agreement.chance)) of all cases)"
    }
    let hint =
      agreement.labelsNeeded.map {
        "if it is as good as it seems, about \(max($0, agreement.count + 1)) labels would show it: there are \(agreement.count)"
      }
      ?? "more labels of this kind would not help: say in `constitution.md` what is meant, or name another agent under `judge`"
    return JudgingError(.noBetterThanChance, "the judge \(name) is no better than chance: \(saw)", hints: [hint])
  }

  /// What a reader of its verdicts should know, a sentence each.
  public var warnings: [String] {
    var found: [String] = []
    if let share = agreement.kappa, share < 0.4 {
      found.append("it agrees with labels only weakly (kappa \(share.formatted(digits: 2)))")
    }
    if let order, let interval = order.biasInterval(), interval.lowerBound > 0 || interval.upperBound < 0 {
      found.append(
        "it prefers what is shown \(interval.lowerBound > 0 ? "first" : "second"): the winner changed with the order in \(order.swapped.count) of \(order.swapped.total) pairs"
      )
    }
    if let selfPreference, let difference = selfPreference.difference, selfPreference.chance <= 0.05 {
      found.append(
        "it prefers its own: it says yes to \(Self.percent(difference)) more of what its own model wrote, at equal label"
      )
    }
    if let error = calibrationError, error > 0.1 {
      found.append("its probabilities are off by \(Self.percent(error)) on average")
    }
    return found
  }

  static func percent(_ share: Double) -> String { "\((share * 100).formatted(digits: 3)) %" }
}
