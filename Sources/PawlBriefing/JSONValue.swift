/// A JSON text (RFC 8259) as a model wrote it; line breaks and tabs inside strings are let pass, as some models write them.
enum JSONValue: Equatable {
  case null
  case boolean(Bool)
  /// Numbers are never needed, so they stay text.
  case number(String)
  case text(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Equatable {
    let key: String
    let value: JSONValue
  }

  enum Failure: Error, Equatable {
    /// The text ends in the middle of a value.
    case cut
    /// What is wrong, as a lowercase fragment, and at which byte.
    case malformed(String, at: Int)
  }

  /// Values inside of one another beyond this are refused, so that no text can exhaust the stack.
  static let depthLimit = 64

  init(_ text: String) throws(Failure) {
    var reader = Reader(bytes: Array(text.utf8))
    self = try reader.document()
  }

  /// The value of a key; nil where the object does not have it, or this is no object.
  subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }
}

extension JSONValue {
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

  private struct Reader {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(Failure) -> JSONValue {
      let value = try value(depth: 0)
      skipBlanks()
      if index < bytes.count { throw .malformed("more text follows the value", at: index) }
      return value
    }

    private mutating func skipBlanks() {
      while index < bytes.count, JSONValue.isBlank(bytes[index]) { index += 1 }
    }

    private mutating func next() throws(Failure) -> UInt8 {
      skipBlanks()
      guard index < bytes.count else { throw .cut }
      return bytes[index]
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONValue {
      guard depth < JSONValue.depthLimit else { throw .malformed("values are nested too deeply", at: index) }
      switch try next() {
      case UInt8(ascii: "{"): return try object(depth: depth)
      case UInt8(ascii: "["): return try array(depth: depth)
      case UInt8(ascii: "\""): return .text(try string())
      case UInt8(ascii: "t"): return try word("true", .boolean(true))
      case UInt8(ascii: "f"): return try word("false", .boolean(false))
      case UInt8(ascii: "n"): return try word("null", .null)
      default: return try number()
      }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(Failure) -> JSONValue {
      for byte in word.utf8 {
        guard index < bytes.count else { throw .cut }
        guard bytes[index] == byte else { throw .malformed("a value is expected", at: index) }
        index += 1
      }
      return value
    }

    private mutating func number() throws(Failure) -> JSONValue {
      let start = index
      while index < bytes.count, "+-.0123456789eE".utf8.contains(bytes[index]) { index += 1 }
      let text = String(decoding: bytes[start..<index], as: UTF8.self)
      guard Double(text) != nil else {
        if index == bytes.count, index > start { throw .cut }
        throw .malformed("a value is expected", at: start)
      }
      return .number(text)
    }

    private mutating func array(depth: Int) throws(Failure) -> JSONValue {
      index += 1
      var values: [JSONValue] = []
      if try next() == UInt8(ascii: "]") {
        index += 1
        return .array([])
      }
      while true {
        values.append(try value(depth: depth + 1))
        let byte = try next()
        index += 1
        if byte == UInt8(ascii: "]") { return .array(values) }
        guard byte == UInt8(ascii: ",") else { throw .malformed("`,` or `]` is expected", at: index - 1) }
      }
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONValue {
      index += 1
      var members: [Member] = []
      var keys: Set<String> = []
      if try next() == UInt8(ascii: "}") {
        index += 1
        return .object([])
      }
      while true {
        guard try next() == UInt8(ascii: "\"") else { throw .malformed("a key in quotes is expected", at: index) }
        let start = index
        let key = try string()
        guard keys.insert(key).inserted else { throw .malformed("a key comes twice in one object", at: start) }
        guard try next() == UInt8(ascii: ":") else { throw .malformed("`:` is expected", at: index) }
        index += 1
        members.append(Member(key: key, value: try value(depth: depth + 1)))
        let byte = try next()
        index += 1
        if byte == UInt8(ascii: "}") { return .object(members) }
        guard byte == UInt8(ascii: ",") else { throw .malformed("`,` or `}` is expected", at: index - 1) }
      }
    }

    private mutating func string() throws(Failure) -> String {
      index += 1
      var result: [UInt8] = []
      while index < bytes.count {
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "\""):
          index += 1
          return String(decoding: result, as: UTF8.self)
        case UInt8(ascii: "\\"): try escape(into: &result)
        case 0..<0x20 where byte != 0x09 && byte != 0x0a && byte != 0x0d:
          throw .malformed("a control character stands in a string", at: index)
        default:
          result.append(byte)
          index += 1
        }
      }
      throw .cut
    }

    private mutating func escape(into result: inout [UInt8]) throws(Failure) {
      guard index + 1 < bytes.count else { throw .cut }
      index += 2
      switch bytes[index - 1] {
      case UInt8(ascii: "n"): result.append(0x0a)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "r"): result.append(0x0d)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0c)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(bytes[index - 1])
      case UInt8(ascii: "u"):
        var code = try hexadecimal()
        if (0xd800..<0xdc00).contains(code), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
          bytes[index + 1] == UInt8(ascii: "u")
        {
          let mark = index
          index += 2
          let low = try hexadecimal()
          if (0xdc00..<0xe000).contains(low) {
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
          } else {
            index = mark
          }
        }
        // Half of a pair is no character.
        result += Array(String(Unicode.Scalar(code) ?? "\u{fffd}").utf8)
      default: throw .malformed("a string holds an unknown escape", at: index - 2)
      }
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
      var value: UInt32 = 0
      for _ in 0..<4 {
        guard index < bytes.count else { throw .cut }
        guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
          throw .malformed("`\\u` takes four hexadecimal digits", at: index)
        }
        value = value << 4 | UInt32(digit)
        index += 1
      }
      return value
    }
  }
}
