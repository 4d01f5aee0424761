/// A file's lines as numbers, equal lines the same one, so that blocks of lines are searched for quickly.
struct LineTable {
  private var numbers: [ArraySlice<UInt8>: Int32] = [:]
  private let lines: [Int32]
  private let isTrimmed: Bool

  /// - Parameter isTrimmed: Whether blanks at the end of lines count for nothing.
  init(_ file: FileText, isTrimmed: Bool) {
    self.isTrimmed = isTrimmed
    var numbers: [ArraySlice<UInt8>: Int32] = [:]
    lines = (0..<file.lineCount).map { index in
      let line = isTrimmed ? file.trimmed(index) : file.line(index)
      if let number = numbers[line] { return number }
      let number = Int32(truncatingIfNeeded: numbers.count)
      numbers[line] = number
      return number
    }
    self.numbers = numbers
  }

  /// Returns the first lines of where the block stands, at most `limit` of them.
  func places(of block: [ArraySlice<UInt8>], limit: Int) -> [Int] {
    var needle: [Int32] = []
    needle.reserveCapacity(block.count)
    for line in block {
      guard let number = numbers[isTrimmed ? FileText.trimmed(line) : line] else { return [] }
      needle.append(number)
    }
    return Occurrences.of(needle, in: lines, limit: limit)
  }

  /// Says whether the block stands at a line.
  func holds(_ block: [ArraySlice<UInt8>], at index: Int) -> Bool {
    guard index >= 0, index <= lines.count, block.count <= lines.count - index else { return false }
    return block.indices.allSatisfy {
      numbers[isTrimmed ? FileText.trimmed(block[$0]) : block[$0]] == lines[index + $0]
    }
  }
}
