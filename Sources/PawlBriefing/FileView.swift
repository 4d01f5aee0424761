/// A file as an agent sees it: whole where it fits, otherwise what changed lately, its beginning, and an outline of the rest.
struct FileView {
  let path: String
  private let lines: [String]
  private let costs: [Int]
  private let remarks: [String]
  /// Estimated tokens of the whole file.
  let cost: Int

  init(path: String, text: String) {
    self.path = path
    let file = FileText(text)
    lines = (0..<file.lineCount).map { CleanText.visible(file.line($0)) }
    costs = lines.map { TokenEstimate.tokens(in: $0) + 1 }
    cost = costs.reduce(0, +)
    var remarks: [String] = []
    if file.lineBreak == FileText.carriageReturnLineFeed { remarks.append("lines end with CR LF, which edits keep") }
    if file.lineCount > 0, !file.endsWithBreak { remarks.append("no line break at the end") }
    self.remarks = remarks
  }

  /// Returns the file between fences, at about so many tokens.
  ///
  /// - Parameter changed: Lines, as they are now, that changed lately; the newest change first.
  func rendered(tokens: Int, changed: [String]) -> String {
    let count = "\(lines.count) \(lines.count == 1 ? "line" : "lines")"
    let title = ([Quoted.path(path), count] + remarks).joined(separator: ", ")
    guard cost > tokens else { return Fence.verbatim("file", title, lines.map { .line($0) }) }
    let shown = selection(tokens: tokens * 3 / 4, changed: changed)
    let parts = parts(shown: shown, outlineTokens: tokens / 4)
    return Fence.verbatim(
      "file", "\(title); too long to be shown whole, so edit it by search and replace, where it is shown", parts)
  }

  /// Which lines are shown: around recent changes first, then from the beginning.
  private func selection(tokens: Int, changed: [String]) -> [Bool] {
    var shown = [Bool](repeating: false, count: lines.count)
    var left = tokens
    func show(_ range: Range<Int>, within limit: Int) -> Bool {
      for index in range where !shown[index] {
        guard costs[index] <= left - limit else { return false }
        (shown[index], left) = (true, left - costs[index])
      }
      return true
    }
    var places: [String: [Int]] = [:]
    for (index, line) in lines.enumerated() { places[line, default: []].append(index) }
    search: for line in changed where line.utf8.count > 3 {
      // A line that stands in many places says nothing of where the change was.
      guard let found = places[line], found.count < 4 else { continue }
      for index in found where !shown[index] {
        let window = max(0, index - 6)..<min(lines.count, index + 7)
        guard show(window, within: tokens / 3) else { break search }
      }
    }
    _ = show(0..<lines.count, within: 0)
    return shown
  }

  private func parts(shown: [Bool], outlineTokens: Int) -> [Fence.Part] {
    var parts: [Fence.Part] = []
    var (index, left) = (0, outlineTokens)
    while index < lines.count {
      guard !shown[index] else {
        parts.append(.line(lines[index]))
        index += 1
        continue
      }
      var end = index
      while end < lines.count, !shown[end] { end += 1 }
      var openers: [Fence.Part] = []
      for hidden in index..<end where opensBlock(hidden) {
        let text = CleanText.line(lines[hidden], limit: 100)
        // The word and the brackets cost about as much as a short line.
        let cost = TokenEstimate.tokens(in: text) + 16
        guard cost <= left else { break }
        left -= cost
        openers.append(.mark("line \(hidden + 1) is `\(text)`"))
      }
      parts.append(.mark(end - index == 1 ? "line \(end) left out" : "lines \(index + 1) to \(end) left out"))
      parts += openers
      index = end
    }
    return parts
  }

  /// Whether a line starts something that the lines after it belong to, as indentation tells in most languages.
  private func opensBlock(_ index: Int) -> Bool {
    let indentation = Self.indentation(of: lines[index])
    guard let indentation, indentation <= 4 else { return false }
    var next = index + 1
    while next < min(lines.count, index + 4) {
      if let deeper = Self.indentation(of: lines[next]) { return deeper > indentation }
      next += 1
    }
    return false
  }

  /// Columns before the first character; nil for an empty line.
  private static func indentation(of line: String) -> Int? {
    var columns = 0
    for byte in line.utf8 {
      switch byte {
      case 0x20: columns += 1
      case 0x09: columns += 4
      default: return columns
      }
    }
    return nil
  }
}

/// Names of files and agents inside a sentence.
enum Quoted {
  static func path(_ path: String) -> String { "`\(plain(path, limit: 200))`" }

  /// The text on one line, without what would end a quotation or look like a fence.
  static func plain(_ text: String, limit: Int) -> String {
    var result = ""
    for character in CleanText.line(text, limit: limit).unicodeScalars {
      switch character {
      case "`": result += "'"
      case "[": result += "("
      case "]": result += ")"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
