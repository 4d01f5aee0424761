import PawlCore
import PawlRatchet
import Testing

@testable import PawlEngine

@Suite struct `The ladder` {
  private func configuration(_ count: Int = 3, trials: Int = 40, workers: Int = 2) throws -> StudyConfiguration {
    var configuration = try SimulatedWorld.configuration(workers: workers, trials: trials)
    configuration.rungs = (1...count).map { RungRule(name: "r\($0)") }
    return configuration
  }

  private func certificates(_ world: SimulatedWorld) -> [Certificate] {
    world.events.compactMap { if case .promotionCertified(let certificate) = $0 { certificate } else { nil } }
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `takes what the first rung certified up to the last, and that is the result`(seed: UInt64) throws {
    var world = SimulatedWorld(seed: seed)
    world.begin(try configuration())
    world.run()
    #expect(world.finished == "40 trials are done")
    let state = world.engine.state
    let top = try #require(state.rung(3)).top
    #expect(world.truth(of: top.commit, rung: 3) < 1.0 / 3)
    #expect(certificates(world).contains { $0.rung == 2 } && certificates(world).contains { $0.rung == 3 })
    // One that the rung below did not keep is never asked about.
    for certificate in certificates(world) where certificate.rung == 3 {
      #expect(state.line(of: 2).contains { $0.commit == certificate.candidateCommit })
    }
    // The branch takes the last rung's steps alone.
    let advanced = world.events.compactMap { if case .branchAdvanced(let number, _) = $0 { number } else { nil } }
    #expect(advanced == certificates(world).filter { $0.rung == 3 }.map(\.number))
    #expect(world.mostInFlight == 2)
    var again = Engine()
    for recorded in world.transactions.joined() { again.replay(recorded) }
    #expect(again.state == state)
  }

  /// On the second rung, which is quick, some steps do much harm: those with these numbers.
  private func makeSomeHarmful(_ world: inout SimulatedWorld) {
    world.transfer = { trial, rung in rung == 2 && trial.rawValue % 9 == 0 ? -12 : 1 }
    world.use = { _, usage in usage.wallSeconds = 5 }
  }

  @Test func `takes a stack apart where a step of it does not transfer, and leaves that step behind`() throws {
    var world = SimulatedWorld(seed: 3)
    makeSomeHarmful(&world)
    world.begin(try configuration(2, trials: 60))
    world.run()
    let state = world.engine.state
    let rung = try #require(state.rung(2))
    let kept = try #require(world.code[rung.top.commit])
    let below = Set(state.line(of: 1).map(\.trial))
    #expect(below.contains { $0 != .baseline && $0.rawValue % 9 == 0 }, "the first rung kept one that does harm above")
    #expect(world.truth(of: rung.top.commit, rung: 2) < 0.5)
    // One harmful step may ride along where its neighbours outweigh it; those that decided their part are out.
    let harmful = rung.lost.filter { $0.rawValue % 9 == 0 }
    #expect(!harmful.isEmpty && kept.isDisjoint(with: harmful) && kept.count > 3, "\(rung.lost) \(kept.sorted())")
    #expect(world.events.contains { if case .transplantMade = $0 { true } else { false } })
    #expect(world.events.contains { if case .promotionFailed = $0 { true } else { false } })
  }

  @Test func `counts a transplant that conflicts as a change that does not transfer, and goes on`() throws {
    var world = SimulatedWorld(seed: 3)
    makeSomeHarmful(&world)
    world.conflicts = { $0.rawValue % 2 == 0 }
    world.begin(try configuration(2, trials: 60))
    world.run()
    #expect(world.finished == "60 trials are done")
    let failed = world.events.contains { if case .transplantFailed = $0 { true } else { false } }
    #expect(failed && !world.engine.state.isPromoting)
  }

  @Test func `asks less of a rung that the one below does not predict`() throws {
    func tests(_ transfer: @escaping (TrialID, Int) -> Double) throws -> (tested: Int, certified: Int) {
      var world = SimulatedWorld(seed: 7)
      world.transfer = transfer
      world.begin(try configuration(2, trials: 300))
      world.run(limit: 50_000)
      let rung = try #require(world.engine.state.rung(2))
      return (rung.tested, rung.certified)
    }
    let good = try tests { _, _ in 1 }
    let bad = try tests { _, rung in rung == 2 ? -1 : 1 }
    #expect(good.certified > 0 && bad.certified == 0)
    // A stack that is taken apart to its single steps would cost twice as many tests as it has steps.
    #expect(bad.tested <= 8, "\(bad) \(good)")
  }

  @Test(arguments: [1, 2]) func `keeps to a rung's workers and to what the machine has`(workers: Int) throws {
    var world = SimulatedWorld(seed: 5)
    var configuration = try configuration(2, trials: 30, workers: 4)
    configuration.rungs[1].workers = workers
    world.begin(configuration)
    var most = 0
    while world.finished == nil, !world.pending.isEmpty {
      world.completeOne()
      most = max(most, world.engine.state.inFlight.values.count { $0.rung == 2 })
    }
    #expect(most == workers)

    var placed = SimulatedWorld(seed: 5)
    configuration.rungs[1].workers = nil
    configuration.rungs[1].placement = PlacementRule(gpus: 2)
    configuration.placement = PlacementRule(gpus: 1)
    placed.begin(configuration)
    placed.observe([
      .sessionStarted(
        SessionStart(
          version: "1", host: "h", process: 1, sandbox: .full, stop: StopRule(), workers: 4,
          capacity: Capacity(gpus: 2, cores: 8)))
    ])
    while placed.finished == nil, !placed.pending.isEmpty {
      placed.completeOne()
      let used = placed.engine.state.inFlight.values.reduce(0) { $0 + configuration.rung($1.rung).placement.gpus }
      #expect(used <= 2)
    }
    #expect(placed.engine.state.rung(2)?.tested ?? 0 > 0)
  }

  @Test func `loses nothing and tests nothing twice when it is killed after any transaction`() throws {
    var whole = SimulatedWorld(seed: 2, crashRate: 0)
    whole.begin(try configuration(2, trials: 20, workers: 1))
    whole.run()
    let count = whole.transactions.count
    for place in stride(from: 3, to: count, by: 7) {
      var world = SimulatedWorld(seed: 2, crashRate: 0)
      world.begin(try configuration(2, trials: 20, workers: 1))
      while world.transactions.count < place, world.finished == nil { world.completeOne() }
      world.crash(workers: 1)
      world.run()
      let numbers = world.events.compactMap { if case .promotionStarted(let start) = $0 { start.number } else { nil } }
      #expect(Set(numbers).count == numbers.count)
      #expect(world.finished == "20 trials are done")
      #expect(world.engine.state.rung(2)?.certified == whole.engine.state.rung(2)?.certified)
    }
  }

  @Test func `takes on a rung that was added on top later`() throws {
    var world = SimulatedWorld(seed: 1)
    world.begin(try configuration(2, trials: 30))
    world.run()
    world.finished = nil
    world.observe([.configurationChanged(try configuration(3, trials: 60)), world.sessionStart(workers: 2)])
    world.run()
    #expect(world.engine.state.rung(3)?.certified ?? 0 > 0)
  }
}

extension `The ladder` {
  @Test func `asks a person before a promotion where the study wants that, and goes on meanwhile`() throws {
    var world = SimulatedWorld(seed: 1)
    var configuration = try SimulatedWorld.configuration(trials: 30)
    configuration.rungs = [RungRule(name: "small"), RungRule(name: "large")]
    configuration.approvals = ApprovalRule(promotions: true)
    world.begin(configuration)
    world.run()
    let questions = world.events.compactMap { if case .approvalRequested(let request) = $0 { request } else { nil } }
    let question = try #require(questions.first)
    #expect(questions.count == 1 && world.engine.state.ended == 30)
    #expect(!world.events.contains { if case .promotionStarted = $0 { true } else { false } })
    world.finished = nil
    world.observe([
      world.sessionStart(workers: 2),
      .approvalDecided(ApprovalDecision(number: question.number, isGranted: true, by: "a person")),
    ])
    world.run()
    #expect(world.engine.state.rung(2)?.certified ?? 0 > 0)
  }
}

extension `The ladder` {
  @Test func `lays the blame on a rung whose champion gives no measurement, and tries again in the next session`()
    throws
  {
    var world = SimulatedWorld(seed: 1)
    var configuration = try SimulatedWorld.configuration(trials: 30)
    configuration.rungs = [RungRule(name: "small"), RungRule(name: "large")]
    world.fails = { $0.rung == 2 }
    world.begin(configuration)
    world.run()
    let failures = world.events.compactMap { if case .promotionFailed(let failure) = $0 { failure } else { nil } }
    #expect(failures.count == 1 && failures[0].obstacle?.contains("exited with code 1") == true)
    let rung = try #require(world.engine.state.rung(2))
    #expect(
      rung.lost.isEmpty && rung.tested == 0 && rung.transfer.points.isEmpty && world.finished == "30 trials are done")
    #expect(!world.engine.state.hasMeasured(on: 2))
    world.fails = { _ in false }
    world.finished = nil
    world.observe([world.sessionStart(workers: 2)])
    world.run()
    #expect(world.engine.state.rung(2)?.certified ?? 0 > 0)
  }

  @Test func `lets a newer question about a rung take the place of one that nobody answered`() throws {
    var state = CollaborationState()
    func ask(_ number: Int, last: Int) -> Event {
      .approvalRequested(
        ApprovalRequest(
          number: number,
          subject: .promotion(
            Promotion(
              rung: 2, first: 0, last: last, through: TrialID(rawValue: last), before: CommitHash(rawValue: "a"),
              after: CommitHash(rawValue: "b")))))
    }
    state.apply(ask(1, last: 3), at: Timestamp(milliseconds: 1))
    state.apply(ask(2, last: 5), at: Timestamp(milliseconds: 2))
    #expect(state.awaited.map(\.number) == [2])
  }
}
