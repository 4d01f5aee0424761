import PawlCore
import PawlStatistics
import Testing

@testable import PawlRatchet

/// What the one rule makes of costs, outliers, heads that move, prices and a machine that drifts.
@Suite struct RatchetRuleTests {
  private static let one = TrialID(rawValue: 1)
  private static let two = TrialID(rawValue: 2)

  private func calibrated(_ rule: RatchetRule = RatchetRule()) -> HeadRatchet {
    var ratchet = HeadRatchet(direction: .maximize, rule: rule)
    for (seed, value) in [0.0, 0.1, -0.1, 0.05].enumerated() {
      ratchet.record(value, for: .baseline, seed: UInt64(seed))
    }
    return ratchet
  }

  private func evidence(_ judgement: Judgement) -> Evidence {
    switch judgement {
    case .decided(_, let evidence), .replicateCandidate(let evidence), .replicateHead(let evidence),
      .rebase(let evidence), .wait(let evidence):
      evidence
    }
  }

  @Test func `an improvement out of all proportion is measured twice, and one wild value of three is left out`() {
    var ratchet = calibrated()
    ratchet.record(1e6, for: Self.one)
    guard case .replicateCandidate = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("kept at first sight")
      return
    }
    ratchet.record(0.02, for: Self.one)
    guard case .replicateCandidate = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("two values that exclude one another decide nothing")
      return
    }
    ratchet.record(-0.03, for: Self.one)
    #expect(abs(evidence(ratchet.judge(Self.one, inFlight: 0)).effect) < 0.3)
  }

  @Test func `a harm out of all proportion needs no second look`() {
    var ratchet = calibrated()
    ratchet.record(-1e6, for: Self.one)
    guard case .decided(.discarded, _) = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("measured again")
      return
    }
  }

  @Test func `a replicate that costs next to nothing is made where a dear one is not`() {
    func replicated(replicaCost: Double) -> Int {
      (1...40).count { step in
        var ratchet = calibrated()
        for trial in 10..<16 {
          let id = TrialID(rawValue: trial)
          ratchet.record(-0.5 + 0.05 * Double(trial - 10), for: id, cost: 100)
          ratchet.close(id, evidence: evidence(ratchet.judge(id, inFlight: 0)))
        }
        ratchet.record(Double(step) * 0.01, for: Self.one, cost: replicaCost)
        if case .decided = ratchet.judge(Self.one, inFlight: 0) { return false }
        return true
      }
    }
    #expect(replicated(replicaCost: 1) > replicated(replicaCost: 100))
  }

  @Test func `a candidate of a head that is gone is judged against that head, and re-based where it is promising`()
    throws
  {
    var ratchet = calibrated()
    ratchet.open(Self.one, parent: .baseline)
    ratchet.open(Self.two, parent: .baseline)
    ratchet.record(2, for: Self.two)
    ratchet.record(1.5, for: Self.one)
    ratchet.close(Self.two, evidence: evidence(ratchet.judge(Self.two, inFlight: 0)))
    ratchet.moveHead(to: Self.two)
    #expect(ratchet.isStale(Self.one))
    guard case .rebase(let believed) = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("not re-based")
      return
    }
    #expect(
      believed.head == .baseline && believed.effect > 1, "it is better than its own parent, though worse than the head")
    ratchet.rebase(Self.one)
    #expect(!ratchet.isStale(Self.one) && ratchet.moments(of: Self.one) == nil)
    guard case .replicateCandidate = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("not measured on the new head")
      return
    }
    // On the new head it comes out as expected, once: what was known before makes that enough.
    ratchet.record(3.5, for: Self.one)
    guard case .decided(.kept, let judged) = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("not kept")
      return
    }
    #expect(judged.head == Self.two)
  }

  @Test func `a candidate of a gone head that is no good is discarded where it is`() {
    var ratchet = calibrated()
    ratchet.open(Self.one, parent: .baseline)
    ratchet.record(-2, for: Self.one)
    ratchet.record(2, for: Self.two)
    ratchet.moveHead(to: Self.two)
    guard case .decided(.discarded, let judged) = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("not discarded")
      return
    }
    #expect(judged.head == .baseline)
  }

  @Test func `a price turns a small gain into a loss and a saving a tie into a win`() {
    var ratchet = calibrated()
    ratchet.record(1, for: Self.one)
    guard case .decided(.kept, let judged) = ratchet.judge(Self.one, inFlight: 0),
      case .decided(.discarded, let priced) = ratchet.judge(Self.one, inFlight: 0, offset: -5)
    else {
      Issue.record("the price decides nothing")
      return
    }
    #expect(judged.effect == priced.effect, "the effect itself is not touched")
    ratchet.record(-0.01, for: Self.two)
    guard case .decided(.kept, _) = ratchet.judge(Self.two, inFlight: 0, offset: 2) else {
      Issue.record("the saving is not seen")
      return
    }
  }

  @Test func `keeping any better run looks at one number each`() {
    var ratchet = calibrated(RatchetRule(policy: .anyBetter))
    ratchet.record(0.001, for: Self.one)
    guard case .decided(.kept, _) = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("a hair is enough")
      return
    }
    ratchet.moveHead(to: Self.one)
    ratchet.record(0.001, for: Self.two)
    guard case .decided(.discarded, _) = ratchet.judge(Self.two, inFlight: 0) else {
      Issue.record("a tie is not better")
      return
    }
  }

  @Test func `a machine that drifts is found out, and one that stands still is believed to`() {
    func drift(perAttempt: Double) -> Double {
      var ratchet = HeadRatchet(direction: .maximize, rule: RatchetRule())
      var generator = SeededGenerator(seed: 5)
      var level = 0.0
      func measure(_ worth: Double) -> Double {
        level += perAttempt * Normal.quantile(max(1e-9, generator.unit()))
        return worth + level + Normal.quantile(max(1e-9, generator.unit()))
      }
      for _ in 0..<4 { ratchet.record(measure(0), for: .baseline) }
      for trial in 1...300 {
        let id = TrialID(rawValue: trial)
        let worth = trial % 3 == 0 ? 0 : -4 * generator.unit()
        ratchet.record(measure(worth), for: id)
        ratchet.close(id, evidence: evidence(ratchet.judge(id, inFlight: 0)))
      }
      return ratchet.drift
    }
    #expect(drift(perAttempt: 0) <= 0.001)
    #expect(drift(perAttempt: 0.3) >= 0.01)
  }
}
