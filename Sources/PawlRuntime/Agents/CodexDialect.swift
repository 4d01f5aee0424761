import PawlCore

/// Codex: `codex exec --json`, one JSON object a line (developers.openai.com/codex/non-interactive-mode).
///
/// It needs `CODEX_API_KEY` or `OPENAI_API_KEY`, or `~/.codex/auth.json` to read. It counts tokens but no money.
struct CodexDialect: ProgramDialect {
  let name = "codex"
  let saysWhenItIsDone = true

  func words(_ call: ProgramCall) -> [String] {
    var words = [name, "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    if let model = call.model { words += ["--model", model] }
    return words + ["-"]
  }

  func environment(_ call: ProgramCall) -> [String: String] {
    // `codex exec` takes its key from a variable of its own.
    guard let key = call.passed["OPENAI_API_KEY"] else { return [:] }
    return ["CODEX_API_KEY": key]
  }

  func read(_ line: String, into reading: inout TranscriptReading) {
    guard let event = JSONValue(transcript: line) else { return }
    switch event["type"]?.string {
    case "item.completed":
      guard let item = event["item"], let text = item["text"]?.string else { return }
      // Earlier versions said `item_type` and `assistant_message`.
      let kind = item["type"]?.string ?? item["item_type"]?.string
      if kind == "agent_message" || kind == "assistant_message" { reading.say(text) }
    case "turn.completed":
      reading.isDone = true
      reading.failure = nil
      if let usage = event.object("usage") { count(usage, &reading) }
    case "turn.failed":
      reading.isDone = true
      fail(event["error"]?["message"]?.string, &reading)
    // Also a connection that is tried again, after which the turn goes on.
    case "error": fail(event["message"]?.string, &reading)
    default: break
    }
  }

  /// Input includes what came from the cache; the count is the whole thread's.
  private func count(_ usage: JSONValue, _ reading: inout TranscriptReading) {
    reading.usage = usage.usage(cached: "cached_input_tokens")
  }

  private func fail(_ message: String?, _ reading: inout TranscriptReading) {
    let message = message ?? "it does not say why"
    reading.failure = message
    if message.contains("usage policy") || message.contains("invalid_prompt") { reading.refusal = message }
  }
}
