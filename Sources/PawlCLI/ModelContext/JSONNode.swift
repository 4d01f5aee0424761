import Foundation

/// Any JSON value (RFC 8259): what a protocol carries without knowing what it is.
enum JSONNode: Sendable, Hashable, Codable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  case array([JSONNode])
  case object([String: JSONNode])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .real(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONNode].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONNode].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .real(let value): try container.encode(value.isFinite ? value : nil)
    case .text(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// Returns the value of a JSON text, or nil where it is none.
  static func parse(_ bytes: some Sequence<UInt8>) -> JSONNode? {
    try? JSONDecoder().decode(JSONNode.self, from: Data(bytes))
  }

  /// Returns what a value encodes to, with dates, keys and numbers as `JSONText` writes them.
  static func from(_ value: some Encodable) throws -> JSONNode {
    try JSONDecoder().decode(JSONNode.self, from: try JSONEncoder().encode(value))
  }

  /// On one line, keys in order.
  var line: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Nothing in it can fail to encode: numbers that are none were taken out.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
  }

  /// The value of a key; nil where this is no object or has none.
  subscript(key: String) -> JSONNode? { if case .object(let members) = self { members[key] } else { nil } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }
  var elements: [JSONNode]? { if case .array(let elements) = self { elements } else { nil } }
  var isObject: Bool { if case .object = self { true } else { false } }
}
