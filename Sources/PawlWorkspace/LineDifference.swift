/// How many lines a new content adds and removes, lines counted with their line breaks.
enum LineDifference {
  static func count(from old: [UInt8], to new: [UInt8]) -> LineCount {
    var numbers: [ArraySlice<UInt8>: Int] = [:]
    var before = lines(old, &numbers)[...]
    var after = lines(new, &numbers)[...]
    while let first = before.first, first == after.first {
      before.removeFirst()
      after.removeFirst()
    }
    while let last = before.last, last == after.last {
      before.removeLast()
      after.removeLast()
    }
    // Myers' algorithm takes time in proportion to size times difference; past this a rewrite counts as all old for all new.
    if before.isEmpty || after.isEmpty || before.count + after.count > 6_000 {
      return LineCount(added: after.count, removed: before.count)
    }
    let difference = Array(after).difference(from: Array(before))
    return LineCount(added: difference.insertions.count, removed: difference.removals.count)
  }

  /// Returns one number a line, the same for the same line.
  private static func lines(_ text: [UInt8], _ numbers: inout [ArraySlice<UInt8>: Int]) -> [Int] {
    var lines: [Int] = []
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: 0x0a).map { $0 + 1 } ?? text.count
      let line = text[start..<end]
      let number = numbers[line] ?? numbers.count
      numbers[line] = number
      lines.append(number)
      start = end
    }
    return lines
  }
}
