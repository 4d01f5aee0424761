import PawlCore

extension ModelRule {
  /// Returns the body that asks a server of the rule's format.
  func body(_ request: ModelRequest, _ shape: RequestShape) throws(ModelError) -> JSONValue {
    switch api {
    case .anthropic: try anthropicBody(request, shape)
    case .openai: try openAIBody(request, shape)
    }
  }

  /// Anthropic Messages, version 2023-06-01 (platform.claude.com/docs/en/api/messages/create).
  private func anthropicBody(_ request: ModelRequest, _ shape: RequestShape) throws(ModelError) -> JSONValue {
    let marks = shape.marksCache ? CacheMarks(request) : CacheMarks()
    var number = 0
    func blocks(_ blocks: [ModelRequest.Block]) -> JSONValue {
      .array(
        blocks.filter { !$0.text.isEmpty }.map { block in
          defer { number += 1 }
          return textBlock(block.text, isMarked: marks.contains(number))
        })
    }
    let system = blocks(request.system)
    let messages = request.messages.map { ($0.role, blocks($0.blocks)) }.filter { $0.1 != .array([]) }
    let thinking: JSONValue? =
      switch shape.thinking {
      case .none: nil
      case .tokens:
        // The API wants 1024 at least, and less than the whole reply.
        .members(
          ("type", .string("enabled")),
          ("budget_tokens", .integer(max(1024, min(thinkingTokens ?? 0, tokenLimit(request) - 1)))))
      case .adaptive: .members(("type", .string("adaptive")))
      }
    let isAdaptive = shape.thinking == .adaptive
    return .members(
      ("model", .string(model)), ("max_tokens", .integer(tokenLimit(request))), ("stream", .boolean(true)),
      ("temperature", shape.temperature.map { .real($0) }), ("thinking", thinking),
      ("output_config", isAdaptive ? .members(("effort", .string(effort))) : nil),
      (
        "tools",
        shape.tools == .none
          ? nil
          : .array(
            try request.tools.map { tool throws(ModelError) in
              .members(
                ("name", .string(tool.name)), ("description", .string(tool.description)),
                ("input_schema", try schema(of: tool)))
            })
      ),
      ("tool_choice", shape.tools == .forced ? forcedChoice(request) : nil),
      ("system", system == .array([]) ? nil : system),
      (
        "messages",
        .array(messages.map { .members(("role", .string($0.0.rawValue)), ("content", $0.1)) })
      ))
  }

  private func forcedChoice(_ request: ModelRequest) -> JSONValue {
    request.tools.count == 1
      ? .members(("type", .string("tool")), ("name", .string(request.tools[0].name)))
      : .members(("type", .string("any")))
  }

  /// OpenAI chat completions (platform.openai.com/docs/api-reference/chat/create).
  private func openAIBody(_ request: ModelRequest, _ shape: RequestShape) throws(ModelError) -> JSONValue {
    let marks = shape.marksCache ? CacheMarks(request) : CacheMarks()
    var number = 0
    func message(_ role: String, _ blocks: [ModelRequest.Block]) -> JSONValue? {
      let texts = blocks.map(\.text).filter { !$0.isEmpty }
      guard !texts.isEmpty else { return nil }
      let first = number
      number += texts.count
      // One text, since every server takes that; a list only where there is something to mark.
      let isMarked = (first..<number).contains { marks.contains($0) }
      let content: JSONValue =
        isMarked
        ? .array(texts.enumerated().map { textBlock($0.element, isMarked: marks.contains(first + $0.offset)) })
        : .string(texts.joined(separator: "\n\n"))
      return .members(("role", .string(role)), ("content", content))
    }
    let messages =
      [message("system", request.system)].compactMap { $0 }
      + request.messages.compactMap { message($0.role.rawValue, $0.blocks) }
    return .members(
      ("model", .string(model)), (shape.limit.rawValue, .integer(tokenLimit(request))), ("stream", .boolean(true)),
      ("stream_options", shape.asksForUsage ? .members(("include_usage", .boolean(true))) : nil),
      ("temperature", shape.temperature.map { .real($0) }),
      ("reasoning_effort", shape.thinking == .none ? nil : .string(effort)),
      ("messages", .array(messages)),
      (
        "tools",
        shape.tools == .none
          ? nil
          : .array(
            try request.tools.map { tool throws(ModelError) in
              .members(
                ("type", .string("function")),
                (
                  "function",
                  .members(
                    ("name", .string(tool.name)), ("description", .string(tool.description)),
                    ("parameters", try schema(of: tool)))
                ))
            })
      ),
      // Known to more servers than the choice of one by name.
      ("tool_choice", shape.tools == .forced ? .string("required") : nil))
  }

  private func tokenLimit(_ request: ModelRequest) -> Int { max(1, request.maximumTokens ?? maximumTokens) }

  private func textBlock(_ text: String, isMarked: Bool) -> JSONValue {
    .members(
      ("type", .string("text")), ("text", .string(text)),
      ("cache_control", isMarked ? .members(("type", .string("ephemeral"))) : nil))
  }

  private func schema(of tool: ToolDefinition) throws(ModelError) -> JSONValue {
    guard let schema = JSONValue(tool.schema), schema.isObject else {
      throw ModelError(.configuration, "the schema of the tool `\(tool.name)` is no JSON object")
    }
    return schema
  }
}

/// Which of a request's blocks, counted without the empty ones, end a prefix that is worth keeping.
private struct CacheMarks {
  private var numbers: Set<Int> = []
  /// Anthropic takes four in a request.
  private static let limit = 4

  init() {}

  init(_ request: ModelRequest) {
    let blocks = (request.system + request.messages.flatMap(\.blocks)).filter { !$0.text.isEmpty }
    // The longest prefixes, where there are too many: each holds the shorter ones.
    numbers = Set(blocks.indices.filter { blocks[$0].endsCachedPrefix }.suffix(Self.limit))
  }

  func contains(_ number: Int) -> Bool { numbers.contains(number) }
}

extension ModelRequest {
  /// Bytes of all that the model reads, for an estimate of its tokens.
  var textBytes: Int {
    let texts = (system + messages.flatMap(\.blocks)).reduce(0) { $0 + $1.text.utf8.count }
    return tools.reduce(texts) { $0 + $1.name.utf8.count + $1.description.utf8.count + $1.schema.utf8.count }
  }
}
