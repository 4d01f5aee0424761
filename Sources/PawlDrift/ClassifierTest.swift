#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A classifier that is asked which of two samples a text is from: what it can tell is what differs.
///
/// Lopez-Paz and Oquab 2017 (arXiv 1610.06545): each half of the texts is judged by a logistic regression that learnt from the
/// other half, so that there is no learning by heart.
struct ClassifierTest {
  /// The share of texts that were told right; one half where the samples are alike.
  let accuracy: Double
  /// How far apart the two samples' held-out scores are on average, in their standard deviations.
  ///
  /// Cheng and Cloninger 2019 (arXiv 1909.11298): it sees a few texts that are far off, where the accuracy hardly moves.
  let separation: Double

  init(_ texts: StyledTexts, _ first: [Int], _ second: [Int]) {
    let count = min(first.count, second.count)
    var right = 0
    var scores: (first: [Double], second: [Double]) = ([], [])
    for fold in 0..<2 {
      let model = LogisticModel(
        texts, Self.places(count, fold: 1 - fold).map { (first[$0], second[$0]) })
      for place in Self.places(count, fold: fold) {
        let low = Double(model.score(texts, first[place]))
        let high = Double(model.score(texts, second[place]))
        right += (low < 0 ? 1 : 0) + (high > 0 ? 1 : 0)
        scores.first.append(low)
        scores.second.append(high)
      }
    }
    accuracy = count > 0 ? Double(right) / Double(2 * count) : .nan
    separation = Self.separation(scores.first, scores.second)
  }

  private static func places(_ count: Int, fold: Int) -> [Int] { Array(stride(from: fold, to: count, by: 2)) }

  private static func separation(_ low: [Double], _ high: [Double]) -> Double {
    let all = low + high
    guard !all.isEmpty else { return .nan }
    let mean = all.reduce(0, +) / Double(all.count)
    let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count)
    let gap = high.reduce(0, +) / Double(high.count) - low.reduce(0, +) / Double(low.count)
    return variance > 0 ? gap / variance.squareRoot() : 0
  }
}

/// Logistic regression by stochastic gradient descent in a fixed order.
struct LogisticModel {
  static let passes = 1
  static let step: Float = 0.001
  private var weights = [SIMD16<Float>](repeating: .zero, count: StyledTexts.blocks)
  private var bias: Float = 0

  /// Learns from pairs of a text of the first sample (score below 0) and one of the second (above).
  init(_ texts: StyledTexts, _ pairs: [(Int, Int)]) {
    for pass in 0..<Self.passes {
      let step = Self.step / Float(pass + 1)
      for (low, high) in pairs {
        learn(texts, low, 0, step)
        learn(texts, high, 1, step)
      }
    }
  }

  private mutating func learn(_ texts: StyledTexts, _ text: Int, _ target: Float, _ step: Float) {
    let change = step * (target - 1 / (1 + expf(-score(texts, text))))
    texts.add(text, times: change, to: &weights)
    bias += change
  }

  /// Returns the log odds that the text is of the second sample.
  func score(_ texts: StyledTexts, _ text: Int) -> Float { bias + texts.product(text, weights) }
}
