import PawlCore
import PawlRatchet
import Testing

@Suite struct CertificationTests {
  static func certification(alpha: Double = 0.02, rule: RatchetRule = RatchetRule(), direction: Direction = .minimize)
    -> Certification
  {
    Certification(
      number: 1, candidate: TrialID(rawValue: 5), champion: .baseline, alpha: alpha, rule: rule, direction: direction)
  }

  static let champion = [1.0013, 0.9987, 1.0041, 0.9979, 1.0022, 1.0008]
  static let candidate = [0.9712, 0.9678, 0.9744, 0.9701, 0.9715, 0.9693]

  @Test func `a clear gain is certified within a few pairs`() throws {
    var certification = Self.certification()
    var used = 0
    while case .running(let pair) = certification.state {
      #expect(pair == used)
      certification.record(pair: pair, candidate: Self.candidate[pair])
      #expect(certification.state == .running(nextPair: pair))
      certification.record(pair: pair, champion: Self.champion[pair])
      used += 1
    }
    #expect(certification.state == .certified)
    #expect(used <= 5)
    #expect(certification.pairs.count == used)
    #expect(certification.eValue >= certification.threshold)
    let interval = try #require(certification.interval)
    let effect = try #require(certification.effect)
    #expect(interval.lowerBound > 0)
    #expect(interval.contains(effect))
    #expect(abs(effect - 0.031) < 0.003)
  }

  @Test func `a metric that is maximised is certified the other way round`() {
    var certification = Self.certification(direction: .maximize)
    for pair in 0..<6 {
      certification.record(pair: pair, candidate: Self.champion[pair], champion: Self.candidate[pair])
    }
    #expect(certification.state == .certified)
  }

  @Test func `the order in which halves finish changes nothing`() {
    var inOrder = Self.certification()
    var backwards = Self.certification()
    for pair in 0..<6 {
      inOrder.record(pair: pair, candidate: Self.candidate[pair], champion: Self.champion[pair])
    }
    for pair in (0..<6).reversed() { backwards.record(pair: pair, champion: Self.champion[pair]) }
    for pair in (0..<6).reversed() { backwards.record(pair: pair, candidate: Self.candidate[pair]) }
    #expect(backwards == inOrder)
    #expect(backwards.pairs.map(\.index) == Array(0..<inOrder.pairs.count))
  }

  @Test func `a pair waits for the one before it`() {
    var certification = Self.certification()
    certification.record(pair: 1, candidate: 0.9, champion: 1.0)
    #expect(certification.state == .running(nextPair: 0))
    #expect(certification.pairs.isEmpty)
    #expect(certification.effect == nil)
    certification.record(pair: 0, candidate: 0.9, champion: 1.0)
    #expect(certification.state == .running(nextPair: 2))
  }

  @Test func `the first result of a half stands`() {
    var certification = Self.certification()
    certification.record(pair: 0, candidate: 0.9)
    certification.record(pair: 0, candidate: 0.1, champion: 1.0)
    #expect(certification.pairs.first?.candidate == 0.9)
    certification.record(pair: 0, candidate: 0.2, champion: 2.0)
    #expect(certification.pairs.count == 1)
  }

  @Test func `a crash voids its pair, a second crash of the candidate fails`() {
    var certification = Self.certification()
    let crashed: Double? = nil
    certification.record(pair: 0, candidate: 0.9, champion: crashed)
    certification.record(pair: 1, candidate: crashed, champion: 1.0)
    #expect(certification.pairs.isEmpty)
    #expect(certification.state == .running(nextPair: 2))
    certification.record(pair: 2, candidate: .some(.nan), champion: 1.0)
    #expect(certification.state == .failed)
  }

  @Test func `it gives up where four pairs show no gain`() {
    var certification = Self.certification()
    for pair in 0..<4 {
      #expect(certification.state == .running(nextPair: pair))
      certification.record(pair: pair, candidate: Self.champion[pair] + 0.01, champion: Self.champion[pair])
    }
    #expect(certification.state == .failed)
    #expect(certification.eValue < 1)
  }

  @Test func `it gives up at the most pairs, void ones included`() {
    var certification = Self.certification(rule: RatchetRule(maximumPairs: 5))
    let crashed: Double? = nil
    for pair in 0..<5 { certification.record(pair: pair, candidate: 1.0, champion: crashed) }
    #expect(certification.state == .failed)
  }

  @Test func `a deterministic gain of one step is certified, ties are not`() {
    var gain = Self.certification()
    for pair in 0..<16 { gain.record(pair: pair, candidate: 0.999, champion: 1.0) }
    #expect(gain.state == .certified)
    #expect(gain.pairs.count >= 4)
    #expect(gain.interval?.lowerBound.isFinite == true)
    var tie = Self.certification()
    for pair in 0..<16 { tie.record(pair: pair, candidate: 1.0, champion: 1.0) }
    #expect(tie.state == .failed)
  }

  @Test func `candidates that are no better are seldom certified`() {
    var generator = SeededGenerator(seed: 77)
    func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + generator.unit() } }
    let tests = 2_000
    var certified = 0
    for _ in 0..<tests {
      var certification = Self.certification(alpha: 0.05)
      while case .running(let pair) = certification.state {
        certification.record(pair: pair, candidate: normal(), champion: normal())
      }
      if certification.state == .certified { certified += 1 }
    }
    #expect(Double(certified) / Double(tests) <= 0.05 + 3 * (0.05 * 0.95 / Double(tests)).squareRoot())
  }
}
