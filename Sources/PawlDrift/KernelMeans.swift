/// The distance between two samples' means under the kernel that is the inner product of the texts' points.
///
/// A Gaussian kernel sees more kinds of difference, but of a twentieth of texts in another register it saw little where this one
/// sees it: with so many columns all texts are about equally far from one another.
struct KernelMeans: Sendable {
  private let texts: StyledTexts
  /// Each text's kernel with itself.
  private let own: [Double]

  init(_ texts: StyledTexts) {
    self.texts = texts
    own = (0..<texts.count).map { text in
      texts.points[(text * StyledTexts.width)..<((text + 1) * StyledTexts.width)].reduce(0.0) { $0 + Double($1 * $1) }
    }
  }

  /// Returns the unbiased estimate of the squared maximum mean discrepancy (Gretton et al. 2012, JMLR 13, lemma 6), by column.
  ///
  /// NaN below two texts a side.
  func discrepancy(_ first: [Int], _ second: [Int]) -> Double {
    guard first.count > 1, second.count > 1 else { return .nan }
    let left = texts.sum(first)
    let right = texts.sum(second)
    var cross = 0.0
    for column in left.indices { cross += left[column] * right[column] }
    let (n, m) = (Double(first.count), Double(second.count))
    let within = among(left, first) / (n * (n - 1)) + among(right, second) / (m * (m - 1))
    return (within - 2 * cross / (n * m)) / Double(StyledTexts.width)
  }

  /// Returns the sum of the kernel over ordered pairs of different texts.
  private func among(_ sum: [Double], _ sample: [Int]) -> Double {
    sum.reduce(0) { $0 + $1 * $1 } - sample.reduce(0) { $0 + own[$1] }
  }
}
