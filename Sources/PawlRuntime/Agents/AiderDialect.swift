import PawlCore

/// aider: plain text, with a line on tokens and money after each message (aider.chat/docs/config/options.html).
///
/// It needs the key of its model's provider. It edits only files that it is given, so it gets the editable ones.
struct AiderDialect: ProgramDialect {
  let name = "aider"
  let saysWhenItIsDone = false
  /// All files that it is given are part of what its model is told.
  static let mostFiles = 20

  func words(_ call: ProgramCall) -> [String] {
    var words = [name, "--message-file", call.promptFile, "--yes-always", "--no-git", "--no-pretty", "--no-stream"]
    words += ["--no-check-update", "--no-show-release-notes", "--no-show-model-warnings", "--no-analytics"]
    words += ["--no-suggest-shell-commands", "--no-detect-urls", "--input-history-file", "/dev/null"]
    words += ["--chat-history-file", "/dev/null"]
    if let model = call.model { words += ["--model", model] }
    // One argument each, so that a name that begins with a dash is no option.
    return words + call.editableFiles.prefix(Self.mostFiles).map { "--file=\($0)" }
  }

  /// It breaks its lines at the width of the terminal.
  func environment(_ call: ProgramCall) -> [String: String] { ["COLUMNS": "4000"] }

  func read(_ line: String, into reading: inout TranscriptReading) {
    if let model = rest(of: line, after: "Model: ") ?? rest(of: line, after: "Main model: ") {
      reading.model = model.split(separator: " ").first.map(String.init)
    }
    if let counts = rest(of: line, after: "Tokens: ") {
      reading.failure = nil
      count(counts, &reading)
    }
    if let costs = line.firstRange(of: "Cost: $").map({ line[$0.upperBound...] }) {
      // `$0.0042 message, $0.01 session.`
      let session = costs.split(separator: ",").first { $0.contains(" session") } ?? costs
      let digits = session.drop { !$0.isNumber }.prefix { $0.isNumber || $0 == "." || $0 == "e" || $0 == "-" }
      if let dollars = Double(digits), dollars >= 0, dollars <= 1e6 { reading.cost = dollars }
    }
    // Errors of its model's provider; it tries again, and ends well even where that does not help.
    if line.hasPrefix("litellm."), line.contains("Error") { reading.failure = line }
  }

  private func rest(of line: String, after prefix: String) -> Substring? {
    line.hasPrefix(prefix) ? line.dropFirst(prefix.count) : nil
  }

  /// Reads `2.3k sent, 1.1k cache write, 900 cache hit, 300 received.`; what is sent includes the two of the cache.
  private func count(_ text: Substring, _ reading: inout TranscriptReading) {
    var counts: [Substring: Int] = [:]
    for part in text.prefix(while: { $0 != "$" }).split(separator: ",") {
      let words = part.split(separator: " ", maxSplits: 1)
      guard words.count == 2 else { continue }
      let what = words[1].split(separator: ".").first ?? words[1]
      counts[what] = Self.tokens(words[0])
    }
    let (sent, hit, write) = (counts["sent"] ?? 0, counts["cache hit"] ?? 0, counts["cache write"] ?? 0)
    reading.usage = reading.usage.adding(
      TokenUsage(
        input: max(0, sent - hit - write), output: counts["received"] ?? 0, cacheRead: hit, cacheWrite: write))
  }

  private static func tokens(_ text: Substring) -> Int {
    let unit: Double = text.hasSuffix("k") ? 1_000 : text.hasSuffix("M") ? 1_000_000 : 1
    guard let value = Double(unit == 1 ? text : text.dropLast()), value > 0 else { return 0 }
    return Int(min(value * unit, 1e12))
  }
}
