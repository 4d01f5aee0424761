public import PawlCore

/// Finds the points of a learning curve in a stream of output chunks, in one pass, without keeping the output.
///
/// Steps that do not grow and numbers that are not finite are left out. However many lines there are, the points come out thinned,
/// and ever fewer lines are matched, so that an output of nothing but points is read as fast as it can be printed. The newest point
/// is never more than one line old. For use by one thread at a time.
public struct CurveScanner: Sendable {
  /// The most points that ``finish()`` returns.
  public static let pointLimit = 64
  /// Of a line, what is matched.
  static let lineLimit = 4 << 10
  /// Lines matched before only half as many of them are.
  private static let matchLimit = 2_048
  /// Lines in a row that hold the pattern's word and do not match before the next are passed over, too.
  private static let missLimit = 8
  private let pattern: CurvePattern
  private var cutter = LineCutter()
  private var points: [CurvePoint] = []
  /// The newest line that was passed over.
  private var waiting: [UInt8] = []
  /// One in so many lines is matched.
  private var stride = 1
  private var matched = 0
  private var missed = 0
  private var skip = 0

  /// Fails with `badPattern` where the rule's pattern is no regular expression with two groups.
  public init(rule: CurveRule) throws(GuardError) { pattern = try CurvePattern(rule.pattern) }

  /// Takes the next bytes of the output; they may end anywhere.
  public mutating func scan(_ chunk: UnsafeRawBufferPointer) {
    // Taken out for the time, since what it hands on changes the rest of the scanner.
    var lines = LineCutter()
    swap(&lines, &cutter)
    lines.feed(chunk) { scanLines($0) }
    swap(&lines, &cutter)
  }

  /// Returns the newest point so far.
  public mutating func newest() -> CurvePoint? {
    if !waiting.isEmpty {
      let point = waiting.withUnsafeBytes { pattern.point(in: $0) }
      waiting.removeAll(keepingCapacity: true)
      if let point { add(point) }
    }
    return points.last
  }

  /// Returns the curve of all that was scanned, at most ``pointLimit`` points; the last one is among them.
  public mutating func finish() -> [CurvePoint] {
    var lines = LineCutter()
    swap(&lines, &cutter)
    lines.finish { scanLines($0) }
    _ = newest()
    while points.count > Self.pointLimit { thin() }
    return points
  }

  private mutating func scanLines(_ lines: UnsafeRawBufferPointer) {
    var hit = LiteralSearch(pattern.literals.word, in: lines)
    var position = 0
    while position < lines.count {
      let place = hit.next(from: position)
      guard place < lines.count else { return }
      let start = LineBreaks.start(of: lines, at: place, from: position)
      let end = LineBreaks.next(in: lines, from: place)
      if end > start { take(UnsafeRawBufferPointer(rebasing: lines[start..<min(end, start + Self.lineLimit)])) }
      position = end + 1
    }
  }

  private mutating func take(_ line: UnsafeRawBufferPointer) {
    guard TerminalText.starts(line, with: pattern.literals.prefix) else { return }
    guard skip == 0 else {
      skip -= 1
      waiting.removeAll(keepingCapacity: true)
      waiting.append(contentsOf: line)
      return
    }
    waiting.removeAll(keepingCapacity: true)
    matched += 1
    if matched == Self.matchLimit {
      matched = 0
      stride = min(stride * 2, 1 << 40)
    }
    if let point = pattern.point(in: line) {
      add(point)
      missed = 0
      skip = stride - 1
    } else {
      missed += 1
      guard missed >= Self.missLimit else { return }
      missed = 0
      skip = stride - 1
    }
  }

  private mutating func add(_ point: CurvePoint) {
    if let last = points.last, point.step <= last.step { return }
    points.append(point)
    if points.count > 4 * Self.pointLimit { thin() }
  }

  /// Leaves out every second point, never the last.
  private mutating func thin() {
    let last = points.count - 1
    points = points.indices.filter { ($0 - last).isMultiple(of: 2) }.map { points[$0] }
  }
}

/// A curve's regular expression, made ready to find a step and a value in a line.
///
/// Sendable unchecked because of `regex` alone: it is never changed, and it holds no closures, as it is compiled from text.
private struct CurvePattern: @unchecked Sendable {
  private let regex: Regex<AnyRegexOutput>
  let literals: RequiredLiterals

  init(_ source: String) throws(GuardError) {
    let groups: Int
    do {
      guard source.utf8.count <= 1000 else {
        throw Self.error("the curve's pattern is \(source.utf8.count) bytes long, at most 1000", cause: nil)
      }
      regex = try Regex(source).matchingSemantics(.unicodeScalar)
      // An empty alternative always matches, and its output has a place for every capture group.
      groups = (try Regex("(?:\(source))|").firstMatch(in: "")?.output.count ?? 1) - 1
    } catch let error as GuardError {
      throw error
    } catch {
      throw Self.error("the curve's pattern `\(source.shown())` is not a regular expression", cause: error)
    }
    guard groups == 2 else {
      throw Self.error("the curve's pattern `\(source.shown())` has \(groups) capture groups, not two", cause: nil)
    }
    literals = RequiredLiterals(of: source)
  }

  private static func error(_ message: String, cause: (any Error)?) -> GuardError {
    GuardError(
      code: .badPattern, message: message,
      hints: ["`curve` in pawl.yaml takes two groups, the step and then the value, others as `(?:…)`"], cause: cause)
  }

  /// Returns the point of a line, nil where it has none or one that is not finite.
  func point(in line: UnsafeRawBufferPointer) -> CurvePoint? {
    let text = String(decoding: TerminalText.stripped(line), as: UTF8.self)
    guard let match = try? regex.firstMatch(in: text), match.output.count > 2, let step = match.output[1].substring,
      let value = match.output[2].substring, let step = number(step), let value = number(value)
    else { return nil }
    return CurvePoint(step: step, value: value)
  }

  /// A decimal number that is finite; digits may be grouped by `_`, as programs print large steps.
  private func number(_ text: Substring) -> Double? {
    guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
    guard let number = Double(text.filter { $0 != "_" && !$0.isWhitespace }), number.isFinite else { return nil }
    return number
  }
}
