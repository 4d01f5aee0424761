import PawlCore
import Testing

@testable import PawlJudging

/// Judges that are wrong in every way that judges are.
private enum Adversary {
  /// Knows: a text is good where it holds `good`.
  static func honest(_ question: JudgeQuestion) -> JudgeReply { says(question, question.text.contains("good text")) }
  static func says(_ question: JudgeQuestion, _ yes: Bool, dollars: Double? = 0.01) -> JudgeReply {
    let word = yes ? "yes" : "no"
    return .answered(
      "{\"case\":\"\(question.mark)\",\"critique\":\"x\",\"principles\":[{\"number\":1,\"verdict\":\"\(word)\"}],\"verdict\":\"\(word)\"}",
      dollars: dollars)
  }
  static func wins(_ question: JudgeQuestion, _ winner: String) -> JudgeReply {
    .answered("{\"case\":\"\(question.mark)\",\"critique\":\"x\",\"winner\":\"\(winner)\"}", dollars: 0.01)
  }
}

private let labels = (0..<40).map {
  Label(text: $0 % 2 == 0 ? "good text \($0)" : "bad text \($0)", label: $0 % 2 == 0)
}

private func judge(cap: Double? = nil, price: Double = 0.01) throws -> ModelJudge {
  ModelJudge(
    name: "opus", constitution: try Constitution(markdown: "1. Be good."), ledger: JudgingLedger(cap: cap),
    price: price,
    seed: 7)
}

@Test func `an honest judge passes`() async throws {
  var judge = try judge()
  let report = try await judge.measure(on: labels) { Adversary.honest($0) }
  try report.check()
  #expect(report.agreement == Agreement(trueYes: 20, falseNo: 0, falseYes: 0, trueNo: 20))
  #expect(judge.ledger.asked == 40 && judge.ledger.open == 0)
  #expect(isNear(judge.ledger.spent, 0.4))
}

@Test(arguments: [true, false])
func `a judge that always says the same is refused`(yes: Bool) async throws {
  var judge = try judge()
  let report = try await judge.measure(on: labels) { Adversary.says($0, yes) }
  let error = #expect(throws: JudgingError.self) { try report.check() }
  #expect(error?.code == .noBetterThanChance)
  #expect(error?.message.contains("says \(yes ? "yes" : "no") to all 40") == true)
}

@Test func `a judge that tosses a coin is refused`() async throws {
  var judge = try judge()
  var coin = SeededGenerator(seed: 3)
  let report = try await judge.measure(on: labels) { Adversary.says($0, coin.unit() < 0.5) }
  let error = #expect(throws: JudgingError.self) { try report.check() }
  #expect(error?.code == .noBetterThanChance)
}

@Test func `a judge that answers in prose is left after ten answers`() async throws {
  var judge = try judge()
  let report = try await judge.measure(on: labels) { _ in .answered("I would say that it is fine.", dollars: 0.01) }
  #expect(judge.ledger.asked == 10)
  #expect(judge.ledger.stop(before: 0) == .unreadable(Share(10, of: 10)))
  let error = #expect(throws: JudgingError.self) { try report.check() }
  #expect(error?.code == .unreadable)
  #expect(error?.message == "the judge `opus` cannot be read in 10 of 10 answers: at most 20.0 % may be")
}

@Test func `a judge that times out is left alone after three times`() async throws {
  var judge = try judge()
  let report = try await judge.measure(on: labels) { _ in .timedOut(dollars: nil) }
  #expect(judge.ledger.asked == 3 && judge.ledger.timedOut == 3)
  #expect(isNear(judge.ledger.spent, 0.03))
  let error = #expect(throws: JudgingError.self) { try report.check() }
  #expect(error?.code == .unavailable)
  #expect(error?.message.contains("gave no answer 3 times in a row") == true)
}

@Test func `a judge that costs more than its cap overruns it by one question at most`() async throws {
  var judge = try judge(cap: 1, price: 0.01)
  let report = try await judge.measure(on: labels) { Adversary.says($0, true, dollars: 0.4) }
  // Two are known to fit at 0.4; a third would not.
  #expect(judge.ledger.asked == 2)
  #expect(judge.ledger.stop(before: 0.01) == .cap(spent: 0.8, of: 1))
  #expect(#expect(throws: JudgingError.self) { try report.check() }?.code == .unavailable)
}

@Test func `a judge that prefers its own is seen`() async throws {
  var judge = try judge()
  let mixed = (0..<80).map {
    Label(
      text: "\($0 % 2 == 0 ? "good" : "bad") text by \($0 % 4 < 2 ? "me" : "another")", label: $0 % 2 == 0,
      model: $0 % 4 < 2 ? "ff" : "ee")
  }
  let report = try await judge.measure(on: mixed, ownModel: "ff") {
    Adversary.says($0, $0.text.contains("by me") || $0.text.contains("good text"))
  }
  #expect(report.selfPreference?.ownBad == Share(20, of: 20))
  #expect(report.selfPreference?.othersBad == Share(0, of: 20))
  #expect(report.warnings.contains { $0.hasPrefix("it prefers its own: it says yes to 50.0 % more") })
}

@Test func `labels about a principle are held against its verdict`() async throws {
  let constitution = try Constitution(markdown: "1. Be good.\n2. Be brief.")
  var judge = ModelJudge(name: "opus", constitution: constitution, ledger: JudgingLedger(), seed: 1)
  let some = labels.map { Label(text: $0.text, label: $0.label, principle: 1) }
  // Nothing is brief, so no document is kept, but principle 1 is told rightly.
  let report = try await judge.measure(on: some) { question in
    let word = question.text.contains("good text") ? "yes" : "no"
    return .answered(
      "{\"case\":\"\(question.mark)\",\"principles\":[{\"number\":1,\"verdict\":\"\(word)\"},{\"number\":2,\"verdict\":\"no\"}],\"verdict\":\"no\"}",
      dollars: 0)
  }
  try report.check()
  let error = await #expect(throws: JudgingError.self) {
    try await judge.measure(on: [Label(text: "a", label: true, principle: 9)]) { Adversary.honest($0) }
  }
  #expect(error?.hints == ["its principles are `1`, `2`"])
}

@Test func `nothing is asked where labels are too few`() async throws {
  var judge = try judge()
  let error = await #expect(throws: JudgingError.self) {
    try await judge.measure(on: Array(labels.prefix(12))) { Adversary.honest($0) }
  }
  #expect(error?.code == .tooFew)
  #expect(judge.ledger.asked == 0)
}

@Test func `a pair is judged in both orders, and one that always takes the first is seen`() async throws {
  var judge = try judge()
  var pairs: [PairJudgement] = []
  for index in 0..<12 {
    let outcome = await judge.judge(prompt: "p\(index)", left: (0, "left"), right: (1, "right")) {
      Adversary.wins($0, "A")
    }
    pairs.append(try #require(outcome.verdict))
  }
  #expect(judge.ledger.asked == 24)
  #expect(#expect(throws: JudgingError.self) { try OrderEffect(pairs).check() }?.code == .noBetterThanChance)
  let honest = await judge.judge(prompt: "p", left: (0, "left"), right: (1, "right")) { question in
    let left = question.text.firstRange(of: "\nleft\n"), right = question.text.firstRange(of: "\nright\n")
    guard let left, let right else { return .failed("no outputs", dollars: nil) }
    return Adversary.wins(question, left.lowerBound < right.lowerBound ? "B" : "A")
  }
  #expect(honest.verdict?.leftScore == 0)
}

@Test func `a pair is not begun where only one order can be paid`() async throws {
  var judge = try judge(cap: 0.03, price: 0.02)
  let outcome = await judge.judge(prompt: "p", left: (0, "a"), right: (1, "b")) { Adversary.wins($0, "A") }
  #expect(outcome == .notAsked(.cap(spent: 0, of: 0.03)))
  #expect(judge.ledger.asked == 0)
}
