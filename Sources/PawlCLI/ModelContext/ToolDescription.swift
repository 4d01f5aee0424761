import PawlCore

/// A tool that clients may call.
struct ToolDescription: Sendable {
  let name: String
  let title: String
  let description: String
  /// JSON Schemas.
  let input: JSONValue
  let output: JSONValue
  /// Whether a call changes nothing.
  let isReading: Bool

  func listed(for version: ProtocolVersion) -> JSONValue {
    var members: [String: JSONValue] = [
      "name": .string(name), "description": .string(description), "inputSchema": input,
    ]
    if version.hasAnnotations {
      // Nothing is ever deleted, and the network is the candidates' affair.
      members["annotations"] = .fields([
        "title": .string(title), "readOnlyHint": .boolean(isReading), "destructiveHint": .boolean(false),
        "openWorldHint": .boolean(false),
      ])
    }
    if version.hasStructure {
      members["title"] = .string(title)
      members["outputSchema"] = output
    }
    return .fields(members)
  }
}

/// What a tool answers.
struct ToolAnswer: Sendable {
  let text: String
  /// Nil for a failure: it need not have the form of an answer.
  let structure: JSONValue?
  let isFailure: Bool

  static func failure(_ text: String) -> Self { Self(text: text, structure: nil, isFailure: true) }
  static func success(_ text: String, _ structure: JSONValue) -> Self {
    Self(text: text, structure: structure, isFailure: false)
  }

  func result(for version: ProtocolVersion) -> [String: JSONValue] {
    var members: [String: JSONValue] = ["content": .array([.fields(["type": .string("text"), "text": .string(text)])])]
    if isFailure { members["isError"] = .boolean(true) }
    if version.hasStructure, let structure { members["structuredContent"] = structure }
    return members
  }
}
