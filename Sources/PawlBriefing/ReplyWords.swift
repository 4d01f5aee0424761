/// The lines that divide a search/replace block: five to nine of one character, and a word.
enum Marker {
  case search, divider, replace

  /// How many characters it has; nil for a line that is no such marker.
  func width(of line: ArraySlice<UInt8>) -> Int? {
    let (character, words): (UInt8, [String]) =
      switch self {
      case .search: (UInt8(ascii: "<"), [" SEARCH", "SEARCH", " SEARCH>"])
      case .divider: (UInt8(ascii: "="), [""])
      case .replace: (UInt8(ascii: ">"), [" REPLACE", "REPLACE"])
      }
    guard line.first == character else { return nil }
    let rest = line.drop { $0 == character }
    let width = line.count - rest.count
    return (5...9).contains(width) && words.contains { rest.elementsEqual($0.utf8) } ? width : nil
  }
}

/// The opening line of fenced code (CommonMark, section 4.5).
struct CodeFence: Equatable {
  let mark: UInt8
  let width: Int
  /// What stands behind the marks.
  let info: String

  init?(opening line: ArraySlice<UInt8>) {
    let text = line.drop { $0 == 0x20 }
    guard line.count - text.count <= 3, let mark = text.first, mark == 0x60 || mark == 0x7e else { return nil }
    let rest = text.drop { $0 == mark }
    width = text.count - rest.count
    guard width >= 3, mark == 0x7e || !rest.contains(0x60) else { return nil }
    self.mark = mark
    info = String(decoding: rest.prefix(1_000), as: UTF8.self).trimmingBlanks()
  }

  func isClosed(by line: ArraySlice<UInt8>) -> Bool {
    guard let fence = CodeFence(opening: line) else { return false }
    return fence.mark == mark && fence.width >= width && fence.info.isEmpty
  }

  var isDiff: Bool {
    guard let word = info.utf8.split(separator: 0x20).first.map({ String(Substring($0)).lowercased() }) else {
      return false
    }
    return ["diff", "patch", "udiff"].contains(word)
  }
}

/// Lines of prose that mean something.
enum ReplyWords {
  /// Returns what follows `Hypothesis:`, which may be decorated as Markdown.
  static func hypothesis(in line: String) -> String? {
    value(of: "hypothesis", in: line)
  }

  /// Returns the names of a line such as "Cites: note 3, trial 12".
  static func cites(in line: String) -> [String]? {
    value(of: "cites", in: line).map { names in
      names.utf8.split { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }
        .map { String(Substring($0)).trimmingBlanks() }.filter { !$0.isEmpty }
    }
  }

  /// Returns what follows `Finding:`.
  static func finding(in line: String) -> String? { value(of: "finding", in: line) }

  /// Returns the path of a line such as "Delete: `src/old.py`".
  static func deletion(in line: String) -> String? {
    value(of: "delete", in: line).map(undecorated)
  }

  private static func value(of key: String, in line: String) -> String? {
    let decoration: (UInt8) -> Bool = { "#*_>- ".utf8.contains($0) }
    let text = line.utf8.drop(while: decoration)
    guard text.prefix(key.utf8.count).lazy.map({ $0 | 0x20 }).elementsEqual(key.utf8) else { return nil }
    let rest = text.dropFirst(key.utf8.count).drop { $0 == 0x2a || $0 == 0x5f }
    guard rest.first == UInt8(ascii: ":") else { return nil }
    return String(Substring(rest.dropFirst().drop { $0 == 0x2a || $0 == 0x5f })).trimmingBlanks()
  }

  /// Returns the path that a line consists of, decoration aside; nil where it says more, or no path.
  static func path(in line: String, known: Set<String>) -> String? {
    guard line.utf8.count <= 400 else { return nil }
    var text = line.trimmingBlanks()
    if known.contains(text) { return text }
    while let first = text.utf8.first, first == UInt8(ascii: "#") || first == UInt8(ascii: ">") {
      text = String(text.dropFirst()).trimmingBlanks()
    }
    for key in ["file", "path", "filename"] {
      if let value = value(of: key, in: text) { text = value }
    }
    return accepted(undecorated(text), known: known)
  }

  /// Returns the one known path that prose names in backticks, as in "Now in `src/model.py`:".
  static func mention(in line: String, known: Set<String>) -> String? {
    let parts = line.utf8.split(separator: 0x60, omittingEmptySubsequences: false).prefix(100)
    let named = Set(parts.enumerated().filter { $0.offset % 2 == 1 }.map { String(Substring($0.element)) })
    let paths = named.intersection(known)
    return paths.count == 1 ? paths.first : nil
  }

  /// Returns the path in what stands behind a fence's marks, as in `python src/x.py`, `python:src/x.py` and `path=src/x.py`.
  static func path(inInfo info: String, known: Set<String>) -> String? {
    let words = info.utf8.split(separator: 0x20).map { String(Substring($0)) }
    let values = words.map { word in
      let value = word.utf8.split(whereSeparator: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }).last
      return undecorated(value.map { String(Substring($0)) } ?? "")
    }
    let paths = values.compactMap { accepted($0, known: known) }
    return paths.first(where: known.contains) ?? paths.first
  }

  /// The text without Markdown's marks and quotes around it and a colon behind it.
  private static func undecorated(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let marks: (UInt8) -> Bool = { "*`'\" :{}".utf8.contains($0) }
    guard let first = bytes.firstIndex(where: { !marks($0) }), let last = bytes.lastIndex(where: { !marks($0) }) else {
      return ""
    }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }

  private static func accepted(_ text: String, known: Set<String>) -> String? {
    let plain = text.hasPrefix("./") ? String(text.dropFirst(2)) : text
    if known.contains(plain) { return plain }
    let bytes = Array(plain.utf8)
    guard !bytes.isEmpty, bytes.count <= 300, !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7f }) else { return nil }
    guard !plain.contains("://"), bytes.contains(where: { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a }) else { return nil }
    // A name with an ending, as prose has none.
    guard let point = bytes.lastIndex(of: UInt8(ascii: ".")), point > 0, bytes[point - 1] != UInt8(ascii: "/") else {
      return nil
    }
    let ending = bytes[(point + 1)...]
    let isEnding =
      (1...10).contains(ending.count)
      && ending.allSatisfy { ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || (0x30...0x39).contains($0) }
    return isEnding ? plain : nil
  }
}
