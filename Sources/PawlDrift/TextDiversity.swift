/// How much one text has that others do not.
public enum TextDiversity {
  /// Returns distinct-n: how many of the runs of so many words are different ones, 0...1 (Li et al. 2016, arXiv 1510.03055).
  ///
  /// It falls with the amount of text: compare samples of as many words. Nil where no text has so many words.
  public static func distinct(_ texts: [String], words: Int) -> Double? {
    guard words > 0 else { return nil }
    let runs = WordRuns(texts.map { TextWords.hashes(Array($0.utf8)[...]) }, length: words)
    return runs.runs.isEmpty ? nil : Double(runs.kinds) / Double(runs.runs.count)
  }

  /// Returns the length under `MatchCoder` over the length as it is; nil for no text.
  public static func compression(_ texts: [String]) -> Double? {
    MatchCoder.bitsPerByte(texts.map { Array($0.utf8) }, bytes: .max).map { $0 / 8 }
  }

  /// Returns how like its nearest other each text is, on average: Jaccard over pairs of words, 0...1.
  ///
  /// Nil below two texts. It takes time by the square of their number.
  public static func selfSimilarity(_ texts: [String]) -> Double? {
    guard texts.count > 1 else { return nil }
    let pairs = WordRuns(texts.map { TextWords.hashes(Array($0.utf8)[...]) }, length: 2).distinct()
    return TextLikeness(pairs, texts: Array(0..<texts.count)).meanBest(Array(0..<texts.count))
  }
}

/// The likeness of each pair of a few texts: Jaccard over their distinct runs of words.
struct TextLikeness: Sendable {
  private let count: Int
  private var table: [Float]

  /// `runs` are each text's, ascending and once only; rows are numbered as in `texts`.
  init(_ runs: WordRuns, texts: [Int]) {
    count = texts.count
    table = [Float](repeating: 0, count: texts.count * texts.count)
    var holders = [[Int32]](repeating: [], count: runs.kinds)
    var shared = [Int32](repeating: 0, count: texts.count)
    for (row, text) in texts.enumerated() {
      for run in runs[text] {
        for other in holders[Int(run)] { shared[Int(other)] += 1 }
        holders[Int(run)].append(Int32(row))
      }
      for other in 0..<row where shared[other] > 0 {
        let common = Float(shared[other])
        let likeness = common / (Float(runs[text].count + runs[texts[other]].count) - common)
        table[row * count + other] = likeness
        table[other * count + row] = likeness
        shared[other] = 0
      }
    }
  }

  /// Returns the mean, over the rows, of the likeness to the row's nearest other; NaN below two.
  func meanBest(_ rows: [Int]) -> Double {
    guard rows.count > 1 else { return .nan }
    var sum = 0.0
    for row in rows {
      var best: Float = 0
      for other in rows where other != row { best = max(best, table[row * count + other]) }
      sum += Double(best)
    }
    return sum / Double(rows.count)
  }
}
