/// The lines that may hold one pattern's number, kept few however many there are.
///
/// Regular expressions are slow, so they run late: over batches, newest line first, and once the count is settled only until the
/// first match. A stream of nothing but metric lines costs one match in 64 lines.
struct LineTrack: Sendable {
  /// The number of lines that wait to be matched; also where counting ends.
  static let batchLimit = 64
  let pattern: MetricPattern
  /// The lines that wait to be matched, one behind the other, and where each ends: no allocation per line.
  private var waiting: [UInt8] = []
  private var ends: [Int] = []
  /// The newest match among the lines already looked at.
  private(set) var newest: MetricPattern.Capture?
  /// Matching lines, exact up to `batchLimit`.
  private(set) var count = 0
  /// The last line that was looked at in vain, for the remark.
  private(set) var nearMiss: String?

  init(pattern: MetricPattern) { self.pattern = pattern }

  var isEmpty: Bool { ends.isEmpty && newest == nil && nearMiss == nil }

  /// Takes a line as it was printed, without its break.
  mutating func append(_ line: UnsafeRawBufferPointer) {
    let start = waiting.count
    if line.contains(TerminalText.escape) {
      waiting.append(contentsOf: TerminalText.stripped(line))
    } else {
      waiting.append(contentsOf: line)
    }
    guard waiting[start...].starts(with: pattern.literals.prefix) else {
      waiting.removeSubrange(start...)
      return
    }
    ends.append(waiting.count)
    if ends.count == Self.batchLimit { settle() }
  }

  /// Forgets every line, as `---` asks.
  mutating func reset() {
    waiting.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    newest = nil
    count = 0
    nearMiss = nil
  }

  /// Matches the lines that wait.
  mutating func settle() {
    var found: MetricPattern.Capture?
    for index in ends.indices.reversed() {
      let start = index == 0 ? 0 : ends[index - 1]
      let text = String(decoding: waiting[start..<ends[index]], as: UTF8.self)
      if let capture = pattern.capture(in: text) {
        count += 1
        if found == nil { found = capture }
        if count > Self.batchLimit { break }
      } else if found == nil, nearMiss == nil {
        nearMiss = text
      }
    }
    newest = found ?? newest
    waiting.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }
}

/// What a terminal would show of a line.
enum TerminalText {
  static let escape: UInt8 = 0x1b

  /// Returns the bytes without escape sequences (ECMA-48 CSI and OSC, and two-byte ones).
  static func stripped(_ line: UnsafeRawBufferPointer) -> [UInt8] {
    guard line.contains(escape) else { return Array(line) }
    var result: [UInt8] = []
    result.reserveCapacity(line.count)
    var index = 0
    while index < line.count {
      guard line[index] == escape else {
        result.append(line[index])
        index += 1
        continue
      }
      index = end(of: line, from: index)
    }
    return result
  }

  private static func end(of line: UnsafeRawBufferPointer, from start: Int) -> Int {
    guard start + 1 < line.count else { return line.count }
    var index = start + 2
    switch line[start + 1] {
    case UInt8(ascii: "["):
      while index < line.count, !(0x40...0x7e).contains(line[index]) { index += 1 }
      return index + 1
    case UInt8(ascii: "]"):
      while index < line.count, line[index] != 0x07, line[index] != escape { index += 1 }
      // A string terminator is BEL or ESC \.
      return index < line.count && line[index] == escape ? index + 2 : index + 1
    default: return index
    }
  }
}
