/// A unified diff as HTML, added lines green and removed ones red.
struct DiffView {
  /// Lines beyond are left out, with a note.
  static let mostLines = 3000
  private let lines: [Substring]

  init(_ diff: String) {
    var lines = diff.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    self.lines = lines
  }

  func html() -> String {
    var body = ""
    // Inside a hunk `---` is a removed line, not a file name: the counts in the hunk's heading decide.
    var (old, new) = (0, 0)
    for line in lines.prefix(Self.mostLines) {
      let kind: String
      if old > 0 || new > 0 {
        switch line.first {
        case "+": (kind, new) = ("add", new - 1)
        case "-": (kind, old) = ("del", old - 1)
        case "\\": kind = "meta"
        default: (kind, old, new) = ("", old - 1, new - 1)
        }
      } else if let counts = Self.counts(line) {
        (kind, old, new) = ("hunk", counts.old, counts.new)
      } else {
        kind = line.hasPrefix("diff ") ? "file" : "meta"
      }
      let shown = String(line.prefix(2000)).escaped
      body += "<span\(kind.isEmpty ? "" : " class=\"\(kind)\"")>\(shown.isEmpty ? " " : shown)</span>"
    }
    var html = "<pre class=\"card diff\">\(body)</pre>\n"
    if lines.count > Self.mostLines {
      html += "<p class=\"soft\">\(lines.count - Self.mostLines) more lines: <code>pawl diff</code> shows all.</p>\n"
    }
    return html
  }

  /// How many old and new lines follow `@@ -12,3 +12,4 @@`; nil for any other line.
  private static func counts(_ line: Substring) -> (old: Int, new: Int)? {
    let parts = line.split(separator: " ", maxSplits: 3)
    guard parts.count >= 3, parts[0] == "@@", parts[1].hasPrefix("-"), parts[2].hasPrefix("+") else { return nil }
    func count(_ range: Substring) -> Int? {
      let numbers = range.dropFirst().split(separator: ",")
      return numbers.count == 2 ? Int(numbers[1]) : numbers.count == 1 ? 1 : nil
    }
    guard let old = count(parts[1]), let new = count(parts[2]), old >= 0, new >= 0 else { return nil }
    return (old, new)
  }
}
