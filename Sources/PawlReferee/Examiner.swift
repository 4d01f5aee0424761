#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Marks answers in the order of the questions: checks each distribution, compares what must agree, counts the bits.
struct Examiner {
  private let examination: Examination
  /// Questions whose answers were checked.
  private(set) var answered = 0
  /// What a window's first answer said, for as long as a second one is due: probabilities, position by position.
  private var kept: [Int: [Float]] = [:]
  /// The logarithm of the probability of the byte behind the cut, as the first answer had it.
  private var seams: [Int: Double] = [:]
  private var scratch = [Float](repeating: 0, count: Distribution.count)
  private var bits = Moments()
  /// Bits per byte of each window, in the order of asking.
  private var course: [(window: Int, bits: Double)] = []
  /// By how many bits the byte behind the cut was better predicted where it really followed.
  private var gaps = Moments()
  /// How many of these are more than rounding of f32, and how many of those speak for the byte that really followed.
  private var (tellingGaps, revealingGaps) = (0, 0)
  /// Bits of the byte behind the cut where the candidate had not seen it yet.
  private var unseen = Moments()
  /// What the candidate gave to the byte that it saw behind the cut, and that it could not have known.
  private var foresight: Foresight

  init(_ examination: Examination) {
    self.examination = examination
    foresight = Foresight(examination)
  }

  var isDone: Bool { answered == examination.questions }

  /// Checks the answer to the next question.
  mutating func mark(_ answer: UnsafeRawBufferPointer) throws(LabError) {
    let items = examination.items(of: answered)
    let wanted = items.count * examination.context * Distribution.bytes
    guard answer.count == wanted, let base = answer.baseAddress else {
      throw LabError(
        .invalidPredictions, "the candidate answered `\(answer.count)` bytes where `\(wanted)` were asked for",
        hints: ["an answer has 256 numbers of 4 bytes for each byte of each window"])
    }
    for (place, index) in items.enumerated() {
      try mark(index, base + place * examination.context * Distribution.bytes)
    }
    answered += 1
  }

  private mutating func mark(_ index: Int, _ rows: UnsafeRawPointer) throws(LabError) {
    let item = examination.items[index]
    let start = examination.starts[item.window]
    let first = kept.removeValue(forKey: item.window)
    let compared = compared(item)
    var keeps = first == nil && compared > 0 ? [Float](repeating: 0, count: compared * Distribution.count) : []
    var sum = 0.0
    for position in 0..<examination.context {
      let distribution = Distribution(row: rows + position * Distribution.bytes)
      let isCompared = position < compared
      let total: Float
      if isCompared && first == nil {
        total = keeps.withUnsafeMutableBufferPointer {
          distribution.sum(writingTo: $0.baseAddress.map { $0 + position * Distribution.count })
        }
      } else if isCompared {
        total = scratch.withUnsafeMutableBufferPointer { distribution.sum(writingTo: $0.baseAddress) }
      } else {
        total = distribution.sum()
      }
      // Written so that a sum that is no number fails too.
      guard abs(total - 1) <= Distribution.tolerance else { throw Self.noDistribution(total, position, index) }
      if isCompared, let first { try compare(first, position, item, index) }
      let truth = examination.text[start + position + 1]
      let logarithm = Double(distribution[truth]) - log(Double(total))
      if case .natural = item.role {
        bits.add(-logarithm / log(2))
        sum -= logarithm / log(2)
      }
      if position + 1 == examination.cuts[item.window] {
        noteSeam(item, logarithm, isFirst: first == nil)
        if case .spliced(let cut, let donor) = item.role, first == nil {
          foresight.note(window: item.window, cut: cut, donor: donor, distribution, total: total)
        }
      }
    }
    if case .natural = item.role { course.append((item.window, sum / Double(examination.context))) }
    if !keeps.isEmpty && isPaired(item) { kept[item.window] = keeps }
  }

  /// Positions whose predictions must be the same in both answers of a pair.
  private func compared(_ item: Examination.Item) -> Int {
    if let cut = examination.cuts[item.window] { return cut }
    return isPaired(item) ? examination.context : 0
  }

  private func isPaired(_ item: Examination.Item) -> Bool {
    item.role != .natural || examination.cuts[item.window] != nil || examination.repeats.contains(item.window)
  }

  private func compare(_ first: [Float], _ position: Int, _ item: Examination.Item, _ index: Int) throws(LabError) {
    let excess = first.withUnsafeBufferPointer { first in
      scratch.withUnsafeBufferPointer { second in
        guard let one = first.baseAddress, let other = second.baseAddress else { return Float.infinity }
        return Distribution.excess(one + position * Distribution.count, other)
      }
    }
    guard excess > 0 else { return }
    if item.role == .repeated {
      throw LabError(
        .invalidPredictions,
        "repeat check: the same window got other predictions the second time, at byte `\(position)` of window `\(index)` of `\(examination.items.count)`",
        hints: ["a model may not learn, remember or draw numbers while it answers"])
    }
    throw LabError(
      .invalidPredictions,
      "causality check: the prediction at byte `\(position)` moved when later bytes, or earlier windows, changed, in window `\(index)` of `\(examination.items.count)`",
      hints: ["row `i` of the predictions may depend on bytes 0...i of its own window only"])
  }

  private static func noDistribution(_ sum: Float, _ position: Int, _ index: Int) -> LabError {
    let place = "at byte `\(position)` of window `\(index)`"
    if sum.isFinite {
      return LabError(.invalidPredictions, "sum check: the probabilities \(place) sum to `\(sum)`, not to 1")
    }
    return LabError(.invalidPredictions, "finite check: a logarithm of a probability \(place) is not a finite number")
  }

  private mutating func noteSeam(_ item: Examination.Item, _ logarithm: Double, isFirst: Bool) {
    var isSpliced = false
    if case .spliced = item.role { isSpliced = true }
    if isFirst {
      seams[item.window] = logarithm
      if isSpliced { unseen.add(-logarithm / log(2)) }
    } else if let first = seams.removeValue(forKey: item.window) {
      let gap = (isSpliced ? first - logarithm : logarithm - first) / log(2)
      gaps.add(gap)
      if abs(gap) > 1e-3 { tellingGaps += 1 }
      if gap > 1e-3 { revealingGaps += 1 }
    }
  }

  /// Returns the bits per byte; throws when the answers as a whole show what single ones could hide.
  ///
  /// Averages, each allowed more than chance does in a million honest runs.
  func conclude() throws(LabError) -> Double {
    // Small nudges towards the byte that follows stay below the tolerance of a single comparison, but not on the average. Of an
    // honest model the gaps are its rounding errors, far below 0.01; the more there are, the better their spread is known.
    // And they go either way, where those of a nudge all go one way.
    let isLarge = gaps.mean > 0.01 + (3 + 20 / Double(max(1, gaps.count))) * gaps.standardError
    let excess = Double(revealingGaps) - Double(tellingGaps) / 2
    if gaps.count >= 4 && isLarge || excess > 2.25 * Double(max(1, tellingGaps)).squareRoot() {
      throw LabError(
        .invalidPredictions,
        "causality check: the next byte is predicted `\(fixed(gaps.mean, 3))` bits better where it really follows than where another one does, over `\(gaps.count)` probes",
        hints: ["row `i` of the predictions may depend on bytes 0...i of its own window only"])
    }
    // A candidate that remembers windows can repeat itself, but it cannot have known the byte that it had not seen.
    if unseen.count >= 8, unseen.mean > bits.mean + 6 * bits.deviation / Double(unseen.count).squareRoot() {
      throw LabError(
        .invalidPredictions,
        "causality check: bytes that did not follow in the question cost `\(fixed(unseen.mean, 2))` bits, where the others cost `\(fixed(bits.mean, 2))`, over `\(unseen.count)` probes",
        hints: ["row `i` of the predictions may depend on bytes 0...i of its own window only"])
    }
    try foresight.check()
    try checkCourse()
    // In the order of the text: sums in the order of asking differ in the last digits.
    return course.sorted { $0.window < $1.window }.reduce(0) { $0 + $1.bits } / Double(course.count)
  }

  /// Windows come in random order, so late ones are as hard as early ones, except for who learns from the early ones.
  private func checkCourse() throws(LabError) {
    guard course.count >= 64 else { return }
    // Who learns fast has learned most of it after a tenth.
    for cut in [course.count / 10, course.count / 2] {
      var (early, late) = (Moments(), Moments())
      for (place, value) in course.enumerated() {
        if place < cut { early.add(value.bits) } else { late.add(value.bits) }
      }
      // The late windows' spread for both: learning widens that of the early ones, and would hide itself.
      let error = late.deviation * (1 / Double(early.count) + 1 / Double(late.count)).squareRoot()
      guard early.mean - late.mean > 5 * error + 0.01 else { continue }
      throw LabError(
        .invalidPredictions,
        "state check: predictions got better while the candidate answered, from `\(fixed(early.mean, 3))` bits in the first `\(early.count)` windows to `\(fixed(late.mean, 3))` in the others",
        hints: ["a model may not learn from the windows that it is asked for"])
    }
  }
}

/// Count, mean and spread of a stream of numbers (Welford 1962).
struct Moments {
  private(set) var count = 0
  private(set) var mean = 0.0
  private var squares = 0.0

  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / Double(count)
    squares += difference * (value - mean)
  }

  /// The standard deviation of one value.
  var deviation: Double { count > 1 ? (squares / Double(count - 1)).squareRoot() : 0 }
  /// That of the mean.
  var standardError: Double { count > 0 ? deviation / Double(count).squareRoot() : 0 }
}
