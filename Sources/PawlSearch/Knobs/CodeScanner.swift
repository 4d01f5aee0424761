/// Finds constants in programs, shell scripts and TOML by the brackets and the heads of statements; no parser needed.
struct CodeScanner {
  /// A `group` is Go's `const ( … )`, where names stand alone.
  enum Scope { case declarations, group, entries, opaque }
  private let source: TokenizedSource
  private let syntax: Syntax
  private let reader: LiteralReader
  private var scopes: [Scope] = [.declarations]
  private var found: [FoundConstant] = []
  /// The token at which the statement or entry in hand starts.
  private var start = 0
  /// Python: the indentation of the configuration class's body; nil outside of one, -1 before its first line.
  private var bodyIndentation: Int?
  private var decorated = false
  /// TOML: the table's name with a point behind it.
  private var table = ""

  init(_ source: TokenizedSource, syntax: Syntax) {
    self.source = source
    self.syntax = syntax
    reader = LiteralReader(source: source)
  }

  private var tokens: [Token] { source.tokens }
  private var scope: Scope { scopes[scopes.count - 1] }
  private var endsAtLines: Bool { syntax.family != .cLike && !syntax.needsSemicolon }

  mutating func scan() -> [FoundConstant] {
    var index = 0
    while index < tokens.count {
      if index == start, tokens[index].kind != .newline {
        if let next = statement(index) {
          index = next
          continue
        }
      }
      index = step(index)
    }
    return found
  }

  private mutating func step(_ index: Int) -> Int {
    let token = tokens[index]
    if token.kind == .newline {
      if index == start || (scope == .entries ? endsEntry(index) : endsAtLines) { start = index + 1 }
      return index + 1
    }
    guard token.kind == .symbol else { return index + 1 }
    switch source.bytes[token.range.lowerBound] {
    case UInt8(ascii: "{"), UInt8(ascii: "("), UInt8(ascii: "["):
      scopes.append(classify(index))
      // An expression's brackets are a part of its statement.
      start = index + 1
    case UInt8(ascii: "}"), UInt8(ascii: ")"), UInt8(ascii: "]"):
      if scopes.count > 1 { scopes.removeLast() }
      start = source.bytes[token.range.lowerBound] == UInt8(ascii: "}") ? index + 1 : -1
    case UInt8(ascii: ";"): start = index + 1
    case UInt8(ascii: ",") where scope == .entries: start = index + 1
    default: break
    }
    return index + 1
  }

  private func endsEntry(_ index: Int) -> Bool { syntax.family == .indented || syntax.family == .keyword }

  private func word(_ index: Int) -> String {
    index >= 0 && index < tokens.count && tokens[index].kind == .word ? source.text(tokens[index]) : ""
  }

  // MARK: Scopes

  /// Returns what a bracket opens, by the words between the statement's start and the bracket.
  private func classify(_ index: Int) -> Scope {
    guard scope != .opaque else { return .opaque }
    if syntax.family == .shell { return .opaque }
    let head = start >= 0 && start < index ? start..<index : index..<index
    if syntax.family == .python, scope == .declarations, !atModuleLevel(head.lowerBound) { return .opaque }
    let bracket = reader.symbol(at: index)
    let before = reader.symbol(at: index - 1)
    let words = head.map(word)
    if words.contains(where: Self.never.contains)
      || head.contains(where: { ["=>", "->"].contains(reader.symbol(at: $0)) })
    {
      return .opaque
    }
    let assigns = head.contains { ["=", ":", "<-", "=>"].contains(reader.symbol(at: $0)) }
    switch bracket {
    case "{":
      if syntax.family == .keyword || syntax.family == .cLike, words.contains(where: Self.types.contains),
        before != ")",
        !head.contains(where: { reader.symbol(at: $0) == "=" })
      {
        return .declarations
      }
      if before == "=" || before == ":" || words.last == "default" { return .entries }
      return assigns && !words.contains("var") || words.contains("var") && hasEquals(head) ? named(index) : .opaque
    case "[": return syntax.bracketDictionaries && before == "=" ? .entries : .opaque
    default:
      let callee = word(index - 1).lowercased()
      if ["const", "var"].contains(callee), head.count == 1 { return .group }
      let configures = callee == "dict" || Self.configurations.contains { callee.contains($0) }
      return hasEquals(head) && configures ? .entries : .opaque
    }
  }

  private func hasEquals(_ head: Range<Int>) -> Bool {
    head.contains { ["=", "<-"].contains(reader.symbol(at: $0)) }
  }

  /// `Config{` after `=` opens entries, `x {` otherwise a body.
  private func named(_ index: Int) -> Scope { word(index - 1).isEmpty ? .opaque : .entries }

  private static let types: Set<String> = [
    "struct", "class", "enum", "extension", "namespace", "mod", "actor", "interface", "object", "trait", "extern",
    "union", "record", "module",
  ]
  private static let never: Set<String> = [
    "switch", "if", "else", "match", "func", "fn", "def", "fun", "function", "lambda", "for", "while", "do", "return",
    "type", "guard", "catch", "try", "async", "import", "case", "select", "get", "set", "operator",
  ]
  private static let configurations = ["config", "param", "setting", "option", "hyper", "args", "arguments"]

  // MARK: Statements

  /// Reads the statement or entry at `index`; returns the token to go on from, nil where it is not a constant.
  private mutating func statement(_ index: Int) -> Int? {
    if syntax.family == .cLike, reader.symbol(at: index) == "#" { return directive(index) }
    switch scope {
    case .opaque: return nil
    case .entries: return entry(index)
    case .declarations, .group:
      if syntax.family == .toml, reader.symbol(at: index) == "[" { return header(index) }
      if syntax.family == .python {
        enter(index)
        guard atModuleLevel(index) || inBody(index) else { return nil }
      }
      return declaration(index)
    }
  }

  private func indentation(_ index: Int) -> Int {
    tokens.indices.contains(index) ? source.column(tokens[index]) : 0
  }

  private func atModuleLevel(_ index: Int) -> Bool {
    indentation(index) == 0 || (index == 0 && source.bytes.first == 0xEF)
  }

  private func inBody(_ index: Int) -> Bool { bodyIndentation == indentation(index) }

  private mutating func enter(_ index: Int) {
    let indentation = indentation(index)
    if indentation == 0 {
      bodyIndentation = nil
      if reader.symbol(at: index) == "@" {
        decorated =
          source.text(tokens[min(index + 1, tokens.count - 1)]).contains("dataclass")
          || word(index + 3).contains("dataclass") || word(index + 3) == "define"
      } else if word(index) == "class" {
        var end = index
        while end < tokens.count, tokens[end].kind != .newline { end += 1 }
        let named = (index..<end).contains { position in
          let text = word(position).lowercased()
          return Self.configurations.contains { text.contains($0) } || text == "namedtuple" || text == "basemodel"
        }
        bodyIndentation = decorated || named ? -1 : nil
        decorated = false
      } else {
        decorated = false
      }
    } else if bodyIndentation == -1 {
      bodyIndentation = indentation
    }
  }

  private mutating func header(_ index: Int) -> Int {
    var end = index
    table = ""
    while end < tokens.count, tokens[end].kind != .newline {
      let text = source.text(tokens[end])
      // One byte above the limit is enough for no name in the table to be short enough.
      if text != "[", text != "]", table.utf8.count <= LiteralReader.nameLimit { table += text.filter { $0 != "\"" } }
      end += 1
    }
    if table.utf8.count > LiteralReader.nameLimit {
      table = String(repeating: "-", count: LiteralReader.nameLimit)
    }
    if !table.isEmpty { table += "." }
    start = end + 1
    return end + 1
  }

  /// `#define NAME 8`; any other directive is passed over whole, as its brackets need not balance.
  private mutating func directive(_ index: Int) -> Int {
    let line = tokens[index].line
    if word(index + 1) == "define", !word(index + 2).isEmpty, let (pieces, next) = reader.read(at: index + 3),
      pieces.count == 1, next < tokens.count, tokens[next].kind == .newline, tokens[next].line == line
    {
      found += reader.constants(word(index + 2), pieces)
    }
    var end = index
    while end < tokens.count {
      if tokens[end].kind == .newline, end == index || source.text(tokens[end - 1]) != "\\" { break }
      end += 1
    }
    start = end + 1
    return end + 1
  }

  private mutating func declaration(_ index: Int) -> Int? {
    var equals = index
    while equals < tokens.count, equals - index < 24 {
      let token = tokens[equals]
      if token.kind == .newline || token.kind == .string && syntax.family != .toml { return nil }
      let symbol = reader.symbol(at: equals)
      if symbol == "=" || symbol == "<-" { break }
      if ["(", ")", "{", "}", ";", ",", ":=", "==", "=>", "->"].contains(symbol) { return nil }
      equals += 1
    }
    guard equals > index, equals < tokens.count, let name = declaredName(index..<equals),
      reader.symbol(at: equals + 1) != "=", let (pieces, next) = literal(at: equals + 1), ends(at: next)
    else { return nil }
    found += reader.constants(table + name, pieces)
    return next
  }

  /// In a shell a word is a string too.
  private func literal(at index: Int) -> (pieces: [LiteralReader.Piece], next: Int)? {
    guard syntax.family == .shell else { return reader.read(at: index) }
    guard index < tokens.count, tokens[index - 1].range.upperBound == tokens[index].range.lowerBound else { return nil }
    if let read = reader.read(at: index), read.pieces.count == 1 { return read }
    guard tokens[index].kind == .word, let literal = Literal(source.text(tokens[index])) else { return nil }
    let piece = LiteralReader.Piece(tokens: index..<index + 1, literal: literal, text: source.text(tokens[index]))
    return ([piece], index + 1)
  }

  private func declaredName(_ head: Range<Int>) -> String? {
    let words = head.map(word)
    guard !words.contains(where: Self.notConstants.contains) else { return nil }
    switch syntax.family {
    case .cLike:
      guard head.count > 1, let last = words.last, !last.isEmpty else { return nil }
      return words.dropLast().contains { !$0.isEmpty } ? last : nil
    case .keyword:
      let keyword = words.lastIndex { Self.keywords.contains($0) }
      guard let first = keyword.map({ $0 + 1 }) ?? (scope == .group ? 0 : nil), first < words.count,
        !words[first].isEmpty
      else { return nil }
      return words[first]
    case .toml:
      let text = head.map { source.text(tokens[$0]) }.joined().filter { $0 != "\"" && $0 != "'" }
      return text.isEmpty ? nil : text
    case .shell:
      guard let last = words.last, !last.isEmpty,
        tokens[head.upperBound - 1].range.upperBound
          == tokens[head.upperBound].range.lowerBound, indentation(head.lowerBound) == 0
      else { return nil }
      return words.dropLast().allSatisfy { ["export", "readonly", "declare", "typeset"].contains($0) } ? last : nil
    default:
      guard syntax.family == .python || indentation(head.lowerBound) == 0 else { return nil }
      let first = words.firstIndex { !["const", "global", "local"].contains($0) } ?? 0
      guard let name = words.dropFirst(first).first, !name.isEmpty else { return nil }
      let after = reader.symbol(at: head.lowerBound + first + 1)
      return first + 1 == head.count || after == ":" || after == "::" ? name : nil
    }
  }

  private static let keywords: Set<String> = ["let", "var", "const", "val", "static", "mut", "readonly"]
  private static let notConstants: Set<String> = [
    "using", "typedef", "operator", "return", "goto", "type", "typealias", "import", "case", "assert", "if", "for",
    "del",
  ]

  /// A literal is a constant only where nothing follows that would make it a part of an expression.
  private func ends(at index: Int) -> Bool {
    guard index < tokens.count else { return true }
    let token = tokens[index]
    if reader.symbol(at: index) == ";" { return true }
    guard token.kind == .newline, endsAtLines else { return false }
    guard syntax.family == .keyword else { return true }
    var next = index
    while next < tokens.count, tokens[next].kind == .newline { next += 1 }
    return !["+", "*", "/", "?", "|", "&", ".", "<", "<<", "**"].contains(reader.symbol(at: next))
  }

  private mutating func entry(_ index: Int) -> Int? {
    let token = tokens[index]
    guard token.kind == .word || token.kind == .string else { return nil }
    let separator = reader.symbol(at: index + 1)
    guard [":", "=", "=>"].contains(separator), let (pieces, next) = reader.read(at: index + 2), next < tokens.count
    else { return nil }
    let key = source.text(token).filter { $0 != "\"" && $0 != "'" }
    var last = next
    while last < tokens.count, tokens[last].kind == .newline { last += 1 }
    guard [",", "}", ")", "]", ";"].contains(reader.symbol(at: last)), !key.isEmpty else { return nil }
    found += reader.constants(table + key, pieces)
    return next
  }
}
