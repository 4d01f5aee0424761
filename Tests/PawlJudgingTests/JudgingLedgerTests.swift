import PawlCore
import Testing

@testable import PawlJudging

@Test func `what is on its way is set aside`() {
  var ledger = JudgingLedger(cap: 1)
  let first = ledger.reserve(0.6)
  #expect(ledger.stop(before: 0.6) == .cap(spent: 0, of: 1))
  #expect(ledger.left == 0.4)
  ledger.record(.answered("x", dollars: 0.1), isRead: true, reservation: first)
  #expect(ledger.stop(before: 0.6) == nil)
  #expect(ledger.spent == 0.1 && ledger.reserved == 0 && ledger.open == 0)
}

@Test(arguments: [0, -1, Double.nan])
func `a cap of nothing allows nothing`(cap: Double) {
  #expect(JudgingLedger(cap: cap).stop(before: 0) == .cap(spent: 0, of: 0))
}

@Test func `a cap without bound is none`() {
  #expect(JudgingLedger(cap: .infinity) == JudgingLedger())
  #expect(JudgingLedger(cap: .infinity).stop(before: 1e300) == nil)
}

@Test func `a price that is no price counts as what was expected`() {
  var ledger = JudgingLedger(cap: 10)
  for price in [Double.nan, -5, .infinity] {
    let reservation = ledger.reserve(0.5)
    ledger.record(.answered("x", dollars: price), isRead: true, reservation: reservation)
  }
  #expect(ledger.spent == 1.5)
}

@Test func `an answer between failures starts the count anew`() {
  var ledger = JudgingLedger(patience: 2)
  for reply in [JudgeReply.timedOut(dollars: 0), .answered("x", dollars: 0), .failed("`503`", dollars: 0)] {
    ledger.record(reply, isRead: true, reservation: ledger.reserve(0))
    #expect(ledger.stop(before: 0) == nil)
  }
  ledger.record(.timedOut(dollars: 0), isRead: false, reservation: ledger.reserve(0))
  #expect(ledger.stop(before: 0) == .leftAlone(failures: 2))
  #expect(ledger.stop(before: 0)?.description == "the judge gave no answer 2 times in a row")
  ledger.forgiveFailures()
  #expect(ledger.stop(before: 0) == nil)
}

@Test func `a share of unreadable answers is believed from ten answers on`() {
  var ledger = JudgingLedger()
  for index in 0..<9 { ledger.record(.answered("x", dollars: 0), isRead: index > 2, reservation: ledger.reserve(0)) }
  #expect(ledger.stop(before: 0) == nil)
  ledger.record(.answered("x", dollars: 0), isRead: true, reservation: ledger.reserve(0))
  #expect(ledger.stop(before: 0) == .unreadable(Share(3, of: 10)))
}

@Test func `pennies add up to their cap`() {
  var ledger = JudgingLedger(cap: 1)
  while ledger.stop(before: 0.1) == nil {
    ledger.record(.answered("x", dollars: 0.1), isRead: true, reservation: ledger.reserve(0.1))
  }
  #expect(ledger.asked == 10)
}
