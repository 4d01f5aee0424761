import PawlCore
import PawlStatistics
import Testing

@testable import PawlRatchet

@Suite struct `A metric that is finite and absurd` {
  @Test(arguments: [1e300, -1e300, 1e18, Double.greatestFiniteMagnitude])
  func `is judged like any other, and poisons nothing after it`(value: Double) throws {
    var ratchet = HeadRatchet(direction: .minimize, rule: RatchetRule())
    for noise in [0.0, 1e-8, -1e-8, 2e-8] { ratchet.record(1 + noise, for: .baseline) }
    for number in 1...4 {
      let trial = TrialID(rawValue: number)
      let measured = number % 2 == 1 ? abs(value) : 0.9 + Double(number) * 0.01
      ratchet.record(measured, for: trial)
      var replicates = 1
      while case .replicateCandidate = ratchet.judge(trial, inFlight: 0), replicates < 10 {
        ratchet.record(measured, for: trial)
        replicates += 1
      }
      guard case .decided(let verdict, let evidence) = ratchet.judge(trial, inFlight: 0) else {
        Issue.record("trial \(number) is never decided")
        return
      }
      #expect(verdict == (number == 2 ? .kept : .discarded))
      #expect([evidence.effect, evidence.gain, evidence.loss].allSatisfy { $0.isFinite })
      ratchet.close(trial, evidence: evidence)
      if verdict == .kept { ratchet.moveHead(to: trial) }
      #expect(try #require(ratchet.sigma).isFinite)
      #expect(ratchet.prior.expectedGainOfNewIdea.isFinite)
    }
  }

  @Test func `moves the belief in the head by no more than its noise`() throws {
    var ratchet = HeadRatchet(direction: .minimize, rule: RatchetRule())
    for noise in [0.0, 0.01, -0.01, 0.005] { ratchet.record(1 + noise, for: .baseline) }
    for (number, value) in [3.6, 40, 2.9e31, 1e12].enumerated() {
      let trial = TrialID(rawValue: number + 1)
      ratchet.record(value, for: trial)
      guard case .decided(.discarded, let evidence) = ratchet.judge(trial, inFlight: 0) else {
        Issue.record("a loss of \(value) is not discarded")
        return
      }
      ratchet.close(trial, evidence: evidence)
    }
    // As good as the head, as far as the noise tells: the effect must come out near zero.
    let same = TrialID(rawValue: 9)
    ratchet.record(1.002, for: same)
    guard case .decided(_, let evidence) = ratchet.judge(same, inFlight: 0) else { return }
    #expect(abs(evidence.effect) < 0.02)
  }
}
