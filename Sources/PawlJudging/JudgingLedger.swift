import PawlCore

/// What came back for a question, whatever a model, a network or a clock did.
public enum JudgeReply: Sendable, Hashable {
  /// The answer, and what it cost in US dollars; nil where the price is not known.
  case answered(String, dollars: Double?)
  /// No answer in time; what was paid nevertheless, where known.
  case timedOut(dollars: Double?)
  /// No answer, and why, as a lowercase fragment.
  case failed(String, dollars: Double?)

  var dollars: Double? {
    switch self {
    case .answered(_, let dollars), .timedOut(let dollars), .failed(_, let dollars): dollars
    }
  }
}

/// What was asked of a judge, what it cost, and whether one more question may be asked; a fold, the same on every replay.
public struct JudgingLedger: Sendable, Codable, Hashable {
  /// Why nothing more is asked.
  public enum Stop: Sendable, Codable, Hashable {
    /// The next question could cost more than what is left, in US dollars.
    case cap(spent: Double, of: Double)
    /// So many questions in a row had no answer.
    case leftAlone(failures: Int)
    /// Answers that cannot be read.
    case unreadable(Share)

    /// As a lowercase fragment.
    public var description: String {
      switch self {
      case .cap(let spent, let cap):
        "judging may cost $\(cap.formatted(digits: 3)) over the study, and $\(spent.formatted(digits: 3)) is spent"
      case .leftAlone(let failures): "the judge gave no answer \(failures) times in a row"
      case .unreadable(let share): "\(share.count) of the judge's \(share.total) answers cannot be read"
      }
    }
  }

  /// US dollars over the study; nil for no cap.
  public let cap: Double?
  /// So many questions in a row without an answer, and the judge is left alone.
  public let patience: Int
  /// Questions that came back, with an answer or without.
  public private(set) var asked = 0
  /// Questions that have not come back.
  public private(set) var open = 0
  public private(set) var answered = 0
  public private(set) var unreadable = 0
  public private(set) var timedOut = 0
  public private(set) var failed = 0
  /// US dollars; questions of unknown price count as what they were expected to cost.
  public private(set) var spent = 0.0
  /// The dearest question so far, in US dollars.
  public private(set) var dearest = 0.0
  /// US dollars set aside for questions that have not come back.
  public private(set) var reserved = 0.0
  private var failuresInARow = 0

  /// A cap that is not a number, or below zero, is nothing to spend; one without bound is none.
  public init(cap: Double? = nil, patience: Int = 3) {
    self.cap = cap.flatMap { $0 == .infinity ? nil : $0 > 0 ? $0 : 0 }
    self.patience = max(1, patience)
  }

  /// Answers from which on a share of unreadable ones is believed.
  public static let leastAnswers = 10

  public var unreadableShare: Share { Share(unreadable, of: answered) }
  /// US dollars left under the cap, nothing reserved counted; nil without one.
  public var left: Double? { cap.map { max(0, $0 - spent - reserved) } }

  /// Why so many more questions of at most `dollars` each may not be asked; nil where they may.
  ///
  /// A question is expected to cost what its asker says or what the dearest did, whichever is more, so that only one that costs
  /// more than any before can overrun the cap, and only once.
  public func stop(before dollars: Double, questions: Int = 1) -> Stop? {
    if failuresInARow >= patience { return .leftAlone(failures: failuresInARow) }
    if answered >= Self.leastAnswers, let share = unreadableShare.value, share > JudgeReport.mostUnreadable {
      return .unreadable(unreadableShare)
    }
    if let cap, spent + reserved + Double(questions) * expected(dollars) > cap * (1 + 1e-9) || spent >= cap {
      return .cap(spent: spent, of: cap)
    }
    return nil
  }

  /// Sets aside what a question may cost, once `stop(before:)` is nil; returns the reservation that `record` takes back.
  public mutating func reserve(_ dollars: Double) -> Double {
    let amount = expected(dollars)
    open += 1
    reserved += amount
    return amount
  }

  /// Counts what came back for a question for which `reservation` was set aside; `isRead` says whether an answer could be read.
  public mutating func record(_ reply: JudgeReply, isRead: Bool, reservation: Double) {
    open = max(0, open - 1)
    reserved = open == 0 ? 0 : max(0, reserved - reservation)
    asked += 1
    let cost = Self.price(reply.dollars) ?? reservation
    spent += cost
    dearest = max(dearest, cost)
    switch reply {
    case .answered:
      answered += 1
      unreadable += isRead ? 0 : 1
      failuresInARow = 0
    case .timedOut:
      timedOut += 1
      failuresInARow += 1
    case .failed:
      failed += 1
      failuresInARow += 1
    }
  }

  /// A person has seen to the judge: it may be asked again.
  public mutating func forgiveFailures() { failuresInARow = 0 }

  private func expected(_ dollars: Double) -> Double { max(Self.price(dollars) ?? 0, dearest) }

  /// A price below zero, or none at all, is not known.
  private static func price(_ dollars: Double?) -> Double? {
    guard let dollars, dollars >= 0, dollars.isFinite else { return nil }
    return dollars
  }
}
