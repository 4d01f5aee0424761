/// Reads unified diffs, as git and diff write them and as models write them from memory.
struct DiffReading {
  /// One file's part: its path, as far as the diff says, and what becomes of it.
  struct Part: Equatable {
    let path: String?
    let form: RequestedEdit.Form
  }
  private let lines: [ArraySlice<UInt8>]
  private var index: Int
  /// In a fence every line belongs to the diff; otherwise the first that does not look like it ends it.
  private let isFenced: Bool
  private var parts: [Part] = []
  private var path: String?
  private var hunks: [DiffHunk] = []
  private enum Kind { case change, creation, deletion }
  private var kind = Kind.change

  private init(lines: [ArraySlice<UInt8>], from start: Int, isFenced: Bool) {
    self.lines = lines
    index = start
    self.isFenced = isFenced
  }

  /// Returns the parts of the diff that starts at line `start`, and the line behind it.
  static func read(
    _ lines: [ArraySlice<UInt8>], from start: Int = 0, isFenced: Bool, known: (String) -> Bool
  ) throws(EditProblem) -> (parts: [Part], end: Int) {
    var reading = Self(lines: lines, from: start, isFenced: isFenced)
    try reading.run(known: known)
    return (reading.parts, reading.index)
  }

  /// Returns the form of a diff that is about one file, whose path is given.
  static func form(of lines: [ArraySlice<UInt8>], for path: String) throws(EditProblem) -> RequestedEdit.Form {
    let parts = try read(lines, isFenced: true, known: { $0 == path }).parts
    if let other = parts.first(where: { $0.path != nil && $0.path != path }) {
      throw EditProblem(
        .malformedDiff, "the diff for \(Quoted.path(path)) is about \(Quoted.path(other.path ?? "")) instead")
    }
    guard parts.count == 1, let part = parts.first else {
      throw EditProblem(
        .malformedDiff, "the diff for \(Quoted.path(path)) has \(parts.isEmpty ? "no hunk" : "several parts")")
    }
    return part.form
  }

  static func lines(of text: String) -> [ArraySlice<UInt8>] {
    let text = FileText(text)
    return (0..<text.lineCount).map { text.line($0) }
  }

  /// Says whether a diff's heading of a file starts at a line.
  static func isHeading(_ lines: [ArraySlice<UInt8>], at index: Int) -> Bool {
    guard index + 1 < lines.count else { return false }
    return lines[index].starts(with: "--- ".utf8) && lines[index + 1].starts(with: "+++ ".utf8)
  }

  private mutating func run(known: (String) -> Bool) throws(EditProblem) {
    while index < lines.count {
      let line = lines[index]
      if Self.isHeading(lines, at: index) {
        try endFile()
        try readHeading(known: known)
      } else if line.starts(with: "@@".utf8) {
        try readHunk()
      } else if line.starts(with: "rename ".utf8) || line.starts(with: "copy ".utf8)
        || line.starts(with: "Binary files ".utf8) || line.starts(with: "GIT binary patch".utf8)
      {
        throw EditProblem(
          .malformedDiff, "a diff may neither rename nor copy files, nor hold binary ones",
          advice: "Delete the old file and give the new one whole.")
      } else if Self.isExtra(line) || (isFenced && FileText.trimmed(line).isEmpty) {
        index += 1
      } else if isFenced {
        throw EditProblem(
          .malformedDiff, "the diff's line `\(Self.shown(line))` is neither a heading nor in a hunk",
          advice: "In a hunk every line starts with a space, `+` or `-`.")
      } else {
        break
      }
    }
    try endFile()
  }

  private static func isExtra(_ line: ArraySlice<UInt8>) -> Bool {
    [
      "diff --git ", "diff -", "index ", "new file mode ", "deleted file mode ", "old mode ", "new mode ",
      "similarity index ",
    ].contains { line.starts(with: $0.utf8) }
  }

  static func shown(_ line: ArraySlice<UInt8>) -> String {
    Quoted.plain(String(decoding: line.prefix(400), as: UTF8.self), limit: 80)
  }

  private mutating func readHeading(known: (String) -> Bool) throws(EditProblem) {
    let old = Self.path(lines[index], prefix: "a/", known: known)
    let new = Self.path(lines[index + 1], prefix: "b/", known: known)
    switch (old, new) {
    case (nil, nil): throw EditProblem(.malformedDiff, "a diff's heading names `/dev/null` twice")
    case (nil, let new?): (path, kind) = (new, .creation)
    case (let old?, nil): (path, kind) = (old, .deletion)
    case (let old?, let new?):
      guard old == new else {
        throw EditProblem(
          .malformedDiff, "a diff's heading names two files, \(Quoted.path(old)) and \(Quoted.path(new))",
          advice: "A diff may not rename files: delete the old one and give the new one whole.")
      }
      (path, kind) = (old, .change)
    }
    index += 2
  }

  /// The path of a line such as `--- a/src/x.py`; nil for `/dev/null`. A date behind a tab is left out.
  private static func path(_ line: ArraySlice<UInt8>, prefix: String, known: (String) -> Bool) -> String? {
    let rest = FileText.trimmed(line.dropFirst(4).prefix { $0 != 0x09 })
    let path = String(decoding: rest, as: UTF8.self)
    guard path != "/dev/null" else { return nil }
    guard path.hasPrefix(prefix) else { return path }
    let stripped = String(path.dropFirst(prefix.count))
    return !known(stripped) && known(path) ? path : stripped
  }

  private mutating func endFile() throws(EditProblem) {
    defer { (path, hunks, kind) = (nil, [], .change) }
    if path != nil, hunks.isEmpty, kind != .deletion {
      throw EditProblem(.malformedDiff, "the diff of \(Quoted.path(path ?? "")) has no hunk")
    }
    guard path != nil || !hunks.isEmpty else { return }
    switch kind {
    case .change: parts.append(Part(path: path, form: .hunks(hunks)))
    case .deletion: parts.append(Part(path: path, form: .deletion))
    case .creation:
      var content: [UInt8] = []
      for line in hunks.flatMap(\.new) { content += Array(line) + [0x0a] }
      if hunks.last?.newEndsOpen == true, !content.isEmpty { content.removeLast() }
      parts.append(Part(path: path, form: .creation(content)))
    }
  }

  private mutating func readHunk() throws(EditProblem) {
    var (hunk, counts) = Self.heading(lines[index])
    index += 1
    // Empty lines are context that lost its space, if more of the hunk follows.
    var blanks: [ArraySlice<UInt8>] = []
    func append(_ kind: DiffHunk.Kind, _ text: ArraySlice<UInt8>) {
      hunk.lines.append(.init(kind: kind, text: text))
      if kind != .added { counts?.old -= 1 }
      if kind != .removed { counts?.new -= 1 }
    }
    reading: while index < lines.count {
      let line = lines[index]
      if line.isEmpty {
        if !isFenced, let counts, counts == (blanks.count, blanks.count) {
          try requireProse(after: index)
          break
        }
        blanks.append(line)
        index += 1
        continue
      }
      if Self.isHeading(lines, at: index), index + 2 < lines.count, lines[index + 2].starts(with: "@@".utf8) { break }
      switch line.first {
      case UInt8(ascii: " "), UInt8(ascii: "+"), UInt8(ascii: "-"):
        for blank in blanks { append(.context, blank) }
        blanks = []
        let kind: DiffHunk.Kind =
          line.first == UInt8(ascii: " ") ? .context : line.first == UInt8(ascii: "+") ? .added : .removed
        append(kind, line.dropFirst())
      case UInt8(ascii: "\\"):
        if hunk.lines.last?.kind != .added { hunk.oldEndsOpen = true }
        if hunk.lines.last?.kind != .removed { hunk.newEndsOpen = true }
      default:
        if !isFenced, !Self.isExtra(line), !line.starts(with: "@@".utf8) {
          // Prose, or context that lost its space: only the counts, or an empty line, can tell.
          let isSettled = counts.map { $0 == (0, 0) || $0 == (blanks.count, blanks.count) } ?? !blanks.isEmpty
          guard isSettled else { throw Self.unclearEnd }
        }
        break reading
      }
      index += 1
    }
    for blank in blanks.prefix(max(0, min(counts?.old ?? 0, counts?.new ?? 0))) { append(.context, blank) }
    guard !hunk.lines.isEmpty else { throw EditProblem(.malformedDiff, "a hunk of the diff is empty") }
    hunks.append(hunk)
  }

  /// Behind the last line that a hunk counts, what follows an empty line is prose, or the count is wrong.
  private func requireProse(after start: Int) throws(EditProblem) {
    guard let next = lines[start...].firstIndex(where: { !$0.isEmpty }), !Self.isHeading(lines, at: next),
      let first = lines[next].first, [0x20, 0x2b, 0x2d].contains(first)
    else { return }
    let isBullet = first != 0x20 && lines[next].dropFirst().first == 0x20
    guard !isBullet else { return }
    throw Self.unclearEnd
  }

  private static let unclearEnd = EditProblem(
    .malformedDiff, "a hunk is not as long as its heading says, so where it ends cannot be told",
    advice: "Put the diff into a fence marked `diff`.")

  /// Reads `@@ -12,3 +12,4 @@`; a heading without numbers is taken as one that does not say where it belongs.
  private static func heading(_ line: ArraySlice<UInt8>) -> (DiffHunk, (old: Int, new: Int)?) {
    let words = line.split(separator: 0x20, maxSplits: 4).map { String(decoding: $0, as: UTF8.self) }
    func range(_ word: String, _ sign: Character) -> (start: Int, count: Int)? {
      guard word.first == sign else { return nil }
      let numbers = word.dropFirst().split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard let start = numbers.first ?? nil, start >= 0, numbers.count <= 2 else { return nil }
      guard numbers.count == 2 else { return (start, 1) }
      guard let count = numbers[1], count >= 0, count < 1 << 40 else { return nil }
      return (start, count)
    }
    guard words.count >= 3, let old = range(words[1], "-"), let new = range(words[2], "+") else {
      return (DiffHunk(), nil)
    }
    return (DiffHunk(start: old.start), (old.count, new.count))
  }
}
