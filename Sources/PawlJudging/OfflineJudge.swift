import PawlCore

/// A judge without a language model: a classifier trained on labels, for all principles together and for each that has labels of its own.
///
/// It is measured on labels that it has not learnt from (cross-fitted), and says nothing where it is not sure.
public struct OfflineJudge: Sendable {
  public struct Options: Sendable, Codable, Hashable {
    /// Each n-gram falls on one of 2^`bits` weights, 8...24.
    public var bits: Int
    /// Labels are learnt from in so many parts less one, and measured on the one left out; at least 2.
    public var folds: Int
    /// How much labels weigh against small weights; positive.
    public var strength: Double
    /// Probabilities between these two decide nothing.
    public var unsure: ClosedRange<Double>
    /// Deals labels into parts.
    public var seed: UInt64
    public init(
      bits: Int = 18, folds: Int = 5, strength: Double = 10, unsure: ClosedRange<Double> = 0.4...0.6, seed: UInt64 = 1
    ) {
      self.bits = max(8, min(24, bits))
      self.folds = max(2, folds)
      self.strength = strength > 0 && strength.isFinite ? strength : 10
      self.unsure = unsure
      self.seed = seed
    }
  }

  /// What it knows of one principle, or of all together.
  struct Part: Sendable {
    let principle: Int?
    let weights: [Float]
    let intercept: Double
    let calibration: Calibration
  }

  let options: Options
  let parts: [Part]
  /// How each part was measured: all together first, then by principle, ascending.
  public let reports: [JudgeReport]

  /// Throws `malformed` for a label about a principle that there is not, `tooFew` where a part has not enough labels of both kinds.
  public init(labels: [Label], constitution: Constitution, options: Options = Options()) throws(JudgingError) {
    self.options = options
    var groups: [Int?: [Label]] = [:]
    for label in labels {
      if let number = label.principle { try constitution.require(number) }
      groups[label.principle, default: []].append(label)
    }
    if groups.isEmpty { try JudgeReport.checkLabels(good: 0, bad: 0, about: nil) }
    var parts: [Part] = []
    var reports: [JudgeReport] = []
    var features = TextFeatures(bits: options.bits)
    for principle in groups.keys.sorted(by: { ($0 ?? -1) < ($1 ?? -1) }) {
      let group = groups[principle] ?? []
      let good = group.count { $0.label }
      try JudgeReport.checkLabels(good: good, bad: group.count - good, about: principle)
      let (part, report) = Self.train(group, about: principle, options, &features)
      parts.append(part)
      reports.append(report)
    }
    self.parts = parts
    self.reports = reports
  }

  /// Throws as `JudgeReport.check` does unless every part is shown to be better than a coin.
  public func check() throws(JudgingError) {
    for report in reports { try report.check() }
  }

  private static func train(
    _ labels: [Label], about principle: Int?, _ options: Options, _ features: inout TextFeatures
  ) -> (Part, JudgeReport) {
    var matrix = SparseRows()
    var columns: [Int32] = []
    // Columns that no label has keep a weight of 0: only the others are fitted.
    var places = Array(repeating: Int32(-1), count: 1 << options.bits)
    var used: [Int32] = []
    for label in labels {
      features.columns(of: label.text, into: &columns)
      for index in columns.indices {
        let column = Int(columns[index])
        if places[column] < 0 {
          places[column] = Int32(truncatingIfNeeded: used.count)
          used.append(columns[index])
        }
        columns[index] = places[column]
      }
      matrix.add(columns)
    }
    let truth = labels.map(\.label)
    let folds = folds(labels, options)
    func fit(_ rows: [Int]) -> LogisticFit {
      LogisticFit(matrix, rows: rows, labels: truth, width: used.count, strength: options.strength)
    }
    var scores = Array(repeating: 0.0, count: labels.count)
    for fold in 0..<options.folds {
      let inside = labels.indices.filter { folds[$0] == fold }
      guard !inside.isEmpty else { continue }
      let model = fit(labels.indices.filter { folds[$0] != fold })
      for row in inside { scores[row] = model.score(matrix, row) }
    }
    // A fold's probabilities come from a calibration that has not seen its labels either.
    var probabilities = Array(repeating: 0.5, count: labels.count)
    for fold in 0..<options.folds {
      let outside = labels.indices.filter { folds[$0] != fold }
      let calibration = Calibration(scores: outside.map { scores[$0] }, labels: outside.map { truth[$0] })
      for row in labels.indices where folds[row] == fold { probabilities[row] = calibration.probability(scores[row]) }
    }
    var report = JudgeReport(judge: "classifier", principle: principle, agreement: Agreement())
    var abstained = 0
    for (probability, label) in zip(probabilities, truth) {
      if let verdict = verdict(probability, options.unsure) {
        report.agreement.add(label: label, verdict: verdict)
      } else {
        abstained += 1
      }
    }
    report.abstained = Share(abstained, of: labels.count)
    report.calibrationError = Calibration.error(probabilities, truth)
    let whole = fit(Array(labels.indices))
    var weights = Array(repeating: Float(0), count: 1 << options.bits)
    for (column, weight) in zip(used, whole.weights) { weights[Int(column)] = Float(weight) }
    let part = Part(
      principle: principle, weights: weights, intercept: whole.intercept,
      calibration: Calibration(scores: scores, labels: truth))
    return (part, report)
  }

  /// Deals labels to folds, good and bad alike in each; labels of one and the same text go together, so that none is learnt and measured.
  private static func folds(_ labels: [Label], _ options: Options) -> [Int] {
    var byText: [String: [Int]] = [:]
    var keys: [(hash: UInt64, text: String)] = []
    for (index, label) in labels.enumerated() {
      let key = label.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if byText[key] == nil {
        var hash = StableHash()
        hash.add(options.seed)
        hash.add(key)
        keys.append((hash.value, key))
      }
      byText[key, default: []].append(index)
    }
    let order = keys.sorted { $0 < $1 }.map(\.text)
    var folds = Array(repeating: 0, count: labels.count)
    for wanted in [true, false] {
      let some = order.filter { key in byText[key]?.first.map { labels[$0].label } == wanted }
      for (place, key) in some.enumerated() {
        for index in byText[key] ?? [] { folds[index] = place % options.folds }
      }
    }
    return folds
  }

  /// Returns nil for what decides nothing.
  static func verdict(_ probability: Double, _ unsure: ClosedRange<Double>) -> Bool? {
    unsure.contains(probability) ? nil : probability > unsure.upperBound
  }
}
