/// Reads edits out of prose: search/replace blocks (as aider and OpenEvolve have them), unified diffs, whole files in fences.
struct TextReading {
  /// Fences inside of one another; each is looked through for itself.
  private static let deepest = 8
  private let lines: [ArraySlice<UInt8>]
  private let known: Set<String>
  private var index = 0
  private(set) var change = RequestedChange()
  /// What the prose starts with.
  private(set) var firstProse: String?
  /// A path that stands alone on the line before, empty lines and fences aside.
  private var heading: String?
  /// The one editable file that the prose named last, in backticks.
  private var mention: String?
  /// The file of the block before.
  private var lastPath: String?
  /// Fences around search/replace blocks, which mean nothing.
  private var openFences: [CodeFence] = []
  private var hasWholeFile = false
  /// Fenced code that belongs to no path.
  private(set) var snippets = 0

  /// - Parameter known: The paths of the editable files.
  init(_ text: String, known: Set<String>) {
    lines = DiffReading.lines(of: text)
    self.known = known
  }

  /// What a model that thinks aloud wrote between `<think>` and `</think>` at its start is no part of its answer.
  static func withoutThinking(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let start = bytes.drop { $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }
    guard start.starts(with: "<think>".utf8),
      let end = Occurrences.of(Array("</think>".utf8), in: bytes, limit: 1).first
    else { return text }
    return String(decoding: bytes[(end + 8)...], as: UTF8.self)
  }

  mutating func run() throws(EditProblem) {
    while index < lines.count {
      let line = FileText.trimmed(lines[index])
      if line.isEmpty {
        index += 1
      } else if let width = Marker.search.width(of: line) {
        try readBlock(width: width)
      } else if let fence = CodeFence(opening: line) {
        if let open = openFences.last, open.isClosed(by: line) {
          openFences.removeLast()
          index += 1
        } else {
          try readFence(fence)
        }
      } else if DiffReading.isHeading(lines, at: index) || line.starts(with: "diff --git ".utf8) {
        let (parts, end) = try DiffReading.read(lines, from: index, isFenced: false, known: known.contains)
        try append(parts)
        index = max(end, index + 1)
      } else {
        readProse(line)
      }
    }
  }

  private mutating func readProse(_ line: ArraySlice<UInt8>) {
    index += 1
    let text = String(decoding: line, as: UTF8.self)
    if let path = ReplyWords.deletion(in: text), known.contains(path) {
      change.edits.append(RequestedEdit(path: path, form: .deletion))
    } else if let hypothesis = ReplyWords.hypothesis(in: text) {
      if change.hypothesis == nil { change.hypothesis = hypothesis.isEmpty ? nextLine() : hypothesis }
      heading = nil
    } else if let path = ReplyWords.path(in: text, known: known) {
      heading = path
    } else if change.take(text) {
      heading = nil
    } else {
      heading = nil
      if let path = ReplyWords.mention(in: text, known: known) { mention = path }
      if firstProse == nil { firstProse = text }
    }
  }

  private mutating func nextLine() -> String? {
    while index < lines.count, FileText.trimmed(lines[index]).isEmpty { index += 1 }
    guard index < lines.count, CodeFence(opening: lines[index]) == nil else { return nil }
    index += 1
    return String(decoding: lines[index - 1], as: UTF8.self)
  }

  /// The file that an edit without a path of its own is about.
  private func path() throws(EditProblem) -> String {
    if let path = heading ?? mention ?? lastPath ?? (known.count == 1 ? known.first : nil) { return path }
    throw EditProblem(
      .missingPath, "an edit does not say which file it is for",
      advice: "Write the file's path alone on the line before it.")
  }

  private mutating func readBlock(width: Int) throws(EditProblem) {
    let path = try path()
    let first = index + 1
    func problem(_ what: String, _ advice: String = "") -> EditProblem {
      EditProblem(.malformedBlock, "a search/replace block for \(Quoted.path(path)) \(what)", advice: advice)
    }
    var divider: Int?
    var end = first
    while end < lines.count {
      let line = FileText.trimmed(lines[end])
      if Marker.search.width(of: line) != nil { throw problem("has another one inside, or is not closed") }
      if Marker.divider.width(of: line) == width {
        guard divider == nil else {
          throw problem(
            "has two lines of `=` that could divide it",
            "A file that holds such lines is better given whole, in a fence with its path.")
        }
        divider = end
      }
      if Marker.replace.width(of: line) != nil { break }
      end += 1
    }
    guard end < lines.count else {
      throw problem("is not closed", "Each block ends with a line `>>>>>>> REPLACE`.")
    }
    guard let divider else { throw problem("has no line `=======`") }
    let (search, replacement) = (Array(lines[first..<divider]), Array(lines[(divider + 1)..<end]))
    change.edits.append(RequestedEdit(path: path, form: .lines(search: search, replacement: replacement)))
    (index, lastPath, heading, mention) = (end + 1, path, nil, nil)
  }

  private mutating func readFence(_ fence: CodeFence) throws(EditProblem) {
    var end = index + 1
    var nested: Int?
    while end < lines.count {
      let line = lines[end]
      if Marker.search.width(of: FileText.trimmed(line)) != nil {
        guard openFences.count < Self.deepest else {
          throw EditProblem(.nestedFence, "code fences stand inside of one another around a search/replace block")
        }
        openFences.append(fence)
        index += 1
        return
      }
      if fence.isClosed(by: line) { break }
      if nested == nil, let inner = CodeFence(opening: line), inner.mark == fence.mark, inner.width >= fence.width {
        nested = end
      }
      end += 1
    }
    let content = lines[(index + 1)..<end]
    let isClosed = end < lines.count
    // A fence that closes nothing and holds nothing, at the end.
    if !isClosed, fence.info.isEmpty, content.allSatisfy(\.isEmpty) { return index = end }
    let isDiff = fence.isDiff || DiffReading.isHeading(lines, at: index + 1)
    let path = isDiff ? nil : ReplyWords.path(inInfo: fence.info, known: known) ?? heading
    guard isClosed || (path == nil && !isDiff) else {
      throw EditProblem(
        .malformedBlock, "a code fence\(path.map { " for \(Quoted.path($0))" } ?? "") is not closed",
        advice: "Close it with a line of as many backticks as it was opened with.")
    }
    if isDiff {
      let (parts, _) = try DiffReading.read(Array(content), isFenced: true, known: known.contains)
      try append(parts)
    } else if let path {
      if nested != nil { throw nestedFence(path) }
      let bytes = content.reduce(into: [UInt8]()) { $0 += $1 + [0x0a] }
      change.edits.append(RequestedEdit(path: path, form: .fenced(bytes)))
      (hasWholeFile, lastPath) = (true, path)
    } else {
      // What looks like bare code after a whole file may be that file's rest, behind a fence of its own.
      if hasWholeFile, fence.info.isEmpty { throw nestedFence(lastPath ?? "") }
      snippets += 1
    }
    heading = nil
    index = min(lines.count, end + 1)
  }

  private func nestedFence(_ path: String) -> EditProblem {
    EditProblem(
      .nestedFence,
      "a code fence stands inside of the content of \(Quoted.path(path)), so where it ends cannot be told",
      advice: "Open and close the content with more backticks than any line in it starts with.")
  }

  private mutating func append(_ parts: [DiffReading.Part]) throws(EditProblem) {
    for part in parts {
      let path: String
      if let named = part.path { path = named } else { path = try self.path() }
      change.edits.append(RequestedEdit(path: path, form: part.form))
    }
    heading = nil
  }
}
