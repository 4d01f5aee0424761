/// Takes typed values out of nodes and gathers what is wrong with them, so that all problems are reported at once.
///
/// Every reader returns nil where there is no usable value; the problem, if it is one, is recorded.
struct NodeReader {
  typealias Problem = ConfigurationError.Problem
  private(set) var problems: [Problem] = []

  mutating func report(_ code: ConfigurationError.Code, at node: YAMLNode, _ message: String, hint: String? = nil) {
    problems.append(Problem(code: code, line: node.line, column: node.column, message: message, hint: hint))
  }

  /// Returns the values of a map by key, after complaints about unknown, duplicate and strange keys.
  mutating func map(_ node: YAMLNode, _ name: String, keys: [String]) -> Section {
    // A section whose keys are all commented out is at its defaults.
    if node.isNull, !name.isEmpty, name != "metric" { return Section(node: node, name: name, values: [:]) }
    let place = name.isEmpty ? "the file" : "`\(name)`"
    guard case .mapping(let pairs) = node.content else {
      report(
        .wrongType, at: node, "\(place) must be a map of keys, not \(node.kind)",
        hint: "keys are: \(keys.map { "`\($0)`" }.joined(separator: ", "))")
      return Section(node: node, name: name, values: [:])
    }
    var values: [String: YAMLNode] = [:]
    for (key, value) in pairs {
      guard let text = key.text else {
        report(.wrongType, at: key, "a key of \(place) is \(key.kind)")
        continue
      }
      guard keys.contains(text) else {
        let suggestion = nearest(text, in: keys)
        report(
          .unknownKey, at: key, "unknown key `\(text.shown())`\(name.isEmpty ? "" : " in \(place)")",
          hint: suggestion.map { "did you mean `\($0)`?" }
            ?? "keys of \(place) are: \(keys.map { "`\($0)`" }.joined(separator: ", "))")
        continue
      }
      guard values[text] == nil else {
        report(
          .duplicateKey, at: key, "duplicate key `\(text)`\(name.isEmpty ? "" : " in \(place)")",
          hint: "the first `\(text)` is on line \(values[text]?.line ?? key.line): keep one")
        continue
      }
      values[text] = value
    }
    return Section(node: node, name: name, values: values)
  }

  mutating func text(_ key: String, of section: Section) -> String? {
    guard let node = section.values[key] else { return nil }
    guard let text = node.text else {
      report(.wrongType, at: node, "`\(section.path(key))` must be a text, not \(node.kind)")
      return nil
    }
    guard text.contains(where: { !$0.isWhitespace }), !text.utf8.contains(0) else {
      report(.badValue, at: node, "`\(section.path(key))` is blank or holds a NUL")
      return nil
    }
    return text
  }

  mutating func integer(_ key: String, of section: Section, _ range: ClosedRange<Int>) -> Int? {
    guard let node = section.values[key] else { return nil }
    guard let text = node.plain, let number = Int(text) else {
      report(.wrongType, at: node, "`\(section.path(key))` must be a whole number, not \(node.kind)")
      return nil
    }
    guard range.contains(number) else {
      let limit = number < range.lowerBound ? "at least \(range.lowerBound)" : "at most \(range.upperBound)"
      report(.badValue, at: node, "`\(section.path(key))` must be \(limit), not `\(number)`")
      return nil
    }
    return number
  }

  mutating func number(_ node: YAMLNode, _ path: String, hint: String? = nil) -> Double? {
    guard let text = node.plain, let number = Quantity.decimal(text) else {
      report(.wrongType, at: node, "`\(path)` must be a finite number, not \(node.kind)", hint: hint)
      return nil
    }
    return number
  }

  mutating func boolean(_ key: String, of section: Section) -> Bool? {
    guard let node = section.values[key] else { return nil }
    switch node.plain {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default:
      report(.wrongType, at: node, "`\(section.path(key))` must be `true` or `false`, not \(node.kind)")
      return nil
    }
  }

  mutating func choice<Choice: RawRepresentable<String>>(
    _ key: String, of section: Section, _ choices: [Choice]
  ) -> Choice? {
    guard let text = text(key, of: section), let node = section.values[key] else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let names = choices.map(\.rawValue)
    report(
      .badValue, at: node, "`\(section.path(key))` cannot be `\(text.shown())`",
      hint: nearest(text, in: names).map { "did you mean `\($0)`?" }
        ?? "choose one of \(names.map { "`\($0)`" }.joined(separator: ", "))")
    return nil
  }

  /// Returns a list of texts with the node of each.
  mutating func texts(_ key: String, of section: Section) -> [(text: String, node: YAMLNode)]? {
    guard let node = section.values[key] else { return nil }
    guard case .sequence(let items) = node.content else {
      let example = node.text.map { "write `\(key): [\($0.shown())]`" }
      report(.wrongType, at: node, "`\(section.path(key))` must be a list, not \(node.kind)", hint: example)
      return nil
    }
    var texts: [(String, YAMLNode)] = []
    for item in items {
      if let text = item.text, !text.isEmpty {
        texts.append((text, item))
      } else {
        report(.wrongType, at: item, "`\(section.path(key))` must hold texts, not \(item.kind)")
      }
    }
    return texts
  }

  /// A quantity, or the wish for no limit.
  enum Limit<Value> {
    case unlimited
    case value(Value)
    var value: Value? { if case .value(let value) = self { value } else { nil } }
  }

  /// Returns a time or size; `none` lifts the limit.
  mutating func quantity<Value>(
    _ key: String, of section: Section, as read: (String) -> Quantity.Reading<Value>, example: String
  ) -> Limit<Value>? {
    guard let node = section.values[key] else { return nil }
    guard let text = node.text else {
      report(.wrongType, at: node, "`\(section.path(key))` must be like `\(example)`, not \(node.kind)")
      return nil
    }
    if text == "none" { return .unlimited }
    switch read(text) {
    case .value(let value): return .value(value)
    case .flaw(let flaw, let isUnit):
      let units = isUnit ? "write it like `\(example)`, or `none` for no limit" : nil
      report(isUnit ? .wrongUnit : .badValue, at: node, "`\(section.path(key))` \(flaw)", hint: units)
      return nil
    }
  }

  /// Returns a whole number; `none` lifts the limit.
  mutating func count(_ key: String, of section: Section, _ range: ClosedRange<Int>) -> Limit<Int>? {
    if section.values[key]?.plain == "none" { return .unlimited }
    return integer(key, of: section, range).map(Limit.value)
  }
}

/// The known keys of one map.
struct Section {
  let node: YAMLNode
  /// The map's own key; empty for the whole file.
  let name: String
  let values: [String: YAMLNode]
  /// Returns the key as messages name it, as in `budget.wall`.
  func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
}
