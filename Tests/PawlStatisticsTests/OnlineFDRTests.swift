import Foundation
import PawlCore
import PawlStatistics
import Testing

@Suite struct OnlineFDRTests {
  static let rules: [OnlineFDR.Rule] = [
    .eLOND, .eLORD(omega: 0.02), .eLORD(omega: 0.1), .eLORD(omega: 0.5), .eLORD(omega: 0.9),
  ]

  @Test(arguments: [(0.1, InferenceReferences.eLORD10), (0.5, InferenceReferences.eLORD50)])
  func `e-LORD's levels match the paper's formula`(omega: Double, rows: [[Double]]) {
    var stream = OnlineFDR(alpha: 0.05, rule: .eLORD(omega: omega))
    for row in rows {
      #expect(agree(stream.nextLevel, row[1], 1e-12))
      stream.record(discovery: row[0] == 1)
    }
  }

  @Test func `e-LOND's levels are those of the schedule`() {
    var stream = OnlineFDR(alpha: 0.05, rule: .eLOND)
    let schedule = AlphaSchedule(alpha: 0.05)
    for test in 1...40 {
      #expect(stream.nextLevel == schedule.level(test: test, discoveries: stream.discoveries))
      stream.record(discovery: test % 3 == 0)
    }
    #expect(stream.tests == 40 && stream.discoveries == 13)
  }

  @Test(arguments: rules) func `no stream spends more than alpha, and no level exceeds half of it`(rule: OnlineFDR.Rule)
  {
    var generator = SeededGenerator(seed: 8)
    for share in [0, 0.1, 0.5, 1] {
      var stream = OnlineFDR(alpha: 0.05, rule: rule)
      for _ in 0..<2_000 {
        #expect(stream.nextLevel <= 0.025 * (1 + 1e-12) && stream.nextLevel >= 0)
        stream.record(discovery: generator.unit() < share)
      }
      #expect(stream.spent <= 0.05 * (1 + 1e-12) && stream.spent > 0.01)
    }
  }

  @Test(arguments: rules) func `the expected share of false discoveries stays below alpha`(rule: OnlineFDR.Rule) {
    let alpha = 0.2
    let studies = 1_500
    var generator = SeededGenerator(seed: 99)
    var shares = 0.0
    var squares = 0.0
    var discoveries = 0
    for _ in 0..<studies {
      var stream = OnlineFDR(alpha: alpha, rule: rule)
      var wrong = 0
      for _ in 0..<25 {
        let real = generator.unit() < 0.3
        // exp(l z - l²/2) of a standard normal has mean one: an e-value, as large as the level's reciprocal now and then.
        let drawn = Normal.quantile(max(1e-15, generator.unit())) + (real ? 3 : 0)
        let discovers = 2 * drawn - 2 >= log(1 / stream.nextLevel)
        stream.record(discovery: discovers)
        if discovers, !real { wrong += 1 }
      }
      let share = Double(wrong) / Double(max(1, stream.discoveries))
      shares += share
      squares += share * share
      discoveries += stream.discoveries
    }
    let mean = shares / Double(studies)
    let error = ((squares / Double(studies) - mean * mean) / Double(studies)).squareRoot()
    #expect(mean <= alpha + 3 * error)
    #expect(mean > 0)
    #expect(discoveries > studies)
  }

  @Test func `an alpha or omega out of range discovers nothing rather than anything`() {
    for alpha in [0, -1, 1, 2, .nan, .infinity] {
      for rule in Self.rules { #expect(OnlineFDR(alpha: alpha, rule: rule).nextLevel == 0) }
    }
    for omega in [0, -1, .nan] { #expect(OnlineFDR(alpha: 0.05, rule: .eLORD(omega: omega)).nextLevel == 0) }
  }

  @Test(arguments: rules) func `it survives its stored form`(rule: OnlineFDR.Rule) throws {
    var stream = OnlineFDR(alpha: 0.05, rule: rule)
    stream.record(discovery: true)
    stream.record(discovery: false)
    let restored = try JSONDecoder().decode(OnlineFDR.self, from: JSONEncoder().encode(stream))
    #expect(restored == stream)
    #expect(restored.nextLevel == stream.nextLevel)
  }
}
