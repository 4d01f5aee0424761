import Foundation
import PawlCore

/// The environment variables that a rule names: `NAME` for the value that Pawl has, `NAME=value` for one of its own.
struct PassedEnvironment: Sendable {
  let values: [String: String]

  init(entries: [String], own: [String: String] = ProcessInfo.processInfo.environment) {
    var values: [String: String] = [:]
    for entry in entries {
      if let equals = entry.firstIndex(of: "=") {
        values[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
      } else if let value = own[entry] {
        values[entry] = value
      }
    }
    self.values = values
  }

  /// The values whose names say that they are keys, the longest first: one may be a part of another.
  var secrets: [Secret] {
    let words = ["KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL", "AUTH"]
    let found = values.filter { name, _ in words.contains { name.uppercased().contains($0) } }
    return Set(found.values).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }.map { Secret($0) }
  }
}

extension [Secret] {
  /// Returns the text with every one of the secrets masked.
  func redacting(_ text: String) -> String { reduce(text) { $1.redacting($0) } }
}
