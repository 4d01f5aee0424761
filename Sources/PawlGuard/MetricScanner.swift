public import PawlCore

/// Finds the metric in a stream of output chunks, in one pass, without keeping the output.
///
/// Lines end at `\n` or `\r` (a progress bar overwrites itself), count up to their first 64 KiB, and lose their colour codes. A line
/// `---` starts the summary anew: only what follows the last one counts, and of that the last match, which is found unless more than 512 KiB of
/// lines that hold the pattern's word without a match follow it (any lines at all where the pattern requires no word). Memory is
/// bounded by 1 MiB for each pattern and one line that a chunk cuts in two. For use by one thread at a time.
public struct MetricScanner: Sendable {
  /// How much of a line is looked at.
  static let lineLimit = LineCutter.lineLimit
  private let rule: MetricRule
  private var metric: LineTrack
  private var memory: LineTrack?
  private var cutter = LineCutter()
  private var hasSeparator = false

  /// Fails with `badPattern` where a pattern of the rule is no regular expression or captures more than one group.
  public init(rule: MetricRule) throws(GuardError) {
    self.rule = rule
    metric = LineTrack(pattern: try MetricPattern(rule.pattern))
    if let pattern = rule.memoryPattern { memory = LineTrack(pattern: try MetricPattern(pattern)) }
  }

  /// Takes the next bytes of the output; they may end anywhere.
  public mutating func scan(_ chunk: UnsafeRawBufferPointer) {
    // Taken out for the time, since what it hands on changes the rest of the scanner.
    var lines = LineCutter()
    swap(&lines, &cutter)
    lines.feed(chunk) { scanLines($0) }
    swap(&lines, &cutter)
  }

  /// Returns the metric of all that was scanned.
  public mutating func finish() -> MetricReading {
    var lines = LineCutter()
    swap(&lines, &cutter)
    lines.finish { scanLines($0) }
    metric.settle()
    memory?.settle()
    var bytes: Bytes?
    if let capture = memory?.newest, case .number(let mebibytes) = PrintedNumber(capture),
      mebibytes >= 0, mebibytes < 1e12
    {
      bytes = Bytes(Int64(mebibytes * 1_048_576))
    }
    let (value, remark) = verdict()
    return MetricReading(value: value, remark: remark, memory: bytes)
  }

  private func verdict() -> (Double?, String?) {
    guard let capture = metric.newest else {
      let place = hasSeparator ? " after the last `---`" : ""
      let near = metric.nearMiss.map { "; the nearest was `\($0.shown())`" } ?? ""
      return (nil, "no line matched `\(rule.pattern.shown(limit: 200))`\(place)\(near)")
    }
    switch PrintedNumber(capture) {
    case .flaw(let flaw): return (nil, flaw)
    case .number(let value):
      if let range = rule.plausible, !range.contains(value) {
        return (nil, "metric `\(value)` is outside what is plausible: `\(range.lowerBound)` to `\(range.upperBound)`")
      }
      switch metric.count {
      case ...1: return (value, nil)
      case ...LineTrack.countLimit: return (value, "metric printed \(metric.count) times; the last one counts")
      default:
        return (value, "metric printed more than \(LineTrack.countLimit) times; the last one counts")
      }
    }
  }

  /// Scans whole lines; the last one may lack its break.
  private mutating func scanLines(_ lines: UnsafeRawBufferPointer) {
    // Before there is a line to forget, a separator means nothing: most of an output is searched for one word only.
    var metricHit = LiteralSearch(metric.pattern.literals.word, in: lines)
    var memoryHit = memory.map { LiteralSearch($0.pattern.literals.word, in: lines) }
    var separatorHit = LiteralSearch(Array("---".utf8), in: lines)
    var position = 0
    while position < lines.count {
      let first = min(metricHit.next(from: position), memoryHit?.next(from: position) ?? lines.count)
      let hasLines = !metric.isEmpty || memory?.isEmpty == false
      let separator = hasLines || first < lines.count ? separatorHit.next(from: position) : lines.count
      let hit = min(first, separator)
      guard hit < lines.count else { return }
      let (start, end) = Self.line(around: hit, from: position, in: lines)
      let line = UnsafeRawBufferPointer(rebasing: lines[start..<min(end, start + Self.lineLimit)])
      if separator < end, Self.isSeparator(line) {
        metric.reset()
        memory?.reset()
        hasSeparator = true
      }
      if metricHit.next(from: start) < start + line.count { metric.append(line) }
      if let word = memoryHit?.next(from: start), word < start + line.count { memory?.append(line) }
      position = end + 1
    }
  }

  /// Returns the line that holds `hit`; no line starts before `from`.
  private static func line(around hit: Int, from: Int, in lines: UnsafeRawBufferPointer) -> (start: Int, end: Int) {
    (LineBreaks.start(of: lines, at: hit, from: from), LineBreaks.next(in: lines, from: hit))
  }

  private static func isSeparator(_ line: UnsafeRawBufferPointer) -> Bool {
    guard line.contains(TerminalText.escape) else { return isDashes(line) }
    return TerminalText.stripped(line).withUnsafeBytes(isDashes)
  }

  /// Three dashes with nothing but blanks around them; an output may consist of such lines, so nothing is allocated.
  private static func isDashes(_ line: UnsafeRawBufferPointer) -> Bool {
    var first = 0
    var end = line.count
    while first < end, line[first] == 0x20 || line[first] == 0x09 { first += 1 }
    while end - first > 3, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
    return end - first == 3 && line[first..<end].allSatisfy { $0 == 0x2d }
  }
}
