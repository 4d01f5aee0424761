/// The headers of a response.
struct Headers: Sendable, Hashable {
  private var fields: [(name: String, value: String)] = []

  init(_ fields: [(String, String)] = []) { for (name, value) in fields { add(name, value) } }

  mutating func add(_ name: String, _ value: String) { fields.append((name.lowercased(), value)) }

  /// The value of the first header of that name, whatever the case; nil where there is none.
  subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  /// Names and values of those whose name starts so.
  func starting(with prefix: String) -> [(name: String, value: String)] {
    fields.filter { $0.name.hasPrefix(prefix) }
  }

  static func == (left: Self, right: Self) -> Bool { left.fields.elementsEqual(right.fields, by: ==) }
  func hash(into hasher: inout Hasher) { for field in fields { hasher.combine(field.name) } }
}
