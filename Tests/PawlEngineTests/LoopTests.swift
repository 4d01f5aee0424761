import PawlCore
import Testing

@testable import PawlEngine

@Suite struct `The loop` {
  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `runs to its bound, improves the head, and certifies it`(seed: UInt64) throws {
    var world = SimulatedWorld(seed: seed)
    world.begin(try SimulatedWorld.configuration(trials: 30))
    world.run()
    #expect(world.finished == "30 trials are done")
    let head = try #require(world.engine.state.head)
    #expect(world.truth(of: head.commit) < 0.95)
    #expect(world.engine.state.certificates >= 1)
    let champion = try #require(world.engine.state.champion)
    #expect(world.truth(of: champion.commit) < 1)
    #expect(world.engine.state.branchTip != nil)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `never puts what the sealed split measured into what the search believes`(seed: UInt64) throws {
    var world = SimulatedWorld(seed: seed)
    world.sealedShift = 100
    world.begin(try SimulatedWorld.configuration(trials: 30))
    world.run()
    var certificates = 0
    for event in world.events {
      switch event {
      case .trialJudged(_, _, let evidence): #expect(evidence.mean < 10 && evidence.sigma < 1)
      case .championCertified(let certificate):
        certificates += 1
        #expect((certificate.candidateValues + certificate.championValues).allSatisfy { $0 > 50 })
        #expect(abs(certificate.effect) < 1)
      default: continue
      }
    }
    #expect(certificates > 0)
    #expect(try #require(world.engine.state.baselineMean) < 10)
  }

  @Test func `gives a certificate the level of the study's referee`() throws {
    var world = SimulatedWorld(seed: 1)
    var configuration = try SimulatedWorld.configuration(trials: 30)
    configuration.isReferee = true
    world.begin(configuration)
    world.run()
    let levels = world.events.compactMap { event -> RefereeLevel? in
      if case .championCertified(let certificate) = event { certificate.referee } else { nil }
    }
    #expect(!levels.isEmpty && levels.allSatisfy { $0 == .referee })
  }

  @Test(arguments: [1, 2, 5]) func `never has more attempts in flight than workers`(workers: Int) throws {
    var world = SimulatedWorld(seed: 9)
    world.begin(try SimulatedWorld.configuration(workers: workers, trials: 40))
    world.run()
    #expect(world.mostInFlight == workers)
  }

  @Test(arguments: 1...20) func `is the same state live and replayed, by way of a snapshot or not`(seed: Int) throws {
    var world = SimulatedWorld(seed: UInt64(seed), crashRate: 0.3)
    world.begin(try SimulatedWorld.configuration(trials: 15))
    world.run()
    var replayed = Engine()
    for recorded in world.transactions.joined() { replayed.replay(recorded) }
    #expect(replayed.state == world.engine.state)

    var half = Engine()
    let middle = world.transactions.count / 2
    for recorded in world.transactions[..<middle].joined() { half.replay(recorded) }
    var restored = Engine(state: try roundTrip(half.state))
    #expect(restored.state == half.state)
    for recorded in world.transactions[middle...].joined() { restored.replay(recorded) }
    #expect(restored.state == world.engine.state)
  }

  @Test func `loses and doubles nothing when it is killed after any transaction`() throws {
    let configuration = try SimulatedWorld.configuration(trials: 6)
    var whole = SimulatedWorld(seed: 3, crashRate: 0.2)
    whole.begin(configuration)
    whole.run()
    for cut in 1..<whole.transactions.count {
      var world = SimulatedWorld(seed: 3, crashRate: 0.2)
      world.begin(configuration)
      while world.transactions.count < cut { world.completeOne() }
      let open = world.engine.state
      world.crash(workers: 2)
      let asked = world.pending.compactMap { effect -> AttemptID? in
        if case .startAttempt(let request) = effect { return request.id }
        return nil
      }
      #expect(Set(open.inFlight.keys).isSubset(of: asked))
      for request in open.inFlight.values { #expect(world.pending.contains(.startAttempt(request))) }
      world.run()
      #expect(world.finished != nil)
      let finishedAttempts = world.events.compactMap { event -> AttemptID? in
        if case .attemptFinished(let result) = event { return result.id }
        return nil
      }
      #expect(Set(finishedAttempts).count == finishedAttempts.count)
      #expect(finishedAttempts.sorted().map(\.rawValue) == Array(1...world.engine.state.lastAttempt))
      #expect(world.engine.state.ended == 6)
    }
  }

  @Test func `stops before anything else when the baseline gives no measurement`() throws {
    var world = SimulatedWorld(seed: 1)
    world.begin(try SimulatedWorld.configuration(workers: 1))
    let request = try #require(world.engine.state.inFlight.values.first)
    world.observe([
      .attemptFinished(
        AttemptResult(
          id: request.id, outcome: .exited(code: 127), measurement: nil, remark: "no such thing",
          usage: Usage(wallSeconds: 0, cpuSeconds: 0, peakMemory: Bytes(0), output: Bytes(0)), reportedMemory: nil,
          sandbox: .full, referee: .report, logTail: nil))
    ])
    #expect(world.finished == "the baseline gave no measurement: exited with code 127, no such thing")
    #expect(world.events.contains { $0.kind == "studyFailed" })
    #expect(!world.events.contains { $0.kind == "candidateCreated" })
  }

  @Test func `refuses the same code a second time before it costs an attempt`() throws {
    var world = SimulatedWorld(seed: 1)
    world.begin(try SimulatedWorld.configuration(workers: 2, trials: 4))
    while world.openQuestion == nil, !world.pending.isEmpty { world.completeOne() }
    let first = try #require(world.openQuestion)
    let copy = Proposal(agent: "a", hypothesis: "h", edits: [], knobs: [:], cost: 0, fingerprint: 77)
    world.pending.removeAll { $0 == .propose(first, replies: []) }
    world.observe([.proposalReceived(first.trial, copy)])
    while world.openQuestion == nil, !world.pending.isEmpty { world.completeOne() }
    let later = try #require(world.openQuestion)
    let before = world.pending.count
    world.observe([.proposalReceived(later.trial, copy)])
    #expect(world.events.contains { $0 == .proposalRefused(later.trial, reason: "this very code was tried before") })
    #expect(
      !world.pending.dropFirst(before).contains { effect in
        if case .createCandidate(later.trial, _, _, _) = effect { return true }
        return false
      })
  }
}
