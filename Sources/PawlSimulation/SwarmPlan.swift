import PawlCore

/// One study of many workers, simulated event by event: how large it is, and what goes wrong in it.
public struct SwarmPlan: Sendable, Hashable {
  /// Attempts at the same time, from 1.
  public var workers: Int
  /// After so many trials the study ends, as by `stop.trials`.
  public var trials: Int
  public var effects = EffectDistribution.exponential
  public var noise = NoiseModel.normal
  /// Standard deviation of one measurement, in units of the typical change.
  public var sigma = 1.0
  public var seed: UInt64 = 1
  /// The median of an attempt's time; its logarithm is normal with `spread`.
  public var attemptSeconds = 60.0
  public var spread = 0.3
  /// The share of attempts that take `straggling` times as long as they should.
  public var stragglers = 0.01
  public var straggling = 10.0
  /// Shares of candidates that crash, of attempts that never start, and of those whose node fails on the way.
  public var crashes = 0.03
  public var launchFailures = 0.005
  public var nodeFailures = 0.005
  /// Shares of questions to a model that fail, of proposals that are refused, and of re-basings that conflict.
  public var agentFailures = 0.02
  public var refusals = 0.02
  public var conflicts = 0.05

  public init(workers: Int, trials: Int) {
    self.workers = workers
    self.trials = trials
  }

  /// Who proposes: a sampler that answers at once, and models that think for a part of an attempt, as long as one, and ten times as long.
  var agents: [SwarmAgent] {
    [
      SwarmAgent(rule: AgentRule(name: "knobs", kind: .knobs, parallel: 64), thinking: 0.001),
      SwarmAgent(name: "quick", output: 1, parallel: 256, thinking: 0.2),
      SwarmAgent(name: "steady", output: 5, parallel: 256, thinking: 1),
      SwarmAgent(name: "slow", output: 25, parallel: 256, thinking: 10),
    ]
  }

  var configuration: StudyConfiguration? {
    guard let name = StudyName(rawValue: "swarm") else { return nil }
    var configuration = StudyConfiguration(
      name: name, command: "true",
      metric: MetricRule(name: "metric", pattern: "(.*)", direction: .maximize), editable: ["*"], workers: workers,
      stop: StopRule(trials: trials), agents: agents.map(\.rule),
      search: SearchRule(strategies: SearchStrategy.allCases), seed: seed)
    configuration.foreignLoad = .ignore
    return configuration
  }
}

/// An agent of a simulated swarm.
struct SwarmAgent: Sendable, Hashable {
  let rule: AgentRule
  /// The median of its thinking about one proposal, in attempts.
  let thinking: Double
}

extension SwarmAgent {
  /// A model whose answers cost `output` US dollars for a million tokens.
  init(name: String, output: Double, parallel: Int, thinking: Double) {
    let price = TokenPrice(input: output / 5, output: output, cacheRead: 0, cacheWrite: 0)
    rule = AgentRule(
      name: name, kind: .model(ModelRule(api: .anthropic, model: name, price: price)), parallel: parallel)
    self.thinking = thinking
  }

  /// US dollars of a proposal; nothing for what is no model.
  var cost: Double {
    guard case .model(let model) = rule.kind else { return 0 }
    return model.price?.cost(of: TokenUsage(input: 8_000, output: 2_000)) ?? 0
  }
}
