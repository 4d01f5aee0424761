/// How far a model's confidence is from its being right.
public enum CalibrationError {
  /// Tenths of the confidence, 0...1.
  private static let bins = 10

  /// Returns the expected calibration error, 0...1: the mean gap of confidence and accuracy over tenths of the confidence, by weight.
  ///
  /// Guo et al. 2017 (arXiv 1706.04599), with texts as what is binned. What is not finite or outside of 0...1 is left out; nil
  /// where nothing is left.
  public static func expected(_ texts: some Sequence<(confidence: Double, accuracy: Double, weight: Double)>) -> Double?
  {
    var sums = [(weight: Double, confidence: Double, accuracy: Double)](repeating: (0, 0, 0), count: bins)
    for text in texts {
      guard text.confidence >= 0, text.confidence <= 1, text.accuracy >= 0, text.accuracy <= 1, text.weight > 0,
        text.weight.isFinite
      else { continue }
      let bin = min(bins - 1, Int(text.confidence * Double(bins)))
      sums[bin].weight += text.weight
      sums[bin].confidence += text.weight * text.confidence
      sums[bin].accuracy += text.weight * text.accuracy
    }
    let total = sums.reduce(0) { $0 + $1.weight }
    guard total > 0 else { return nil }
    return sums.reduce(0) { $0 + abs($1.confidence - $1.accuracy) } / total
  }
}
