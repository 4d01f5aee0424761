/// Leaves out the middle of what is too long, and says how much.
enum TextCut {
  /// Returns at most `limit` lines besides the note; `head` is the share of them that comes from the start.
  static func lines(_ lines: [String], limit: Int, head: Double = 0.6) -> [String] {
    let limit = max(0, limit)
    guard lines.count > limit + 1 else { return lines }
    let first = min(limit, Int(Double(limit) * head + 0.5))
    return Array(lines.prefix(first)) + [note(lines.count - limit)] + Array(lines.suffix(limit - first))
  }

  /// Returns as many lines as an estimate of tokens allows, the note included.
  static func lines(_ lines: [String], tokens: Int, head: Double = 0.6) -> [String] {
    let costs = lines.map(cost)
    guard costs.reduce(0, +) > tokens else { return lines }
    var (left, start, end) = (tokens - cost(note(lines.count)), 0, lines.count)
    var headLeft = Int(Double(max(0, left)) * head)
    while start < end, costs[start] <= headLeft {
      (headLeft, left, start) = (headLeft - costs[start], left - costs[start], start + 1)
    }
    while end > start, costs[end - 1] <= left { (left, end) = (left - costs[end - 1], end - 1) }
    return Array(lines[..<start]) + [note(end - start)] + Array(lines[end...])
  }

  /// Returns the clean lines of a text of others, cut; of a long one only what stays is cleaned.
  static func clean(_ text: String, limit: Int, width: Int = CleanText.lineLimit, head: Double = 0.6) -> [String] {
    var raw = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
    while raw.last?.isEmpty == true { raw.removeLast() }
    guard raw.count > limit + 1 else { return lines(CleanText.lines(text, limit: width), limit: limit, head: head) }
    let first = min(limit, Int(Double(limit) * head + 0.5))
    let kept = [raw.prefix(first), raw.suffix(limit - first)].map { part in
      lines(CleanText.lines(part.map { String(Substring($0)) }.joined(separator: "\n"), limit: width), limit: limit)
    }
    return kept[0] + [note(raw.count - limit)] + kept[1]
  }

  static func note(_ count: Int) -> String { "(... \(count) \(count == 1 ? "line" : "lines") left out ...)" }

  /// What a line costs with its break and a prefix.
  static func cost(_ line: String) -> Int { TokenEstimate.tokens(in: line) + 2 }
}
