extension Checkpoint {
  private static let opening = Array(#"{"__metadata__":{"#.utf8)

  /// The part of a header that tells a language model's shape.
  static func metadata(_ shape: LanguageShape) -> String {
    let entries = shape.entries.map { "\"\($0.name)\":\"\($0.value)\"" }
    return "\"__metadata__\":{\(entries.joined(separator: ","))},"
  }

  /// Reads the shape of a language model from the beginning of its file; ends the program when it is no such file.
  static func shape(of path: String) -> LanguageShape {
    let file = MappedText(path)
    defer { withExtendedLifetime(file) {} }
    let words = file.bytes.dropFirst(8).prefix(1024)
    guard words.starts(with: opening), let end = words.firstIndex(of: 0x7d) else {
      refuse("`\(path)` is no model that `pawl-lab stage train` has left")
    }
    let inner = String(decoding: words[(words.startIndex + opening.count)..<end], as: UTF8.self)
    var entries: [String: String] = [:]
    for entry in inner.split(separator: ",") {
      let parts = entry.split(separator: ":").map { String($0.filter { $0 != "\"" }) }
      if parts.count == 2 { entries[parts[0]] = parts[1] }
    }
    // What does not fit into the file is not made room for.
    guard let shape = LanguageShape(entries: entries), shape.weights <= file.bytes.count / 4 else {
      refuse("`\(path)` tells no shape of a model that `pawl-lab stage train` makes")
    }
    return shape
  }
}
