import PawlCore

/// Asks a language model about documents and pairs, one question after the other, within the ledger's bounds.
///
/// What asks is a closure, so nothing here knows a model, a network or a clock.
public struct ModelJudge: Sendable {
  /// Gives what came back for a question.
  public typealias Ask = (JudgeQuestion) async -> JudgeReply

  public let name: String
  public let constitution: Constitution
  public private(set) var ledger: JudgingLedger
  private var generator: SeededGenerator
  /// The most that one question can cost, in US dollars.
  private let price: Double

  /// `seed` must not be foreseeable by whoever makes the documents; `price` is the most that one question can cost.
  public init(name: String, constitution: Constitution, ledger: JudgingLedger, price: Double = 0, seed: UInt64) {
    self.name = name
    self.constitution = constitution
    self.ledger = ledger
    self.price = price
    generator = SeededGenerator(seed: seed)
  }

  /// What became of a question.
  public enum Outcome<Verdict: Sendable & Codable & Hashable>: Sendable, Hashable {
    case judged(Verdict)
    /// There was an answer; why it cannot be read.
    case unreadable(String)
    /// There was none.
    case unanswered
    /// It was not asked.
    case notAsked(JudgingLedger.Stop)

    public var verdict: Verdict? {
      if case .judged(let verdict) = self { return verdict }
      return nil
    }
  }

  /// Judges one document by all principles.
  public mutating func judge(_ text: String, ask: Ask) async -> Outcome<DocumentVerdict> {
    let question = JudgeQuestion(about: text, under: constitution, using: &generator)
    let constitution = constitution
    return await put(question, ask: ask) { question.reading(of: $0, under: constitution) }
  }

  /// Judges a pair of outputs for one prompt in both orders; judged only where both answers could be read.
  public mutating func judge(
    prompt: String, left: (generation: Int, text: String), right: (generation: Int, text: String), ask: Ask
  ) async -> Outcome<PairJudgement> {
    // One order alone would be paid for nothing.
    if let stop = ledger.stop(before: price, questions: 2) { return .notAsked(stop) }
    var choices: [PairChoice] = []
    for (first, second) in [(left.text, right.text), (right.text, left.text)] {
      let question = JudgeQuestion(prompt: prompt, first: first, second: second, under: constitution, using: &generator)
      switch await put(question, ask: ask, read: question.readingOfPair) {
      case .judged(let choice): choices.append(choice)
      case .unreadable(let why): return .unreadable(why)
      case .unanswered: return .unanswered
      case .notAsked(let stop): return .notAsked(stop)
      }
    }
    return .judged(
      PairJudgement(left: left.generation, right: right.generation, forward: choices[0], backward: choices[1]))
  }

  /// Measures the judge on labels that it has not seen; stops early where the ledger does, as the report says.
  ///
  /// `ownModel` is the SHA-256 of the judge's own model where it has one: labels of its texts show self-preference. Throws `tooFew`
  /// before anything is asked where the labels cannot bear it.
  public mutating func measure(
    on labels: [Label], ownModel: String? = nil, ask: Ask
  ) async throws(JudgingError) -> JudgeReport {
    for label in labels {
      if let number = label.principle { try constitution.require(number) }
    }
    try JudgeReport.checkLabels(
      good: labels.count { $0.label }, bad: labels.count { !$0.label }, about: nil)
    var report = JudgeReport(judge: name, agreement: Agreement())
    var own = SelfPreference()
    var read = 0
    var answers = 0
    // Good and bad in turn, so that a judge that is stopped early was asked about both.
    for label in Self.interleaved(labels) {
      let outcome = await judge(label.text, ask: ask)
      if case .notAsked(let stop) = outcome {
        report.stopped = stop
        break
      }
      if case .unreadable = outcome { answers += 1 }
      guard let verdict = outcome.verdict else { continue }
      answers += 1
      read += 1
      let says = label.principle.map { verdict.principles[$0] ?? verdict.keeps } ?? verdict.keeps
      report.agreement.add(label: label.label, verdict: says)
      if let ownModel { own.add(own: label.model == ownModel, label: label.label, verdict: says) }
    }
    report.unreadable = Share(answers - read, of: answers)
    if own.difference != nil { report.selfPreference = own }
    return report
  }

  private static func interleaved(_ labels: [Label]) -> [Label] {
    let good = labels.filter(\.label)
    let bad = labels.filter { !$0.label }
    return (0..<max(good.count, bad.count)).flatMap { index in
      [good, bad].compactMap { index < $0.count ? $0[index] : nil }
    }
  }

  private mutating func put<Verdict>(
    _ question: JudgeQuestion, ask: Ask, read: (String) -> JudgeReading<Verdict>
  ) async -> Outcome<Verdict> {
    if let stop = ledger.stop(before: price) { return .notAsked(stop) }
    let reservation = ledger.reserve(price)
    let reply = await ask(question)
    guard case .answered(let answer, _) = reply else {
      ledger.record(reply, isRead: false, reservation: reservation)
      return .unanswered
    }
    let reading = read(answer)
    ledger.record(reply, isRead: reading.verdict != nil, reservation: reservation)
    switch reading {
    case .read(let verdict): return .judged(verdict)
    case .unreadable(let why): return .unreadable(why)
    }
  }
}

extension Constitution {
  /// Throws `malformed` where a label is about a principle that there is not.
  func require(_ number: Int) throws(JudgingError) {
    guard self[number] == nil else { return }
    let known = principles.map { "`\($0.number)`" }.joined(separator: ", ")
    throw JudgingError(
      .malformed, "a label is about principle `\(number)`, which the constitution does not have",
      hints: ["its principles are \(known)"])
  }
}
