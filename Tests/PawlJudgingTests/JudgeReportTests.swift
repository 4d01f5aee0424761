import Foundation
import PawlCore
import Testing

@testable import PawlJudging

private func isUnchanged<Value: Codable & Equatable>(_ value: Value) throws -> Bool {
  try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value)) == value
}

@Test func `what is kept of a judge comes back as it was`() throws {
  let pair = PairJudgement(left: 0, right: 1, forward: .first, backward: .tie)
  let report = JudgeReport(
    judge: "opus", principle: 2, agreement: Agreement(trueYes: 1, falseNo: 2, falseYes: 3, trueNo: 4),
    unreadable: Share(1, of: 11), abstained: Share(0, of: 10), calibrationError: 0.25, order: OrderEffect([pair]),
    selfPreference: SelfPreference(
      ownGood: Share(1, of: 2), othersGood: Share(0, of: 2), ownBad: Share(0, of: 0), othersBad: Share(1, of: 1)))
  #expect(try isUnchanged(report))
  for stop in [JudgingLedger.Stop.cap(spent: 1, of: 2), .leftAlone(failures: 3), .unreadable(Share(4, of: 12))] {
    var stopped = report
    stopped.stopped = stop
    #expect(try isUnchanged(stopped))
  }
  #expect(try isUnchanged(Constitution(markdown: "1. Be brief.")))
  #expect(try isUnchanged(DocumentVerdict(critique: "x", principles: [1: true, 2: false])))
  #expect(try isUnchanged(JudgeReading<PairChoice>.unreadable("why")))
  #expect(try isUnchanged(BradleyTerry([pair])))
}

@Test func `a ledger goes on where it was stored`() throws {
  var ledger = JudgingLedger(cap: 1)
  ledger.record(.timedOut(dollars: nil), isRead: false, reservation: ledger.reserve(0.25))
  ledger.record(.timedOut(dollars: nil), isRead: false, reservation: ledger.reserve(0.25))
  #expect(try isUnchanged(ledger))
  var stored = try JSONDecoder().decode(JudgingLedger.self, from: JSONEncoder().encode(ledger))
  stored.record(.timedOut(dollars: nil), isRead: false, reservation: stored.reserve(0.25))
  #expect(stored.stop(before: 0.01) == .leftAlone(failures: 3))
}

@Test func `what a reader should know of a judge is said`() {
  let always = (0..<20).map { PairJudgement(left: 0, right: $0, forward: .second, backward: .second) }
  let report = JudgeReport(
    judge: "opus", agreement: Agreement(trueYes: 30, falseNo: 20, falseYes: 20, trueNo: 30), calibrationError: 0.2,
    order: OrderEffect(always))
  #expect(
    report.warnings == [
      "it agrees with labels only weakly (kappa 0.20)",
      "it prefers what is shown second: the winner changed with the order in 20 of 20 pairs",
      "its probabilities are off by 20.0 % on average",
    ])
  #expect(
    JudgeReport(judge: "opus", agreement: Agreement(trueYes: 30, falseNo: 0, falseYes: 0, trueNo: 30)).warnings == [])
}
