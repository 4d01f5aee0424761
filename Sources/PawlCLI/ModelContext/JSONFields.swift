import Foundation
import PawlCore

extension JSONValue {
  /// Returns an object with its members in the order of their names.
  static func fields(_ members: [String: JSONValue]) -> JSONValue {
    .object(members.sorted { $0.key < $1.key }.map { Member($0.key, $0.value) })
  }

  /// Returns what a value encodes to.
  static func from(_ value: some Encodable) throws -> JSONValue {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return JSONValue(bytes: Array(try encoder.encode(value))) ?? .null
  }
}
