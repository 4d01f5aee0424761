/// What a referee said when it refused to measure: its last line `error: …`.
///
/// A candidate's own lines cannot pass for it, because a referee marks them; at the other levels they could.
enum RefereeComplaint {
  /// The most characters that are kept of the sentence.
  static let limit = 300

  /// Returns the sentence behind `error: ` in the last lines of a log, nil where there is none.
  static func sentence(in tail: String) -> String? {
    // Where the referee ends its lines, and nowhere else: a candidate's line may hold what Unicode takes for a line's end.
    let lines = tail.utf8.split(separator: UInt8(ascii: "\n")).map { Substring($0) }
    let line = lines.last { $0.hasPrefix("error: ") }
    guard var text = line?.dropFirst("error: ".count).trimmingPrefix(while: \.isWhitespace) else { return nil }
    while text.last?.isWhitespace == true { text.removeLast() }
    guard !text.isEmpty else { return nil }
    return text.count > limit ? text.prefix(limit - 1) + "…" : String(text)
  }
}
