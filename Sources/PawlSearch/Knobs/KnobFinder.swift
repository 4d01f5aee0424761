import PawlCore

/// A literal that stands where a constant's value does, before its name is made unique and its domain known.
struct FoundConstant {
  var name: String
  /// From 0.
  let line: Int
  let columns: Range<Int>
  let literal: Literal
  let text: String
  /// One of several in a tuple: a knob only when it is a real, or when a hint says so.
  var isElement = false
}

/// Finds the constants of source and configuration files.
public enum KnobFinder {
  /// Files above this size, in bytes, are data.
  static let sizeLimit = 1 << 20

  /// Returns the knobs of `files` (path to content), ordered by path, line and column.
  ///
  /// A constant is found where it stands alone: at module level, in a type's or a configuration class's body, in a
  /// dictionary bound to a name there, or as a value of JSON, YAML or TOML. What is in doubt is left alone.
  public static func knobs(in files: [String: String]) -> [Knob] {
    var all: [[Knob]] = []
    var owners: [String: Int] = [:]
    for path in files.keys.sorted() {
      guard let content = files[path] else { continue }
      let knobs = knobs(path: path, content: content)
      for name in Set(knobs.map(\.name)) { owners[name, default: 0] += 1 }
      all.append(knobs)
    }
    return all.joined().map { knob in
      guard owners[knob.name, default: 0] > 1 else { return knob }
      return Knob(
        name: knob.path + ":" + knob.name, path: knob.path, line: knob.line, columns: knob.columns,
        literal: knob.literal, value: knob.value, domain: knob.domain)
    }
  }

  private static func knobs(path: String, content: String) -> [Knob] {
    guard content.utf8.count <= sizeLimit else { return [] }
    let bytes = Array(content.utf8)
    guard let syntax = Syntax.of(path: path, content: bytes) else { return [] }
    let source = TokenizedSource(bytes, syntax: syntax)
    let found: [FoundConstant]
    switch syntax.family {
    case .yaml: found = YAMLScanner(source).scan()
    case .json: found = JSONScanner(source).scan()
    default:
      var scanner = CodeScanner(source, syntax: syntax)
      found = scanner.scan()
    }
    var hints = LineHints(source)
    var seen: [String: Int] = [:]
    var knobs: [Knob] = []
    for constant in found.sorted(by: { ($0.line, $0.columns.lowerBound) < ($1.line, $1.columns.lowerBound) }) {
      seen[constant.name, default: 0] += 1
      let count = seen[constant.name, default: 1]
      guard let domain = domain(of: constant, hints: &hints) else { continue }
      knobs.append(
        Knob(
          name: count == 1 ? constant.name : "\(constant.name)#\(count)", path: path, line: constant.line + 1,
          columns: constant.columns, literal: constant.text, value: constant.literal.value, domain: domain))
    }
    return knobs
  }

  private static func domain(of constant: FoundConstant, hints: inout LineHints) -> KnobDomain? {
    guard !KnobNames.isDunder(constant.name) else { return nil }
    if let hint = hints.hint(line: constant.line) {
      if hint == .fixed { return nil }
      if let domain = KnobDomain.hinted(hint, literal: constant.literal) { return domain }
    }
    let words = KnobNames.words(constant.name)
    guard !KnobNames.isExcluded(words) else { return nil }
    if constant.isElement, case .integer = constant.literal.value { return nil }
    return KnobDomain.inferred(words: words, value: constant.literal.value)
  }
}
