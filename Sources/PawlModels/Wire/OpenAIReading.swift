import PawlCore

/// OpenAI chat completions, streamed or whole, and what servers that speak it make of it.
///
/// OpenAI's reference (platform.openai.com/docs/api-reference/chat-streaming) and the documents of OpenRouter, vLLM, llama.cpp, Ollama
/// and LiteLLM.
struct OpenAIReading: ReplyReading {
  var draft = ReplyDraft()
  private var refusal = ""

  mutating func take(_ event: JSONValue, named name: String) {
    if let failure = ServerWords(event) {
      draft.failure = failure
      return
    }
    draft.model = draft.model ?? event["model"]?.string
    takeUsage(event["usage"])
    // The last chunk has the usage and no choice; with some servers null.
    guard let choice = event["choices"]?.array?.first else { return }
    draft.hasBegun = true
    // A server that does not stream may still send its whole answer as the one event.
    if let delta = choice["delta"] ?? choice["message"] { takeMessage(delta) }
    takeStop(choice)
  }

  mutating func take(whole value: JSONValue) -> Bool {
    guard let choice = value["choices"]?.array?.first else { return false }
    draft.hasBegun = true
    draft.model = value["model"]?.string
    takeUsage(value["usage"])
    if let message = choice["message"] { takeMessage(message) }
    if let text = choice["text"]?.string { draft.add(text: text) }
    takeStop(choice)
    draft.isComplete = true
    return true
  }

  private mutating func takeMessage(_ message: JSONValue) {
    if let content = message["content"] { takeContent(content) }
    if let piece = message["reasoning_content"]?.string ?? message["reasoning"]?.string { draft.add(thinking: piece) }
    if let piece = message["refusal"]?.string, !piece.isEmpty {
      draft.hasBegun = true
      refusal += piece
      draft.stop = .refused(reason: "the model refused: \(oneLine(refusal))")
    }
    for call in message["tool_calls"]?.array ?? [] { takeCall(call) }
  }

  /// A text, or, as Mistral has it, a list of pieces.
  private mutating func takeContent(_ content: JSONValue) {
    if let text = content.string { draft.add(text: text) }
    for piece in content.array ?? [] {
      if piece["type"]?.string == "text", let text = piece["text"]?.string {
        draft.add(text: text)
      } else if piece["type"]?.string == "thinking" {
        draft.add(thinking: piece.text)
      }
    }
  }

  private mutating func takeCall(_ call: JSONValue) {
    let function = call["function"]
    let id = call["id"]?.string ?? ""
    let name = function?["name"]?.string ?? ""
    // Some write the object itself where a text belongs.
    let arguments = function?["arguments"].map { $0.string ?? ($0.isNull ? "" : $0.text) } ?? ""
    let index = call["index"]?.integer ?? draft.calls.last?.index ?? 0
    // Some count every call as 0, or leave the index out: another id is another call, and so is a second name without any.
    let current = draft.calls.last { $0.index == index }
    let isNew: Bool
    if let current {
      isNew =
        id.isEmpty
        ? !name.isEmpty && !current.name.isEmpty && current.id.isEmpty : id != current.id && !current.id.isEmpty
    } else {
      isNew = true
    }
    if isNew {
      draft.addCall(index: index, id: id, name: name, arguments: arguments)
    } else {
      // The name comes once; some repeat it with every piece.
      let isNameKnown = current?.name.isEmpty == false
      _ = draft.extendCall(index: index, name: isNameKnown ? "" : name, arguments: arguments)
    }
  }

  private mutating func takeStop(_ choice: JSONValue) {
    guard let reason = choice["finish_reason"]?.string else { return }
    // A refusal in words outweighs that it was finished.
    if case .refused = draft.stop { return }
    switch reason {
    case "length": draft.stop = .truncated
    case "content_filter": draft.stop = .refused(reason: "the provider's filter stopped the reply")
    case "error":
      draft.stop = .broken(reason: "the provider failed during the reply")
    default: draft.stop = .finished
    }
  }

  private mutating func takeUsage(_ usage: JSONValue?) {
    guard let usage, usage.isObject else { return }
    let details = usage["prompt_tokens_details"]
    let cacheRead =
      details?[count: "cached_tokens"] ?? usage[count: "prompt_cache_hit_tokens"]
      ?? usage[count: "cache_read_input_tokens"]
    let cacheWrite = details?[count: "cache_write_tokens"] ?? usage[count: "cache_creation_input_tokens"]
    let prompt = usage[count: "prompt_tokens"]
    if let prompt { draft.count.input = max(0, prompt - (cacheRead ?? 0) - (cacheWrite ?? 0)) }
    draft.count.cacheRead = cacheRead ?? draft.count.cacheRead
    draft.count.cacheWrite = cacheWrite ?? draft.count.cacheWrite
    guard let written = usage[count: "completion_tokens"] else { return }
    // Some leave thinking out of the completion and count it in the total alone.
    draft.count.output = max(written, (usage[count: "total_tokens"] ?? 0) - (prompt ?? 0))
    draft.count.isFinal = true
  }
}
