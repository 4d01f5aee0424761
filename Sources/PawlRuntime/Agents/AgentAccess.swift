import Foundation
import PawlCore
import PawlModels

/// What it takes to reach the agents of a study: keys, prices, addresses; looked at before anything begins.
struct AgentAccess: Sendable {
  /// By the agent's name.
  let models: [String: ModelClient]
  /// What a person should know, one line each.
  let notes: [String]

  /// Without any agent, for sessions that ask none.
  static let none = Self(models: [:], notes: [])

  private init(models: [String: ModelClient], notes: [String]) {
    self.models = models
    self.notes = notes
  }

  /// - Parameter stop: the bounds of the session beside the study's.
  /// - Throws: a key that is missing, an address that is none, a bound on money where a price is not known.
  init(_ configuration: StudyConfiguration, stop: StopRule, environment: [String: String]) throws {
    var models: [String: ModelClient] = [:]
    var notes: [String] = []
    for agent in configuration.agents {
      guard case .model(let rule) = agent.kind else { continue }
      let isBounded = agent.maximumSpend != nil || configuration.stop.spend != nil || stop.spend != nil
      if rule.price == nil {
        let problem = "what `\(rule.model)` costs is not known"
        let hint = "write `price: {input: …, output: …}` into the agent, in US dollars for a million tokens"
        guard !isBounded else {
          throw RuntimeError(
            .usage, "\(problem), so a bound on money cannot be kept", hints: [hint, "or take the bound out"])
        }
        notes.append("\(problem), so its replies count as free; \(hint)")
      }
      let key = try ModelKey.read(rule.key, environment: environment)
      notes += key.note.map { ["\(agent.name): \($0)"] } ?? []
      models[agent.name] = try ModelClient(rule: rule, secret: key.secret, environment: environment)
    }
    self.init(models: models, notes: notes)
  }
}
