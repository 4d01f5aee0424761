/// Finds what an agent may have meant with a text that a file does not have.
struct NearestLines {
  /// Lines that are shown.
  private static let most = 12
  /// Occurrences of one line that are looked at; a line with more says little.
  private static let mostPlaces = 20
  let file: FileText

  /// Returns whole sentences and the nearest lines between fences.
  func advice(path: String, lines: [ArraySlice<UInt8>]) -> String {
    guard file.lineCount > 0 else { return "\(Quoted.path(path)) is empty." }
    guard let start = nearest(to: lines) else { return "No line of \(Quoted.path(path)) resembles it." }
    let range = start..<min(file.lineCount, start + min(Self.most, max(3, lines.count)))
    let parts = range.map { Fence.Part.line(CleanText.visible(file.line($0).prefix(1_000))) }
    return """
      Copy it from the file to the letter, indentation included. The nearest lines there are:
      \(Fence.verbatim("file", "\(Quoted.path(path)), lines \(range.lowerBound + 1) to \(range.upperBound)", parts))
      """
  }

  /// The line at which most of the lines stand where they would have to, blanks around them aside; else the most similar one.
  private func nearest(to lines: [ArraySlice<UInt8>]) -> Int? {
    var places: [ArraySlice<UInt8>: [Int]] = [:]
    for index in 0..<file.lineCount {
      let line = Self.bare(file.line(index))
      if line.count > 1, places[line, default: []].count < Self.mostPlaces { places[line, default: []].append(index) }
    }
    var votes: [Int: Int] = [:]
    for (offset, line) in lines.enumerated() {
      for place in places[Self.bare(line)] ?? [] where place >= offset { votes[place - offset, default: 0] += 1 }
    }
    if let best = votes.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }) { return best.key }
    guard let longest = lines.indices.max(by: { Self.bare(lines[$0]).count < Self.bare(lines[$1]).count }) else {
      return nil
    }
    return mostSimilar(to: Self.bare(lines[longest])).map { max(0, $0 - longest) }
  }

  /// The line that shares most pairs of neighbouring bytes with another, relative to both lengths (Dice's coefficient).
  private func mostSimilar(to line: ArraySlice<UInt8>) -> Int? {
    var pairs = [Bool](repeating: false, count: 1 << 16)
    for pair in Self.pairs(of: line.prefix(1_000)) { pairs[pair] = true }
    var best: (index: Int, score: Double)?
    for index in 0..<file.lineCount {
      let bare = Self.bare(file.line(index)).prefix(1_000)
      let shared = Self.pairs(of: bare).count { pairs[$0] }
      let score = 2 * Double(shared) / Double(bare.count + min(1_000, line.count) + 1)
      if score > best?.score ?? 0.3 { best = (index, score) }
    }
    return best?.index
  }

  private static func pairs(of line: ArraySlice<UInt8>) -> some Sequence<Int> {
    zip(line, line.dropFirst()).lazy.map { Int($0) << 8 | Int($1) }
  }

  private static func bare(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    FileText.trimmed(line).drop { $0 == 0x20 || $0 == 0x09 }
  }
}
