extension JSONValue {
  /// Returns what a text says; nil where it is no JSON, has anything behind it, or nests deeper than 128.
  package init?(_ text: String) { self.init(bytes: Array(text.utf8)) }

  /// Bytes that are no UTF-8 become U+FFFD inside of strings.
  package init?(bytes: [UInt8]) {
    let value = bytes.withUnsafeBufferPointer { buffer in
      var reader = JSONReader(bytes: buffer)
      return reader.whole()
    }
    guard let value else { return nil }
    self = value
  }
}

private struct JSONReader {
  let bytes: UnsafeBufferPointer<UInt8>
  var index = 0
  static let depthLimit = 128

  init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  mutating func whole() -> JSONValue? {
    guard let value = value(depth: 0) else { return nil }
    skipSpace()
    return index == bytes.count ? value : nil
  }

  private mutating func skipSpace() {
    while let byte, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { index += 1 }
  }

  private mutating func take(_ wanted: UInt8) -> Bool {
    guard byte == wanted else { return false }
    index += 1
    return true
  }

  private mutating func take(_ word: StaticString, _ value: JSONValue) -> JSONValue? {
    let length = word.utf8CodeUnitCount
    guard index + length <= bytes.count else { return nil }
    for offset in 0..<length where bytes[index + offset] != word.utf8Start[offset] { return nil }
    index += length
    return value
  }

  private mutating func value(depth: Int) -> JSONValue? {
    guard depth < Self.depthLimit else { return nil }
    skipSpace()
    switch byte {
    case 0x7b: return object(depth: depth)
    case 0x5b: return array(depth: depth)
    case 0x22: return string().map { .string($0) }
    case 0x74: return take("true", .boolean(true))
    case 0x66: return take("false", .boolean(false))
    case 0x6e: return take("null", .null)
    default: return number()
    }
  }

  private mutating func object(depth: Int) -> JSONValue? {
    index += 1
    var members: [JSONValue.Member] = []
    skipSpace()
    if take(0x7d) { return .object(members) }
    while true {
      skipSpace()
      guard byte == 0x22, let name = string() else { return nil }
      skipSpace()
      guard take(0x3a), let value = value(depth: depth + 1) else { return nil }
      members.append(JSONValue.Member(name, value))
      skipSpace()
      if take(0x7d) { return .object(members) }
      guard take(0x2c) else { return nil }
    }
  }

  private mutating func array(depth: Int) -> JSONValue? {
    index += 1
    var values: [JSONValue] = []
    skipSpace()
    if take(0x5d) { return .array(values) }
    while true {
      guard let value = value(depth: depth + 1) else { return nil }
      values.append(value)
      skipSpace()
      if take(0x5d) { return .array(values) }
      guard take(0x2c) else { return nil }
    }
  }

  private mutating func digits() -> Bool {
    let start = index
    while let byte, (0x30...0x39).contains(byte) { index += 1 }
    return index > start
  }

  private mutating func number() -> JSONValue? {
    let start = index
    _ = take(0x2d)
    let leading = index
    guard digits() else { return nil }
    if bytes[leading] == 0x30, index > leading + 1 { return nil }
    if take(0x2e), !digits() { return nil }
    if byte == 0x65 || byte == 0x45 {
      index += 1
      if byte == 0x2b || byte == 0x2d { index += 1 }
      guard digits() else { return nil }
    }
    return .number(String(decoding: bytes[start..<index], as: UTF8.self))
  }

  private mutating func string() -> String? {
    index += 1
    var start = index
    // Most strings have no escape: they are copied once.
    var out: [UInt8] = []
    while let current = byte {
      switch current {
      case 0x22:
        defer { index += 1 }
        if out.isEmpty { return String(decoding: bytes[start..<index], as: UTF8.self) }
        out.append(contentsOf: bytes[start..<index])
        return String(decoding: out, as: UTF8.self)
      case 0x5c:
        out.append(contentsOf: bytes[start..<index])
        index += 1
        guard escape(into: &out) else { return nil }
        start = index
      case 0..<0x20: return nil
      default: index += 1
      }
    }
    return nil
  }

  private mutating func escape(into out: inout [UInt8]) -> Bool {
    guard let code = byte else { return false }
    index += 1
    switch code {
    case 0x22, 0x5c, 0x2f: out.append(code)
    case 0x62: out.append(0x08)
    case 0x66: out.append(0x0c)
    case 0x6e: out.append(0x0a)
    case 0x72: out.append(0x0d)
    case 0x74: out.append(0x09)
    case 0x75:
      guard let scalar = scalar() else { return false }
      out.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: return false
    }
    return true
  }

  /// Returns what four digits stand for, or eight of a surrogate pair; half a pair is U+FFFD.
  private mutating func scalar() -> Unicode.Scalar? {
    guard let first = hexadecimal() else { return nil }
    if let scalar = Unicode.Scalar(first) { return scalar }
    let rest = index
    if first < 0xdc00, take(0x5c), take(0x75), let second = hexadecimal(), (0xdc00...0xdfff).contains(second) {
      return Unicode.Scalar(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }
    index = rest
    return "\u{fffd}"
  }

  private mutating func hexadecimal() -> UInt32? {
    guard index + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch bytes[index] {
      case let byte where (0x30...0x39).contains(byte): digit = byte - 0x30
      case let byte where (0x61...0x66).contains(byte): digit = byte - 0x61 + 10
      case let byte where (0x41...0x46).contains(byte): digit = byte - 0x41 + 10
      default: return nil
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }
}
