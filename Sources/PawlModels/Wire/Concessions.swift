import PawlCore

/// What a request goes without because the server said that it does not take it.
///
/// Servers that speak one format differ in what they know of it, and models of one provider in what they allow. They say so with an
/// error that costs nothing and names the parameter; the request is then sent again without it.
struct Concessions: OptionSet, Hashable, Sendable {
  let rawValue: UInt32
  init(rawValue: UInt32) { self.rawValue = rawValue }
  /// `max_completion_tokens` in place of `max_tokens`, or the other way round.
  static let otherLimit = Self(rawValue: 1)
  static let noTemperature = Self(rawValue: 2)
  static let noStreamUsage = Self(rawValue: 4)
  static let noForcedTool = Self(rawValue: 8)
  static let noTools = Self(rawValue: 16)
  /// Thinking is asked for by effort, not by a number of tokens.
  static let adaptiveThinking = Self(rawValue: 32)
  static let noThinking = Self(rawValue: 64)
  static let noCacheMarks = Self(rawValue: 128)

  /// As lowercase fragments.
  var names: [String] {
    let known: [(Self, String)] = [
      (.otherLimit, "the other name of the limit of tokens"), (.noTemperature, "no temperature"),
      (.noStreamUsage, "no count of tokens in the stream"), (.noForcedTool, "no tool forced"), (.noTools, "no tools"),
      (.adaptiveThinking, "thinking by effort, not by tokens"), (.noThinking, "no thinking asked for"),
      (.noCacheMarks, "no marks for the cache"),
    ]
    return known.filter { contains($0.0) }.map(\.1)
  }
}

/// What one request asks for beyond its texts, after all concessions.
struct RequestShape: Hashable, Sendable {
  enum Limit: String { case maxTokens = "max_tokens", maxCompletionTokens = "max_completion_tokens" }
  enum Thinking { case none, tokens, adaptive }
  enum ToolUse { case none, offered, forced }
  let limit: Limit
  let thinking: Thinking
  let tools: ToolUse
  let temperature: Double?
  let asksForUsage: Bool
  let marksCache: Bool

  init(_ rule: ModelRule, _ request: ModelRequest, isOpenAIsOwn: Bool, without conceded: Concessions) {
    // OpenAI's newer models take the newer name alone, and its older ones take both; most other servers know the older.
    let swaps = conceded.contains(.otherLimit)
    limit = isOpenAIsOwn != swaps ? .maxCompletionTokens : .maxTokens
    if rule.thinkingTokens == nil || conceded.contains(.noThinking) {
      thinking = .none
    } else {
      // OpenAI's format knows an effort only.
      thinking = rule.api == .openai || conceded.contains(.adaptiveThinking) ? .adaptive : .tokens
    }
    if !rule.usesTools || request.tools.isEmpty || conceded.contains(.noTools) {
      tools = .none
    } else {
      // Anthropic: "tool_choice: any and tool are not supported with extended thinking".
      let allowsForce = !conceded.contains(.noForcedTool) && (rule.api == .openai || thinking == .none)
      tools = request.forcesTool && allowsForce ? .forced : .offered
    }
    // Anthropic takes no temperature beside thinking.
    let allowsTemperature = !conceded.contains(.noTemperature) && (rule.api == .openai || thinking == .none)
    temperature = allowsTemperature ? rule.temperature : nil
    asksForUsage = rule.api == .openai && !conceded.contains(.noStreamUsage)
    // Behind OpenAI's format only gateways to Claude know such marks.
    let knowsMarks = rule.api == .anthropic || rule.model.lowercased().contains("claude")
    marksCache = knowsMarks && !conceded.contains(.noCacheMarks)
  }

  /// Returns what the server's words ask to leave out of a request of this shape; nil where they ask for nothing of the kind.
  func concession(to words: String) -> Concessions? {
    let words = words.lowercased()
    func says(_ some: String...) -> Bool { some.contains { words.contains($0) } }
    let isRefusal = says(
      "unsupported", "not supported", "not support", "unrecognized", "unknown", "not permitted", "extra inputs",
      "unexpected", "not allowed", "deprecated", "invalid", "incompatible", "cannot", "may not", "requires", "only")
    let other = limit == .maxTokens ? Limit.maxCompletionTokens : .maxTokens
    // `max_tokens` is also in "max_tokens: 200000 > 64000", which another name does not mend.
    if says(other.rawValue), says(limit.rawValue), isRefusal { return .otherLimit }
    if limit == .maxCompletionTokens, says(limit.rawValue),
      says("unrecognized", "unknown", "extra inputs", "unexpected")
    {
      return .otherLimit
    }
    if asksForUsage, says("stream_options", "include_usage") { return .noStreamUsage }
    if says("tool_choice", "tool choice", "forced tool") {
      if tools == .forced { return .noForcedTool }
      // vLLM without `--enable-auto-tool-choice`.
      if tools == .offered { return .noTools }
    }
    if thinking != .none, says("thinking", "budget_tokens", "reasoning_effort", "output_config", "effort") {
      return thinking == .tokens && says("adaptive") ? .adaptiveThinking : .noThinking
    }
    if temperature != nil, says("temperature"), isRefusal { return .noTemperature }
    if marksCache, says("cache_control") { return .noCacheMarks }
    // A schema that is wrong is told as invalid: that is for the caller to see.
    let knowsNone = says("support", "unrecognized", "unknown", "not permitted", "extra inputs", "unexpected", "--jinja")
    if tools != .none, knowsNone, says("tool", "function call") { return .noTools }
    return nil
  }
}

extension ModelRule {
  /// An effort that stands for a number of tokens: the APIs that take one know no numbers.
  var effort: String {
    switch thinkingTokens ?? 0 {
    case ..<4096: "low"
    case ..<16_384: "medium"
    default: "high"
    }
  }
}
