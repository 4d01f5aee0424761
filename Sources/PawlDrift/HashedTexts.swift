#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Texts as counts of n-grams in hashed columns: runs of three bytes in the first half of the columns, words in the second.
///
/// Made once; a sample is a choice of rows. (Weinberger et al. 2009, arXiv 0902.2206, for hashing.)
struct HashedTexts: Sendable {
  /// Columns of either half; a power of two.
  static let half = 4_096
  static let width = 2 * half

  /// Where each text's columns begin; one more than there are texts.
  private(set) var starts = [0]
  private(set) var columns: [Int32] = []
  /// How often the text has what falls into the column.
  private(set) var counts: [Float] = []

  init(_ texts: [[UInt8]], words: [[UInt64]]) {
    var seen = [Float](repeating: 0, count: Self.width)
    var touched: [Int32] = []
    func touch(_ column: Int) {
      if seen[column] == 0 { touched.append(Int32(column)) }
      seen[column] += 1
    }
    for (text, words) in zip(texts, words) {
      touched.removeAll(keepingCapacity: true)
      if text.count >= 3 {
        for place in 0..<(text.count - 2) {
          let run = UInt32(text[place]) << 16 | UInt32(text[place + 1]) << 8 | UInt32(text[place + 2])
          touch(Int((run &* 0x9E37_79B1) >> 20))
        }
      }
      for word in words { touch(Self.half + Int((word &* 0x9E37_79B9_7F4A_7C15) >> 52)) }
      for column in touched {
        columns.append(column)
        counts.append(seen[Int(column)])
        seen[Int(column)] = 0
      }
      starts.append(columns.count)
    }
  }

  var count: Int { starts.count - 1 }
  func range(_ text: Int) -> Range<Int> { starts[text]..<starts[text + 1] }

  /// Returns each text's mean negative log probability of its runs of three bytes under the runs of all other texts.
  ///
  /// Half a run is added to each column; 0 for a text without any run.
  func surprise() -> [Double] {
    let totals = sums(Array(0..<count))[..<Self.half].map(Double.init)
    let all = totals.reduce(0, +) + 0.5 * Double(Self.half)
    return (0..<count).map { text in
      let places = range(text).filter { columns[$0] < Self.half }
      let own = places.reduce(0.0) { $0 + Double(counts[$1]) }
      guard own > 0 else { return 0 }
      return places.reduce(0.0) { sum, place in
        let count = Double(counts[place])
        return sum - count * log((totals[Int(columns[place])] - count + 0.5) / (all - own))
      } / own
    }
  }

  /// Returns the Jensen-Shannon divergence in bits, 0...1, between two samples' columns: of byte runs and of words (Lin 1991).
  ///
  /// NaN for the half in which either sample has nothing.
  func divergence(_ first: [Int], _ second: [Int]) -> (bytes: Double, words: Double) {
    let left = sums(first)
    let right = sums(second)
    return (
      Self.divergence(left, right, 0..<Self.half), Self.divergence(left, right, Self.half..<Self.width)
    )
  }

  private func sums(_ texts: [Int]) -> [Float] {
    var sums = [Float](repeating: 0, count: Self.width)
    for text in texts {
      for place in range(text) { sums[Int(columns[place])] += counts[place] }
    }
    return sums
  }

  private static func divergence(_ left: [Float], _ right: [Float], _ columns: Range<Int>) -> Double {
    var totals = (0.0, 0.0)
    for column in columns {
      totals.0 += Double(left[column])
      totals.1 += Double(right[column])
    }
    guard totals.0 > 0, totals.1 > 0 else { return .nan }
    var sum = 0.0
    for column in columns where left[column] + right[column] > 0 {
      let p = Double(left[column]) / totals.0
      let q = Double(right[column]) / totals.1
      let middle = 0.5 * (p + q)
      if p > 0 { sum += 0.5 * p * log2(p / middle) }
      if q > 0 { sum += 0.5 * q * log2(q / middle) }
    }
    return max(0, sum)
  }
}
