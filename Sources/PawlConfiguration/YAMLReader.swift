internal import CYaml

/// Reads one YAML document into nodes by libyaml's events; the text never leaves memory.
///
/// Leaves out what a configuration has no use for and an attacker has: anchors and aliases, tags, several documents.
struct YAMLReader {
  typealias Problem = ConfigurationError.Problem
  static let sizeLimit = 256 << 10
  static let depthLimit = 16
  static let nodeLimit = 10_000

  /// A collection whose end has not come yet.
  private struct Open {
    let line: Int
    let column: Int
    let isMapping: Bool
    var children: [YAMLNode] = []
  }

  private var open: [Open] = []
  private var root: YAMLNode?
  private var nodes = 0
  private var documents = 0

  static func read(_ text: String) -> Result<YAMLNode, Rejection> {
    var reader = Self()
    do throws(Rejection) {
      return .success(try reader.run(text))
    } catch {
      return .failure(error)
    }
  }

  /// Why there are no nodes at all.
  struct Rejection: Error {
    let problem: Problem
  }

  private mutating func run(_ text: String) throws(Rejection) -> YAMLNode {
    guard text.utf8.count <= Self.sizeLimit else {
      throw Self.rejection(.tooComplex, 1, 1, "the file has \(text.utf8.count) bytes, at most \(Self.sizeLimit)")
    }
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else { throw Self.rejection(.tooComplex, 1, 1, "out of memory") }
    defer { yaml_parser_delete(&parser) }
    let bytes = Array(text.utf8)
    // The parser keeps the pointer, so the buffer must outlive every event.
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
    defer { buffer.deallocate() }
    _ = buffer.initialize(from: bytes)
    yaml_parser_set_input_string(&parser, buffer.baseAddress, bytes.count)
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(&parser, &event) == 1 else { throw Self.syntaxError(of: parser, in: text) }
      defer { yaml_event_delete(&event) }
      if event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT { break }
      try take(event)
    }
    guard let root, !root.isNull else {
      throw Self.rejection(.badSyntax, 1, 1, "the file is empty", hint: "write one with `pawl init`")
    }
    return root
  }

  private mutating func take(_ event: yaml_event_t) throws(Rejection) {
    let line = Self.position(event.start_mark.line)
    let column = Self.position(event.start_mark.column)
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      documents += 1
      if documents > 1 {
        throw Self.rejection(
          .badSyntax, line, column, "a second document starts here", hint: "pawl.yaml holds one study: remove the `---`"
        )
      }
    case YAML_ALIAS_EVENT:
      throw Self.rejection(.badSyntax, line, column, "aliases are not supported", hint: "write the value out")
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      try refuseDecoration(scalar.anchor, scalar.tag, line, column)
      let text = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.value == nil ? 0 : scalar.length),
        as: UTF8.self)
      try add(
        YAMLNode(
          content: .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), line: line, column: column))
    case YAML_SEQUENCE_START_EVENT:
      try refuseDecoration(event.data.sequence_start.anchor, event.data.sequence_start.tag, line, column)
      try push(Open(line: line, column: column, isMapping: false))
    case YAML_MAPPING_START_EVENT:
      try refuseDecoration(event.data.mapping_start.anchor, event.data.mapping_start.tag, line, column)
      try push(Open(line: line, column: column, isMapping: true))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      guard let done = open.popLast() else { return }
      let pairs = stride(from: 0, to: done.children.count - 1, by: 2).map {
        (key: done.children[$0], value: done.children[$0 + 1])
      }
      try add(
        YAMLNode(
          content: done.isMapping ? .mapping(pairs) : .sequence(done.children), line: done.line, column: done.column))
    default: break
    }
  }

  private mutating func push(_ collection: Open) throws(Rejection) {
    guard open.count < Self.depthLimit else {
      throw Self.rejection(
        .tooComplex, collection.line, collection.column, "values are nested deeper than \(Self.depthLimit) levels")
    }
    open.append(collection)
  }

  private mutating func add(_ node: YAMLNode) throws(Rejection) {
    nodes += 1
    guard nodes <= Self.nodeLimit else {
      throw Self.rejection(.tooComplex, node.line, node.column, "the file has more than \(Self.nodeLimit) values")
    }
    if open.isEmpty { root = node } else { open[open.count - 1].children.append(node) }
  }

  private func refuseDecoration(
    _ anchor: UnsafeMutablePointer<yaml_char_t>?, _ tag: UnsafeMutablePointer<yaml_char_t>?, _ line: Int, _ column: Int
  ) throws(Rejection) {
    if anchor != nil {
      throw Self.rejection(
        .badSyntax, line, column, "anchors are not supported",
        hint: "remove the `&name`; a value that starts with `&` needs quotes")
    }
    if tag != nil {
      throw Self.rejection(
        .badSyntax, line, column, "tags are not supported",
        hint: "remove the `!name`; a value that starts with `!` needs quotes")
    }
  }

  private static func syntaxError(of parser: yaml_parser_t, in text: String) -> Rejection {
    let detail = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
    let hasMark = parser.error == YAML_SCANNER_ERROR || parser.error == YAML_PARSER_ERROR
    let offset = parser.problem_offset
    let line = hasMark ? position(parser.problem_mark.line) : 1 + text.utf8.prefix(offset).count { $0 == 0x0a }
    let column = hasMark ? position(parser.problem_mark.column) : 1
    let lines = text.split(separator: "\n", maxSplits: line, omittingEmptySubsequences: false)
    let indent = lines.indices.contains(line - 1) ? lines[line - 1].prefix { $0 == " " || $0 == "\t" } : ""
    if indent.contains("\t") {
      return rejection(.badSyntax, line, column, "a tab indents this line", hint: "YAML is indented with spaces only")
    }
    return rejection(
      .badSyntax, line, column, "not valid YAML: \(detail.shown())",
      hint: "a text with `: `, ` #`, or a sign at its start needs quotes: `'…'`")
  }

  private static func position(_ mark: Int) -> Int { mark < 0 || mark == .max ? 1 : mark + 1 }

  private static func rejection(
    _ code: ConfigurationError.Code, _ line: Int, _ column: Int, _ message: String, hint: String? = nil
  ) -> Rejection {
    Rejection(problem: Problem(code: code, line: line, column: column, message: message, hint: hint))
  }
}
