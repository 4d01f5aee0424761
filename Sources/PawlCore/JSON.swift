/// A JSON value (RFC 8259) whose numbers keep the digits they were written with and whose objects keep their order.
package indirect enum JSONValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  /// As it was written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Sendable, Hashable {
    package var name: String
    package var value: JSONValue
    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  package static func integer(_ value: Int) -> Self { .number(String(value)) }
  /// Returns null for what JSON has no number for.
  package static func real(_ value: Double) -> Self { value.isFinite ? .number("\(value)") : .null }
  /// Returns an object without the members whose value is nil.
  package static func members(_ members: (String, JSONValue?)...) -> Self {
    .object(members.compactMap { member in member.1.map { Member(member.0, $0) } })
  }

  /// The newest member of that name; nil where there is none, and in what is no object.
  package subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }
  package var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }
  package var array: [JSONValue]? {
    if case .array(let values) = self { return values }
    return nil
  }
  package var boolean: Bool? {
    if case .boolean(let value) = self { return value }
    return nil
  }
  package var isNull: Bool { self == .null }
  package var isObject: Bool {
    if case .object = self { return true }
    return false
  }
  package var double: Double? {
    guard case .number(let text) = self, let value = Double(text), value.isFinite else { return nil }
    return value
  }
  /// A whole number, also where it is written `3.0` or `3e2`; nil beyond what an `Int` holds.
  package var integer: Int? {
    guard case .number(let text) = self else { return nil }
    return Int(text) ?? double.flatMap { Int(exactly: $0) }
  }

  /// Returns the value with each string, names of members included, put through `change`.
  package func mappingStrings(_ change: (String) -> String) -> JSONValue {
    switch self {
    case .null, .boolean, .number: self
    case .string(let text): .string(change(text))
    case .array(let values): .array(values.map { $0.mappingStrings(change) })
    case .object(let members):
      .object(members.map { Member(change($0.name), $0.value.mappingStrings(change)) })
    }
  }

  /// The value on one line, without spaces.
  package var text: String {
    var out: [UInt8] = []
    write(to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  package func write(to out: inout [UInt8]) {
    switch self {
    case .null: out += Array("null".utf8)
    case .boolean(let value): out += Array((value ? "true" : "false").utf8)
    case .number(let text): out += Array(text.utf8)
    case .string(let text): Self.write(text, to: &out)
    case .array(let values):
      out.append(0x5b)
      for (index, value) in values.enumerated() {
        if index > 0 { out.append(0x2c) }
        value.write(to: &out)
      }
      out.append(0x5d)
    case .object(let members):
      out.append(0x7b)
      for (index, member) in members.enumerated() {
        if index > 0 { out.append(0x2c) }
        Self.write(member.name, to: &out)
        out.append(0x3a)
        member.value.write(to: &out)
      }
      out.append(0x7d)
    }
  }

  private static func write(_ text: String, to out: inout [UInt8]) {
    out.append(0x22)
    var text = text
    text.withUTF8 { bytes in
      // Runs without anything to escape are copied at once.
      var start = 0
      for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5c {
        out.append(contentsOf: bytes[start..<index])
        start = index + 1
        escape(byte, to: &out)
      }
      out.append(contentsOf: bytes[start...])
    }
    out.append(0x22)
  }

  private static func escape(_ byte: UInt8, to out: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    switch byte {
    case 0x22, 0x5c: out += [0x5c, byte]
    case 0x0a: out += [0x5c, 0x6e]
    case 0x0d: out += [0x5c, 0x72]
    case 0x09: out += [0x5c, 0x74]
    default: out += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
}
