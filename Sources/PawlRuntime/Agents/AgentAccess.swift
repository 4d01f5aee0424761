import Foundation
import PawlCore
import PawlModels

/// What it takes to reach the agents of a study: keys, prices, addresses; looked at before anything begins.
struct AgentAccess: Sendable {
  /// By the agent's name.
  let models: [String: ModelClient]
  /// Who judges documents by the constitution of a study of generations; nil where no model does.
  let judge: ModelClient?
  /// What a person should know, one line each.
  let notes: [String]

  /// Without any agent, for sessions that ask none.
  static let none = Self(models: [:], judge: nil, notes: [])

  /// Returns the study with its models' prices, as far as they are known: the engine reckons with them, and the journal keeps them.
  static func priced(_ configuration: StudyConfiguration) -> StudyConfiguration {
    var configuration = configuration
    for index in configuration.agents.indices {
      if case .model(let rule) = configuration.agents[index].kind {
        configuration.agents[index].kind = .model(rule.priced())
      }
    }
    return configuration
  }

  private init(models: [String: ModelClient], judge: ModelClient?, notes: [String]) {
    self.models = models
    self.judge = judge
    self.notes = notes
  }

  /// - Parameter stop: the bounds of the session beside the study's.
  /// - Throws: a key that is missing, an address that is none, a bound on money where what an agent costs is not known.
  init(_ configuration: StudyConfiguration, stop: StopRule, environment: [String: String]) throws {
    var models: [String: ModelClient] = [:]
    var notes: [String] = []
    for agent in configuration.agents {
      let isBounded = agent.maximumSpend != nil || configuration.stop.spend != nil || stop.spend != nil
      if let unknown = Self.unknownCost(of: agent) {
        let problem = "what `\(unknown.what)` costs is not known"
        guard !isBounded else {
          throw RuntimeError(
            .usage, "\(problem), so a bound on money cannot be kept", hints: [unknown.hint, "or take the bound out"])
        }
        notes.append("\(problem), so its replies count as free; \(unknown.hint)")
      }
      guard case .model(let stated) = agent.kind else { continue }
      let rule = stated.priced()
      let key = try ModelKey.read(rule.key, environment: environment)
      notes += key.note.map { ["\(agent.name): \($0)"] } ?? []
      models[agent.name] = try ModelClient(rule: rule, secret: key.secret, environment: environment)
    }
    let judge = try Self.judge(configuration, stop: stop, environment: environment, notes: &notes)
    self.init(models: models, judge: judge, notes: notes)
  }

  private static func judge(
    _ configuration: StudyConfiguration, stop: StopRule, environment: [String: String], notes: inout [String]
  ) throws -> ModelClient? {
    guard let rule = configuration.generations?.filters.constitution, let stated = rule.judge else { return nil }
    let agent = AgentRule(name: "judge", kind: .model(stated))
    if let unknown = unknownCost(of: agent) {
      let problem = "what the judge `\(unknown.what)` costs is not known"
      guard rule.spend == nil, configuration.stop.spend == nil, stop.spend == nil else {
        throw RuntimeError(
          .usage, "\(problem), so a bound on money cannot be kept", hints: [unknown.hint, "or take the bound out"])
      }
      notes.append("\(problem), so its answers count as free; \(unknown.hint)")
    }
    let key = try ModelKey.read(stated.key, environment: environment)
    notes += key.note.map { ["the judge: \($0)"] } ?? []
    return try ModelClient(rule: stated.priced(), secret: key.secret, environment: environment)
  }

  /// Returns what would count as free though it may not be, and what to write into pawl.yaml; nil where the cost is known.
  private static func unknownCost(of agent: AgentRule) -> (what: String, hint: String)? {
    switch agent.kind {
    case .knobs, .generations: nil
    case .model(let rule):
      rule.priced().price != nil
        ? nil : (rule.model, "write `price: {input: …, output: …}` into the agent, in US dollars for a million tokens")
    case .program(let rule):
      rule.assumedCost > 0 || rule.statesCost
        ? nil : (agent.name, "write `assumed_cost: …` into the agent, in US dollars for a proposal")
    }
  }
}

extension ProgramRule {
  /// Whether its dollars are counted as it tells them. Without the network a command has nobody to pay.
  fileprivate var statesCost: Bool {
    switch program {
    case .claude, .aider: true
    case .codex, .gemini: false
    case .command: !network
    }
  }
}

extension AgentAccess {
  /// Says of each agent whether it can be asked; no server is, as that may cost something.
  static func findings(
    for agents: [AgentRule], environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [Doctor.Finding] {
    agents.map { agent in
      let name = "agent \(agent.name)"
      switch agent.kind {
      case .knobs, .generations:
        return .init(name: name, state: .good, detail: "built in", remedy: nil)
      case .program(let rule):
        guard let word = rule.program.executable else {
          return .init(name: name, state: .good, detail: "a command of this study's own", remedy: nil)
        }
        guard let place = Doctor.find(word) else {
          return .init(
            name: name, state: .missing, detail: "`\(word)` is not on your PATH", remedy: "install it, or take it out")
        }
        let isReachable = rule.network
        return .init(
          name: name, state: isReachable ? .good : .warning, detail: place + (isReachable ? "" : ", without network"),
          remedy: isReachable ? nil : "a hosted model needs `network: true`")
      case .model(let stated):
        let rule = stated.priced()
        do {
          let key = try ModelKey.read(rule.key, environment: environment)
          _ = try ModelClient(rule: rule, secret: key.secret, environment: environment)
          let price = rule.price == nil ? ", its price not known" : ""
          return .init(
            name: name, state: key.note == nil && rule.price != nil ? .good : .warning,
            detail: "\(rule.model)\(rule.baseURL.map { " at \($0)" } ?? "")\(price)\(key.note.map { ", \($0)" } ?? "")",
            remedy: rule.price == nil ? "write `price: {input: …, output: …}` into it" : nil)
        } catch {
          let hint = (error as? any DescribedError)?.hints.first
          return .init(name: name, state: .missing, detail: describe(error), remedy: hint)
        }
      }
    }
  }
}

extension ProgramRule.Program {
  /// What must be installed; nil for a command of the study's own.
  fileprivate var executable: String? {
    switch self {
    case .claude: "claude"
    case .codex: "codex"
    case .gemini: "gemini"
    case .aider: "aider"
    case .command: nil
    }
  }
}
