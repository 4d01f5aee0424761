#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The newest lines that may hold one pattern's number, kept within bounds however many there are.
///
/// Regular expressions are slow (megabytes a second), so they run when the output has ended, newest line first. Where the lines
/// that wait outgrow `waitingLimit`, the older half is forgotten after a look at its newest few. So a match is found unless
/// more than half of the limit in lines that hold the pattern's word, but do not match, follows it.
struct LineTrack: Sendable {
  /// Where counting matches ends.
  static let countLimit = 64
  /// What waits, in bytes, each line counted with its place in the list.
  static let waitingLimit = 1 << 20
  private static let lineCost = 8
  /// How much is looked at before the older half is forgotten, so that the scan keeps up with a flood of such lines.
  private static let linesLookedAt = 64
  private static let bytesLookedAt = 2 << 10
  let pattern: MetricPattern
  /// The lines that wait to be matched, one behind the other as they were printed, and where each ends: no allocation per line.
  private var waiting: [UInt8] = []
  private var ends: [Int] = []
  /// The newest match among the lines already looked at.
  private(set) var newest: MetricPattern.Capture?
  /// Matching lines, exact up to `countLimit` where nothing was forgotten.
  private(set) var count = 0
  /// The last line that was looked at in vain, for the remark.
  private(set) var nearMiss: String?

  init(pattern: MetricPattern) { self.pattern = pattern }

  var isEmpty: Bool { ends.isEmpty && newest == nil && nearMiss == nil }

  /// What waits, as `waitingLimit` counts it.
  var waitingBytes: Int { waiting.count + ends.count * Self.lineCost }

  /// Takes a line as it was printed, without its break.
  mutating func append(_ line: UnsafeRawBufferPointer) {
    guard TerminalText.starts(line, with: pattern.literals.prefix) else { return }
    waiting.append(contentsOf: line)
    ends.append(waiting.count)
    if waitingBytes > Self.waitingLimit { forgetOlderHalf() }
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
    match(ends.indices, lines: .max, bytes: .max)
    waiting.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  private mutating func forgetOlderHalf() {
    var old = 1
    while old < ends.count - 1, ends[old] + (old + 1) * Self.lineCost <= Self.waitingLimit / 2 { old += 1 }
    match(0..<old, lines: Self.linesLookedAt, bytes: Self.bytesLookedAt)
    let cut = ends[old - 1]
    waiting.removeSubrange(..<cut)
    ends.removeSubrange(..<old)
    for index in ends.indices { ends[index] -= cut }
  }

  /// Matches some lines from the newest to the oldest, until so many lines or bytes were looked at.
  private mutating func match(_ indices: Range<Int>, lines: Int, bytes: Int) {
    var found: MetricPattern.Capture?
    var missed: String?
    var bytesLeft = bytes
    for index in indices.suffix(lines).reversed() {
      let start = index == 0 ? 0 : ends[index - 1]
      bytesLeft -= ends[index] - start
      guard bytesLeft >= 0 else { break }
      let text = waiting[start..<ends[index]].withUnsafeBytes {
        $0.contains(TerminalText.escape)
          ? String(decoding: TerminalText.stripped($0), as: UTF8.self) : String(decoding: $0, as: UTF8.self)
      }
      if let capture = pattern.capture(in: text) {
        count += 1
        if found == nil { found = capture }
        if count > Self.countLimit { break }
      } else if found == nil, missed == nil {
        missed = text
      }
    }
    newest = found ?? newest
    nearMiss = missed ?? nearMiss
  }
}

/// What a terminal would show of a line.
enum TerminalText {
  static let escape: UInt8 = 0x1b

  /// Says whether the text without its escape sequences starts with `prefix`; no copy is made of it.
  static func starts(_ line: UnsafeRawBufferPointer, with prefix: [UInt8]) -> Bool {
    var index = 0
    for byte in prefix {
      while index < line.count, line[index] == escape { index = end(of: line, from: index) }
      guard index < line.count, line[index] == byte else { return false }
      index += 1
    }
    return true
  }

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
