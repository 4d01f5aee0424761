import PawlCore
import PawlRatchet
import Testing

@testable import PawlEngine

/// What people decide while a study runs, and what agents share.
@Suite struct PeopleTests {
  private static let model = ModelRule(
    api: .openai, model: "m", maximumTokens: 10_000, contextTokens: 50_000,
    price: TokenPrice(input: 1, output: 10, cacheRead: 0.1, cacheWrite: 1))

  private static func world(
    _ approvals: ApprovalRule = ApprovalRule(), agents: [AgentRule] = [.knobs], trials: Int? = 30, seed: UInt64 = 1,
    strategies: [SearchStrategy] = [.line]
  ) throws -> SimulatedWorld {
    var configuration = try SimulatedWorld.configuration(trials: trials)
    configuration.approvals = approvals
    configuration.agents = agents
    configuration.search.strategies = strategies
    var world = SimulatedWorld(seed: seed)
    world.begin(configuration)
    return world
  }

  private static func expectReplay(_ world: SimulatedWorld, _ location: SourceLocation = #_sourceLocation) {
    var fresh = Engine()
    for recorded in world.transactions.joined() { fresh.replay(recorded) }
    #expect(fresh.state == world.engine.state, "a replay gives another state", sourceLocation: location)
  }

  /// A second session, with what people said in between.
  private static func goOn(_ world: inout SimulatedWorld, _ events: [Event]) {
    world.finished = nil
    world.observe([world.sessionStart(workers: 2)] + events)
    world.run()
  }

  private static func answer(_ number: Int, _ isGranted: Bool) -> Event {
    .approvalDecided(ApprovalDecision(number: number, isGranted: isGranted, by: "ada", reason: isGranted ? nil : "no"))
  }

  // MARK: approvals

  @Test
  func
    `a certificate waits for a person, the study goes on meanwhile, and a yes in the next session moves the champion`()
    throws
  {
    var world = try Self.world(ApprovalRule(certificates: true))
    world.run()
    #expect(world.finished == "30 trials are done", "it ends by its own bounds")
    let request = try #require(world.engine.state.collaboration.awaited.first)
    #expect(request == ApprovalRequest(number: 1, subject: .certificate(world.engine.state.certifications)))
    #expect(world.engine.state.champion?.trial == .baseline && world.engine.state.certification != nil)
    #expect(!world.events.contains { $0.kind == "championCertified" })
    let candidate = try #require(world.engine.state.certification?.candidate)
    Self.goOn(&world, [Self.answer(1, true)])
    #expect(world.engine.state.champion == candidate && world.engine.state.collaboration.awaited.isEmpty)
    #expect(world.engine.state.branchTip != nil, "the branch has it")
    Self.expectReplay(world)
  }

  @Test func `trials are judged while a certificate waits`() throws {
    var world = try Self.world(ApprovalRule(certificates: true), trials: nil)
    while world.engine.state.collaboration.awaited.isEmpty, world.engine.state.ended < 400 { world.completeOne() }
    let before = world.engine.state.ended
    try #require(world.engine.state.collaboration.awaited.count == 1)
    for _ in 0..<300 { world.completeOne() }
    #expect(world.engine.state.ended > before + 10)
    #expect(world.engine.state.collaboration.awaited.count == 1, "one test at a time, one question")
    world.observe([Self.answer(1, true)])
    #expect(world.engine.state.certificates == 1)
    Self.expectReplay(world)
  }

  @Test func `a denied certificate leaves the champion, speaks against no step, and is not asked again`() throws {
    var world = try Self.world(ApprovalRule(certificates: true))
    world.run()
    let denied = try #require(world.engine.state.certification)
    let head = world.engine.state.head
    Self.goOn(&world, [Self.answer(1, false)])
    #expect(world.engine.state.champion?.trial == .baseline && world.engine.state.head == head)
    let failure = try #require(
      world.events.last { $0.kind == "certificationFailed" })
    guard case .certificationFailed(denied.number, let eValue, _, nil) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(eValue >= denied.test.threshold, "the evidence was there")
    #expect(world.engine.state.certification == nil && world.engine.state.doubted.isEmpty)
    #expect(world.events.filter { $0.kind == "approvalRequested" }.count == 1)
    #expect(world.events.last { $0.kind == "certificationStarted" } != nil)
    Self.expectReplay(world)
  }

  @Test func `an ordered certification ends its session when it only waits for a person`() throws {
    var world = try Self.world()
    world.run(trials: 8)
    guard let head = world.engine.state.head, head.trial != .baseline else {
      Issue.record("no head to certify")
      return
    }
    var configuration = try #require(world.engine.state.configuration)
    configuration.approvals.certificates = true
    world.finished = nil
    world.observe([
      .configurationChanged(configuration),
      .sessionStarted(
        SessionStart(
          version: "1", host: "h", process: 2, sandbox: .full, stop: StopRule(), workers: 2,
          order: CertificationOrder(candidate: head.trial, maximumPairs: 200))),
    ])
    world.run()
    let reason = try #require(world.finished)
    #expect(reason == "certification \(world.engine.state.certifications) waits for a person's approval")
    Self.goOn(&world, [Self.answer(1, true)])
    #expect(world.engine.state.certificates == 1)
  }

  @Test func `what pawl yaml asks for no more needs nobody's word`() throws {
    var world = try Self.world(ApprovalRule(certificates: true))
    world.run()
    var configuration = try #require(world.engine.state.configuration)
    configuration.approvals = ApprovalRule()
    Self.goOn(&world, [.configurationChanged(configuration)])
    #expect(world.engine.state.certificates == 1 && world.engine.state.collaboration.awaited.isEmpty)
  }

  @Test(arguments: [true, false])
  func `a certificate of a higher rung waits as well, and a no to it is followed by no test of its parts`(
    isGranted: Bool
  )
    throws
  {
    var configuration = try SimulatedWorld.configuration(trials: 40)
    configuration.rungs = [RungRule(name: "small"), RungRule(name: "large")]
    configuration.approvals.certificates = true
    var world = SimulatedWorld(seed: 1)
    world.begin(configuration)
    world.run()
    // First that of the first rung, which the second one takes from.
    var number = 0
    for _ in 0..<10 where !world.engine.state.rungs.contains(where: { $0.test?.test.state == .certified }) {
      guard let request = world.engine.state.collaboration.awaited.first else { break }
      number = request.number
      Self.goOn(&world, [Self.answer(number, true)])
    }
    let test = try #require(world.engine.state.rung(2)?.test)
    let request = try #require(world.engine.state.collaboration.awaited.last)
    #expect(request.subject == .certificate(test.number) && world.finished == "40 trials are done")
    let tests = world.events.count { $0.kind == "promotionStarted" }
    Self.goOn(&world, [Self.answer(request.number, isGranted)])
    #expect(world.events.contains { $0.kind == (isGranted ? "promotionCertified" : "promotionFailed") })
    #expect(world.engine.state.rung(2)?.test == nil)
    if !isGranted {
      #expect(world.engine.state.rung(2)?.parts.isEmpty == true && world.engine.state.rung(2)?.lost.isEmpty == true)
      #expect(world.events.count { $0.kind == "promotionStarted" } == tests)
      #expect(world.engine.state.rung(2)?.top.trial == .baseline)
    }
    Self.expectReplay(world)
  }

  private static func promotion(_ first: Int, _ last: Int) -> ApprovalRequest.Subject {
    .promotion(
      Promotion(
        rung: 2, first: first, last: last, through: TrialID(rawValue: last), before: CommitHash(rawValue: "b\(first)"),
        after: CommitHash(rawValue: "b\(last)")))
  }

  @Test func `a promotion is asked for once, its parts with it, and again when the rung below has moved`() throws {
    var world = try Self.world()
    #expect(world.engine.state.approval(of: Self.promotion(0, 4)) == .notNeeded)
    world = try Self.world(ApprovalRule(promotions: true))
    guard case .wanted(let question) = world.engine.state.approval(of: Self.promotion(0, 4)) else {
      Issue.record("nobody is asked")
      return
    }
    world.observe([question])
    #expect(world.engine.state.approval(of: Self.promotion(0, 4)) == .awaited(1))
    #expect(world.engine.state.approval(of: Self.promotion(0, 2)) == .awaited(1))
    world.observe([Self.answer(1, false)])
    #expect(world.engine.state.approval(of: Self.promotion(2, 4)) == .denied("denied by ada: no"))
    guard case .wanted(.approvalRequested(let next)) = world.engine.state.approval(of: Self.promotion(0, 5)) else {
      Issue.record("a new step is another question")
      return
    }
    #expect(next.number == 2)
    world.observe([Self.answer(1, true)])
    #expect(world.engine.state.approval(of: Self.promotion(2, 4)) == .granted, "a person may think again")
    Self.expectReplay(world)
  }

  // MARK: money

  private static func paid(_ name: String, parallel: Int = 1) -> AgentRule {
    AgentRule(name: name, kind: .model(model), parallel: parallel)
  }

  /// Runs until the paid agent is asked, and answers for a price; returns false where nothing more comes.
  private static func pay(_ world: inout SimulatedWorld, _ cost: Double, tries: Int = 500) -> Bool {
    func isAsked(_ effect: Effect) -> Bool {
      if case .propose(let request, let replies) = effect { return request.agent == "m" && replies.isEmpty }
      return false
    }
    for _ in 0..<tries where !world.pending.contains(where: isAsked) {
      if world.pending.isEmpty { world.observe([], after: 500) } else { world.completeOne() }
    }
    guard let index = world.pending.firstIndex(where: isAsked), case .propose(let request, _) = world.pending[index]
    else { return false }
    world.pending.remove(at: index)
    world.observe([
      .replyReceived(AgentReply(trial: request.trial, number: 1, agent: "m", text: "told", cost: cost))
    ])
    return true
  }

  @Test func `agents that cost money stop at the approved sum, and free ones go on`() throws {
    var world = try Self.world(ApprovalRule(spend: 1), agents: [.knobs, Self.paid("m")], trials: 200)
    while world.engine.state.collaboration.awaited.isEmpty, Self.pay(&world, 0.3, tries: 2_000) {}
    #expect(world.engine.state.spend <= 1.5, "\(world.engine.state.spend)")
    #expect(world.engine.state.collaboration.awaited.map(\.subject) == [.spend(upTo: 2)])
    let (spent, ended) = (world.engine.state.spend, world.engine.state.ended)
    for _ in 0..<200 { if !world.pending.isEmpty { world.completeOne() } }
    #expect(world.engine.state.spend == spent && world.engine.state.ended > ended + 5 && world.finished == nil)
    world.observe([Self.answer(1, true)])
    #expect(Self.pay(&world, 0.3))
    Self.expectReplay(world)
  }

  @Test func `where only money is awaited the session waits, and a no ends it with the reason`() throws {
    for isGranted in [true, false] {
      var world = try Self.world(ApprovalRule(spend: 1), agents: [Self.paid("m")], trials: nil)
      while world.engine.state.collaboration.awaited.isEmpty, Self.pay(&world, 0.3, tries: 2_000) {}
      try #require(world.engine.state.collaboration.awaited.count == 1)
      for _ in 0..<20 { world.observe([], after: 3_600_000) }
      #expect(world.finished == nil, "waiting costs nothing")
      world.observe([Self.answer(1, isGranted)])
      if isGranted {
        #expect(Self.pay(&world, 0.3))
      } else {
        while world.finished == nil, Self.pay(&world, 0.3) {}
        world.run()
        #expect(world.engine.state.spend < 1.4)
        #expect(world.finished == "the agent has nothing left to propose: m: more money was denied by ada: no")
      }
    }
  }

  // MARK: bans

  /// Takes the next question to an agent out of what is pending.
  private static func question(_ world: inout SimulatedWorld) throws -> ProposalRequest {
    for _ in 0..<500 where world.openQuestion == nil {
      if world.pending.isEmpty { world.observe([], after: 500) } else { world.completeOne() }
    }
    let request = try #require(world.openQuestion)
    world.pending.removeAll { effect in
      if case .propose(let other, _) = effect { return other.trial == request.trial }
      return false
    }
    return request
  }

  private static func proposal(_ request: ProposalRequest, path: String, note: String? = nil, cites: Citations? = nil)
    -> Event
  {
    .proposalReceived(
      request.trial,
      Proposal(
        agent: request.agent, hypothesis: "h", edits: [FileEdit(path: path, change: .content("x"))], knobs: [:],
        cost: 0, fingerprint: request.seed | 1, cites: cites, note: note))
  }

  private static func ban(_ number: Int, _ subject: Ban.Subject) -> Event {
    .banned(Ban(number: number, subject: subject, by: "ada"))
  }

  @Test func `a proposal that touches a banned path is refused, with who banned it, until the ban is lifted`() throws {
    var world = try Self.world()
    world.observe([Self.ban(1, .path("model/**"))])
    let first = try Self.question(&world)
    world.observe([Self.proposal(first, path: "model/deep.py")])
    #expect(
      world.events.contains(
        .proposalRefused(
          first.trial, reason: "`model/deep.py` is not to be touched: `model/**` is banned by ada (ban 1)")))
    #expect(!world.pending.contains { if case .createCandidate(first.trial, _, _, _) = $0 { true } else { false } })
    let second = try Self.question(&world)
    world.observe([Self.proposal(second, path: "other.py")])
    #expect(world.engine.state.open[second.trial] != nil)
    world.observe([.banLifted(number: 1, by: "ada")])
    let third = try Self.question(&world)
    world.observe([Self.proposal(third, path: "model/deep.py")])
    #expect(world.engine.state.open[third.trial] != nil)
    Self.expectReplay(world)
  }

  @Test func `a banned agent is not asked, others are, and without anybody the study says so`() throws {
    var world = try Self.world(agents: [.knobs, AgentRule(name: "n", kind: .knobs)], trials: 60)
    _ = try Self.question(&world)
    world.observe([Self.ban(1, .agent("n"))])
    let from = world.engine.state.lastTrial
    for _ in 0..<100 { if !world.pending.isEmpty { world.completeOne() } }
    let asked = world.events.compactMap { event -> String? in
      if case .proposalRequested(let request) = event, request.trial.rawValue > from { request.agent } else { nil }
    }
    #expect(!asked.isEmpty && asked.allSatisfy { $0 == "knobs" })
    world.observe([Self.ban(2, .agent("knobs"))])
    // The first question was taken out above: its agent's answer is still taken.
    for (trial, opened) in world.engine.state.open where opened.stage == .proposing {
      if !world.pending.contains(where: { if case .propose(let other, _) = $0 { other.trial == trial } else { false } })
      {
        world.observe([Self.proposal(opened.request, path: "a")])
      }
    }
    world.run()
    #expect(world.finished == "nobody is left to ask: knobs: banned by ada; n: banned by ada")
    Self.expectReplay(world)
  }

  @Test func `a question that an earlier session put to a banned agent is not put again`() throws {
    var world = try Self.world(agents: [AgentRule(name: "m", kind: .model(Self.model), parallel: 1), .knobs])
    var open: ProposalRequest?
    while open?.agent != "m" { open = try Self.question(&world) }
    world.observe([Self.ban(1, .agent("m"))])
    world.crash(workers: 2)
    #expect(!world.pending.contains { if case .propose(let request, _) = $0 { request.agent == "m" } else { false } })
    let trial = try #require(open?.trial)
    #expect(world.engine.state.open[trial] == nil)
    world.run()
    #expect(world.finished == "30 trials are done")
  }

  // MARK: pins

  @Test(arguments: [[SearchStrategy.line], [.tree], [.islands], SearchStrategy.allCases])
  func `about a quarter of the proposals start from a pinned trial, and others are shown it`(
    strategies: [SearchStrategy]
  ) throws {
    var world = try Self.world(trials: 200, strategies: strategies)
    while world.engine.state.ended < 10 { world.completeOne() }
    // A discarded one, which no strategy would go back to under `line`.
    let heads = Set(world.engine.state.stack.map(\.trial))
    let pinned = try #require(
      world.events.compactMap { event -> TrialID? in
        if case .trialJudged(let trial, .discarded, _) = event, !heads.contains(trial) { trial } else { nil }
      }.first)
    world.observe([.pinned(pinned, at: CommitHash(rawValue: "c\(pinned)"), by: "ada")])
    let from = world.engine.state.lastTrial
    world.run()
    let choices = world.events.compactMap { event -> SearchChoice? in
      if case .proposalRequested(let request) = event, request.trial.rawValue > from { request.choice } else { nil }
    }
    let there = choices.count { $0.parent == pinned }
    #expect(there > choices.count / 8, "\(there) of \(choices.count)")
    if strategies == [.line] { #expect(there < choices.count * 2 / 5, "\(there) of \(choices.count)") }
    #expect(choices.allSatisfy { $0.parent == pinned || $0.inspirations.contains(pinned) })
    let children = world.events.filter {
      if case .candidateRebased(let candidate) = $0 { candidate.onto == pinned } else { false }
    }
    #expect(children.isEmpty)
    Self.expectReplay(world)
  }

  @Test func `a child of a pinned trial is judged as a program of its own, with what it builds on in it`() throws {
    var world = try Self.world(trials: 200)
    while world.engine.state.ended < 10 { world.completeOne() }
    let heads = Set(world.engine.state.stack.map(\.trial))
    let pinned = try #require(
      world.events.compactMap { event -> TrialID? in
        if case .trialJudged(let trial, .discarded, _) = event, !heads.contains(trial) { trial } else { nil }
      }.first)
    world.observe([.pinned(pinned, at: CommitHash(rawValue: "c\(pinned)"), by: "ada")])
    func child() -> TrialID? {
      world.engine.state.open.first { $0.value.isWhole && $0.value.isFromPin && $0.value.code != nil }?.key
    }
    while child() == nil, !world.pending.isEmpty { world.completeOne() }
    let trial = try #require(child())
    #expect(world.code[CommitHash(rawValue: "c\(trial)")]?.contains(pinned) == true)
    world.observe([.unpinned(pinned, by: "ada")])
    let from = world.engine.state.lastTrial
    world.run()
    #expect(
      !world.events.contains { event in
        if case .proposalRequested(let request) = event {
          request.trial.rawValue > from && request.parent == pinned
        } else {
          false
        }
      })
    Self.expectReplay(world)
  }

  // MARK: notes, claims, citations

  @Test
  func `a finding that comes with a proposal goes into the notebook once, and what it cites is held against the study`()
    throws
  {
    var world = try Self.world()
    let first = try Self.question(&world)
    world.observe([Self.proposal(first, path: "a", note: "wide is slow")])
    let note = Note(number: 1, text: "wide is slow", by: "knobs", isByPerson: false, trial: first.trial)
    #expect(world.engine.state.collaboration.notes == [note] && world.events.contains(.noteAdded(note)))
    let second = try Self.question(&world)
    let cites = Citations(["note 1", "trial 0", "note 7", "trial 999", "trial \(second.trial)", "that paper"])
    world.observe([Self.proposal(second, path: "b", note: "wide is slow", cites: cites)])
    #expect(world.engine.state.collaboration.notes == [note], "it is there already")
    #expect(
      world.engine.state.open[second.trial]?.proposal?.cites
        == Citations(
          notes: [1], trials: [.baseline], unknown: ["that paper", "note 7", "trial 999", "trial \(second.trial)"]))
    Self.expectReplay(world)
  }

  @Test func `claims end by the time that is given`() throws {
    var state = CollaborationState()
    let start = Timestamp(milliseconds: 1_000)
    func claim(_ number: Int, seconds: Double) -> Event {
      .claimed(Claim(number: number, topic: "t", by: "a", until: start.advanced(by: seconds)))
    }
    state.apply(claim(1, seconds: 60), at: start)
    state.apply(claim(2, seconds: 600), at: start)
    #expect(state.claims(at: start.advanced(by: 59)).map(\.number) == [1, 2])
    #expect(state.claims(at: start.advanced(by: 60)).map(\.number) == [2])
    state.apply(claim(3, seconds: 700), at: start.advanced(by: 61))
    #expect(state.claims.map(\.number) == [2, 3], "what has ended is forgotten")
    state.apply(.claimReleased(number: 2, by: "a"), at: start)
    #expect(state.claims.map(\.number) == [3])
  }

  @Test func `the notebook is bounded, and an agent that floods it does not push a person's notes out`() {
    var state = CollaborationState()
    for number in 1...50 {
      state.apply(
        .noteAdded(Note(number: number, text: "p\(number)", by: "ada", isByPerson: true)),
        at: Timestamp(milliseconds: 0))
    }
    for number in 51...1_000 {
      state.apply(
        .noteAdded(Note(number: number, text: "a\(number)", by: "x", isByPerson: false)), at: Timestamp(milliseconds: 0)
      )
      state.apply(
        .claimed(Claim(number: number, topic: "", by: "x", until: Timestamp(milliseconds: .max))),
        at: Timestamp(milliseconds: 0))
      state.apply(.pinned(TrialID(rawValue: number), at: nil, by: "x"), at: Timestamp(milliseconds: 0))
      state.apply(
        .banned(Ban(number: number, subject: .idea("\(number)"), by: "x")), at: Timestamp(milliseconds: 0))
    }
    #expect(state.notes.count == CollaborationState.mostNotes && state.notes.count { $0.isByPerson } == 50)
    #expect(state.notes.last?.number == 1_000 && state.lastNote == 1_000)
    #expect(state.claims.count == CollaborationState.mostClaims && state.pins.count == CollaborationState.mostPins)
    #expect(state.bans.count == CollaborationState.mostBans)
  }
}
