/// A tool that clients may call.
struct ToolDescription: Sendable {
  let name: String
  let title: String
  let description: String
  /// JSON Schemas.
  let input: JSONNode
  let output: JSONNode
  /// Whether a call changes nothing.
  let isReading: Bool

  func listed(for version: ProtocolVersion) -> JSONNode {
    var members: [String: JSONNode] = [
      "name": .text(name), "description": .text(description), "inputSchema": input,
    ]
    if version.hasAnnotations {
      // Nothing is ever deleted, and the network is the candidates' affair.
      members["annotations"] = .object([
        "title": .text(title), "readOnlyHint": .boolean(isReading), "destructiveHint": .boolean(false),
        "openWorldHint": .boolean(false),
      ])
    }
    if version.hasStructure {
      members["title"] = .text(title)
      members["outputSchema"] = output
    }
    return .object(members)
  }
}

/// What a tool answers.
struct ToolAnswer: Sendable {
  let text: String
  /// Nil for a failure: it need not have the form of an answer.
  let structure: JSONNode?
  let isFailure: Bool

  static func failure(_ text: String) -> Self { Self(text: text, structure: nil, isFailure: true) }
  static func success(_ text: String, _ structure: JSONNode) -> Self {
    Self(text: text, structure: structure, isFailure: false)
  }

  func result(for version: ProtocolVersion) -> [String: JSONNode] {
    var members: [String: JSONNode] = ["content": .array([.object(["type": .text("text"), "text": .text(text)])])]
    if isFailure { members["isError"] = .boolean(true) }
    if version.hasStructure, let structure { members["structuredContent"] = structure }
    return members
  }
}
