import PawlCore

/// What a server says is wrong, out of whatever shape it says it in.
struct ServerWords: Hashable {
  /// Anthropic's and OpenAI's `type`, lower case as they are.
  var type: String?
  /// OpenAI's `code`, Anthropic's `details.error_code`; OpenRouter's is a status.
  var code: String?
  var message: String?

  /// A status inside of a 200, as OpenRouter has it.
  var status: Int? { code.flatMap { Int($0) }.flatMap { (400...599).contains($0) ? $0 : nil } }

  /// Returns nil where the value tells of no error.
  ///
  /// The shapes: `{"error": {"type", "code", "message"}}` of both APIs, the same in a list (Gemini), `{"error": "…"}` (Ollama),
  /// `{"object": "error", "message"}` (vLLM), `{"detail": "…"}` or a list of such (FastAPI).
  init?(_ value: JSONValue) {
    if let first = value.array?.first, first.isObject {
      self.init(first)
      return
    }
    if let error = value["error"], !error.isNull {
      if error.isObject {
        self.init(object: error)
      } else {
        self.init(message: error.string ?? error.text)
      }
      return
    }
    if value["object"]?.string == "error" || value["type"]?.string == "error" {
      self.init(object: value)
      return
    }
    if let detail = value["detail"], !detail.isNull {
      self.init(message: detail.string ?? detail.text)
      return
    }
    return nil
  }

  /// Returns what a body without one of those shapes says in a `message` of its own.
  init?(message value: JSONValue) {
    guard let message = value["message"]?.string else { return nil }
    self.init(message: message)
  }

  private init(object: JSONValue) {
    type = object["type"]?.string
    let code = object["code"] ?? object["details"]?["error_code"]
    self.code = code?.string ?? code?.integer.map(String.init)
    message = object["message"]?.string ?? (object["message"] == nil ? object.text : nil)
  }

  private init(message: String) { self.message = message }

  /// Whether the account is out of money: waiting does not help.
  var isOutOfMoney: Bool {
    let known = [
      "insufficient_quota", "billing_hard_limit_reached", "billing_error", "enforced_spend_limit_reached",
      "insufficient_balance",
    ]
    return [type, code].contains { $0.map { known.contains($0) } ?? false }
      || message?.lowercased().contains("credit balance is too low") ?? false
  }

  /// Whether the request was too long for the model.
  var isTooLong: Bool {
    if code == "context_length_exceeded" || type == "exceed_context_size_error" { return true }
    let words = message?.lowercased() ?? ""
    return ["prompt is too long", "maximum context length", "context window", "exceeds the available context"]
      .contains { words.contains($0) }
  }

  /// The status that fits an error inside of a 200, or of a stream: that decides whether to try again.
  var impliedStatus: Int {
    if let status { return status }
    switch type {
    case "overloaded_error": return 529
    case "rate_limit_error", "rate_limit_exceeded", "requests", "tokens": return 429
    case "authentication_error": return 401
    case "permission_error": return 403
    case "not_found_error": return 404
    case "request_too_large": return 413
    case "invalid_request_error", "BadRequestError": return 400
    case "timeout_error": return 504
    default: return 500
    }
  }
}

/// Returns a text on one line: control characters and runs of space become one space; cut behind so many characters.
func oneLine(_ text: String, limit: Int = 400) -> String {
  var out = String.UnicodeScalarView()
  var count = 0
  var isSpaced = true
  for scalar in text.unicodeScalars {
    let isSpace = scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
    if isSpace, isSpaced { continue }
    guard count < limit else { return trimmedEnd(String(out)) + "…" }
    out.append(isSpace ? " " : scalar)
    isSpaced = isSpace
    count += 1
  }
  return trimmedEnd(String(out))
}

private func trimmedEnd(_ text: String) -> String { text.hasSuffix(" ") ? String(text.dropLast()) : text }

/// Returns what a web page is called, or else its words.
func pageWords(_ bytes: [UInt8]) -> String {
  let page = String(decoding: bytes.prefix(1 << 16), as: UTF8.self)
  let lower = page.lowercased()
  // Lower case may have another length outside of ASCII: then positions do not carry over.
  if lower.utf8.count == page.utf8.count, let open = lower.range(ofText: "<title>"),
    let close = lower.range(ofText: "</title>"), open.upperBound <= close.lowerBound
  {
    return oneLine(String(decoding: Array(page.utf8)[open.upperBound..<close.lowerBound], as: UTF8.self), limit: 120)
  }
  var words = ""
  var isTag = false
  for character in page {
    if character == "<" { isTag = true }
    if !isTag { words.append(character) }
    if character == ">" {
      isTag = false
      words.append(" ")
    }
  }
  return oneLine(words, limit: 120)
}

extension String {
  /// Returns where a text first stands, as offsets into the UTF-8 bytes.
  fileprivate func range(ofText text: String) -> Range<Int>? {
    let needle = Array(text.utf8)
    let bytes = Array(utf8)
    guard !needle.isEmpty, bytes.count >= needle.count else { return nil }
    for start in 0...bytes.count - needle.count where bytes[start..<start + needle.count].elementsEqual(needle) {
      return start..<start + needle.count
    }
    return nil
  }
}
