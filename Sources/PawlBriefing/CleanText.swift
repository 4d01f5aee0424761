/// Text of others, made fit to be shown: no control characters or terminal codes, nothing invisible, no line without end.
enum CleanText {
  /// Scalars of one line that are kept; of a longer one the middle goes.
  static let lineLimit = 400

  /// Returns the lines of a text; what a carriage return overwrote goes, as on a terminal, and so do empty lines at the end.
  static func lines(_ text: String, limit: Int = lineLimit) -> [String] {
    var scanner = Scanner(limit: limit)
    for scalar in text.unicodeScalars { scanner.take(scalar) }
    return scanner.finish()
  }

  /// Returns the text on one line, without blanks around it.
  static func line(_ text: String, limit: Int = lineLimit) -> String {
    var result = ""
    for line in lines(text, limit: limit) {
      let trimmed = line.trimmingBlanks()
      guard !trimmed.isEmpty else { continue }
      result += (result.isEmpty ? "" : " ") + trimmed
      if result.utf8.count > 4 * limit { break }
    }
    return result.unicodeScalars.count > limit ? lines(result, limit: limit).joined() : result
  }

  /// Returns a line of a file as it is, but for what nobody could see: control and invisible characters are escaped.
  static func visible(_ line: ArraySlice<UInt8>) -> String {
    let text = String(decoding: line, as: UTF8.self)
    guard line.contains(where: { $0 >= 0x7f || ($0 < 0x20 && $0 != 0x09) }) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar.isControl || scalar.isInvisible {
        result += scalar.escape.unicodeScalars
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

extension CleanText {
  /// Reads scalars into clean lines.
  private struct Scanner {
    /// Where in a terminal's code the scanner is (ECMA-48: control sequences, and strings such as a window's title).
    private enum Code { case none, escape, sequence, string, stringEscape }
    private let limit: Int
    private var code = Code.none
    private var returned = false
    private var line: CappedLine
    private var lines: [String] = []

    init(limit: Int) {
      self.limit = limit
      line = CappedLine(limit: limit)
    }

    mutating func take(_ scalar: Unicode.Scalar) {
      if scalar == "\n" || scalar == "\u{2028}" || scalar == "\u{2029}" || scalar == "\u{85}" { return endLine() }
      if scalar == "\r" {
        returned = true
        code = .none
        return
      }
      switch code {
      case .none: takePlain(scalar)
      case .escape:
        switch scalar {
        case "[": code = .sequence
        case "]", "P", "X", "^", "_": code = .string
        case " "..."/": break
        default: code = .none
        }
      case .sequence: if ("@"..."~").contains(scalar) { code = .none }
      case .string:
        code = scalar == "\u{7}" || scalar == "\u{9c}" ? .none : scalar == "\u{1b}" ? .stringEscape : .string
      case .stringEscape: code = scalar == "\\" ? .none : .string
      }
    }

    private mutating func takePlain(_ scalar: Unicode.Scalar) {
      switch scalar {
      case "\u{1b}": code = .escape
      case "\u{9b}": code = .sequence
      case "\u{90}", "\u{98}", "\u{9d}", "\u{9e}", "\u{9f}": code = .string
      case "\t": append(scalar)
      default:
        if scalar.isInvisible {
          for part in scalar.escape.unicodeScalars { append(part) }
        } else if !scalar.isControl {
          append(scalar)
        }
      }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
      if returned {
        line = CappedLine(limit: limit)
        returned = false
      }
      line.append(scalar)
    }

    private mutating func endLine() {
      lines.append(line.text)
      line = CappedLine(limit: limit)
      returned = false
      code = .none
    }

    mutating func finish() -> [String] {
      endLine()
      while lines.last?.allSatisfy({ $0 == " " || $0 == "\t" }) == true { lines.removeLast() }
      return lines
    }
  }

  /// The start and the end of a line, however long it is.
  private struct CappedLine {
    private let limit: Int
    private var head = String.UnicodeScalarView()
    private var headCount = 0
    private var tail: [Unicode.Scalar] = []
    private var dropped = 0

    init(limit: Int) { self.limit = limit }

    private var headLimit: Int { limit * 3 / 4 }
    private var tailLimit: Int { limit - headLimit }

    mutating func append(_ scalar: Unicode.Scalar) {
      guard headCount >= headLimit else {
        head.append(scalar)
        headCount += 1
        return
      }
      tail.append(scalar)
      guard tail.count >= 2 * tailLimit + 64 else { return }
      dropped += tail.count - tailLimit
      tail.removeFirst(tail.count - tailLimit)
    }

    var text: String {
      let missing = dropped + max(0, tail.count - tailLimit)
      let note = missing == 0 ? "" : " (... \(missing) characters left out ...) "
      return String(head) + note + String(String.UnicodeScalarView(tail.suffix(tailLimit)))
    }
  }
}

extension Unicode.Scalar {
  var isControl: Bool { value < 0x20 ? value != 0x09 : (0x7f..<0xa0).contains(value) }

  /// Nothing that a reader sees: joiners, bidirectional controls, tags, variation selectors (UAX #44: Default_Ignorable_Code_Point).
  var isInvisible: Bool {
    guard value >= 0xa0 else { return false }
    switch value {
    case 0x2028...0x202e, 0xfff9...0xfffb: return true
    case 0xfdd0...0xfdef: return true
    case let value where value & 0xfffe == 0xfffe: return true
    default: return properties.isDefaultIgnorableCodePoint
    }
  }

  /// The scalar in ASCII, as in `\u{200B}`.
  var escape: String { "\\u{\(String(value, radix: 16, uppercase: true))}" }
}

extension StringProtocol {
  /// The text without spaces, tabs, line feeds and carriage returns around it.
  func trimmingBlanks() -> String {
    let blank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    let bytes = Array(utf8)
    guard let first = bytes.firstIndex(where: { !blank($0) }), let last = bytes.lastIndex(where: { !blank($0) }) else {
      return ""
    }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }
}
