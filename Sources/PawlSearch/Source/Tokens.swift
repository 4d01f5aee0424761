/// A piece of source: byte offsets, with the line (from 0) in which it starts.
struct Token {
  enum Kind { case word, number, string, symbol, newline }
  let kind: Kind
  let range: Range<Int>
  let line: Int
}

/// A source file cut into tokens, its comments set apart by line.
struct TokenizedSource {
  let bytes: [UInt8]
  private(set) var tokens: [Token] = []
  /// The comment that a line ends with or consists of, by line from 0.
  private(set) var comments: [Int: Range<Int>] = [:]
  /// The byte offset at which each line starts.
  private(set) var lineStarts: [Int] = [0]
  private var position = 0
  private let syntax: Syntax
  private let lineComments: [[UInt8]]
  private let block: (open: [UInt8], close: [UInt8])?
  /// The bytes that a comment may start with.
  private let commentStarts: [UInt8]

  init(_ bytes: [UInt8], syntax: Syntax) {
    self.bytes = bytes
    self.syntax = syntax
    lineComments = syntax.lineComments.map { Array($0.utf8) }
    block = syntax.blockComment.map { (Array($0.open.utf8), Array($0.close.utf8)) }
    commentStarts = (syntax.lineComments + [syntax.blockComment?.open ?? ""]).compactMap(\.utf8.first)
    tokens.reserveCapacity(bytes.count / 4)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    while position < bytes.count { step() }
    add(.newline, position..<position)
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
  func text(_ token: Token) -> String { text(token.range) }
  func column(_ token: Token) -> Int { token.range.lowerBound - lineStarts[token.line] }

  private mutating func add(_ kind: Token.Kind, _ range: Range<Int>, line: Int? = nil) {
    tokens.append(Token(kind: kind, range: range, line: line ?? lineStarts.count - 1))
  }

  private func peek(_ offset: Int) -> UInt8 { position + offset < bytes.count ? bytes[position + offset] : 0 }

  private func matches(_ text: [UInt8], at start: Int) -> Bool {
    guard start + text.count <= bytes.count else { return false }
    for index in text.indices where bytes[start + index] != text[index] { return false }
    return true
  }

  private mutating func advance() {
    if bytes[position] == UInt8(ascii: "\n") { lineStarts.append(position + 1) }
    position += 1
  }

  private mutating func step() {
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "\n"):
      add(.newline, position..<position + 1)
      advance()
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
      position += 1
    case _ where skipComment(): break
    case UInt8(ascii: "\""): string(byte)
    case UInt8(ascii: "'"):
      if syntax.singleQuotes { string(byte) } else { character() }
    case UInt8(ascii: "`"):
      if syntax.backticks { string(byte) } else { symbol() }
    case UInt8(ascii: "0")...UInt8(ascii: "9"): number()
    case UInt8(ascii: ".") where Self.isDigit(peek(1)) && !endsWord(): number()
    case _ where Self.isWord(byte): word()
    case UInt8(ascii: "<") where syntax.family == .shell && peek(1) == byte && peek(2) != byte: hereDocument()
    default: symbol()
    }
  }

  private func endsWord() -> Bool {
    guard let last = tokens.last, last.range.upperBound == position else { return false }
    return last.kind != .symbol || bytes[position - 1] == UInt8(ascii: ")") || bytes[position - 1] == UInt8(ascii: "]")
  }

  private mutating func skipComment() -> Bool {
    guard commentStarts.contains(bytes[position]) else { return false }
    if let block, matches(block.open, at: position) {
      blockComment(block)
      return true
    }
    guard lineComments.contains(where: { matches($0, at: position) }) else { return false }
    if syntax.family == .shell || syntax.family == .yaml, position > lineStarts[lineStarts.count - 1] {
      let before = bytes[position - 1]
      guard before == UInt8(ascii: " ") || before == UInt8(ascii: "\t") || before == UInt8(ascii: ";") else {
        return false
      }
    }
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    comments[lineStarts.count - 1] = start..<position
    return true
  }

  private mutating func blockComment(_ block: (open: [UInt8], close: [UInt8])) {
    let start = position
    let line = lineStarts.count - 1
    var depth = 0
    while position < bytes.count {
      if matches(block.open, at: position), depth == 0 || syntax.nestsBlocks {
        depth += 1
        position += block.open.count
      } else if matches(block.close, at: position) {
        depth -= 1
        position += block.close.count
        if depth == 0 { break }
      } else {
        advance()
      }
    }
    if lineStarts.count - 1 == line { comments[line] = start..<position }
  }

  private mutating func string(_ quote: UInt8) {
    let start = position
    let line = lineStarts.count - 1
    let triple = syntax.tripleQuotes && peek(1) == quote && peek(2) == quote
    position += triple ? 3 : 1
    let multiline = triple || quote == UInt8(ascii: "`") || syntax.multilineStrings
    let escapes = !(syntax.family == .shell && quote == UInt8(ascii: "'"))
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\\"), escapes, position + 1 < bytes.count {
        position += 1
        advance()
      } else if byte == UInt8(ascii: "\n"), !multiline {
        break
      } else if byte == quote, !triple || (peek(1) == quote && peek(2) == quote) {
        position += triple ? 3 : 1
        break
      } else {
        advance()
      }
    }
    add(.string, start..<position, line: line)
  }

  /// `'x'` and `'\n'` are characters; any other `'` is a lifetime or an operator.
  private mutating func character() {
    if peek(1) == UInt8(ascii: "\\") {
      string(UInt8(ascii: "'"))
    } else if peek(2) == UInt8(ascii: "'"), peek(1) != UInt8(ascii: "\n") {
      add(.string, position..<position + 3)
      position += 3
    } else {
      symbol()
    }
  }

  private mutating func number() {
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
        let before = bytes[position - 1] | 0x20
        guard before == UInt8(ascii: "e"), Self.isDigit(peek(1)), !(bytes[start] == 0x30 && position == start + 2)
        else { break }
      } else if byte == UInt8(ascii: ".") {
        guard peek(1) != byte else { break }
      } else if byte == UInt8(ascii: "'") {
        guard syntax.family == .cLike, Self.isDigit(peek(1)) else { break }
      } else if !Self.isWord(byte) {
        break
      }
      position += 1
    }
    add(.number, start..<position)
  }

  private mutating func word() {
    let start = position
    while position < bytes.count, Self.isWord(bytes[position]) { position += 1 }
    add(.word, start..<position)
  }

  private mutating func symbol() {
    let start = position
    let isPair: Bool
    switch (bytes[position], peek(1)) {
    case (UInt8(ascii: "*"), UInt8(ascii: "*")), (UInt8(ascii: "<"), UInt8(ascii: "<")),
      (UInt8(ascii: ":"), UInt8(ascii: ":")), (UInt8(ascii: ":"), UInt8(ascii: "=")),
      (UInt8(ascii: "="), UInt8(ascii: ">")), (UInt8(ascii: "-"), UInt8(ascii: ">")),
      (UInt8(ascii: "="), UInt8(ascii: "=")), (UInt8(ascii: "<"), UInt8(ascii: "-")):
      isPair = true
    default: isPair = false
    }
    position += isPair ? 2 : 1
    add(.symbol, start..<position)
  }

  /// Everything up to the line that holds the marker alone is text.
  private mutating func hereDocument() {
    let start = position
    let line = lineStarts.count - 1
    position += 2
    var marker: [UInt8] = []
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
      let byte = bytes[position]
      if Self.isWord(byte) {
        marker.append(byte)
      } else if !marker.isEmpty {
        break
      }
      position += 1
    }
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    guard !marker.isEmpty else { return }
    while position < bytes.count {
      advance()
      var first = position
      while first < bytes.count, bytes[first] == UInt8(ascii: "\t") { first += 1 }
      if matches(marker, at: first),
        first + marker.count >= bytes.count || bytes[first + marker.count] == UInt8(ascii: "\n")
      {
        position = first + marker.count
        break
      }
      while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    }
    add(.string, start..<position, line: line)
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || byte == 0x5f || byte >= 0x80 || byte == 0x24
  }
}
