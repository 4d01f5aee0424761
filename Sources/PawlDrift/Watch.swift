public import PawlCore
import PawlStatistics

/// How far made texts are from real ones and from the last generation's, and whether a person must look.
public struct Watch: Sendable, Codable, Hashable {
  /// What the made texts are held against.
  public enum Against: String, Sendable, Codable, CaseIterable { case real, last }

  /// One measure of one comparison.
  public struct Reading: Sendable, Codable, Hashable {
    public var measure: WatchMeasure
    public var against: Against
    public var value: Double
    /// The real texts' own value, where the measure is of one sample; else 0.
    public var beside: Double
    /// What real texts against real ones have in the middle.
    public var expected: Double
    /// Where the alarm begins.
    public var threshold: Double
    /// Whether the alarm is for less than the threshold, not more.
    public var alarmsBelow: Bool
    /// How likely this measure alone goes so far where nothing differs: a permutation's p, no less than 1 / (splits + 1).
    public var chance: Double
    public var alarm: Bool
    /// The value that a person let pass before; nil where none did.
    public var released: Double?
  }

  /// A reading beyond its threshold, as a sentence.
  public struct Alarm: Sendable, Codable, Hashable {
    public var measure: WatchMeasure
    public var against: Against
    public var sentence: String
  }

  public var readings: [Reading]
  public var alarms: [Alarm]
  /// Texts of each side that were compared.
  public var compared: Int
  /// The same for the comparison with the last generation; nil where there was none.
  public var comparedLast: Int?
  public var rule: WatchRule
  public var seed: UInt64

  /// The most that is looked at, so that a watch takes seconds however much data there is.
  public struct Bounds: Sendable, Hashable {
    /// Made texts, and of real ones twice as many.
    public var texts: Int
    /// Bytes of each text's beginning.
    public var bytes: Int
    public init(texts: Int = 1_000, bytes: Int = 2_048) {
      self.texts = texts
      self.bytes = bytes
    }
  }

  /// The least number of texts a side of which anything can be said.
  public static let fewest = 20
  /// Half samples by which a reading's own spread is found where a person let a value pass.
  private static let halves = 24

  /// Measures made texts; the same for the same seed.
  ///
  /// Real texts are split against themselves `rule.splits` times for the thresholds, in samples of the size that is compared:
  /// half of the real texts, the made ones, or `bounds`, whichever is least. Halves of one pool are more alike than two samples
  /// are, so the two that are compared are mixed and split as often, and the higher threshold counts: the latter is an exact
  /// permutation test, by which all alarms together are false with a chance of at most `rule.alpha`. A comparison with fewer than 20 of the last generation's texts is left out.
  public static func measure(
    real: [String], made: [String], last: [String]? = nil, rule: WatchRule = WatchRule(), bounds: Bounds = Bounds(),
    released: [Reading] = [], seed: UInt64
  ) throws(DriftError) -> Watch {
    let last = last.flatMap { $0.count >= fewest ? $0 : nil }
    try check(real: real.count, made: made.count, comparisons: last == nil ? 1 : 2, rule)
    var generator = SeededGenerator(seed: seed)
    let size = max(fewest, min(real.count / 2, made.count, bounds.texts))
    let lastSize = min(size, last?.count ?? 0)
    var texts = generator.draw(2 * size, of: real.count).map { real[$0] }
    texts += generator.draw(size, of: made.count).map { made[$0] }
    if let last { texts += generator.draw(lastSize, of: last.count).map { last[$0] } }
    let session = Session(
      texts: WatchedTexts(
        texts, real: 0..<(2 * size), made: (2 * size)..<(3 * size), bytes: max(64, bounds.bytes)),
      size: size, lastSize: lastSize, rule: rule, released: released)
    let readings = session.readings(&generator)
    return Watch(
      readings: readings, alarms: readings.filter(\.alarm).map(alarm), compared: size,
      comparedLast: lastSize > 0 ? lastSize : nil, rule: rule, seed: seed)
  }

  private static func check(real: Int, made: Int, comparisons: Int, _ rule: WatchRule) throws(DriftError) {
    guard rule.alpha > 0, rule.alpha < 1 else {
      throw DriftError(
        .badSetting, "`alpha` of `\(rule.alpha)` is no chance between 0 and 1",
        hints: ["set `alpha` of `watch` to 0.01"])
    }
    let needed = Double(comparisons) / rule.alpha
    guard Double(rule.splits) + 1 >= needed * (1 - 1e-9) else {
      throw DriftError(
        .badSetting, "`\(rule.splits)` splits cannot set a threshold for `\(rule.alpha)`",
        hints: [
          "set `splits` of `watch` to `\(needed < 1e9 ? "\(Int(needed.rounded(.up)) - 1)" : "more")` at least, or raise `alpha`"
        ])
    }
    guard real >= 2 * fewest else {
      throw DriftError(
        .tooFew, "`\(real)` real documents are too few to be split against themselves",
        hints: ["give at least `\(2 * fewest)` documents in `real`"])
    }
    guard made >= fewest else {
      throw DriftError(
        .tooFew, "`\(made)` made documents are too few to tell how they differ from real ones",
        hints: ["raise `documents`, or let more of them through the filters: at least `\(fewest)` are needed"])
    }
  }

  private static func alarm(_ reading: Reading) -> Alarm {
    let against = reading.against == .real ? "real texts" : "the last generation's"
    var sentence = reading.measure.sentence(reading.value, threshold: reading.threshold, against: against)
    if let released = reading.released { sentence += "; `\(Figures.short(released))` was let pass" }
    return Alarm(measure: reading.measure, against: reading.against, sentence: "made documents: " + sentence)
  }

  /// One watch at work.
  private struct Session {
    let texts: WatchedTexts
    let size: Int
    let lastSize: Int
    let rule: WatchRule
    let released: [Reading]

    func readings(_ generator: inout SeededGenerator) -> [Reading] {
      let all = WatchMeasure.shift + WatchMeasure.loss
      var readings = compare(.real, all, Array(0..<size), Array((2 * size)..<(3 * size)), &generator, both)
      guard lastSize > 0 else { return readings }
      let last = Array((3 * size)..<(3 * size + lastSize))
      let made = Array((2 * size)..<(2 * size + lastSize))
      readings += compare(.last, WatchMeasure.shift, last, made, &generator, shift)
      return readings
    }

    /// Values, and the first sample's own beside them.
    private struct Values {
      var values: [Double]
      var beside: [Double]
      var differences: [Double] { zip(values, beside).map(-) }
    }

    private func both(_ first: [Int], _ second: [Int]) -> Values {
      let loss = texts.loss(first, second)
      let shift = shift(first, second)
      return Values(values: shift.values + loss.values, beside: shift.beside + loss.beside)
    }

    private func shift(_ first: [Int], _ second: [Int]) -> Values {
      let values = texts.shift(first, second)
      return Values(values: values, beside: values.map { _ in 0 })
    }

    private func compare(
      _ against: Against, _ measures: [WatchMeasure], _ first: [Int], _ second: [Int],
      _ generator: inout SeededGenerator, _ measure: ([Int], [Int]) -> Values
    ) -> [Reading] {
      let values = measure(first, second)
      let thresholds = thresholds(measures, of: Array(0..<(2 * size)), first.count, &generator, measure)
        .orHigher(self.thresholds(measures, of: first + second, first.count, &generator, measure))
      var spreads = values.values.map { _ in 0.0 }
      if released.contains(where: { $0.against == against }) {
        // The spread over halves drawn without replacement is that of the whole (Shao and Wu 1989, the delete-d jackknife).
        let halves = (0..<Watch.halves).map { _ in
          let chosen = generator.draw(first.count / 2, of: first.count)
          let other = generator.draw(second.count / 2, of: second.count)
          return measure(chosen.map { first[$0] }, other.map { second[$0] }).differences
        }
        spreads = WatchThresholds.spreads(halves, measures, texts: first.count)
      }
      return thresholds.readings(
        values.values, beside: values.beside, against: against, spreads: spreads, released: released,
        quantile: -Normal.quantile(rule.alpha / Double(2 * WatchMeasure.shift.count + WatchMeasure.loss.count)))
    }

    private func thresholds(
      _ measures: [WatchMeasure], of pool: [Int], _ count: Int, _ generator: inout SeededGenerator,
      _ measure: ([Int], [Int]) -> Values
    ) -> WatchThresholds {
      let splits = (0..<rule.splits).map { _ in
        let order = generator.draw(2 * count, of: pool.count).map { pool[$0] }
        return measure(Array(order[..<count]), Array(order[count...])).differences
      }
      return WatchThresholds(measures, splits: splits, share: rule.alpha / (lastSize > 0 ? 2 : 1), texts: count)
    }
  }
}
