import PawlCore

/// Holds what is asked for against one file of the parent: each edit fits at exactly one place, and no two meet.
struct FileEditing {
  /// Places of an ambiguous text that are named.
  private static let mostPlaces = 5
  private let path: String
  private let file: FileText
  private lazy var exact = LineTable(file, isTrimmed: false)
  private lazy var trimmed = LineTable(file, isTrimmed: true)
  private var replacements: [(range: Range<Int>, bytes: [UInt8])] = []

  init(path: String, file: FileText) {
    self.path = path
    self.file = file
  }

  private var shown: String { Quoted.path(path) }
  private var lineBreak: [UInt8] { file.lineBreak ?? FileText.lineFeed }

  /// Returns the file's new bytes.
  func result() throws(EditProblem) -> [UInt8] {
    let ordered = replacements.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var result: [UInt8] = []
    var end = 0
    var last: Range<Int>?
    for (range, bytes) in ordered {
      if range.lowerBound < end || range == last {
        let line = file.line(holding: range.lowerBound) + 1
        throw EditProblem(
          .overlap, "two edits of \(shown) overlap at line \(line)",
          advice: "All edits are meant for the file as it was shown; put those that touch the same lines into one.")
      }
      result += file.bytes[end..<range.lowerBound]
      result += bytes
      (end, last) = (range.upperBound, range)
    }
    return result + file.bytes[end...]
  }

  private mutating func replace(_ range: Range<Int>, by bytes: [UInt8]) { replacements.append((range, bytes)) }

  private func noChange() -> EditProblem {
    EditProblem(
      .noChange, "an edit of \(shown) changes nothing: what it searches for and what it puts there are the same")
  }

  /// Replaces a text that may lie within lines.
  mutating func apply(search: [UInt8], replacement: [UInt8]) throws(EditProblem) {
    let (search, replacement) = (file.adopting(search), file.adopting(replacement))
    guard search != replacement else { throw noChange() }
    let places = Occurrences.of(search, in: file.bytes, limit: Self.mostPlaces + 1)
    if places.count > 1 { throw ambiguous(places.map { file.line(holding: $0) }) }
    if let place = places.first { return replace(place..<place + search.count, by: replacement) }
    let block = FileText(search)
    let lines = (0..<block.lineCount).map { block.line($0) }
    let place = try uniquePlace(of: lines)
    let last = place + lines.count - 1
    let whole = file.start(of: place)..<file.start(of: last + 1)
    if !block.endsWithBreak {
      let end = whole.upperBound - (file.whole(last).count - file.line(last).count)
      return replace(whole.lowerBound..<end, by: replacement)
    }
    // The file's last line may lack the break that the search has.
    let lacksBreak = last + 1 == file.lineCount && !file.endsWithBreak
    replace(whole, by: lacksBreak ? Array(FileText(replacement).withoutLastBreak) : replacement)
  }

  /// Replaces whole lines.
  mutating func apply(lines: [ArraySlice<UInt8>], replacement: [ArraySlice<UInt8>]) throws(EditProblem) {
    guard !lines.elementsEqual(replacement, by: { $0.elementsEqual($1) }) else { throw noChange() }
    let places = exact.places(of: lines, limit: Self.mostPlaces + 1)
    if places.count > 1 { throw ambiguous(places) }
    let place: Int
    if let first = places.first { place = first } else { place = try uniquePlace(of: lines) }
    replaceLines(place..<place + lines.count, by: replacement, endsOpen: nil)
  }

  /// Replaces lines; where the last one of the file goes, `endsOpen` says whether the new last one lacks a break, nil for as before.
  private mutating func replaceLines(_ range: Range<Int>, by lines: [ArraySlice<UInt8>], endsOpen: Bool?) {
    var bytes: [UInt8] = []
    for line in lines { bytes += line + lineBreak }
    if range.upperBound == file.lineCount {
      let wasOpen = file.lineCount > 0 && !file.endsWithBreak
      let isBehindOpenLine = wasOpen && range.isEmpty
      if isBehindOpenLine { bytes = lineBreak + bytes }
      if endsOpen ?? wasOpen, bytes.count >= lineBreak.count { bytes.removeLast(lineBreak.count) }
    }
    replace(file.start(of: range.lowerBound)..<file.start(of: range.upperBound), by: bytes)
  }

  /// The one place of lines where blanks at their ends do not count.
  private mutating func uniquePlace(of lines: [ArraySlice<UInt8>]) throws(EditProblem) -> Int {
    let places = trimmed.places(of: lines, limit: Self.mostPlaces + 1)
    if places.count > 1 { throw ambiguous(places) }
    guard let place = places.first else {
      throw EditProblem(
        .searchNotFound, "the text to search for in \(shown) does not occur in it",
        advice: NearestLines(file: file).advice(path: path, lines: lines))
    }
    return place
  }

  private func ambiguous(_ lines: [Int]) -> EditProblem {
    let isMore = lines.count > Self.mostPlaces
    let numbers = lines.prefix(Self.mostPlaces).map { String($0 + 1) }.joined(separator: ", ")
    let times = isMore ? "more than \(Self.mostPlaces) times" : "\(lines.count) times"
    return EditProblem(
      .searchAmbiguous,
      "the text to search for in \(shown) occurs \(times), at lines \(numbers)\(isMore ? " and others" : "")",
      advice: "Take in lines around the one that you mean, until it occurs once.")
  }

  /// Applies a hunk where it says it belongs, or at the one place that its old lines fit.
  mutating func apply(_ hunk: DiffHunk) throws(EditProblem) {
    guard hunk.lines.contains(where: { $0.kind != .context }) else {
      throw EditProblem(.noChange, "a hunk of the diff of \(shown) changes nothing")
    }
    var line = try place(of: hunk)
    var start = line
    var added: [ArraySlice<UInt8>] = []
    // Context may be shared by two hunks, so only what changes is replaced.
    for entry in hunk.lines + [.init(kind: .context, text: [])] {
      switch entry.kind {
      case .added: added.append(entry.text)
      case .removed: line += 1
      case .context:
        if start < line || !added.isEmpty {
          let endsOpen: Bool? = hunk.newEndsOpen ? true : hunk.oldEndsOpen ? false : nil
          replaceLines(start..<line, by: added, endsOpen: endsOpen)
        }
        line += 1
        (start, added) = (line, [])
      }
    }
  }

  private mutating func place(of hunk: DiffHunk) throws(EditProblem) -> Int {
    let old = hunk.old
    guard !old.isEmpty else {
      guard file.lineCount == 0 else {
        throw EditProblem(
          .searchAmbiguous, "a hunk of the diff of \(shown) has no context, so its place cannot be told",
          advice: "Give three lines of context around what is added.")
      }
      return 0
    }
    if let start = hunk.start, exact.holds(old, at: start - 1) { return start - 1 }
    let places = exact.places(of: old, limit: Self.mostPlaces + 1)
    if places.count > 1 { throw ambiguous(places) }
    if let place = places.first { return place }
    if let start = hunk.start, trimmed.holds(old, at: start - 1) { return start - 1 }
    return try uniquePlace(of: old)
  }
}

extension FileText {
  /// All bytes but the last line's break.
  var withoutLastBreak: ArraySlice<UInt8> {
    guard lineCount > 0, endsWithBreak else { return bytes[...] }
    return bytes.dropLast(whole(lineCount - 1).count - line(lineCount - 1).count)
  }
}
