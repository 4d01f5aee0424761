import PawlCore
import Testing

@testable import PawlEngine

/// Agents that answer, fail, and cost money.
@Suite struct AgentTests {
  /// An answer costs 0.2 dollars at most, with its repair twice that.
  private static let model = ModelRule(
    api: .openai, model: "m", maximumTokens: 10_000, contextTokens: 50_000,
    price: TokenPrice(input: 1, output: 10, cacheRead: 0.1, cacheWrite: 1))

  private static func world(
    _ agents: [AgentRule], spend: Double? = nil, workers: Int = 2, trials: Int? = 40
  ) throws -> SimulatedWorld {
    var configuration = try SimulatedWorld.configuration(workers: workers, trials: trials)
    configuration.agents = agents
    configuration.stop.spend = spend
    var world = SimulatedWorld(seed: 3)
    world.begin(configuration)
    return world
  }

  private static func agent(_ name: String, maximumSpend: Double? = nil, parallel: Int = 4) -> AgentRule {
    AgentRule(name: name, kind: .model(model), maximumSpend: maximumSpend, parallel: parallel)
  }

  /// Runs until an agent is asked, and takes the question out of what is pending.
  private static func question(_ world: inout SimulatedWorld, of agent: String? = nil) throws -> ProposalRequest {
    func isAsked(_ effect: Effect) -> Bool {
      if case .propose(let request, _) = effect { return agent == nil || request.agent == agent }
      return false
    }
    for _ in 0..<2_000 where !world.pending.contains(where: isAsked) {
      if world.pending.isEmpty { world.observe([], after: 500) } else { world.completeOne() }
    }
    let index = try #require(world.pending.firstIndex(where: isAsked))
    guard case .propose(let request, _) = world.pending.remove(at: index) else { throw Unasked() }
    return request
  }
  private struct Unasked: Error {}

  private static func reply(
    _ request: ProposalRequest, number: Int = 1, cost: Double = 0, end: AgentReply.End = .finished
  ) -> Event {
    .replyReceived(
      AgentReply(trial: request.trial, number: number, agent: request.agent, text: "told", cost: cost, end: end))
  }

  private static func proposal(_ request: ProposalRequest, fingerprint: UInt64, change: UInt64? = nil) -> Event {
    .proposalReceived(
      request.trial,
      Proposal(
        agent: request.agent, hypothesis: "h", edits: [], knobs: [:], cost: 0, fingerprint: fingerprint, change: change)
    )
  }

  @Test func `an answer is recorded, and only then handed back to be read`() throws {
    var world = try Self.world([Self.agent("m")])
    let request = try Self.question(&world)
    let step = world.engine.handle([Self.reply(request, cost: 0.25)], at: Timestamp(milliseconds: 9_000_000))
    #expect(step.events.first?.kind == "replyReceived")
    guard case .propose(let again, let replies)? = step.effects.first, again.trial == request.trial else {
      Issue.record("\(step.effects)")
      return
    }
    #expect(replies.map(\.number) == [1] && world.engine.state.spend == 0.25)
  }

  @Test func `after a crash the recorded answers are handed back, and nothing is asked that was answered`() throws {
    var world = try Self.world([Self.agent("m")])
    let request = try Self.question(&world)
    world.observe([Self.reply(request, cost: 0.25, end: .broken(reason: "cut"))])
    world.observe([Self.reply(request, number: 2, cost: 0.5)])
    world.crash(workers: 2)
    let asked = world.pending.compactMap { effect -> [AgentReply]? in
      if case .propose(let asked, let replies) = effect, asked.trial == request.trial { replies } else { nil }
    }
    #expect(asked.map { $0.map(\.number) } == [[1, 2]])
    #expect(world.engine.state.spend == 0.75 && world.engine.state.agents["m"]?.replies == 2)
    world.observe([Self.proposal(request, fingerprint: 5)])
    #expect(world.engine.state.open[request.trial]?.replies.isEmpty == true)
    #expect(world.engine.state.agents["m"]?.meanCost == 0.75)
  }

  @Test func `an agent that fails for good leaves the study to the others`() throws {
    var world = try Self.world([.knobs, Self.agent("m")], trials: 12)
    let request = try Self.question(&world, of: "m")
    world.observe([.agentFailed(request.trial, AgentFailure(.lasting, reason: "the key is wrong"))])
    for index in world.pending.indices.reversed() {
      if case .propose(let other, _) = world.pending[index], other.agent == "m" {
        world.pending.remove(at: index)
        world.observe([.agentFailed(other.trial, AgentFailure(.lasting, reason: "the key is wrong"))])
      }
    }
    let asked = world.events.count {
      if case .proposalRequested(let request) = $0 { request.agent == "m" } else { false }
    }
    world.run()
    #expect(world.finished == "12 trials are done")
    #expect(
      world.events.count { if case .proposalRequested(let request) = $0 { request.agent == "m" } else { false } }
        == asked)
  }

  @Test func `a study whose only agent fails for good ends and says why`() throws {
    var world = try Self.world([Self.agent("m", parallel: 1)])
    let request = try Self.question(&world)
    world.observe([.agentFailed(request.trial, AgentFailure(.lasting, reason: "the key is wrong"))])
    world.run()
    #expect(world.finished == "no agent can be asked: m: the key is wrong")
    #expect(world.engine.state.ended == 0, "nobody proposed anything")
  }

  @Test func `an agent that is away is left alone, longer each time, and asked again`() throws {
    var world = try Self.world([Self.agent("m", parallel: 1)])
    var waits: [Int64] = []
    // The baseline is measured before anybody is asked twice.
    var request = try Self.question(&world)
    while !world.pending.isEmpty { world.completeOne() }
    for _ in 0..<4 {
      world.observe([.agentFailed(request.trial, AgentFailure(.transient, reason: "busy"))])
      #expect(world.pending.isEmpty)
      var waited: Int64 = 0
      while world.openQuestion == nil, waited < 100_000 {
        world.observe([], after: 500)
        waited += 500
      }
      waits.append(waited)
      request = try Self.question(&world)
    }
    #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 < $1 }, "\(waits)")
    #expect(world.finished == nil && world.engine.state.fruitlessInARow == 0)
    world.observe([Self.reply(request), Self.proposal(request, fingerprint: 9)])
    #expect(world.engine.state.agents["m"]?.failuresInARow == 0)
  }

  @Test(arguments: [0.5, 3, 40])
  func `no more is promised than there is, and the study ends when its money is spent`(money: Double) throws {
    var world = try Self.world([Self.agent("m")], spend: money, trials: nil)
    var generator = SeededGenerator(seed: 1)
    var (asked, most) = (0, 0)
    while world.finished == nil, asked < 2_000 {
      #expect(world.engine.state.spend + world.engine.state.promised <= money + 1e-9)
      most = max(most, world.engine.state.open.values.count { $0.stage == .proposing })
      let question = world.pending.firstIndex { if case .propose = $0 { true } else { false } }
      guard let question, case .propose(let request, _) = world.pending[question] else {
        if world.pending.isEmpty { world.observe([], after: 1_000) } else { world.completeOne() }
        continue
      }
      world.pending.remove(at: question)
      asked += 1
      let limit = try #require(request.spendLimit)
      #expect(limit > 0)
      let cost = 0.3 * generator.unit()
      if cost > limit {
        world.observe([.agentFailed(request.trial, AgentFailure(.unaffordable, reason: "too dear"))])
      } else {
        world.observe([Self.reply(request, cost: cost)], after: 20_000)
        world.pending.removeAll { if case .propose(let other, _) = $0 { other.trial == request.trial } else { false } }
        world.observe([Self.proposal(request, fingerprint: request.seed)])
      }
    }
    #expect(world.finished?.contains("money is spent") == true, "\(world.finished ?? "never ended")")
    #expect(world.engine.state.spend <= money && world.engine.state.spend > money - 0.31)
    if money > 10 { #expect(most > 1, "where there is plenty, several are asked at a time") }
  }

  @Test func `an agent's own money ends that agent, not the study`() throws {
    var world = try Self.world([.knobs, Self.agent("m", maximumSpend: 0.5)], trials: 30)
    while world.finished == nil, !world.pending.isEmpty {
      let question = world.pending.firstIndex {
        if case .propose(let request, _) = $0 { request.agent == "m" } else { false }
      }
      guard let question, case .propose(let request, _) = world.pending.remove(at: question) else {
        world.completeOne()
        continue
      }
      world.observe([Self.reply(request, cost: 0.25)])
      world.pending.removeAll { if case .propose(let other, _) = $0 { other.trial == request.trial } else { false } }
      world.observe([Self.proposal(request, fingerprint: request.seed)])
    }
    #expect(world.finished == "30 trials are done")
    #expect(world.engine.state.agents["m"]?.spend == 0.5)
  }

  @Test func `a change that was made on another parent, or the same code in another layout, costs nothing`() throws {
    var world = try Self.world([Self.agent("m")])
    let first = try Self.question(&world)
    world.observe([Self.proposal(first, fingerprint: 71, change: 5)])
    let second = try Self.question(&world)
    world.observe([Self.proposal(second, fingerprint: 72, change: 5)])
    #expect(world.events.contains(.proposalRefused(second.trial, reason: "trial \(first.trial) made this very change")))
  }

  @Test func `slow agents are asked so far ahead that workers never wait`() throws {
    var world = try Self.world([Self.agent("m", parallel: 64)], workers: 2, trials: 400)
    world.proposalMilliseconds = 10
    world.attemptMilliseconds = 10
    // Answers take 20 seconds and attempts 5: eight are thinking while two run.
    let request = try Self.question(&world)
    world.observe([Self.reply(request)], after: 20_000)
    world.observe([Self.proposal(request, fingerprint: 1)])
    #expect(world.engine.state.agents["m"]?.meanSeconds ?? 0 >= 20)
    #expect(world.engine.state.proposalsAhead >= 2 + 8)
  }

  @Test func `beside a slow agent, constants are tuned when a worker needs them and not long before`() throws {
    var world = try Self.world([.knobs, Self.agent("m", parallel: 64)], workers: 2, trials: 200)
    world.prefersQuick = true
    var most = 0
    for _ in 0..<400 where world.finished == nil && !world.pending.isEmpty {
      // The model never answers: its questions stay open.
      world.pending.removeAll { if case .propose(let request, _) = $0 { request.agent == "m" } else { false } }
      if world.pending.isEmpty { world.observe([], after: 1_000) } else { world.completeOne() }
      most = max(most, world.engine.state.open.values.count { $0.attempts == 0 && $0.request.agent == "knobs" })
    }
    // One for each worker, one that waits, and one that the attempt just ended makes room for.
    #expect(most <= 4, "\(most)")
    #expect(world.engine.state.ended > 50, "and it is asked all the same")
  }

  @Test func `a bound that is set later holds for questions that were open before it`() throws {
    var world = try Self.world([Self.agent("m")])
    let first = try Self.question(&world)
    #expect(first.spendLimit == nil, "there was no bound")
    var fresh = Engine()
    for recorded in world.transactions.joined() { fresh.replay(recorded) }
    world.engine = fresh
    world.pending = []
    world.observe([world.sessionStart(workers: 2, stop: StopRule(spend: 0.5))])
    let limits = world.pending.compactMap { effect -> Double? in
      if case .propose(let request, _) = effect { request.spendLimit ?? .infinity } else { nil }
    }
    #expect(!limits.isEmpty && limits.reduce(0, +) <= 0.5 + 1e-9, "\(limits)")
    #expect(world.engine.state.promised <= 0.5 + 1e-9)
  }

  @Test func `many failures at the same time are one, and an agent that is turned down is asked less often`() throws {
    var world = try Self.world([Self.agent("m", parallel: 16)], workers: 4)
    var asked: [ProposalRequest] = []
    for _ in 0..<4 { asked.append(try Self.question(&world)) }
    world.observe(asked.map { .agentFailed($0.trial, AgentFailure(.transient, reason: "busy")) })
    #expect(world.engine.state.agents["m"]?.failuresInARow == 1)
    var refused = 0
    while refused < 7 {
      let request = try Self.question(&world)
      world.observe([.proposalRefused(request.trial, reason: "no edits")])
      refused += 1
    }
    let record = try #require(world.engine.state.agents["m"])
    #expect(record.refusalsInARow == 7 && record.holdUntil != nil)
  }

  @Test func `a request that is not taken ends nothing until none ever was`() throws {
    var world = try Self.world([Self.agent("m", parallel: 1)])
    for turn in 1...5 {
      #expect(world.finished == nil, "after \(turn - 1)")
      let request = try Self.question(&world)
      world.observe([.agentFailed(request.trial, AgentFailure(.doubtful, reason: "400"))])
    }
    while !world.pending.isEmpty { world.completeOne() }
    world.observe([], after: 1_000)
    #expect(world.finished == "no agent can be asked: m: 400")
  }

  @Test func `code that was turned down unmeasured may be proposed again, what was measured may not`() throws {
    var world = try Self.world([Self.agent("m")])
    let first = try Self.question(&world)
    world.observe([Self.proposal(first, fingerprint: 70), .proposalRefused(first.trial, reason: "it does not fit")])
    let second = try Self.question(&world)
    world.observe([Self.proposal(second, fingerprint: 70)])
    #expect(!world.events.contains(.proposalRefused(second.trial, reason: "this very code was tried before")))
    let third = try Self.question(&world)
    world.observe([Self.proposal(third, fingerprint: 70)])
    #expect(world.events.contains(.proposalRefused(third.trial, reason: "this very code was tried before")))
  }
}
