/// The hints of a file by line, each comment read once for a line however many constants share it.
struct LineHints {
  private let source: TokenizedSource
  private var newest: (line: Int, hint: KnobHint?)?
  /// Bytes looked at so far; at most twice the file's while lines do not fall.
  private(set) var bytesRead = 0

  init(_ source: TokenizedSource) { self.source = source }

  /// Returns what the comments say of the constants of a line, counted from 0.
  mutating func hint(line: Int) -> KnobHint? {
    if let newest, newest.line == line { return newest.hint }
    let hint = read(line)
    newest = (line, hint)
    return hint
  }

  /// The comment on the constant's own line comes before one that has the line above for itself.
  private mutating func read(_ line: Int) -> KnobHint? {
    if let comment = source.comments[line], let hint = parse(comment) { return hint }
    guard line > 0, let above = source.comments[line - 1] else { return nil }
    let start = source.lineStarts[line - 1]
    bytesRead += above.lowerBound - start
    guard source.bytes[start..<above.lowerBound].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return nil }
    return parse(above)
  }

  private mutating func parse(_ comment: Range<Int>) -> KnobHint? {
    bytesRead += comment.count
    return KnobHint(comment: source.text(comment))
  }
}
