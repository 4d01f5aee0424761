extension JSONReader {
  mutating func string() throws(JSONValue.Failure) -> String {
    index += 1
    var start = index
    // Most strings have no escape: they are copied once.
    var out: [UInt8] = []
    while true {
      let byte = try current()
      switch byte {
      case 0x22:
        defer { index += 1 }
        if out.isEmpty { return String(decoding: bytes[start..<index], as: UTF8.self) }
        out.append(contentsOf: bytes[start..<index])
        return String(decoding: out, as: UTF8.self)
      case 0x5c:
        out.append(contentsOf: bytes[start..<index])
        index += 1
        try escape(into: &out)
        start = index
      case 0..<0x20 where !(rules.allowsBreaks && Self.isSpace(byte)):
        throw malformed("a control character stands in a string")
      default: index += 1
      }
    }
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONValue.Failure) {
    let code = try current()
    index += 1
    switch code {
    case 0x22, 0x5c, 0x2f: out.append(code)
    case 0x62: out.append(0x08)
    case 0x66: out.append(0x0c)
    case 0x6e: out.append(0x0a)
    case 0x72: out.append(0x0d)
    case 0x74: out.append(0x09)
    case 0x75: out.append(contentsOf: Array(String(Character(try scalar())).utf8))
    default: throw .malformed("a string holds an unknown escape", at: index - 2)
    }
  }

  /// Returns what four digits stand for, or eight of a surrogate pair; half a pair is U+FFFD.
  private mutating func scalar() throws(JSONValue.Failure) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let rest = index
    if first < 0xdc00, take(0x5c), take(0x75) {
      let second = try hexadecimal()
      if (0xdc00...0xdfff).contains(second),
        let scalar = Unicode.Scalar(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
      {
        return scalar
      }
    }
    index = rest
    return "\u{fffd}"
  }

  private mutating func hexadecimal() throws(JSONValue.Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = try current()
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x61...0x66: digit = byte - 0x61 + 10
      case 0x41...0x46: digit = byte - 0x41 + 10
      default: throw malformed("`\\u` takes four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }
}
