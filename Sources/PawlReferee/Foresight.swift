#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A wager on whether a candidate has looked ahead: on probes whose spliced window comes first, it gives probability to a byte that it
/// can only have read in the question.
///
/// Which window is the donor is drawn at random among those that go on otherwise at the cut. So whatever row an honest model answers,
/// the byte behind the cut is a draw from a distribution `q` that is known exactly: that of the bytes which all windows have there,
/// without the one that truly follows. The wager multiplies its stake by `1 - e + e p(d) / sum q(b) p(b)`, where `d` is the donor's byte
/// and the share `e` depends on the row alone. Of an honest model each factor is 1 on the average, and so is their product, so it
/// exceeds ``most`` in less than one of ``most`` runs (Markov's inequality), whatever the text and however common its bytes.
struct Foresight {
  private let examination: Examination
  /// How often each byte stands so far behind the beginning of a window.
  private var bytes: [Int: [UInt32]] = [:]
  /// The natural logarithms of two stakes: one bold, for little foresight everywhere, one careful, for much of it at few places.
  private var stakes = (bold: 0.0, careful: 0.0)
  private var seen = Moments()
  private var expected = Moments()

  /// Honest runs for each one that is refused, at least. Of 512 windows it leaves nine in ten that look ahead at a fifth of the places
  /// without a metric, and honest stakes were never above 10.
  static let most = 2e4

  /// The natural logarithm of the mean of both stakes, 0 at the beginning.
  var stake: Double {
    let larger = max(stakes.bold, stakes.careful)
    return larger + log((exp(stakes.bold - larger) + exp(stakes.careful - larger)) / 2)
  }

  init(_ examination: Examination) { self.examination = examination }

  /// Takes note of what the row before the cut gave to the bytes that could have followed.
  mutating func note(window: Int, cut: Int, donor: Int, _ row: Distribution, total: Float) {
    let starts = examination.starts
    let (truth, visible) = (examination.text[starts[window] + cut], examination.text[starts[donor] + cut])
    // No window went on otherwise.
    guard visible != truth else { return }
    let counts = counts(at: cut)
    var (weight, mean, largest) = (0.0, 0.0, 0.0)
    for (byte, count) in counts.enumerated() where count > 0 && byte != Int(truth) {
      let probability = exp(Double(row[UInt8(truncatingIfNeeded: byte)])) / Double(total)
      weight += Double(count)
      mean += Double(count) * probability
      largest = max(largest, probability)
    }
    mean /= weight
    guard mean > 0 else { return }
    let probability = exp(Double(row[visible])) / Double(total)
    // A row that is sure of a wrong byte is rare in an honest model and usual in one that looks ahead; others tell little.
    let share = min(0.9, largest)
    stakes.bold += log(1 - share + share * probability / mean)
    stakes.careful += log(1 - share * share + share * share * probability / mean)
    seen.add(probability)
    expected.add(mean)
  }

  private mutating func counts(at cut: Int) -> [UInt32] {
    if let known = bytes[cut] { return known }
    var counts = [UInt32](repeating: 0, count: Distribution.count)
    for start in examination.starts { counts[Int(examination.text[start + cut])] += 1 }
    bytes[cut] = counts
    return counts
  }

  /// Throws when an honest model would hardly ever have known so much.
  func check() throws(LabError) {
    guard stake > log(Self.most) else { return }
    throw LabError(
      .invalidPredictions,
      "causality check: bytes that only the question showed got a probability of `\(fixed(seen.mean, 3))`, where chance gives `\(fixed(expected.mean, 3))`, over `\(seen.count)` probes",
      hints: ["row `i` of the predictions may depend on bytes 0...i of its own window only"])
  }
}
