extension OfflineJudge {
  /// Returns what judges texts one after the other; each thread takes one of its own.
  public func scorer() -> Scorer { Scorer(judge: self) }

  /// What the judge says of one text.
  public struct Opinion: Sendable, Hashable {
    /// The chance that the text keeps each principle, nil for all together; only for those that have labels.
    public var probabilities: [Int?: Double]
    /// False where it goes against one; nil where it is not sure of one, and of none that it goes against it.
    public var keeps: Bool?

    /// The principle that the text keeps least likely, nil for all together, and its probability.
    public var least: (principle: Int?, probability: Double) {
      let all = probabilities.map { (principle: $0.key, probability: $0.value) }
      return all.min { ($0.probability, $0.principle ?? -1) < ($1.probability, $1.principle ?? -1) } ?? (nil, 0)
    }
  }

  public struct Scorer: Sendable {
    private let judge: OfflineJudge
    private var features: TextFeatures
    private var columns: [Int32] = []

    fileprivate init(judge: OfflineJudge) {
      self.judge = judge
      features = TextFeatures(bits: judge.options.bits)
    }

    public mutating func judge(_ text: String) -> Opinion {
      features.columns(of: text, into: &columns)
      let scale = columns.isEmpty ? 0 : 1 / Float(columns.count).squareRoot()
      var probabilities: [Int?: Double] = [:]
      var verdicts: [Bool?] = []
      for part in judge.parts {
        let sum = part.weights.withUnsafeBufferPointer { weights in
          columns.reduce(Float(0)) { $0 + weights[Int($1)] }
        }
        let probability = part.calibration.probability(Double(sum * scale) + part.intercept)
        probabilities[part.principle] = probability
        verdicts.append(OfflineJudge.verdict(probability, judge.options.unsure))
      }
      let keeps: Bool? = verdicts.contains(false) ? false : verdicts.contains(nil) ? nil : true
      return Opinion(probabilities: probabilities, keeps: keeps)
    }
  }
}
