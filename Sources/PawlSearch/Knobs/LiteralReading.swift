import PawlCore

/// Reads the literal, or the tuple of literals, that starts at a token.
struct LiteralReader {
  struct Piece {
    let tokens: Range<Int>
    let literal: Literal
    let text: String
  }
  let source: TokenizedSource
  /// The longest literal, in bytes.
  private static let lengthLimit = 64
  /// The longest name of a constant, tables and paths included: names that repeat a long prefix would take quadratic space.
  static let nameLimit = 256

  /// Says before the keys are joined whether the name that they make is short enough.
  static func allowsName(_ path: some Sequence<String>, _ key: String) -> Bool {
    path.reduce(key.utf8.count) { $0 + $1.utf8.count } <= nameLimit
  }

  /// Returns the pieces and the index of the token after them: one piece for a literal, several for a tuple.
  func read(at start: Int) -> (pieces: [Piece], next: Int)? {
    if let piece = piece(at: start) { return ([piece], piece.tokens.upperBound) }
    let open = symbol(at: start)
    guard open == "(" || open == "[" else { return nil }
    let close: Symbol = open == "(" ? ")" : "]"
    var pieces: [Piece] = []
    var index = start + 1
    while let piece = piece(at: index), pieces.count < 8 {
      switch piece.literal.value {
      case .integer, .real: pieces.append(piece)
      default: return nil
      }
      index = piece.tokens.upperBound
      if symbol(at: index) == close { return pieces.count > 1 ? (pieces, index + 1) : nil }
      guard symbol(at: index) == "," else { return nil }
      index += 1
      if symbol(at: index) == close { return pieces.count > 1 ? (pieces, index + 1) : nil }
    }
    return nil
  }

  func constants(_ name: String, _ pieces: [Piece]) -> [FoundConstant] {
    guard name.utf8.count <= Self.nameLimit else { return [] }
    return pieces.enumerated().map { index, piece in
      let first = source.tokens[piece.tokens.lowerBound]
      let column = source.column(first)
      return FoundConstant(
        name: pieces.count == 1 ? name : "\(name)[\(index)]", line: first.line,
        columns: column..<column + piece.text.utf8.count, literal: piece.literal, text: piece.text,
        isElement: pieces.count > 1)
    }
  }

  func symbol(at index: Int) -> Symbol {
    guard index >= 0, index < source.tokens.count, source.tokens[index].kind == .symbol else { return "" }
    return Symbol(source.bytes, source.tokens[index].range)
  }

  private func kind(at index: Int) -> Token.Kind? { index < source.tokens.count ? source.tokens[index].kind : nil }

  private func piece(at start: Int) -> Piece? {
    var end = start
    switch kind(at: start) {
    case .string, .word: end = start + 1
    case .number: end = expressionEnd(start)
    case .symbol:
      // A sign belongs to the number that it touches.
      guard ["-", "+"].contains(symbol(at: start)), kind(at: start + 1) == .number,
        source.tokens[start].range.upperBound == source.tokens[start + 1].range.lowerBound
      else { return nil }
      end = start + 2
    default: return nil
    }
    let range = source.tokens[start].range.lowerBound..<source.tokens[end - 1].range.upperBound
    guard range.count <= Self.lengthLimit, source.tokens[start].line == source.tokens[end - 1].line else { return nil }
    let text = source.text(range)
    guard let literal = Literal(text) else { return nil }
    if kind(at: start) == .word, case .text = literal.value { return nil }
    return Piece(tokens: start..<end, literal: literal, text: text)
  }

  private func expressionEnd(_ start: Int) -> Int {
    let first = source.tokens[start].range.lowerBound
    var end = start + 1
    // What is too long to be a literal need not be read to its end.
    while ["**", "<<", "*"].contains(symbol(at: end)), kind(at: end + 1) == .number,
      source.tokens[end - 1].range.upperBound - first <= Self.lengthLimit
    { end += 2 }
    return end
  }
}
