import PawlCore
import Testing

@testable import PawlBriefing

/// Random files and random edits of them, written down in each of the forms.
@Suite struct `Random edits` {
  /// A file and what is to become of it, as replacements of lines that do not touch one another.
  private struct Case {
    var old: [String]
    var changes: [(range: Range<Int>, lines: [String])] = []
    var lineBreak: String
    var endsOpen: Bool

    var new: [String] {
      var result = old
      for (range, lines) in changes.reversed() { result.replaceSubrange(range, with: lines) }
      return result
    }
    func text(_ lines: [String]) -> String {
      lines.joined(separator: lineBreak) + (endsOpen || lines.isEmpty ? "" : lineBreak)
    }
  }

  private static let words = [
    "x = 1", "    return x", "", "}", "\t# é 日本 🙂", "for i in range(10):", "--i", "++i", "@decorator", " ", "- item",
    "a \\ b",
    "train.py", "Hypothesis: no", "`code`", "/* ``` */", "<system>", "\u{200b}invisible", "trailing  ", "\"quoted\\n\"",
  ]

  private func random(_ generator: inout SeededGenerator) -> Case {
    var result = Case(
      old: [], lineBreak: Int.random(in: 0..<4, using: &generator) == 0 ? "\r\n" : "\n",
      endsOpen: Int.random(in: 0..<4, using: &generator) == 0)
    func line(_ generator: inout SeededGenerator) -> String {
      let word = Self.words.randomElement(using: &generator) ?? ""
      return Bool.random(using: &generator) ? word : word + " \(Int.random(in: 0..<40, using: &generator)) end"
    }
    for _ in 0..<Int.random(in: 1...40, using: &generator) { result.old.append(line(&generator)) }
    // A last line of nothing, without a break, would be no line.
    result.old.append("last")
    var start = 0
    while start < result.old.count {
      start += Int.random(in: 0...12, using: &generator)
      let end = min(result.old.count - 1, start + Int.random(in: 1...3, using: &generator))
      guard start < end else { break }
      var lines: [String] = []
      for _ in 0..<Int.random(in: 0...3, using: &generator) { lines.append(line(&generator)) }
      if lines != Array(result.old[start..<end]) { result.changes.append((start..<end, lines)) }
      start = end + 1
    }
    return result
  }

  /// The old lines that a change is shown with, grown until they occur once.
  private func unique(_ range: Range<Int>, in lines: [String], within bounds: Range<Int>) -> Range<Int>? {
    var range = range
    while true {
      let block = Array(lines[range])
      let bare = block.map(Self.bare)
      let places = (0...(lines.count - block.count)).filter { lines[$0..<($0 + block.count)].map(Self.bare) == bare }
      if places.count == 1 { return range }
      guard range != bounds else { return nil }
      range = max(bounds.lowerBound, range.lowerBound - 1)..<min(bounds.upperBound, range.upperBound + 1)
    }
  }

  private static func bare(_ line: String) -> String {
    var line = line
    while line.hasSuffix(" ") || line.hasSuffix("\t") { line.removeLast() }
    return line
  }

  private func check(_ edit: Case, _ reply: AgentReply, _ form: String) throws {
    let (old, new) = (edit.text(edit.old), edit.text(edit.new))
    let change = try EditReader(files: ["src/f.py": old, "other.py": "x\n"]).read(reply)
    #expect(change.hypothesis == "h")
    #expect(change.edits.count == 1)
    let result = change.edits.first.flatMap { $0.applied(to: old) }
    #expect(result.map { Array($0.utf8) } == Array(new.utf8), "\(form)")
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      default:
        result +=
          scalar.value < 0x20
          ? "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16) : String(scalar)
      }
    }
    return result + "\""
  }

  @Test func `come back from whole files, blocks, diffs and tool calls`() throws {
    var generator = SeededGenerator(seed: 20_260_101)
    var (blocks, diffs) = (0, 0)
    for _ in 0..<300 {
      let edit = random(&generator)
      guard !edit.changes.isEmpty else { continue }
      let new = edit.text(edit.new)
      let breaks = Bool.random(using: &generator) ? "\r\n" : "\n"
      let whole = "Hypothesis: h\n`````python src/f.py\n" + edit.new.map { $0 + breaks }.joined() + "`````\n"
      try check(edit, Examples.reply(whole), "whole")
      let call = "{\"hypothesis\":\"h\",\"edits\":[{\"path\":\"src/f.py\",\"content\":\(Self.quoted(new))}]}"
      try check(edit, Examples.reply("", calls: [call]), "content")
      if let text = blockText(edit, breaks) {
        blocks += 1
        try check(edit, Examples.reply(text), "blocks")
      }
      diffs += 1
      try check(edit, Examples.reply("Hypothesis: h\n```diff\n\(diff(edit))```\n"), "diff")
      if let text = searches(edit) { try check(edit, Examples.reply("h", calls: [text]), "search") }
    }
    #expect(blocks > 80 && diffs > 200)
  }

  /// Bounds within which each change may take in lines around it, so that no two meet.
  private func bounds(_ edit: Case) -> [Range<Int>] {
    edit.changes.indices.map { index in
      let low = index == 0 ? 0 : edit.changes[index - 1].range.upperBound
      let high = index + 1 < edit.changes.count ? edit.changes[index + 1].range.lowerBound : edit.old.count
      let middle = { (a: Int, b: Int) in a + (b - a) / 2 }
      return middle(
        low, edit.changes[index].range.lowerBound)..<max(
          edit.changes[index].range.upperBound, middle(edit.changes[index].range.upperBound, high))
    }
  }

  private func blockText(_ edit: Case, _ breaks: String) -> String? {
    var text = "Hypothesis: h\(breaks)src/f.py\(breaks)"
    for (change, bounds) in zip(edit.changes, bounds(edit)) {
      guard let range = unique(change.range, in: edit.old, within: bounds) else { return nil }
      let before = edit.old[range.lowerBound..<change.range.lowerBound]
      let after = edit.old[change.range.upperBound..<range.upperBound]
      let lines =
        ["<<<<<<< SEARCH"] + edit.old[range] + ["======="] + before + change.lines + after + [">>>>>>> REPLACE", ""]
      text += lines.map { $0 + breaks }.joined()
    }
    return text
  }

  private func searches(_ edit: Case) -> String? {
    var edits: [String] = []
    let old = edit.text(edit.old)
    for (change, bounds) in zip(edit.changes, bounds(edit)) {
      guard let range = unique(change.range, in: edit.old, within: bounds) else { return nil }
      let before = edit.old[range.lowerBound..<change.range.lowerBound]
      let after = edit.old[change.range.upperBound..<range.upperBound]
      let search = edit.old[range].map { $0 + edit.lineBreak }.joined()
      guard Occurrences.of(Array(search.utf8), in: Array(old.utf8), limit: 2).count == 1 else { return nil }
      let replacement = (before + change.lines + after).map { $0 + edit.lineBreak }.joined()
      edits.append(
        "{\"path\":\"src/f.py\",\"search\":\(Self.quoted(search)),\"replace\":\(Self.quoted(replacement))}")
    }
    return "{\"hypothesis\":\"h\",\"edits\":[\(edits.joined(separator: ","))]}"
  }

  /// A unified diff with up to three lines of context.
  private func diff(_ edit: Case) -> String {
    var text = "--- a/src/f.py\n+++ b/src/f.py\n"
    var shift = 0
    for (index, change) in edit.changes.enumerated() {
      // Contexts of neighbours may meet, but not reach into what another changes.
      let low = index == 0 ? 0 : edit.changes[index - 1].range.upperBound
      let high = index + 1 < edit.changes.count ? edit.changes[index + 1].range.lowerBound : edit.old.count
      let start = max(low, change.range.lowerBound - 3)
      let end = min(high, change.range.upperBound + 3)
      let count = end - start
      let newCount = count - change.range.count + change.lines.count
      text += "@@ -\(start + 1),\(count) +\(start + 1 + shift),\(newCount) @@ somewhere\n"
      for line in edit.old[start..<change.range.lowerBound] { text += " \(line)\n" }
      for line in edit.old[change.range] { text += "-\(line)\n" }
      for line in change.lines { text += "+\(line)\n" }
      for line in edit.old[change.range.upperBound..<end] { text += " \(line)\n" }
      if end == edit.old.count, edit.endsOpen { text += "\\ No newline at end of file\n" }
      shift += change.lines.count - change.range.count
    }
    return text
  }
}

@Suite struct `Any bytes` {
  private static let reader = EditReader(files: [
    "train.py": Examples.train, "src/model.py": "def step(lr):\n    return 3.2\n",
  ])

  /// Reads it and looks at the result; whether there is one does not matter.
  private func read(_ reply: AgentReply) {
    do {
      let change = try Self.reader.read(reply)
      #expect(!change.edits.isEmpty)
      #expect(!change.hypothesis.unicodeScalars.contains { $0.isControl || $0.isInvisible })
      for edit in change.edits where edit.change != .removed {
        #expect(edit.applied(to: edit.path == "train.py" ? Examples.train : "def step(lr):\n    return 3.2\n") != nil)
      }
    } catch {
      #expect(!error.message.isEmpty)
      let told = Repair.message(for: .unreadable(error), form: .text)
      #expect(told.utf8.count < 20_000)
    }
  }

  @Test func `make no trap as a text or a tool call`() {
    var generator = SeededGenerator(seed: 7)
    let pieces = [
      "<<<<<<< SEARCH\n", "=======\n", ">>>>>>> REPLACE\n", "```diff\n", "```\n", "````python train.py\n",
      "--- a/train.py\n",
      "+++ b/train.py\n", "@@ -3,2 +3,2 @@\n", "@@\n", "-DEPTH = 8\n", "+DEPTH = 9\n", " LR = 3e-4\n", "DEPTH = 8\n",
      "LR = 3e-4\n",
      "train.py\n", "Hypothesis: h\n", "\\ No newline at end of file\n", "Delete: src/model.py\n", "\n", "\r\n",
      "{\"edits\":[", "]}",
      "{\"path\":\"train.py\",", "\"search\":\"DEPTH = 8\",", "\"replace\":\"x\"}", "\"hypothesis\":\"h\"", "\\u12",
      "\u{202e}",
      "@@ -9223372036854775807,9223372036854775807 +0,0 @@\n", "--- /dev/null\n", "+++ /dev/null\n", "<think>",
      "</think>", "~~~\n",
    ]
    for _ in 0..<2_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...24, using: &generator) {
        if Int.random(in: 0..<8, using: &generator) == 0 {
          let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
          }
          text += String(decoding: bytes, as: UTF8.self)
        } else {
          text += pieces.randomElement(using: &generator) ?? ""
        }
      }
      read(Examples.reply(text))
      read(Examples.reply("", calls: [text]))
    }
  }

  @Test func `changed in a good reply make no trap either`() {
    var generator = SeededGenerator(seed: 8)
    let good = [
      "Hypothesis: h\n\ntrain.py\n```python\n<<<<<<< SEARCH\nDEPTH = 8\n=======\nDEPTH = 9\n>>>>>>> REPLACE\n```\n",
      "Hypothesis: h\n```diff\n--- a/train.py\n+++ b/train.py\n@@ -3,2 +3,2 @@\n LR = 3e-4\n-DEPTH = 8\n+DEPTH = 9\n```\n",
      "Hypothesis: h\n```python train.py\nx = 1\n```\n",
      #"{"hypothesis":"h","edits":[{"path":"train.py","search":"DEPTH = 8","replace":"D\u00e9 = \"9\""}]}"#,
    ]
    for _ in 0..<2_000 {
      var bytes = Array((good.randomElement(using: &generator) ?? "").utf8)
      for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.remove(at: index)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
        case 2: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        default: bytes.removeSubrange(index...)
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      read(Examples.reply(text))
      read(Examples.reply("", calls: [text]))
    }
  }

  @Test(arguments: [
    "```python\n", "```\n", "<<<<<<< SEARCH\n", "=======\n", "--- a/train.py\n", "+++ b/train.py\n", "@@ -1 +1 @@\n",
    "a", "\n",
    "{\"a\":", "[", "\\u0041", "train.py\n```\n", "- a\n\n", "`train.py`", "Hypothesis:\n", "\u{1b}]",
  ])
  func `that repeat themselves are read`(piece: String) {
    let text = String(repeating: piece, count: 100_000 / piece.utf8.count)
    read(Examples.reply(text + "<<<<<<< SEARCH\nDEPTH = 8\n=======\nx\n>>>>>>> REPLACE\n"))
    read(Examples.reply("", calls: [text]))
  }

  @Test func `of two megabytes come through whole`() throws {
    let content = String(repeating: "x = \"1\"\n", count: (2 << 20) / 8)
    let fenced = try Self.reader.read(Examples.reply("Hypothesis: h\n````python train.py\n\(content)````\n"))
    #expect(fenced.edits == [FileEdit(path: "train.py", change: .content(content))])
    let escaped = String(repeating: "x = \\\"1\\\"\\n", count: (2 << 20) / 8)
    let call = "{\"hypothesis\":\"h\",\"edits\":[{\"path\":\"train.py\",\"content\":\"\(escaped)\"}]}"
    #expect(try Self.reader.read(Examples.reply("", calls: [call])).edits == fenced.edits)
  }
}
