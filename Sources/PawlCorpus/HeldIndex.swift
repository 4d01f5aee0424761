/// Each run of so many words of evaluation text, so that none of it is learnt.
///
/// Words are those of `TextTokens`, so case, spacing and line breaks do not hide a text. A held text that is shorter than a run is found where a
/// text is the whole of it. About 20 bytes a held word.
package struct HeldIndex: Sendable {
  /// Where evaluation text stands.
  package struct Place: Sendable, Hashable {
    /// The number of the file, in the order in which files were begun.
    package var file: Int
    /// The line on which the run begins, from 1.
    package var line: Int
  }
  /// A text that has a run in common with evaluation text.
  package struct Match: Sendable, Hashable {
    package var place: Place
    /// The text's word with which the run begins, from 1.
    package var word: Int
    /// Whether the text is the whole of a held one that is shorter than a run.
    package var isWhole: Bool
  }

  package let length: Int
  private var runs = DigestTable()
  private var wholes = DigestTable()
  private var places: [Place] = []
  private var files = 0
  private var tokens = TextTokens()
  /// The last words of the stream, fewer than a run, and the line of each.
  private var tail: [UInt64] = []
  private var tailPlaces: [Int] = []

  /// Throws `.badSetting` for a run of no words.
  package init(length: Int) throws(CorpusError) {
    guard length > 0 else {
      throw CorpusError(.badSetting, "`overlap` is \(length)", hints: ["it is a number of words from 1, as 50"])
    }
    self.length = length
  }

  package var isEmpty: Bool { runs.count == 0 && wholes.count == 0 }

  /// Begins a file; what follows does not go on from the file before.
  package mutating func beginFile() {
    files += 1
    endText()
  }

  /// Adds a line; its words follow those of the line before, until `endText`.
  package mutating func add(_ text: String, line: Int) {
    tokens.read(text)
    guard !tokens.hashes.isEmpty else { return }
    places.append(Place(file: files - 1, line: line))
    let place = places.count - 1
    if tokens.hashes.count < length { wholes.insert(Self.whole(tokens.hashes), place) }
    let words = tail + tokens.hashes
    let lines = tailPlaces + repeatElement(place, count: tokens.hashes.count)
    RollingWindows.forEach(of: length, in: words) { digest, start in runs.insert(digest, lines[start]) }
    tail = Array(words.suffix(length - 1))
    tailPlaces = Array(lines.suffix(length - 1))
  }

  /// Ends a text, so that no run reaches from it into the next.
  package mutating func endText() {
    tail = []
    tailPlaces = []
  }

  /// Returns the first run that a text, given by its words, has in common with evaluation text; nil where there is none.
  package func match(_ words: [UInt64]) -> Match? {
    var found: Match?
    if words.count < length {
      guard !words.isEmpty, let place = wholes[Self.whole(words)] else { return nil }
      return Match(place: places[place], word: 1, isWhole: true)
    }
    guard runs.count > 0 else { return nil }
    RollingWindows.forEach(of: length, in: words) { digest, start in
      guard found == nil, let place = runs[digest] else { return }
      found = Match(place: places[place], word: start + 1, isWhole: false)
    }
    return found
  }

  private static func whole(_ words: [UInt64]) -> UInt64 {
    words.reduce(UInt64(words.count)) { mixed($0 &* 0x9e37_79b9_7f4a_7c15 ^ $1) }
  }
}
