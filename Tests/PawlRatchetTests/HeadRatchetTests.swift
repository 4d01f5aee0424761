import PawlCore
import PawlRatchet
import Testing

@Suite struct HeadRatchetTests {
  static func calibrated(_ values: [Double] = [1.00, 1.01, 0.99, 1.00]) -> HeadRatchet {
    var ratchet = HeadRatchet(direction: .minimize, rule: RatchetRule())
    for value in values { ratchet.record(value, for: .baseline) }
    return ratchet
  }

  @Test func `a plainly bad candidate is discarded at once`() {
    var ratchet = Self.calibrated()
    ratchet.record(1.2, for: TrialID(rawValue: 1))
    guard case .decided(.discarded, let evidence) = ratchet.judge(TrialID(rawValue: 1), inFlight: 0) else {
      Issue.record("not discarded")
      return
    }
    #expect(evidence.effect < -0.15)
  }

  @Test func `a plainly good candidate is kept at once`() {
    var ratchet = Self.calibrated()
    ratchet.record(0.8, for: TrialID(rawValue: 1))
    guard case .decided(.kept, let evidence) = ratchet.judge(TrialID(rawValue: 1), inFlight: 0) else {
      Issue.record("not kept")
      return
    }
    #expect(evidence.effect > 0.15)
  }
}
