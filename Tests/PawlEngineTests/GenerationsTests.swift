import PawlCore
import PawlRatchet
import Testing

@testable import PawlEngine

/// Studies that improve their data: the engine's part in it.
@Suite struct GenerationsTests {
  private static let canaries = 20

  /// A world in which each proposal is a generation of two stages, and each measured attempt leaves a model if it is asked to.
  private static func world(
    floor: Double? = nil, workers: Int = 2, trials: Int? = 12, noise: Double = 0.001, effect: Double = -0.05,
    alarms: @escaping (TrialID) -> [String] = { _ in [] }, kept: @escaping (TrialID) -> Int = { _ in canaries }
  ) throws -> SimulatedWorld {
    var configuration = try SimulatedWorld.configuration(workers: workers, trials: trials)
    configuration.generations = GenerationRule(
      real: "real.jsonl", stages: StageCommands(generate: "g", judge: "j"),
      canaries: floor.map { CanaryRule(file: "c.jsonl", floor: $0) })
    configuration.agents = [.generations]
    configuration.editable = [GenerationPlan.file]
    var world = SimulatedWorld(seed: 5, noise: noise, crashRate: 0) { _ in effect }
    world.leaves = { request, result in
      guard request.keepsModel else { return }
      result.model = StoredFile(name: "model", digest: "m\(request.id)", bytes: 1)
      guard floor != nil else { return }
      result.canaries = CanaryAnswers((0..<canaries).map { $0 < kept(request.trial) })
    }
    world.steps = { request, state in
      let done = state.generations.stages[request.trial]?.count ?? 0
      guard done == 2 else { return [stage(request.trial, ["generate", "mix"][min(done, 1)])] }
      return [
        .generationMade(
          GenerationRecord(
            trial: request.trial, parent: request.parent,
            plan: GenerationPlan(
              generation: (state.generations.records[request.parent]?.plan.generation ?? 0) + 1), made: 10, kept: 5,
            alarms: alarms(request.trial)))
      ]
    }
    world.begin(configuration)
    return world
  }

  private static func stage(_ trial: TrialID, _ name: String) -> Event {
    .stageFinished(
      StageResult(
        trial: trial, stage: name, files: [StoredFile(name: "\(name).jsonl", digest: name, bytes: 1)],
        usage: Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1))))
  }

  private static func expectReplay(_ world: SimulatedWorld, _ location: SourceLocation = #_sourceLocation) throws {
    var fresh = Engine()
    for recorded in world.transactions.joined() { fresh.replay(recorded) }
    #expect(fresh.state == world.engine.state, "a replay gives another state", sourceLocation: location)
    var reading = GenerationsState()
    for event in world.events where GenerationsState.kinds.contains(event.kind) { reading.apply(event) }
    #expect(reading == world.engine.state.generations, "who reads the kinds alone knows less", sourceLocation: location)
    #expect(try roundTrip(world.engine.state) == world.engine.state, sourceLocation: location)
  }

  /// Runs until the agent is asked, and takes the question out of what is pending.
  private static func question(_ world: inout SimulatedWorld) throws -> ProposalRequest {
    for _ in 0..<500 where world.openQuestion == nil { world.completeOne() }
    let request = try #require(world.openQuestion)
    world.pending.removeAll { if case .propose(let other, _) = $0 { other.trial == request.trial } else { false } }
    return request
  }

  private static func asked(_ effects: [Effect], of trial: TrialID) -> [[AgentReply]] {
    effects.compactMap { effect in
      if case .propose(let request, let replies) = effect, request.trial == trial { replies } else { nil }
    }
  }

  private static func approve(_ number: Int, _ isGranted: Bool) -> Event {
    .approvalDecided(ApprovalDecision(number: number, isGranted: isGranted, by: "ada", reason: isGranted ? nil : "no"))
  }

  private static func goOn(_ world: inout SimulatedWorld, _ events: [Event]) {
    world.finished = nil
    world.observe([world.sessionStart(workers: 2)] + events)
    world.run()
  }

  // MARK: stages

  @Test func `each stage that is done asks the agent for the next one, until there is a proposal`() throws {
    var world = try Self.world()
    let request = try Self.question(&world)
    for name in ["diagnose", "generate"] {
      let step = world.engine.handle([Self.stage(request.trial, name)], at: Timestamp(milliseconds: 9_000_000))
      #expect(step.events.map(\.kind) == ["stageFinished"])
      #expect(Self.asked(step.effects, of: request.trial) == [[]])
    }
    #expect(world.engine.state.generations.stages[request.trial]?.map(\.stage) == ["diagnose", "generate"])
  }

  @Test func `answers and stages that come together ask the agent once, with the newest of them`() throws {
    var world = try Self.world()
    let request = try Self.question(&world)
    let replies = (1...3).map {
      AgentReply(trial: request.trial, number: $0, agent: request.agent, text: "ok", cost: 0.25)
    }
    let step = world.engine.handle(
      [Self.stage(request.trial, "generate")] + replies.map { .replyReceived($0) },
      at: Timestamp(milliseconds: 9_000_000))
    #expect(Self.asked(step.effects, of: request.trial).map { $0.map(\.number) } == [[1, 2, 3]])
    #expect(world.engine.state.spend == 0.75)
  }

  @Test func `a stage of a proposal that is over, or that nobody asked for, asks nobody`() throws {
    var world = try Self.world()
    let request = try Self.question(&world)
    world.observe([.proposalRefused(request.trial, reason: "stage `generate` failed")])
    for trial in [request.trial, TrialID(rawValue: 99)] {
      let step = world.engine.handle([Self.stage(trial, "generate")], at: Timestamp(milliseconds: 9_000_000))
      #expect(Self.asked(step.effects, of: trial).isEmpty)
    }
  }

  @Test func `after a crash the agent is asked again, and its stages are known`() throws {
    var world = try Self.world()
    let request = try Self.question(&world)
    world.observe([Self.stage(request.trial, "diagnose")])
    world.crash(workers: 2)
    #expect(Self.asked(world.pending, of: request.trial) == [[]])
    #expect(world.engine.state.generations.stages[request.trial]?.map(\.stage) == ["diagnose"])
  }

  @Test func `a study runs to its bound, one generation after the other, and certifies its head`() throws {
    var world = try Self.world()
    world.run()
    #expect(world.finished == "12 trials are done")
    #expect(world.engine.state.certificates == 1)
    let made = world.events.compactMap { event -> GenerationRecord? in
      if case .generationMade(let record) = event { record } else { nil }
    }
    #expect(made.count == 12)
    #expect(world.events.count { $0.kind == "stageFinished" } == 24)
    // Each was made by the newest head of its time.
    var head = TrialID.baseline
    for event in world.events {
      if case .headMoved(let trial, _) = event { head = trial }
      if case .proposalRequested(let request) = event { #expect(request.parent == head) }
    }
    try Self.expectReplay(world)
  }

  @Test func `snapshots are whole: none is put onto another head, and no step is taken back`() throws {
    var world = try Self.world(workers: 3, trials: 25, noise: 0.02)
    var whole = 0
    for _ in 0..<3_000 where world.finished == nil && !world.pending.isEmpty {
      world.completeOne()
      for opened in world.engine.state.open.values where opened.code != nil {
        #expect(opened.isWhole)
        whole += 1
      }
    }
    #expect(whole > 0 && world.finished == "25 trials are done")
    for kind in ["rebaseRequested", "candidateRebased", "rebaseConflicted"] {
      #expect(!world.events.contains { $0.kind == kind }, "\(kind)")
    }
    #expect(
      world.events.allSatisfy { event in
        if case .proposalRequested(let request) = event { request.reversal == nil } else { true }
      })
    try Self.expectReplay(world)
  }

  // MARK: models

  @Test(arguments: [1, 2, 4])
  func `the first attempt of each trial keeps its model, and no other does`(workers: Int) throws {
    var world = try Self.world(floor: 0.5, workers: workers, trials: 20, noise: 0.03, effect: -0.01)
    world.run()
    let requests = world.events.compactMap { event -> AttemptRequest? in
      if case .attemptRequested(let request) = event { request } else { nil }
    }
    let keeping = requests.filter(\.keepsModel)
    #expect(Set(keeping.map(\.trial)).count == keeping.count, "\(keeping.map { "\($0.trial): \($0.id)" })")
    for trial in Set(requests.map(\.trial)) {
      #expect(requests.first { $0.trial == trial }?.keepsModel == true, "trial \(trial)")
    }
    #expect(requests.count > keeping.count + 4)
    try Self.expectReplay(world)
  }

  @Test func `an attempt that was disturbed leaves it to its repetition to keep the model`() throws {
    var world = try Self.world(floor: 0.5, workers: 1)
    world.use = { request, usage in usage.foreignLoad = request.id.rawValue == 8 ? 0.9 : 0.1 }
    world.run()
    let keeping = world.events.compactMap { event -> AttemptRequest? in
      if case .attemptRequested(let request) = event, request.keepsModel { request } else { nil }
    }
    let disturbed = try #require(keeping.first { $0.id.rawValue == 8 }).trial
    let requests = keeping.filter { $0.trial == disturbed }
    #expect(requests.count == 2 && requests.first?.seed == requests.last?.seed)
    #expect(world.engine.state.generations.models[disturbed]?.digest == requests.last.map { "m\($0.id)" })
    try Self.expectReplay(world)
  }

  @Test func `a pinned trial whose model is forgotten makes no generation`() throws {
    // Only what is odd helps.
    var world = try Self.world(workers: 1, trials: 40)
    for trial in 1...60 { world.changes[TrialID(rawValue: trial)] = trial % 2 == 0 ? 0.3 : -0.01 }
    while world.engine.state.ended < 4 { world.completeOne() }
    let pinned = TrialID(rawValue: 2)
    world.observe([.pinned(pinned, at: CommitHash(rawValue: "c2"), by: "ada")])
    world.run()
    #expect(world.finished == "40 trials are done" && world.engine.state.generations.models[pinned] == nil)
    let parents = world.events.compactMap { event -> TrialID? in
      if case .proposalRequested(let request) = event { request.parent } else { nil }
    }
    #expect(parents.count == 40 && !parents.contains(pinned))
  }

  @Test func `a study of code keeps no model`() throws {
    var world = SimulatedWorld(seed: 5)
    world.begin(try SimulatedWorld.configuration())
    world.run()
    #expect(
      world.events.allSatisfy { if case .attemptRequested(let request) = $0 { !request.keepsModel } else { true } })
    #expect(world.engine.state.generations == GenerationsState())
  }

  // MARK: alarms

  @Test(arguments: [true, false])
  func `an alarm between champion and head makes the certificate wait for a person`(isGranted: Bool) throws {
    let alarmed = TrialID(rawValue: 2)
    var world = try Self.world(workers: 1, alarms: { $0 == alarmed ? ["PSI of length: 0.4"] : [] })
    world.run()
    #expect(world.finished == "12 trials are done")
    let stack = world.engine.state.stack.map(\.trial)
    try #require(stack.dropFirst().contains(alarmed), "\(stack)")
    let request = try #require(world.engine.state.collaboration.awaited.first)
    #expect(request.subject == .certificate(world.engine.state.certifications))
    let test = try #require(world.engine.state.certification)
    #expect(world.engine.state.alarms(of: test) == ["PSI of length: 0.4"])
    #expect(world.engine.state.certificates == 0 && world.engine.state.champion?.trial == .baseline)
    try Self.expectReplay(world)
    Self.goOn(&world, [Self.approve(request.number, isGranted)])
    #expect(world.engine.state.collaboration.awaited.isEmpty)
    #expect(world.events.contains { $0.kind == "championCertified" } == isGranted)
    #expect(world.events.contains { $0.kind == "certificationFailed" } == !isGranted)
    #expect(world.engine.state.champion?.trial == (isGranted ? test.candidate.trial : .baseline))
    #expect(world.events.count { $0.kind == "approvalRequested" } == 1, "a person is asked once")
    try Self.expectReplay(world)
  }

  @Test func `an alarm on data that was discarded, or that the champion has already, holds up nothing`() throws {
    // Only what is odd helps.
    var world = try Self.world(trials: 8, alarms: { $0.rawValue % 2 == 0 ? ["an alarm"] : [] })
    for trial in 1...40 { world.changes[TrialID(rawValue: trial)] = trial % 2 == 0 ? 0.3 : -0.05 }
    world.run()
    #expect(world.engine.state.certificates == 1 && world.engine.state.collaboration.awaited.isEmpty)

    let alarmed = TrialID(rawValue: 1)
    world = try Self.world(workers: 1, trials: 6, alarms: { $0 == alarmed ? ["an alarm"] : [] })
    world.run()
    let request = try #require(world.engine.state.collaboration.awaited.first)
    Self.goOn(&world, [Self.approve(request.number, true)])
    try #require(world.engine.state.certificates == 1)
    var configuration = try #require(world.engine.state.configuration)
    configuration.stop.trials = 16
    Self.goOn(&world, [.configurationChanged(configuration)])
    #expect(world.engine.state.certificates == 2, "\(world.finished ?? "-")")
    #expect(world.engine.state.collaboration.awaited.isEmpty)
    try Self.expectReplay(world)
  }

  // MARK: fidelity

  @Test func `a head below the canaries' floor pauses the study once, and a person lets it go on until the next`()
    throws
  {
    var world = try Self.world(floor: 0.85, kept: { Self.canaries - min($0.rawValue, 19) })
    world.run()
    #expect(world.finished == nil)
    let pauses = { (world: SimulatedWorld) in world.events.filter { $0.kind == "paused" } }
    let first = try #require(world.engine.state.generations.breach(of: 0.85))
    #expect(Double(first.keptOfBaseline) < 17)
    #expect(
      pauses(world) == [
        .paused(
          by:
            "the fidelity ledger: generation \(first.generation) keeps \(first.keptOfBaseline) of 20 canaries")
      ])
    let trial = world.engine.state.lastTrial
    for _ in 0..<5 { world.observe([], after: 60_000) }
    #expect(pauses(world).count == 1 && world.engine.state.lastTrial == trial)
    // Another session begins nothing either, and says why.
    world.crash(workers: 2)
    world.run()
    #expect(pauses(world).count == 2 && pauses(world).first == pauses(world).last)
    #expect(world.engine.state.lastTrial == trial && world.finished == nil)
    world.observe([.resumed(by: "ada")])
    world.run()
    #expect(world.engine.state.lastTrial > trial && pauses(world).count == 3)
    let second = try #require(world.engine.state.generations.breach(of: 0.85))
    #expect(second.trial != first.trial && second.keptOfBaseline < first.keptOfBaseline)
    for _ in 0..<20 where world.finished == nil {
      world.observe([.resumed(by: "ada")])
      world.run()
    }
    #expect(world.finished == "12 trials are done")
    let ledger = world.engine.state.generations.ledger
    #expect(ledger.count == world.events.count { $0.kind == "headMoved" })
    #expect(pauses(world).count == 1 + ledger.count { $0.keptOfBaseline < 17 })
    try Self.expectReplay(world)
  }

  @Test func `above the floor nobody is asked`() throws {
    var world = try Self.world(floor: 0.85, kept: { $0 == .baseline ? Self.canaries : 17 })
    world.run()
    #expect(world.finished == "12 trials are done" && !world.events.contains { $0.kind == "paused" })
    #expect(world.engine.state.generations.ledger.last?.share == 0.85)
  }
}
