import PawlReferee

/// A text cut into passages of a few hundred bytes: the documents of a study.
struct PassageText {
  struct Passage: Equatable {
    var text: String
    var fields: [String: String] = [:]
  }
  let passages: [Passage]

  /// Bytes from which a passage is long enough, and which it never exceeds.
  static let bytes = 200...400
  /// The first book of the New Testament, of which `bible` says `Mat`.
  private static let firstNewBook = "Mat"

  /// Lines of a text one after the other, until there are enough; what is longer than a passage is cut between words.
  init(_ text: [UInt8]) { passages = Self.join(text.split(separator: 0x0a).map { (Array($0), [:]) }) }

  /// Verses as `bible -f` prints them, such as `Ge1:1 In the beginning…`; a passage stays within a chapter.
  init(verses text: [UInt8]) {
    var isNew = false
    passages = Self.join(
      text.split(separator: 0x0a).map { line in
        let reference = line.prefix { $0 != 0x20 }
        let place = String(decoding: reference.prefix { $0 != 0x3a }, as: UTF8.self)
        let chapter = String(String(place.reversed().prefix { $0.isNumber }).reversed())
        let book = String(place.dropLast(chapter.count))
        if book == Self.firstNewBook { isNew = true }
        return (
          Array(line.dropFirst(reference.count + 1)),
          ["book": book, "chapter": chapter, "testament": isNew ? "new" : "old"]
        )
      })
  }

  private static func join(_ lines: [(bytes: [UInt8], fields: [String: String])]) -> [Passage] {
    var passages: [Passage] = []
    var (current, fields): ([UInt8], [String: String]) = ([], [:])
    func finish() {
      defer { current = [] }
      // What is short, or no text, is left out.
      guard current.count >= bytes.lowerBound / 2, current.allSatisfy({ $0 >= 0x20 }),
        let text = String(validating: current, as: UTF8.self)
      else { return }
      passages.append(Passage(text: text, fields: fields))
    }
    for line in lines {
      if line.fields != fields { finish() }
      fields = line.fields
      for piece in cut(line.bytes) {
        if current.count + 1 + piece.count > bytes.upperBound { finish() }
        current += (current.isEmpty ? [] : [0x20]) + piece
        if current.count >= bytes.lowerBound { finish() }
      }
    }
    finish()
    return passages
  }

  /// Cuts a line that is longer than a passage between words.
  private static func cut(_ line: [UInt8]) -> [[UInt8]] {
    var (pieces, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], line.drop { $0 == 0x20 })
    while rest.last == 0x20 { rest.removeLast() }
    while rest.count > bytes.upperBound {
      let head = rest.prefix(bytes.upperBound)
      let end = head.lastIndex(of: 0x20) ?? head.endIndex
      pieces.append(Array(rest[..<end]))
      rest = rest[end...].drop { $0 == 0x20 }
    }
    return pieces + [Array(rest)]
  }
}
