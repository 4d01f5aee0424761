public import PawlCore

/// What came back from a model, paid or in part paid; a secret that was in it is masked.
public struct ModelReply: Sendable, Hashable {
  /// Without what the model thought.
  public var text: String
  /// As the model wrote them, tools that were never offered included.
  public var calls: [ToolCall]
  public var usage: TokenUsage
  /// Whether the server did not say all of `usage`, so that it was in part counted from the length of texts.
  public var usageIsEstimated: Bool
  /// The name that the server gave, where it gave one.
  public var model: String?
  public var end: AgentReply.End
  /// From the first try to the end, waits included.
  public var seconds: Double
  /// US dollars by the rule's price; 0 where it has none.
  public var cost: Double
  /// Requests that were sent.
  public var tries: Int
  /// What the server did not take and the request then went without, as lowercase fragments: `temperature`, say.
  public var concessions: [String]

  /// Returns it as the journal keeps it.
  public func agentReply(trial: TrialID, number: Int, agent: String) -> AgentReply {
    AgentReply(
      trial: trial, number: number, agent: agent, model: model, text: text, calls: calls, usage: usage, cost: cost,
      seconds: seconds, end: end)
  }
}
