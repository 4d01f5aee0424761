import PawlCore
import PawlRatchet
import PawlStatistics
import Testing

@testable import PawlEngine

@Suite struct `A certification on demand` {
  /// A study between two sessions, whose head is at least so many steps beyond its champion.
  private func stacked(seed: UInt64, steps: Int) throws -> SimulatedWorld {
    var world = SimulatedWorld(seed: seed, noise: 0.001, crashRate: 0)
    world.begin(try SimulatedWorld.configuration(trials: nil))
    for _ in 0..<5_000 where world.engine.state.stack.count <= steps || world.engine.state.certification != nil {
      world.completeOne()
    }
    try #require(world.engine.state.stack.count > steps && world.engine.state.certification == nil)
    world.observe([.stopRequested(reason: "interrupted")])
    world.run()
    world.observe([.sessionEnded(reason: "interrupted")])
    (world.finished, world.pending) = (nil, [])
    return world
  }

  /// Begins a session for this order; returns the events from its start on, when it is over.
  private func carryOut(_ order: CertificationOrder, in world: inout SimulatedWorld, until: Int = 5_000) -> [Event] {
    let before = world.events.count
    world.observe([
      .sessionStarted(
        SessionStart(
          version: "1", host: "h", process: 1, sandbox: .full, stop: StopRule(trials: 1), workers: 2, order: order))
    ])
    world.run(limit: until)
    return Array(world.events.dropFirst(before))
  }

  @Test func `makes that test and nothing else, and moves the champion`() throws {
    var world = try stacked(seed: 3, steps: 2)
    let before = world.engine.state
    let head = try #require(before.head)
    let events = carryOut(CertificationOrder(candidate: head.trial, maximumPairs: 16), in: &world)
    let state = world.engine.state
    #expect(world.finished == "certification \(before.certifications + 1) is decided")
    #expect(state.champion == head && state.certificates == before.certificates + 1 && state.stack.count == 1)
    #expect(state.open == before.open && state.ended == before.ended && state.ratchet?.head == head.trial)
    let asked = events.compactMap { if case .attemptRequested(let request) = $0 { request } else { nil } }
    #expect(asked.count >= 8)
    for request in asked {
      guard case .certification(before.certifications + 1, _, let isCandidate) = request.purpose else {
        Issue.record("\(request)")
        continue
      }
      #expect(request.trial == (isCandidate ? head.trial : before.champion?.trial))
    }
    #expect(events.contains { if case .branchAdvanced = $0 { true } else { false } })
    // It counts as one of the study's tests.
    let alphas = events.compactMap { if case .certificationStarted(_, _, _, let alpha) = $0 { alpha } else { nil } }
    #expect(alphas == [before.nextAlpha()] && state.certifications == before.certifications + 1)
    var replayed = StudyState()
    for recorded in world.transactions.joined() { replayed.apply(recorded.event, at: recorded.at) }
    #expect(replayed == state)
  }

  @Test func `a step of the stack is certified and the later ones stay on trial`() throws {
    var world = try stacked(seed: 4, steps: 3)
    let before = world.engine.state
    _ = carryOut(CertificationOrder(candidate: before.stack[2].trial, maximumPairs: 16), in: &world)
    #expect(world.engine.state.stack == Array(before.stack[2...]))
  }

  @Test func `what is not better is not certified, and no other test follows`() throws {
    var world = try stacked(seed: 5, steps: 2)
    let before = world.engine.state
    let head = try #require(before.head)
    world.setTruth(of: head, to: 1.5)
    let events = carryOut(CertificationOrder(candidate: head.trial, maximumPairs: 16), in: &world)
    #expect(world.finished == "certification \(before.certifications + 1) is decided")
    #expect(events.count { $0.kind == "certificationStarted" } == 1)
    #expect(events.contains { $0.kind == "certificationFailed" })
    #expect(world.engine.state.champion == before.champion && world.engine.state.head == head)
  }

  @Test func `more pairs than the study's number hold for it in the next session too`() throws {
    // An effect of half the noise: of many such studies, the first whose test takes more than sixteen pairs.
    let order = { (head: HeadStep) in CertificationOrder(candidate: head.trial, maximumPairs: 60) }
    let undecided = (1...60).lazy.compactMap { seed -> (SimulatedWorld, StudyState)? in
      guard var world = try? stacked(seed: UInt64(seed), steps: 2), let head = world.engine.state.head,
        let champion = world.engine.state.champion
      else { return nil }
      let before = world.engine.state
      world.setTruth(of: head, to: world.truth(of: champion.commit) - 0.0005)
      _ = carryOut(order(head), in: &world, until: 36)
      return world.finished == nil ? (world, before) : nil
    }
    var (world, before) = try #require(undecided.first)
    let head = try #require(before.head)
    #expect(world.engine.state.certification?.orderedPairs == 60)
    // Killed, and carried on by a session that was asked for the same.
    world.pending = []
    _ = carryOut(order(head), in: &world)
    #expect(world.finished == "certification \(before.certifications + 1) is decided")
    let pairs = world.events.compactMap { event -> Int? in
      guard case .attemptRequested(let request) = event,
        case .certification(before.certifications + 1, let pair, _) = request.purpose
      else { return nil }
      return pair
    }
    #expect((17..<60).contains(pairs.max() ?? 0))
    #expect(world.engine.state.certifications == before.certifications + 1)
  }

  @Test func `a test that another session left is decided first`() throws {
    var world = try stacked(seed: 4, steps: 3)
    let before = world.engine.state
    let (older, head) = (before.stack[1], try #require(before.head))
    _ = carryOut(CertificationOrder(candidate: older.trial, maximumPairs: 16), in: &world, until: 3)
    try #require(world.engine.state.certification != nil)
    (world.finished, world.pending) = (nil, [])
    _ = carryOut(CertificationOrder(candidate: head.trial, maximumPairs: 16), in: &world)
    #expect(world.engine.state.certificates == before.certificates + 2)
    #expect(world.engine.state.champion == head)
    #expect(world.finished == "certification \(before.certifications + 2) is decided")
  }

  @Test func `a step that is certified meanwhile ends the session without a test`() throws {
    var world = try stacked(seed: 4, steps: 3)
    let before = world.engine.state
    let (older, head) = (before.stack[1], try #require(before.head))
    _ = carryOut(CertificationOrder(candidate: head.trial, maximumPairs: 16), in: &world)
    (world.finished, world.pending) = (nil, [])
    let events = carryOut(CertificationOrder(candidate: older.trial, maximumPairs: 16), in: &world)
    #expect(world.finished == "trial \(older.trial) has nothing left to certify")
    #expect(!events.contains { $0.kind == "certificationStarted" })
  }

  @Test(arguments: [0, 3, 20, 200])
  func `fewer than the least pairs cannot certify, however clear the effect`(testsBefore: Int) throws {
    var state = StudyState()
    state.certifications = testsBefore
    let least = try #require(state.leastPairsOfNextCertification)
    #expect(least >= 4)
    func ends(_ most: Int) -> Certification.State {
      var test = Certification(
        number: 1, candidate: TrialID(rawValue: 1), champion: .baseline, alpha: state.nextAlpha(),
        rule: RatchetRule(maximumPairs: most), direction: .minimize)
      for pair in 0..<most { test.record(pair: pair, candidate: .some(0), champion: .some(1e9)) }
      return test.state
    }
    if least > 4 { #expect(ends(least - 1) == .failed) }
    #expect(ends(least) == .certified)
  }
}

extension SimulatedWorld {
  /// Changes what the newest step of this head does, so that its code measures that on the average.
  fileprivate mutating func setTruth(of head: HeadStep, to value: Double) {
    changes[head.trial, default: 0] += value - truth(of: head.commit)
  }
}
