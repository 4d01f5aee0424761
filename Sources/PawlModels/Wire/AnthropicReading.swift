import PawlCore

/// Anthropic Messages, streamed or whole (platform.claude.com/docs/en/build-with-claude/streaming).
struct AnthropicReading: ReplyReading {
  var draft = ReplyDraft()
  /// Whether something else than text came behind the text so far.
  private var isTextInterrupted = false

  mutating func take(_ event: JSONValue, named name: String) {
    switch event["type"]?.string ?? name {
    case "message_start":
      draft.hasBegun = true
      guard let message = event["message"] else { return }
      draft.model = message["model"]?.string ?? draft.model
      takeUsage(message["usage"])
    case "content_block_start":
      if let block = event["content_block"] { takeBlock(block, index: event["index"]?.integer ?? 0, isWhole: false) }
    case "content_block_delta":
      if let delta = event["delta"] { takeDelta(delta, index: event["index"]?.integer ?? 0) }
    case "message_delta":
      draft.hasBegun = true
      takeUsage(event["usage"])
      if let usage = event["usage"], usage[count: "output_tokens"] != nil { draft.count.isFinal = true }
      if let delta = event["delta"] { takeStop(delta) }
    case "message_stop": draft.isComplete = true
    case "error": draft.failure = ServerWords(event)
    // `ping`, `content_block_stop`, and what later versions add.
    default: break
    }
  }

  mutating func take(whole value: JSONValue) -> Bool {
    guard let blocks = value["content"]?.array else { return false }
    draft.hasBegun = true
    draft.model = value["model"]?.string
    for (index, block) in blocks.enumerated() { takeBlock(block, index: index, isWhole: true) }
    takeUsage(value["usage"])
    draft.count.isFinal = draft.count.output != nil
    takeStop(value)
    draft.isComplete = true
    return true
  }

  /// The tokens that are counted are all up to here, not since the last time.
  private mutating func takeUsage(_ usage: JSONValue?) {
    guard let usage else { return }
    draft.count.input = usage[count: "input_tokens"] ?? draft.count.input
    draft.count.output = usage[count: "output_tokens"] ?? draft.count.output
    draft.count.cacheRead = usage[count: "cache_read_input_tokens"] ?? draft.count.cacheRead
    draft.count.cacheWrite = usage[count: "cache_creation_input_tokens"] ?? draft.count.cacheWrite
  }

  private mutating func takeBlock(_ block: JSONValue, index: Int, isWhole: Bool) {
    switch block["type"]?.string {
    case "text":
      if isTextInterrupted { draft.startText() }
      isTextInterrupted = false
      draft.add(text: block["text"]?.string ?? "")
    case "tool_use":
      isTextInterrupted = true
      // A stream starts with an empty object and brings the text of the arguments behind it.
      let arguments = isWhole ? (block["input"] ?? .object([])).text : ""
      draft.addCall(
        index: index, id: block["id"]?.string ?? "", name: block["name"]?.string ?? "", arguments: arguments)
    case "thinking":
      isTextInterrupted = true
      draft.add(thinking: block["thinking"]?.string ?? "")
    default:
      isTextInterrupted = true
      draft.hasBegun = true
    }
  }

  private mutating func takeDelta(_ delta: JSONValue, index: Int) {
    draft.hasBegun = true
    switch delta["type"]?.string {
    case "text_delta": draft.add(text: delta["text"]?.string ?? "")
    case "input_json_delta":
      let piece = delta["partial_json"]?.string ?? ""
      // Tools that the server runs itself have such pieces too, and no call of ours.
      _ = draft.extendCall(index: index, arguments: piece)
    case "thinking_delta": draft.add(thinking: delta["thinking"]?.string ?? "")
    default: break
    }
  }

  private mutating func takeStop(_ value: JSONValue) {
    switch value["stop_reason"]?.string {
    case nil: break
    case "max_tokens", "model_context_window_exceeded": draft.stop = .truncated
    case "refusal":
      let details = value["stop_details"]
      let words = details?["explanation"]?.string ?? details?["category"]?.string
      draft.stop = .refused(reason: words.map { "the model refused: \(oneLine($0))" } ?? "the model refused")
    default: draft.stop = .finished
    }
  }
}
