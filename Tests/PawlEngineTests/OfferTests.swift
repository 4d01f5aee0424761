import PawlCore
import Testing

@testable import PawlEngine

/// What people hand in: proposals and hints.
@Suite struct OfferTests {
  private static func offer(fingerprint: UInt64) -> Proposal {
    Proposal(agent: "you", hypothesis: "mine", edits: [], knobs: [:], cost: 0, fingerprint: fingerprint)
  }

  /// A study that has ended, and a session that judges what is handed in.
  private static func world(_ rule: OfferRule) throws -> SimulatedWorld {
    var world = SimulatedWorld(seed: 5, crashRate: 0)
    world.begin(try SimulatedWorld.configuration(workers: 2, trials: 3))
    world.run()
    world.finished = nil
    world.observe([
      .sessionStarted(
        SessionStart(
          version: "1", host: "h", process: 2, sandbox: .full, stop: StopRule(), workers: 2, offers: rule))
    ])
    return world
  }

  @Test func `what is handed in is judged after the study's own bounds are reached, and nothing else is asked`() throws
  {
    var world = try Self.world(.untilJudged)
    #expect(world.finished == nil && world.pending.isEmpty)
    let before = world.engine.state.lastTrial
    let head = try #require(world.engine.state.head)
    world.observe(world.engine.state.offer(Self.offer(fingerprint: 99), on: head.trial, at: head.commit, mark: "a"))
    let trial = TrialID(rawValue: before + 1)
    #expect(world.engine.state.open[trial]?.request.offer == "a")
    #expect(!world.pending.contains { if case .propose = $0 { true } else { false } }, "nobody is asked")
    world.run()
    #expect(world.finished == "what was handed in is judged")
    #expect(world.engine.state.lastTrial == before + 1)
    #expect(world.events.contains { if case .trialJudged(trial, _, _) = $0 { true } else { false } })
  }

  @Test func `a session that waits for more does not end by itself`() throws {
    var world = try Self.world(.untilStopped)
    let head = try #require(world.engine.state.head)
    for number in 1...3 {
      world.observe(
        world.engine.state.offer(
          Self.offer(fingerprint: UInt64(100 + number)), on: head.trial, at: head.commit, mark: "\(number)"))
      world.run()
      #expect(world.finished == nil)
    }
    world.observe([.stopRequested(reason: "done")])
    world.run()
    #expect(world.finished == "done")
  }

  @Test func `the same code handed in twice is refused, and the session ends`() throws {
    var world = try Self.world(.untilJudged)
    let head = try #require(world.engine.state.head)
    let known = try #require(world.engine.state.fingerprints.sorted().last)
    world.observe(world.engine.state.offer(Self.offer(fingerprint: known), on: head.trial, at: head.commit, mark: "b"))
    world.run()
    #expect(world.finished == "what was handed in is judged")
    #expect(world.events.contains { if case .proposalRefused = $0 { true } else { false } })
  }

  @Test func `hints are numbered, and gone when they are done with`() throws {
    var world = try Self.world(.untilStopped)
    world.observe([world.engine.state.hint("try rotary positions", by: "ada", isByPerson: true)])
    world.observe([world.engine.state.hint("leave the tokenizer", by: "ada", isByPerson: true)])
    #expect(world.engine.state.hints.map(\.number) == [1, 2])
    world.observe([.hintDone(number: 1, by: "ada")])
    world.observe([world.engine.state.hint("more", by: "ada", isByPerson: true)])
    #expect(world.engine.state.hints.map(\.number) == [2, 3])
    world.observe([world.engine.state.hint("an agent's word", by: "a-client", isByPerson: false)])
    #expect(world.engine.state.hints.map(\.isByPerson) == [true, true, false])
  }
}
