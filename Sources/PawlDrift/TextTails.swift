#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The rarest runs of words of real texts: what a model that learns from itself forgets first (Shumailov et al. 2024).
///
/// A run counts if at least two texts have it; of these, the rarest tenth by the number of texts, and all that are as rare.
public struct TextTails: Sendable {
  /// How much of the tail other texts have.
  public struct Coverage: Sendable, Codable, Hashable {
    public var found: Int
    public var of: Int
    /// Exact for runs that come and go one by one; those of one text come together, so it is rather too narrow.
    public var low: Double
    public var high: Double
    public var share: Double { Double(found) / Double(of) }
  }

  private let length: Int
  private let rare: Set<UInt64>
  /// In how many texts the most frequent of these is.
  public let mostTexts: Int

  /// Finds the rarest runs of so many words; throws where no run is in two texts.
  public init(real texts: [String], words length: Int = 1) throws(DriftError) {
    var having: [UInt64: Int] = [:]
    for text in texts { for run in Self.runs(text, length) { having[run, default: 0] += 1 } }
    let often = having.values.filter { $0 > 1 }.sorted()
    guard !often.isEmpty else {
      throw DriftError(
        .tooFew, "no \(length == 1 ? "word" : "run of `\(length)` words") is in two of the `\(texts.count)` real texts",
        hints: ["give more real documents in `real`"])
    }
    let most = RareRuns.bound(ofSorted: often)
    self.length = length
    mostTexts = most
    rare = Set(having.lazy.filter { $0.value > 1 && $0.value <= most }.map(\.key))
  }

  /// How many runs the tail has.
  public var count: Int { rare.count }

  /// Returns how much of the tail is in the texts: a snapshot's, or made ones of the same amount as the real ones.
  public func coverage(in texts: some Sequence<String>, confidence: Double = 0.95) -> Coverage {
    var found = Set<UInt64>()
    for text in texts { for run in Self.runs(text, length) where rare.contains(run) { found.insert(run) } }
    let interval = BinomialInterval.exact(hits: found.count, of: rare.count, confidence: confidence) ?? 0...1
    return Coverage(found: found.count, of: rare.count, low: interval.lowerBound, high: interval.upperBound)
  }

  private static func runs(_ text: String, _ length: Int) -> Set<UInt64> {
    let words = TextWords.hashes(Array(text.utf8)[...])
    guard length > 0, words.count >= length else { return [] }
    return Set(
      (0...(words.count - length)).map { first in
        words[first..<(first + length)].reduce(0) { TextWords.mixed($0 ^ $1) }
      })
  }
}

/// The rarest runs of one sample, and how many of them another has; for samples that are drawn over and over.
enum RareRuns {
  /// Returns the count at a tenth of the ascending counts.
  static func bound(ofSorted counts: [Int]) -> Int { counts[max(0, (counts.count + 9) / 10 - 1)] }

  /// Returns the share of the rarest runs of `first` that `second` has; NaN where no run is in two texts of `first`.
  ///
  /// `runs` are each text's, once only.
  static func coverage(_ runs: WordRuns, of first: ArraySlice<Int>, by second: ArraySlice<Int>) -> Double {
    var having = [Int32](repeating: 0, count: runs.kinds)
    for text in first { for run in runs[text] { having[Int(run)] += 1 } }
    var table = [Int](repeating: 0, count: first.count + 1)
    for count in having where count > 1 { table[Int(count)] += 1 }
    let often = table.reduce(0, +)
    guard often > 0 else { return .nan }
    var most = 2
    var below = table[2]
    while below < (often + 9) / 10 {
      most += 1
      below += table[most]
    }
    for text in second {
      for run in runs[text] where having[Int(run)] > 1 && having[Int(run)] <= Int32(most) {
        having[Int(run)] = -having[Int(run)]
      }
    }
    let found = having.reduce(0) { $1 < 0 ? $0 + 1 : $0 }
    return Double(found) / Double(below)
  }
}
