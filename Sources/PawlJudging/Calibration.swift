#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Turns scores into probabilities (Platt 1999, with the targets and the Newton steps of Lin, Lin and Weng 2007).
struct Calibration: Sendable, Hashable {
  /// Never below 0: a judge whose scores are contrary knows nothing, and is not turned around.
  private(set) var slope = 0.0
  private(set) var intercept = 0.0

  /// Scores that were not learnt from their own label.
  init(scores: [Double], labels: [Bool]) {
    let good = Double(labels.count { $0 })
    let bad = Double(labels.count) - good
    let high = (good + 1) / (good + 2)
    let low = 1 / (bad + 2)
    let targets = labels.map { $0 ? high : low }
    let mean = targets.isEmpty ? 0.5 : targets.reduce(0, +) / Double(targets.count)
    intercept = log(mean / (1 - mean))
    let flat = intercept
    var loss = Self.loss(scores, targets, slope, intercept)
    for _ in 0..<100 {
      var (g0, g1, h00, h01, h11) = (0.0, 0.0, 1e-12, 0.0, 1e-12)
      for (score, target) in zip(scores, targets) {
        let probability = logistic(slope * score + intercept)
        let curvature = probability * (1 - probability)
        g0 += (probability - target) * score
        g1 += probability - target
        h00 += curvature * score * score
        h01 += curvature * score
        h11 += curvature
      }
      guard max(abs(g0), abs(g1)) > 1e-9 * Double(max(1, scores.count)) else { break }
      let determinant = h00 * h11 - h01 * h01
      guard determinant > 0 else { break }
      let d0 = -(h11 * g0 - h01 * g1) / determinant
      let d1 = -(h00 * g1 - h01 * g0) / determinant
      var length = 1.0
      var isBetter = false
      while length > 1e-10 {
        let next = Self.loss(scores, targets, slope + length * d0, intercept + length * d1)
        if next < loss {
          slope += length * d0
          intercept += length * d1
          loss = next
          isBetter = true
          break
        }
        length *= 0.5
      }
      if !isBetter { break }
    }
    if !(slope > 0) { (slope, intercept) = (0, flat) }
  }

  func probability(_ score: Double) -> Double { logistic(slope * score + intercept) }

  private static func loss(_ scores: [Double], _ targets: [Double], _ slope: Double, _ intercept: Double) -> Double {
    zip(scores, targets).reduce(0) { sum, pair in
      let score = slope * pair.0 + intercept
      return sum + softplus(score) - pair.1 * score
    }
  }

  /// Returns the expected calibration error: 10 bins of equal width (Guo et al. 2017, arXiv 1706.04599); nil for none.
  static func error(_ probabilities: [Double], _ labels: [Bool]) -> Double? {
    guard !probabilities.isEmpty else { return nil }
    var gaps = Array(repeating: 0.0, count: 10)
    for (probability, label) in zip(probabilities, labels) {
      gaps[max(0, min(9, Int(probability * 10)))] += probability - (label ? 1 : 0)
    }
    return gaps.reduce(0) { $0 + abs($1) } / Double(probabilities.count)
  }
}
