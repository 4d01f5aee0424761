import PawlCore

/// A file as what it says: one digest for each line that says anything.
///
/// A line is what ends a statement: where brackets are open in Python or TOML, and everywhere in JSON and in languages
/// with `;`, a line break is layout. In doubt two files differ: a false duplicate would cost an idea, a missed one an attempt.
struct NormalisedSource {
  private(set) var lines: [UInt64] = []
  private var line = TokenHash()
  private var isEmpty = true

  init(path: String, content: String) {
    let bytes = Array(content.utf8)
    if let syntax = Syntax.of(path: path, content: bytes) {
      read(TokenizedSource(bytes, syntax: syntax), family: syntax.family, needsSemicolon: syntax.needsSemicolon)
    } else {
      read(plain: bytes)
    }
  }

  private mutating func end() {
    guard !isEmpty else { return }
    lines.append(line.value)
    line = TokenHash()
    isEmpty = true
  }

  private mutating func read(plain bytes: [UInt8]) {
    for text in bytes.split(separator: 0x0a) {
      let end = text.lastIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }
      guard let end else { continue }
      line.add(Self.digest(bytes, text.startIndex..<end + 1))
      isEmpty = false
      self.end()
    }
  }

  private mutating func read(_ source: TokenizedSource, family: Syntax.Family, needsSemicolon: Bool) {
    // What runs the file is no comment.
    if source.bytes.starts(with: [0x23, 0x21]), let first = source.comments[0] {
      line.add(Self.digest(source.bytes, first))
      isEmpty = false
      end()
    }
    let asWritten = family == .shell || family == .yaml
    let bindsLines = !needsSemicolon && family != .cLike && family != .json
    let indents = family == .python || family == .yaml
    var indentation = Indentation()
    var brackets = 0
    var isDirective = false
    var last: Token?
    for token in source.tokens {
      if token.kind == .newline {
        let isOpen = brackets > 0 && (family == .python || family == .toml)
        if isDirective || (bindsLines && !isOpen) { end() }
        isDirective = false
        continue
      }
      if isEmpty {
        if indents { line.add(UInt64(indentation.depth(source.column(token)))) }
        isDirective = family == .cLike && source.bytes[token.range.lowerBound] == UInt8(ascii: "#")
      } else if let last {
        let touches = last.range.upperBound == token.range.lowerBound
        if asWritten || (Self.isOperator(source, last) && Self.isOperator(source, token)) { line.add(touches ? 1 : 2) }
      }
      isEmpty = false
      switch token.kind {
      case .number where !asWritten: line.add(Self.number(source, token))
      case .symbol:
        switch source.bytes[token.range.lowerBound] {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): brackets += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): brackets = max(0, brackets - 1)
        default: break
        }
        line.add(Self.digest(source.bytes, token.range))
        // Where a line's end says nothing, these end it, so that a change is small in a language with `;` too.
        let mark = source.bytes[token.range.lowerBound]
        if !bindsLines, !isDirective, [0x3b, 0x7b, 0x7d, 0x2c].contains(mark) { end() }
      default: line.add(Self.digest(source.bytes, token.range))
      }
      last = token
    }
    end()
  }

  /// Two operators that touch may be another one: `a + +b`, `a ++b`.
  private static func isOperator(_ source: TokenizedSource, _ token: Token) -> Bool {
    guard token.kind == .symbol else { return false }
    switch source.bytes[token.range.upperBound - 1] {
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
      UInt8(ascii: "}"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"):
      return false
    default: return true
    }
  }

  private static func digest(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in range { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
    return hash ^ UInt64(range.count)
  }

  /// One digest for all spellings of a number of one type.
  private static func number(_ source: TokenizedSource, _ token: Token) -> UInt64 {
    var hash = TokenHash()
    let plain = source.bytes[token.range]
    // Most numbers: nothing to be read.
    if plain.count < 18, plain.allSatisfy(TokenizedSource.isDigit), plain.first != 0x30 || plain.count == 1 {
      hash.add(plain.reduce(0) { $0 * 10 + UInt64($1 - 0x30) })
      hash.add(Self.integer)
      return hash.value
    }
    let digits = plain.filter { $0 != 0x27 }
    // A longer one is no literal that anybody tunes.
    let literal = digits.count <= 64 ? Literal(String(decoding: digits, as: UTF8.self)) : nil
    switch (literal?.value, literal?.style) {
    case (.integer(let integer), .integer(_, let suffix)):
      hash.add(UInt64(bitPattern: Int64(integer)))
      hash.add(Self.integer &+ Self.suffix(suffix))
    case (.real(let real), .decimal(let suffix)), (.real(let real), .exponent(_, _, let suffix)):
      hash.add(real.bitPattern)
      hash.add(Self.real &+ Self.suffix(suffix))
    default:
      let written = digits.filter { $0 != 0x5f }
      hash.add(digest(written, written.indices))
    }
    return hash.value
  }

  private static let integer: UInt64 = 1
  private static let real: UInt64 = 2

  private static func suffix(_ text: String) -> UInt64 {
    let bytes = Array(text.lowercased().utf8).filter { $0 != 0x5f }
    return bytes.isEmpty ? 0 : digest(bytes, bytes.indices)
  }
}

/// What stands in a line, or in a number: as `StableHash` never different from run to run, and made for many short parts.
private struct TokenHash {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func add(_ number: UInt64) {
    state = (state ^ number) &* 0xBF58_476D_1CE4_E5B9
    state ^= state >> 31
  }

  var value: UInt64 { state }
}

/// Columns as depths, so that two spaces a level are as good as four.
private struct Indentation {
  private var columns = [0]

  mutating func depth(_ column: Int) -> Int {
    while let last = columns.last, last > column, columns.count > 1 { columns.removeLast() }
    if let last = columns.last, last < column { columns.append(column) }
    return columns.count - 1
  }
}
