import PawlCore
import PawlRatchet
import PawlStatistics
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct HeadRatchetTests {
  static let one = TrialID(rawValue: 1)
  static let two = TrialID(rawValue: 2)

  static func calibrated(
    _ values: [Double] = [1.00, 1.01, 0.99, 1.00], direction: Direction = .minimize, rule: RatchetRule = RatchetRule()
  ) -> HeadRatchet {
    var ratchet = HeadRatchet(direction: direction, rule: rule)
    for value in values { ratchet.record(value, for: .baseline) }
    return ratchet
  }

  static func evidence(_ judgement: Judgement) -> Evidence {
    switch judgement {
    case .replicateCandidate(let evidence), .replicateHead(let evidence), .wait(let evidence),
      .rebase(let evidence), .decided(_, let evidence):
      evidence
    }
  }

  static func verdict(_ judgement: Judgement) -> Verdict? {
    guard case .decided(let verdict, _) = judgement else { return nil }
    return verdict
  }

  @Test(arguments: [(Direction.minimize, 1.2), (.maximize, 0.8)])
  func `a plainly bad candidate is discarded at once`(direction: Direction, value: Double) {
    var ratchet = Self.calibrated(direction: direction)
    ratchet.record(value, for: Self.one)
    let judgement = ratchet.judge(Self.one, inFlight: 0)
    #expect(Self.verdict(judgement) == .discarded)
    #expect(Self.evidence(judgement).effect < -0.15)
  }

  @Test(arguments: [(Direction.minimize, 0.8), (.maximize, 1.2)])
  func `a plainly good candidate is kept at once`(direction: Direction, value: Double) {
    var ratchet = Self.calibrated(direction: direction)
    ratchet.record(value, for: Self.one)
    let judgement = ratchet.judge(Self.one, inFlight: 0)
    #expect(Self.verdict(judgement) == .kept)
    #expect(Self.evidence(judgement).effect > 0.15)
  }

  @Test(arguments: [(Direction.minimize, -1.0), (.maximize, 1.0)])
  func `what is believed of the head is in the metric's own direction and not its lucky mean`(
    direction: Direction, better: Double
  ) throws {
    var ratchet = HeadRatchet(direction: direction, rule: RatchetRule())
    #expect(ratchet.headEstimate == nil)
    ratchet.record(1, for: .baseline)
    #expect(ratchet.headEstimate == nil, "the noise is not known yet")
    for value in [1.01, 0.99, 1.0] { ratchet.record(value, for: .baseline) }
    let baseline = try #require(ratchet.headEstimate)
    let sigma = try #require(ratchet.sigma)
    #expect(abs(baseline.mean - 1) < 1e-12)
    #expect(abs(baseline.deviation - sigma / 2) < 1e-4 * sigma)
    ratchet.record(1 + better * 0.012, for: Self.one)
    ratchet.moveHead(to: Self.one)
    let head = try #require(ratchet.headEstimate)
    #expect((head.mean - 1) * better < 0.009, "a lucky candidate is believed to be less than it looks")
    #expect((head.mean - 1) * better > 0)
  }

  @Test func `a candidate that is a little better is shrunk`() {
    var ratchet = Self.calibrated()
    ratchet.record(0.99, for: Self.one)
    let evidence = Self.evidence(ratchet.judge(Self.one, inFlight: 0))
    #expect(evidence.effect < 0.005)
    #expect(evidence.measurements == 1)
    #expect(evidence.mean == 0.99)
  }

  static let fresh = TrialID(rawValue: 1_000)

  /// A ratchet that has learned in a noisy study, with a fresh candidate that was measured so that the judgement is the wanted one.
  static func doubtful(
    rule: RatchetRule = RatchetRule(), measurements: Int = 1, where wanted: (HeadRatchet, Judgement) -> Bool
  ) -> (ratchet: HeadRatchet, judgement: Judgement)? {
    let learned = StudySimulation(sigma: 4, attempts: 250, seed: 8).ratchet(rule: rule).ratchet
    for value in stride(from: -10.0, to: 30, by: 0.1) {
      var ratchet = learned
      for _ in 0..<measurements { ratchet.record(value, for: fresh) }
      let judgement = ratchet.judge(fresh, inFlight: 0)
      if wanted(ratchet, judgement) { return (ratchet, judgement) }
    }
    return nil
  }

  @Test func `a doubtful candidate is measured again where it is the less sure, but not twice at a time`() throws {
    let doubt = try #require(
      Self.doubtful { if case .replicateCandidate = $1 { true } else { false } })
    let evidence = Self.evidence(doubt.judgement)
    #expect(min(evidence.gain, evidence.loss) > doubt.ratchet.prior.expectedGainOfNewIdea)
    #expect(doubt.ratchet.judge(Self.fresh, inFlight: 1) == .wait(evidence))
  }

  @Test(arguments: [Verdict.kept, .inconclusive])
  func `at the most replicates a decision is made, in doubt too`(verdict: Verdict) throws {
    let rule = RatchetRule(maximumReplicates: 2)
    let decided = try #require(
      Self.doubtful(rule: rule, measurements: 2) { ratchet, judgement in
        let evidence = Self.evidence(judgement)
        return Self.verdict(judgement) == verdict
          && min(evidence.gain, evidence.loss) > ratchet.prior.expectedGainOfNewIdea
      })
    #expect((Self.evidence(decided.judgement).effect > 0) == (verdict == .kept))
  }

  @Test func `judging ends for every stream of measurements`() {
    var generator = SeededGenerator(seed: 9)
    for trial in 1...200 {
      var ratchet = Self.calibrated()
      let candidate = TrialID(rawValue: trial)
      ratchet.record(0.9 + 0.2 * generator.unit(), for: candidate)
      var attempts = 0
      judging: while true {
        switch ratchet.judge(candidate, inFlight: 0) {
        case .decided: break judging
        case .wait, .rebase: Issue.record("nothing is in flight, and the head does not move")
        case .replicateHead: ratchet.record(0.9 + 0.2 * generator.unit(), for: .baseline)
        case .replicateCandidate: ratchet.record(0.9 + 0.2 * generator.unit(), for: candidate)
        }
        attempts += 1
        #expect(attempts < 40)
      }
    }
  }

  @Test func `a deterministic command needs one measurement`() {
    for (value, verdict) in [(1.233567, Verdict.kept), (1.235567, .discarded), (1.234567, .discarded)] {
      var ratchet = Self.calibrated([1.234567, 1.234567])
      #expect(ratchet.sigma == 0)
      ratchet.record(value, for: Self.one)
      let judgement = ratchet.judge(Self.one, inFlight: 0)
      #expect(Self.verdict(judgement) == verdict)
      #expect(Self.evidence(judgement).deviation == 0)
      ratchet.close(Self.one, evidence: Self.evidence(judgement))
      #expect(ratchet.prior.improves > 0)
    }
  }

  @Test func `where values are printed coarsely, ties are no proof that there is no noise`() {
    var ratchet = Self.calibrated([0.92, 0.92, 0.92])
    ratchet.record(0.91, for: Self.one)
    guard case .replicateCandidate = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("kept on one number")
      return
    }
    ratchet.record(0.92, for: Self.one)
    #expect(ratchet.sigma != 0)
  }

  @Test func `a wild measurement of the head is left out, and on another machine the head is measured first`() throws {
    var ratchet = Self.calibrated()
    let before = try #require(ratchet.headEstimate)
    ratchet.record(50, for: .baseline)
    let after = try #require(ratchet.headEstimate)
    let sigma = try #require(ratchet.sigma)
    #expect(abs(after.mean - before.mean) < sigma && after.deviation < 1)
    ratchet.changeMachine()
    ratchet.record(0.99, for: Self.one)
    guard case .replicateHead = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("judged by a head of another machine")
      return
    }
  }

  @Test func `a seed that came into use after the head moved is compared with the old head too`() {
    var ratchet = HeadRatchet(direction: .minimize, rule: RatchetRule())
    for (seed, value) in [1.0, 1.01, 0.99].enumerated() { ratchet.record(value, for: .baseline, seed: UInt64(seed)) }
    ratchet.open(Self.one, parent: .baseline)
    ratchet.open(Self.two, parent: .baseline)
    ratchet.record(0.5, for: Self.one, seed: 0)
    ratchet.moveHead(to: Self.one)
    ratchet.record(0.7, for: Self.two, seed: 77)
    #expect(Self.evidence(ratchet.judge(Self.two, inFlight: 0)).head == .baseline)
    ratchet.rebase(Self.two)
    #expect(!ratchet.isStale(Self.two))
  }

  @Test func `without known noise something is measured twice`() {
    var ratchet = Self.calibrated([1])
    #expect(ratchet.sigma == nil)
    ratchet.record(0.9, for: Self.one)
    guard case .replicateHead(let evidence) = ratchet.judge(Self.one, inFlight: 0) else {
      Issue.record("not the head")
      return
    }
    #expect(evidence.effect.isFinite && evidence.sigma == 0)
    guard case .wait = ratchet.judge(Self.one, inFlight: 1) else {
      Issue.record("ordered twice")
      return
    }
    guard case .replicateCandidate = ratchet.judge(Self.two, inFlight: 0) else {
      Issue.record("an unmeasured candidate is measured")
      return
    }
  }

  @Test func `a lucky head is not believed`() {
    var ratchet = Self.calibrated([1.0, 1.02, 0.98, 1.0])
    ratchet.record(0.96, for: Self.one)
    let evidence = Self.evidence(ratchet.judge(Self.one, inFlight: 0))
    ratchet.close(Self.one, evidence: evidence)
    ratchet.moveHead(to: Self.one)
    // As good as the head's lucky number: if that were believed, the effect would be zero.
    ratchet.record(0.96, for: Self.two)
    #expect(Self.evidence(ratchet.judge(Self.two, inFlight: 0)).head == Self.one)
    var naive = Self.calibrated([0.96, 0.98, 0.94, 0.96])
    naive.record(0.96, for: Self.two)
    #expect(
      Self.evidence(ratchet.judge(Self.two, inFlight: 0)).effect
        > Self.evidence(naive.judge(Self.two, inFlight: 0)).effect)
  }

  @Test func `the head may move before or after its trial is closed`() {
    var before = Self.calibrated()
    before.record(0.9, for: Self.one)
    var after = before
    let evidence = Self.evidence(before.judge(Self.one, inFlight: 0))
    before.moveHead(to: Self.one)
    before.close(Self.one, evidence: evidence)
    after.close(Self.one, evidence: evidence)
    after.moveHead(to: Self.one)
    for var ratchet in [before, after] {
      #expect(ratchet.head == Self.one)
      #expect(ratchet.moments(of: Self.one)?.count == 1)
      #expect(ratchet.moments(of: .baseline) == nil)
      ratchet.record(0.91, for: Self.two)
      #expect(
        ratchet.judge(Self.two, inFlight: 0)
          == {
            var other = after
            other.record(0.91, for: Self.two)
            return other.judge(Self.two, inFlight: 0)
          }())
    }
  }

  @Test func `a head of which nothing is known is measured first`() {
    var ratchet = Self.calibrated()
    ratchet.moveHead(to: TrialID(rawValue: 7))
    ratchet.record(0.9, for: TrialID(rawValue: 8))
    guard case .replicateHead = ratchet.judge(TrialID(rawValue: 8), inFlight: 0) else {
      Issue.record("judged against nothing")
      return
    }
  }

  @Test func `a crash says nothing about effects`() {
    var ratchet = Self.calibrated()
    let prior = ratchet.prior
    ratchet.record(3, for: Self.one)
    ratchet.drop(Self.one)
    #expect(ratchet.prior == prior)
    #expect(ratchet.moments(of: Self.one) == nil)
    ratchet.drop(.baseline)
    #expect(ratchet.moments(of: .baseline)?.count == 4)
  }

  @Test func `what is not finite is not counted, and the largest doubles do no harm`() throws {
    var ratchet = Self.calibrated()
    ratchet.record(.nan, for: Self.one)
    ratchet.record(.infinity, for: Self.one)
    #expect(ratchet.moments(of: Self.one) == nil)
    for value in [Double.greatestFiniteMagnitude, -.greatestFiniteMagnitude] {
      ratchet.record(value, for: Self.one)
      let evidence = Self.evidence(ratchet.judge(Self.one, inFlight: 0))
      #expect(evidence.effect.isFinite && evidence.deviation.isFinite && evidence.gain.isFinite)
    }
    ratchet.close(Self.one, evidence: Self.evidence(ratchet.judge(Self.one, inFlight: 0)))
    _ = try JSONEncoder().encode(ratchet)
    ratchet.record(1, for: Self.two)
    #expect(Self.evidence(ratchet.judge(Self.two, inFlight: 0)).loss.isFinite)
  }

  @Test func `memory does not grow with the study`() throws {
    func size(_ trials: Int) throws -> Int {
      var ratchet = Self.calibrated()
      for trial in 1...trials {
        let candidate = TrialID(rawValue: trial)
        ratchet.record(1.05 + Double(trial % 7) * 0.01, for: candidate)
        ratchet.close(candidate, evidence: Self.evidence(ratchet.judge(candidate, inFlight: 0)))
      }
      return try JSONEncoder().encode(ratchet).count
    }
    #expect(try size(500) < size(20) + 500)
  }

  @Test func `a snapshot restores the same beliefs`() throws {
    let (_, _, ratchet) = StudySimulation(sigma: 1, attempts: 60, seed: 4).ratchet()
    let restored = try JSONDecoder().decode(HeadRatchet.self, from: JSONEncoder().encode(ratchet))
    #expect(restored == ratchet)
  }
}
