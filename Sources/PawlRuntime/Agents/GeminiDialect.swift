import PawlCore

/// Gemini CLI: `gemini --output-format stream-json`, one JSON object a line (geminicli.com/docs/cli/headless).
///
/// It needs `GEMINI_API_KEY`, or what it logged in with below `~/.gemini` to read. It counts tokens but no money.
struct GeminiDialect: ProgramDialect {
  let name = "gemini"
  let saysWhenItIsDone = true

  func words(_ call: ProgramCall) -> [String] {
    // What stands on its standard input goes before the prompt.
    var words = [name, "--prompt", "Do the task above.", "--output-format", "stream-json", "--approval-mode", "yolo"]
    if let model = call.model { words += ["--model", model] }
    return words
  }

  /// A folder that is not trusted would bring its questions back; it must not make a sandbox of its own inside this one.
  func environment(_ call: ProgramCall) -> [String: String] {
    ["GEMINI_CLI_TRUST_WORKSPACE": "true", "GEMINI_SANDBOX": "false"]
  }

  func read(_ line: String, into reading: inout TranscriptReading) {
    guard let event = JSONValue(transcript: line) else { return }
    switch event["type"]?.string {
    case "init": reading.model = event["model"]?.string ?? reading.model
    case "message":
      guard event["role"]?.string == "assistant", let content = event["content"]?.string else { return }
      reading.say(event["delta"]?.boolean == true ? reading.lastWords + content : content)
    // What it says after a tool is a message of its own.
    case "tool_use": reading.say("")
    case "error":
      if event["severity"]?.string == "error" { fail(event["message"]?.string, &reading) }
    case "result":
      reading.isDone = true
      if let stats = event.object("stats") { count(stats, &reading) }
      if event["status"]?.string == "error" {
        let error = event["error"]
        fail(error?["message"]?.string ?? error?["type"]?.string, &reading)
      } else {
        reading.failure = nil
      }
    default: break
    }
  }

  /// Input includes what came from the cache.
  private func count(_ stats: JSONValue, _ reading: inout TranscriptReading) {
    reading.usage = stats.usage(cached: "cached")
  }

  private func fail(_ message: String?, _ reading: inout TranscriptReading) {
    let message = message ?? "it does not say why"
    reading.failure = message
    // Reasons to stop (ai.google.dev/api/generate-content#FinishReason).
    if ["SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST"].contains(where: message.contains) { reading.refusal = message }
  }
}
