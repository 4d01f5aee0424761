import PawlCore

/// Puts text of others between two lines that it cannot forge.
///
/// The word on both is a hash of the content, hashed on until it does not occur in it; a prefix before each line keeps even the look of
/// a heading or a closing line out of the first column.
enum Fence {
  /// Before every line of data.
  static let prefix = "| "

  /// Returns lines that are data: what a run printed, what another agent wrote.
  static func data(_ title: String, _ lines: [String]) -> String {
    let word = word(for: lines)
    var text = "[[data \(word): \(title)]]\n"
    for line in lines { text += prefix + line + "\n" }
    return text + "[[end of data \(word)]]\n"
  }

  /// Returns lines that must be read to the letter, such as a file's; `marks` stand between them, under the same word.
  static func verbatim(_ kind: String, _ title: String, _ parts: [Part]) -> String {
    let word = word(for: parts.compactMap { if case .line(let line) = $0 { line } else { nil } })
    var text = "[[\(kind) \(word): \(title)]]\n"
    for part in parts {
      switch part {
      case .line(let line): text += line + "\n"
      case .mark(let mark): text += "[[\(word): \(mark)]]\n"
      }
    }
    return text + "[[end of \(kind) \(word)]]\n"
  }

  enum Part {
    case line(String)
    /// A remark of Pawl's among the lines.
    case mark(String)
  }

  /// Returns twelve hexadecimal digits that stand nowhere in the lines.
  static func word(for lines: [String]) -> String {
    var hash = StableHash()
    for line in lines { hash.add(line) }
    return word(for: lines, from: hash)
  }

  /// Returns the first of a hash's words that stands nowhere in the lines, whichever letters are capitals.
  static func word(for lines: [String], from hash: StableHash) -> String {
    var hash = hash
    while true {
      let word = word(of: hash)
      let needle = Array(word.utf8)
      let occurs = lines.contains { line in
        line.utf8.count >= needle.count
          && !Occurrences.of(needle, in: line.utf8.map { (0x41...0x46).contains($0) ? $0 | 0x20 : $0 }, limit: 1)
            .isEmpty
      }
      if !occurs { return word }
      hash.add(1)
    }
  }

  private static func word(of hash: StableHash) -> String {
    let digits = String(hash.value, radix: 16)
    return String((String(repeating: "0", count: 16 - digits.count) + digits).suffix(12))
  }
}
