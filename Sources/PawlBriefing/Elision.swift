/// Finds comments that stand for code which a model left out, as in `# ... rest of the code unchanged ...`.
enum Elision {
  private static let comments = ["#", "//", "--", "/*", "<!--", ";", "%", "...", "…", "(...", "(…"]
  private static let phrases = [
    "rest of", "existing code", "unchanged", "same as before", "as before", "remaining code", "remains the same",
    "previous code", "omitted",
  ]

  /// Returns the first such line of `new` that `old` does not have.
  static func line(in new: FileText, besides old: FileText?) -> String? {
    var known: Set<ArraySlice<UInt8>>?
    for index in 0..<new.lineCount where isElision(new.line(index)) {
      let line = new.trimmed(index)
      if known == nil { known = Set((0..<(old?.lineCount ?? 0)).map { old?.trimmed($0) ?? [] }) }
      if known?.contains(line) != true { return String(decoding: line, as: UTF8.self) }
    }
    return nil
  }

  private static func isElision(_ line: ArraySlice<UInt8>) -> Bool {
    // Such remarks are short; the cheap test comes first.
    guard line.count < 200, line.contains(UInt8(ascii: ".")) || line.contains(0xe2) else { return false }
    let text = String(decoding: line, as: UTF8.self).trimmingBlanks().lowercased()
    guard comments.contains(where: text.hasPrefix) else { return false }
    let words = Array(text.utf8)
    let has = { (part: String) in !Occurrences.of(Array(part.utf8), in: words, limit: 1).isEmpty }
    return (has("...") || has("…")) && phrases.contains(where: has)
  }
}
