import PawlCore
import Testing

@testable import PawlJudging

@Test(arguments: [
  (0.5, [0.32769424, 0.5969964, 0.14986309], -0.76566795), (10, [0.50289181, 1.06140322, 0.41268405], -1.03027068),
])
func `logistic regression finds scikit-learn's weights`(strength: Double, weights: [Double], intercept: Double) {
  // LogisticRegression(C=strength, tol=1e-12).fit(X, y).
  var rows = SparseRows()
  for i in 0..<24 {
    let places: [Int] = (0..<3).map { j in 7 * i + 3 * j * j + i * j }
    rows.add([0, 1, 2], places.map { Float($0 % 11) / 4 - 1 })
  }
  let labels = (0..<24).map { (5 * $0 + $0 * $0 / 3) % 7 < 3 }
  let fit = LogisticFit(rows, rows: Array(0..<24), labels: labels, width: 3, strength: strength, tolerance: 1e-10)
  for (found, wanted) in zip(fit.weights, weights) { #expect(isNear(found, wanted, within: 2e-6)) }
  #expect(isNear(fit.intercept, intercept, within: 2e-6))
}

private let scores: [Double] = (0..<30).map { Double((13 * $0) % 29) / 7 - 2 }
private let truths = (0..<30).map { index in scores[index] + Double((11 * index) % 17) / 8 - 1 > 0.3 }

@Test func `probabilities are Platt's as scikit-learn has them`() {
  let calibration = Calibration(scores: scores, labels: truths)
  #expect(isNear(calibration.slope, 1.83795307, within: 1e-6))
  #expect(isNear(calibration.intercept, -0.95351171, within: 1e-6))
  #expect(isNear(Calibration.error(scores.map { calibration.probability($0) }, truths), 0.14529398, within: 1e-6))
}

@Test func `scores that are contrary say nothing`() {
  let calibration = Calibration(scores: scores, labels: truths.map { !$0 })
  #expect(calibration.slope == 0)
  // 19 of 30 are good; Platt's targets are 20/21 and 1/13.
  #expect(isNear(calibration.probability(5), (19 * 20.0 / 21 + 11 / 13.0) / 30))
  #expect(Calibration.error([], []) == nil)
}

@Test func `scores without any spread, or far apart, are calibrated`() {
  let flat = Calibration(scores: [1, 1, 1, 1], labels: [true, false, true, false])
  #expect(isNear(flat.probability(1), 0.5, within: 1e-6))
  let apart = Calibration(scores: [-1e6, -1e6, 1e6, 1e6], labels: [false, false, true, true])
  #expect(apart.probability(1e6) > 0.6 && apart.probability(-1e6) < 0.4)
}

/// Sentences of two registers, with a share of words in common.
func corpus(_ count: Int, seed: UInt64 = 1, signal: Bool = true) -> [Label] {
  let common = ["the", "day", "and", "they", "said", "house", "water", "with", "people", "of"]
  let kind = ["thank", "please", "gentle", "welcome", "friend", "share"]
  let rude = ["fool", "shut", "stupid", "idiot", "curse", "hate"]
  var generator = SeededGenerator(seed: seed)
  func pick(_ words: [String]) -> String { words[Int(generator.unit() * Double(words.count))] }
  return (0..<count).map { index in
    let isGood = signal ? index % 2 == 0 : generator.unit() < 0.5
    var words = (0..<12).map { _ in pick(common) }
    for _ in 0..<2 { words.append(pick((signal ? isGood : index % 2 == 0) ? kind : rude)) }
    words.append(pick(kind + rude))
    return Label(text: words.joined(separator: " ") + ". \(index)", label: isGood)
  }
}

private let constitution = try? Constitution(markdown: "1. Be kind.\n2. Be brief.")
private let options = OfflineJudge.Options(bits: 12)

@Test func `a classifier learns what labels say, and is measured on what it has not learnt`() throws {
  let judge = try OfflineJudge(labels: corpus(200), constitution: #require(constitution), options: options)
  try judge.check()
  let report = try #require(judge.reports.first)
  #expect(judge.reports.count == 1)
  #expect(try #require(report.agreement.balanced) > 0.9)
  #expect(report.agreement.count + report.abstained.count == 200)
  #expect(try #require(report.calibrationError) < 0.1)
  // What it says of texts that it has never seen is what its measurement promised.
  var scorer = judge.scorer()
  let fresh = corpus(200, seed: 2).map { ($0.label, scorer.judge($0.text).keeps) }
  let decided = fresh.filter { $0.1 != nil }
  #expect(Double(decided.count { $0.0 == $0.1 }) > 0.9 * Double(decided.count))
}

@Test func `the same labels make the same judge`() throws {
  let labels = corpus(60)
  var first = try OfflineJudge(labels: labels, constitution: #require(constitution), options: options).scorer()
  var second = try OfflineJudge(labels: labels, constitution: #require(constitution), options: options).scorer()
  #expect(first.judge("thank the people").probabilities == second.judge("thank the people").probabilities)
}

@Test func `labels that are noise make a judge that is refused`() throws {
  for seed in 1...5 {
    let labels = corpus(100, seed: UInt64(seed), signal: false)
    let judge = try OfflineJudge(labels: labels, constitution: #require(constitution), options: options)
    #expect(#expect(throws: JudgingError.self) { try judge.check() }?.code == .noBetterThanChance, "\(seed)")
  }
}

@Test func `labels of one text are never learnt and measured at once`() throws {
  // Noise, each text five times: who learns a text by heart would look perfect.
  let labels = corpus(30, signal: false).flatMap { Array(repeating: $0, count: 5) }
  let judge = try OfflineJudge(labels: labels, constitution: #require(constitution), options: options)
  #expect(try #require(judge.reports.first?.agreement.chance) > 0.05)
}

@Test func `a principle with labels of its own has a judge of its own`() throws {
  var labels = corpus(80)
  labels += (0..<80).map { index in
    let text = String(repeating: "long words go on ", count: index % 2 == 0 ? 1 : 9) + "\(index)"
    return Label(text: text + (index % 2 == 0 ? " end" : " and so forth"), label: index % 2 == 0, principle: 2)
  }
  let judge = try OfflineJudge(labels: labels, constitution: #require(constitution), options: options)
  #expect(judge.reports.map(\.principle) == [nil, 2])
  try judge.check()
  var scorer = judge.scorer()
  let opinion = scorer.judge("thank you friend " + String(repeating: "long words go on ", count: 9) + "and so forth")
  #expect(try #require(opinion.probabilities[2]) < 0.4)
  #expect(opinion.keeps == false)
  #expect(opinion.probabilities[1] == nil)
}

@Test func `labels that cannot bear a classifier are refused`() throws {
  let constitution = try #require(constitution)
  func code(_ labels: [Label]) -> JudgingError? {
    #expect(throws: JudgingError.self) {
      try OfflineJudge(labels: labels, constitution: constitution, options: options)
    }
  }
  #expect(code([])?.code == .tooFew)
  #expect(code(corpus(12))?.message.hasPrefix("6 good and 6 bad labels are too few") == true)
  #expect(
    code(corpus(100) + [Label(text: "a", label: true, principle: 2)])?.message.contains("about principle `2`") == true)
  #expect(code(corpus(100) + [Label(text: "a", label: true, principle: 5)])?.code == .malformed)
}

@Test(arguments: ["", "a", "\u{0}\u{1}", "é", String(repeating: "a", count: 100_000)])
func `any text is judged`(text: String) throws {
  let judge = try OfflineJudge(labels: corpus(40), constitution: #require(constitution), options: options)
  var scorer = judge.scorer()
  let probability = try #require(scorer.judge(text).probabilities[nil])
  #expect(probability > 0 && probability < 1)
}

@Test func `columns are distinct, and the same for the same text`() {
  var features = TextFeatures(bits: 10)
  var first: [Int32] = []
  var second: [Int32] = []
  features.columns(of: "Thank you, thank you and thank you", into: &first)
  features.columns(of: "something else", into: &second)
  features.columns(of: "Thank you, thank you and thank you", into: &second)
  #expect(first == second)
  #expect(Set(first).count == first.count && first.allSatisfy { $0 >= 0 && $0 < 1024 })
}
