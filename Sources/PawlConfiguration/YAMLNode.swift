/// One value of a YAML text and where it starts.
struct YAMLNode: Sendable {
  enum Content: Sendable {
    /// `isPlain` is false for quoted and block scalars, which are always text.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    /// In the order of the file, duplicates included.
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }
  let content: Content
  /// Both from 1.
  let line: Int
  let column: Int

  /// What the value is, for messages.
  var kind: String {
    switch content {
    case .scalar(let text, let isPlain): isPlain && Self.nulls.contains(text) ? "empty" : "`\(text.shown())`"
    case .sequence: "a list"
    case .mapping: "a map"
    }
  }

  /// The text of a scalar that is not null.
  var text: String? {
    guard case .scalar(let text, let isPlain) = content, !isPlain || !Self.nulls.contains(text) else { return nil }
    return text
  }

  /// The text of a scalar without quotes: a number, a boolean or a word.
  var plain: String? {
    guard case .scalar(_, isPlain: true) = content else { return nil }
    return text
  }

  var isNull: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    return Self.nulls.contains(text)
  }

  /// YAML 1.2 core schema.
  static let nulls: Set<String> = ["", "~", "null", "Null", "NULL"]
}

extension String {
  /// Returns the text on one line and at most 80 characters, safe to print between backticks on a terminal.
  func shown() -> String {
    var result = ""
    var count = 0
    for scalar in unicodeScalars {
      if count == 80 { return result + "…" }
      let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
      result.unicodeScalars.append(isControl ? "�" : scalar == "`" ? "'" : scalar)
      count += 1
    }
    return result
  }
}
