extension JSONValue {
  /// Why a text is not read.
  package enum Failure: Error, Hashable, Sendable {
    /// It ends in the middle of a value.
    case cut
    /// What is wrong, as a lowercase fragment, and at which byte.
    case malformed(String, at: Int)
  }

  /// Where a reader departs from RFC 8259.
  package struct Rules: Sendable {
    /// Whether line breaks and tabs may stand inside of strings as themselves, as some models write them.
    package var allowsBreaks: Bool
    /// Whether a name that comes twice in one object is refused.
    package var requiresDistinctNames: Bool
    /// Values inside of one another beyond this are refused, so that no text can exhaust the stack.
    package var depthLimit: Int

    package init(allowsBreaks: Bool = false, requiresDistinctNames: Bool = false, depthLimit: Int = 128) {
      self.allowsBreaks = allowsBreaks
      self.requiresDistinctNames = requiresDistinctNames
      self.depthLimit = depthLimit
    }
  }

  /// Reads a text that holds one value; bytes that are no UTF-8 become U+FFFD inside of strings.
  package init(reading bytes: [UInt8], rules: Rules = Rules()) throws(Failure) {
    self = try bytes.withUnsafeBufferPointer { buffer throws(Failure) in
      var reader = JSONReader(bytes: buffer, rules: rules)
      return try reader.whole()
    }
  }

  /// Returns what a text says; nil where it is no JSON, has anything behind it, or nests deeper than 128.
  package init?(_ text: String) { self.init(bytes: Array(text.utf8)) }

  /// Bytes that are no UTF-8 become U+FFFD inside of strings.
  package init?(bytes: [UInt8]) {
    guard let value = try? JSONValue(reading: bytes) else { return nil }
    self = value
  }
}

struct JSONReader {
  let bytes: UnsafeBufferPointer<UInt8>
  let rules: JSONValue.Rules
  var index = 0

  mutating func whole() throws(JSONValue.Failure) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    if index < bytes.count { throw .malformed("more text follows the value", at: index) }
    return value
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }

  private mutating func skipSpace() {
    while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
  }

  /// The byte that is read next.
  func current() throws(JSONValue.Failure) -> UInt8 {
    guard index < bytes.count else { throw .cut }
    return bytes[index]
  }

  func malformed(_ what: String) -> JSONValue.Failure { .malformed(what, at: index) }

  mutating func take(_ wanted: UInt8) -> Bool {
    guard index < bytes.count, bytes[index] == wanted else { return false }
    index += 1
    return true
  }

  private mutating func take(_ word: StaticString, _ value: JSONValue) throws(JSONValue.Failure) -> JSONValue {
    for offset in 0..<word.utf8CodeUnitCount {
      guard try current() == word.utf8Start[offset] else { throw malformed("a value is expected") }
      index += 1
    }
    return value
  }

  private mutating func value(depth: Int) throws(JSONValue.Failure) -> JSONValue {
    guard depth < rules.depthLimit else { throw malformed("values are nested too deeply") }
    skipSpace()
    switch try current() {
    case 0x7b: return try object(depth: depth)
    case 0x5b: return try array(depth: depth)
    case 0x22: return .string(try string())
    case 0x74: return try take("true", .boolean(true))
    case 0x66: return try take("false", .boolean(false))
    case 0x6e: return try take("null", .null)
    case 0x2d, 0x30...0x39: return try number()
    default: throw malformed("a value is expected")
    }
  }

  private mutating func object(depth: Int) throws(JSONValue.Failure) -> JSONValue {
    index += 1
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    skipSpace()
    if take(0x7d) { return .object(members) }
    while true {
      skipSpace()
      guard try current() == 0x22 else { throw malformed("a key in quotes is expected") }
      let start = index
      let name = try string()
      if rules.requiresDistinctNames, !names.insert(name).inserted {
        throw .malformed("a key comes twice in one object", at: start)
      }
      skipSpace()
      guard try current() == 0x3a else { throw malformed("`:` is expected") }
      index += 1
      members.append(JSONValue.Member(name, try value(depth: depth + 1)))
      skipSpace()
      if take(0x7d) { return .object(members) }
      guard try current() == 0x2c else { throw malformed("`,` or `}` is expected") }
      index += 1
    }
  }

  private mutating func array(depth: Int) throws(JSONValue.Failure) -> JSONValue {
    index += 1
    var values: [JSONValue] = []
    skipSpace()
    if take(0x5d) { return .array(values) }
    while true {
      values.append(try value(depth: depth + 1))
      skipSpace()
      if take(0x5d) { return .array(values) }
      guard try current() == 0x2c else { throw malformed("`,` or `]` is expected") }
      index += 1
    }
  }

  private mutating func number() throws(JSONValue.Failure) -> JSONValue {
    let start = index
    _ = take(0x2d)
    // What follows a leading zero is no part of the number.
    if !take(0x30) { try skipDigits() }
    if take(0x2e) { try skipDigits() }
    if take(0x65) || take(0x45) {
      if !take(0x2b) { _ = take(0x2d) }
      try skipDigits()
    }
    return .number(String(decoding: bytes[start..<index], as: UTF8.self))
  }

  /// Skips one digit and all that follow it.
  private mutating func skipDigits() throws(JSONValue.Failure) {
    guard (0x30...0x39).contains(try current()) else { throw malformed("a digit is expected") }
    while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
  }
}
