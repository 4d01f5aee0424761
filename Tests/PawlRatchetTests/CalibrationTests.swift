import PawlCore
import Testing

@testable import PawlRatchet

@Suite struct `Calibration with one absurd run` {
  private func calibrated(_ values: [Double]) -> HeadRatchet {
    var ratchet = HeadRatchet(direction: .minimize, rule: RatchetRule())
    for value in values { ratchet.record(value, for: .baseline) }
    return ratchet
  }

  @Test(
    arguments: [
      ([5.01, 1e6, 5.03], 1e6), ([1e6, 5, 5], 1e6), ([-1e6, 0.01, 0.02, 0.015], -1e6), ([0.97, 0.9701, 12], 12),
    ] as [([Double], Double)])
  func `finds the run that stands alone`(values: [Double], alone: Double) {
    #expect(calibrated(values).absurdCalibration == alone)
  }

  @Test(
    arguments: [
      [5.01, 1e6], [5.01, 1e6, 1e6], [5.01, 5.02, 5.03], [5, 5, 5.1], [0, 0, 0, 0, 1], [1, 1, 1, 0], [3, 3, 3],
      [5.01, 1e6, 3e4],
    ] as [[Double]])
  func `takes no run for absurd where the others do not agree, or nothing tells what is far`(values: [Double]) {
    #expect(calibrated(values).absurdCalibration == nil)
  }

  @Test func `is as if that run had never been made, once it is left out`() throws {
    var ratchet = calibrated([5.01, 1e6, 5.03, 4.99, 5.02])
    #expect(ratchet.leaveOutAbsurdCalibration() == 1e6)
    #expect(ratchet.leaveOutAbsurdCalibration() == nil)
    #expect(try #require(ratchet.sigma) < 0.03)
    #expect(abs(try #require(ratchet.headEstimate).mean - 5.0125) < 0.001)
    let trial = TrialID(rawValue: 1)
    ratchet.record(4, for: trial)
    guard case .replicateCandidate = ratchet.judge(trial, inFlight: 0) else {
      Issue.record("an improvement of 50 sigma is not measured again: \(ratchet.judge(trial, inFlight: 0))")
      return
    }
    ratchet.record(4.01, for: trial)
    guard case .decided(.kept, _) = ratchet.judge(trial, inFlight: 0) else {
      Issue.record("\(ratchet.judge(trial, inFlight: 0))")
      return
    }
  }
}
