import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What happens to each attempt, proposal and re-basing of a simulated swarm: a function of its number and the seed, in whatever order.
struct SwarmWorld: Sendable {
  /// How one attempt goes.
  struct Attempt: Sendable, Hashable {
    /// From its start to its end, in milliseconds of simulated time.
    let milliseconds: Int64
    /// Of these, what a node that failed took with it.
    let lost: Int64
    let outcome: Outcome
  }

  /// What asking an agent comes to.
  enum Answer: Sendable, Hashable { case proposal, refusal, failure }

  private enum Stream: UInt64 { case time = 101, fate, straggler, node, thinking, answer, conflict, crash }

  let plan: SwarmPlan
  private let study: StudyWorld
  private let agents: [String: SwarmAgent]

  init(plan: SwarmPlan) {
    self.plan = plan
    study = StudyWorld(
      effects: plan.effects, noise: plan.noise, sigma: plan.sigma, seed: plan.seed, attempts: plan.trials)
    agents = Dictionary(plan.agents.map { ($0.rule.name, $0) }) { first, _ in first }
  }

  /// What the change of `trial` is worth, wherever it is applied.
  func effect(of trial: TrialID) -> Double { study.effect(of: trial.rawValue) }

  /// What a measurement comes out above the truth of the code with that number.
  func error(of code: Int, _ request: AttemptRequest) -> Double {
    study.error(of: code, seed: request.seed, time: request.id.rawValue)
  }

  func attempt(_ request: AttemptRequest, code: Int) -> Attempt {
    let number = UInt64(request.id.rawValue)
    if unit(.fate, number) < plan.launchFailures {
      return Attempt(milliseconds: 1_000, lost: 0, outcome: .launchFailed(reason: "the node refused it"))
    }
    var seconds = plan.attemptSeconds * exp(plan.spread * normal(.time, number))
    if unit(.straggler, number) < plan.stragglers { seconds *= plan.straggling }
    let node = unit(.node, number)
    // Whatever part of it was done is done again.
    let lost = node < plan.nodeFailures ? seconds * node / plan.nodeFailures : 0
    let crash = code == 0 ? 1 : unit(.crash, UInt64(code))
    let part = crash < plan.crashes ? crash / plan.crashes : 1
    return Attempt(
      milliseconds: Self.milliseconds(lost + seconds * part), lost: Self.milliseconds(lost),
      outcome: .exited(code: crash < plan.crashes ? 1 : 0))
  }

  /// Milliseconds of simulated time that the agent thinks about a proposal.
  func thinking(_ request: ProposalRequest) -> Int64 {
    let median = (agents[request.agent]?.thinking ?? 0) * plan.attemptSeconds
    return Self.milliseconds(median * exp(0.5 * normal(.thinking, UInt64(request.trial.rawValue))))
  }

  func answer(_ request: ProposalRequest) -> Answer {
    let draw = unit(.answer, UInt64(request.trial.rawValue))
    let failures = isModel(request.agent) ? plan.agentFailures : 0
    return draw < failures ? .failure : draw < failures + plan.refusals ? .refusal : .proposal
  }

  func isModel(_ agent: String) -> Bool { agents[agent]?.rule.kind != .knobs && agents[agent] != nil }

  /// US dollars.
  func cost(of agent: String) -> Double { agents[agent]?.cost ?? 0 }

  func conflicts(_ request: RebaseRequest) -> Bool {
    unit(.conflict, UInt64(request.trial.rawValue), UInt64(request.onto.rawValue)) < plan.conflicts
  }

  private func generator(_ stream: Stream, _ numbers: [UInt64]) -> SeededGenerator {
    var hash = StableHash()
    hash.add(plan.seed)
    hash.add(stream.rawValue)
    for number in numbers { hash.add(number) }
    return SeededGenerator(seed: hash.value)
  }

  private func unit(_ stream: Stream, _ numbers: UInt64...) -> Double {
    var generator = generator(stream, numbers)
    return generator.unit()
  }

  /// Box and Muller 1958.
  private func normal(_ stream: Stream, _ number: UInt64) -> Double {
    var generator = generator(stream, [number])
    let radius = sqrt(-2 * log(1 - generator.unit()))
    return radius * cos(2 * .pi * generator.unit())
  }

  private static func milliseconds(_ seconds: Double) -> Int64 { Int64(max(0, min(1e12, seconds * 1_000))) }
}
