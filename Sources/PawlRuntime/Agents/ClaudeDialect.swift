import PawlCore

/// Claude Code: `claude -p`, one JSON object a line (code.claude.com/docs/en/cli-reference and /headless).
///
/// It needs `ANTHROPIC_API_KEY`, or `CLAUDE_CODE_OAUTH_TOKEN`; its state goes into the private home folder.
struct ClaudeDialect: ProgramDialect {
  let name = "claude"
  let saysWhenItIsDone = true

  func words(_ call: ProgramCall) -> [String] {
    var words = [name, "-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"]
    if let model = call.model { words += ["--model", model] }
    // Costs stand in its last line only, so its own limit is the one that holds while it works.
    if let limit = call.spendLimit { words += ["--max-budget-usd", limit.formatted(digits: 6)] }
    return words
  }

  func environment(_ call: ProgramCall) -> [String: String] {
    let quiet = ["DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"]
    // As root it refuses to work without questions unless it is told that something keeps it in, which must be true then.
    return call.isConfined ? quiet.merging(["IS_SANDBOX": "1"]) { $1 } : quiet
  }

  func read(_ line: String, into reading: inout TranscriptReading) {
    guard let event = JSONValue(transcript: line) else { return }
    switch event["type"]?.string {
    case "system":
      if let model = event["model"]?.string { reading.model = model }
    case "assistant":
      guard let message = event["message"] else { return }
      let words = (message["content"]?.array ?? []).compactMap {
        $0["type"]?.string == "text" ? $0["text"]?.string : nil
      }
      if !words.isEmpty { reading.say(words.joined(separator: "\n")) }
      if message["stop_reason"]?.string == "refusal" { reading.refusal = "the model refused to answer" }
      if let usage = message.object("usage") { reading.take(usage, of: message["id"]?.string ?? "") }
    case "result": finish(event, &reading)
    default: break
    }
  }

  /// `subtype` is `success` or `error_…`; the costs are those of the whole session.
  private func finish(_ event: JSONValue, _ reading: inout TranscriptReading) {
    reading.isDone = true
    reading.cost = event.dollars("total_cost_usd") ?? reading.cost
    if let usage = event.object("usage") {
      reading.open = [:]
      reading.take(usage, of: "")
    }
    if let result = event["result"]?.string, !result.isEmpty { reading.say(result) }
    if event["stop_reason"]?.string == "refusal" { reading.refusal = "the model refused to answer" }
    let kind = event["subtype"]?.string ?? ""
    reading.isCut = kind.hasPrefix("error_max_")
    guard event["is_error"]?.boolean == true || kind.hasPrefix("error") else { return reading.failure = nil }
    if kind == "error_max_budget_usd" {
      reading.failure = "it reached its spend limit"
    } else {
      reading.failure = event["result"]?.string ?? event["errors"]?.array?.lazy.compactMap(\.string).first ?? kind
    }
  }
}

extension TranscriptReading {
  /// Takes what one message of Anthropic's API used; the newest count of a message is the whole of it.
  fileprivate mutating func take(_ usage: JSONValue, of message: String) {
    guard open[message] != nil || open.count < Self.mostMessages else { return }
    open[message] = TokenUsage(
      input: usage.tokens("input_tokens"), output: usage.tokens("output_tokens"),
      cacheRead: usage.tokens("cache_read_input_tokens"), cacheWrite: usage.tokens("cache_creation_input_tokens"))
    self.usage = open.values.reduce(TokenUsage()) { $0.adding($1) }
  }
}
