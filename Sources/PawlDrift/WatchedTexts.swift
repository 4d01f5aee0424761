import PawlCore

/// All texts of a watch with whatever can be computed of each alone: a sample is a choice of rows.
struct WatchedTexts: Sendable {
  /// Texts on which likeness, which takes the square of their number, is measured.
  private static let likened = 256
  /// As many of each part are ready that any mix of two has enough.
  private static let ready = 320
  /// Bytes on which repetition is measured.
  private static let coded = 32_768

  let rows: [[UInt8]]
  let hashed: HashedTexts
  private let styled: StyledTexts
  private let points: KernelMeans
  private let bins: ShapeBins
  /// Runs of 1...4 words.
  private let runs: [WordRuns]
  /// Single words and pairs, each once a text.
  private let kept: [WordRuns]
  private let likeness: TextLikeness
  /// The row of `likeness` of a text.
  private let likenessRows: [Int: Int]
  /// As much of a sample as any has, so that none looks poorer for being shorter: runs of 1...4 words, and bytes.
  private let runBudgets: [Int]
  private let byteBudget: Int

  /// `real` and `made` are rows; what follows them is the last generation's.
  ///
  /// Columns and bins are scaled by all texts alike, so that none looks strange for not having been asked.
  init(_ texts: [String], real: Range<Int>, made: Range<Int>, bytes limit: Int) {
    let rows = texts.map { Array($0.utf8.prefix(limit)) }
    self.rows = rows
    let words = rows.map { TextWords.hashes($0[...]) }
    hashed = HashedTexts(rows, words: words)
    styled = StyledTexts(rows, words: words, reference: rows.indices)
    points = KernelMeans(styled)
    let surprise = hashed.surprise()
    let shapes = texts.indices.map {
      TextShape.measures(rows[$0][...], words: words[$0], length: texts[$0].utf8.count, surprise: surprise[$0])
    }
    bins = ShapeBins(shapes, reference: rows.indices)
    let runs = (1...4).map { WordRuns(words, length: $0) }
    kept = runs.prefix(2).map { $0.distinct() }
    self.runs = runs
    let parts = [real.prefix(real.count / 2), real.dropFirst(real.count / 2), made[...]]
    let chosen = parts.flatMap { $0.prefix(Self.ready) }
    likeness = TextLikeness(kept[1], texts: chosen)
    likenessRows = Dictionary(uniqueKeysWithValues: chosen.enumerated().map { ($1, $0) })
    func budget(_ size: (Int) -> Int) -> Int {
      min(made.reduce(0) { $0 + size($1) }, real.reduce(0) { $0 + size($1) } / 2) * 9 / 10
    }
    runBudgets = runs.map { run in budget { run[$0].count } }
    byteBudget = min(Self.coded, budget { rows[$0].count })
  }

  /// Returns the measures `WatchMeasure.shift` between two samples of as many texts; NaN where there is none.
  func shift(_ first: [Int], _ second: [Int]) -> [Double] {
    let classifier = ClassifierTest(styled, first, second)
    let divergence = hashed.divergence(first, second)
    return [
      classifier.accuracy, classifier.separation, points.discrepancy(first, second), divergence.bytes, divergence.words,
    ] + bins.stability(first, second)
  }

  /// Returns the measures `WatchMeasure.loss` of the second sample and of the first; NaN where there is none.
  ///
  /// Of tails, it is what the second has of the first's, and the first of the second's. So every measure but for its sign is
  /// the same when the samples change places, and halves of one pool differ as two samples of their own do.
  func loss(_ first: [Int], _ second: [Int]) -> (values: [Double], beside: [Double]) {
    (
      variety(second) + tails(of: first, in: second), variety(first) + tails(of: second, in: first)
    )
  }

  private func variety(_ sample: [Int]) -> [Double] {
    let compression = MatchCoder.bitsPerByte(sample.lazy.map { rows[$0] }, bytes: byteBudget).map { $0 / 8 } ?? .nan
    return runs.indices.map { distinct(sample, $0) } + [compression, selfSimilarity(sample)]
  }

  private func tails(of first: [Int], in second: [Int]) -> [Double] {
    let enough = (prefix(of: first), prefix(of: second))
    return kept.map { RareRuns.coverage($0, of: enough.0, by: enough.1) }
  }

  private func distinct(_ sample: [Int], _ order: Int) -> Double {
    var left = runBudgets[order]
    guard left >= 100 else { return .nan }
    var seen = [Bool](repeating: false, count: runs[order].kinds)
    var kinds = 0
    var all = 0
    for text in sample {
      for run in runs[order][text] where left > 0 {
        left -= 1
        all += 1
        if !seen[Int(run)] {
          seen[Int(run)] = true
          kinds += 1
        }
      }
      if left == 0 { break }
    }
    return all > 0 ? Double(kinds) / Double(all) : .nan
  }

  private func prefix(of sample: [Int]) -> ArraySlice<Int> {
    var words = 0
    for (place, text) in sample.enumerated() {
      if words >= runBudgets[0] { return sample[..<place] }
      words += runs[0][text].count
    }
    return sample[...]
  }

  private func selfSimilarity(_ sample: [Int]) -> Double {
    likeness.meanBest(Array(sample.lazy.compactMap { likenessRows[$0] }.prefix(Self.likened)))
  }
}

extension SeededGenerator {
  /// Returns so many of `0..<count` in random order, each once.
  mutating func draw(_ wanted: Int, of count: Int) -> [Int] {
    var all = Array(0..<count)
    let wanted = min(wanted, count)
    for place in 0..<wanted {
      all.swapAt(place, min(count - 1, place + Int(unit() * Double(count - place))))
    }
    return Array(all.prefix(wanted))
  }
}
