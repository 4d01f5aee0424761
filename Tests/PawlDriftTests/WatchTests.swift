import Foundation
import PawlCore
import Testing

@testable import PawlDrift

@Suite struct WatchTests {
  private let quick = WatchRule(alpha: 0.1, splits: 19)

  @Test func `a twentieth of texts of another register among a thousand is seen`() throws {
    let made = Registers.verses(950, seed: 2) + Registers.entries(50, seed: 3)
    let watch = try Watch.measure(
      real: Registers.verses(2_000, seed: 1), made: made, rule: WatchRule(alpha: 0.05, splits: 19), seed: 4)
    #expect(watch.compared == 1_000)
    #expect(watch.alarms.contains { $0.measure == .stability(of: .digits) })
    #expect(watch.alarms.contains { $0.measure == .bytes })
  }

  @Test func `texts of one kind raise no alarm, and the same seed says the same`() throws {
    let real = Registers.verses(240, seed: 1)
    let made = Registers.verses(100, seed: 2)
    let last = Registers.verses(60, seed: 13)
    let watch = try Watch.measure(real: real, made: made, last: last, rule: quick, seed: 15)
    #expect(watch.alarms.isEmpty)
    #expect(watch.compared == 100 && watch.comparedLast == 60)
    #expect(Set(watch.readings.map(\.against)) == [.real, .last])
    #expect(watch == (try Watch.measure(real: real, made: made, last: last, rule: quick, seed: 15)))
  }

  @Test func `one document repeated is told by its repetition, its diversity and its tails`() throws {
    let made = [String](repeating: "and the lord said unto the king of israel", count: 100)
    let watch = try Watch.measure(real: Registers.verses(200, seed: 1), made: made, rule: quick, seed: 6)
    let alarmed = Set(watch.alarms.map(\.measure))
    #expect(alarmed.isSuperset(of: [.accuracy, .compression, .selfSimilarity, .distinct(1), .rareWords, .words]))
    let sentence = watch.alarms.first { $0.measure == .selfSimilarity }?.sentence
    #expect(
      sentence?.hasPrefix("made documents: they are alike: 1.00 in common with the nearest other, where ") == true)
  }

  @Test func `documents that hold nothing are an alarm, not a crash`() throws {
    let watch = try Watch.measure(
      real: Registers.verses(80, seed: 1), made: [String](repeating: "", count: 40), rule: quick, seed: 6)
    #expect(!watch.alarms.isEmpty)
    #expect(watch.readings.allSatisfy { $0.value.isFinite && $0.threshold.isFinite })
  }

  @Test func `what a person let pass is no alarm again, and what goes further is`() throws {
    let real = Registers.verses(240, seed: 1)
    func made(_ entries: Int, _ seed: UInt64) -> [String] {
      Registers.verses(120 - entries, seed: seed) + Registers.entries(entries, seed: seed + 1)
    }
    let first = try Watch.measure(real: real, made: made(40, 10), rule: quick, seed: 7)
    #expect(!first.alarms.isEmpty)
    let same = try Watch.measure(real: real, made: made(40, 20), rule: quick, released: first.readings, seed: 7)
    #expect(same.alarms.isEmpty)
    let more = try Watch.measure(real: real, made: made(110, 30), rule: quick, released: first.readings, seed: 7)
    #expect(more.alarms.contains { $0.sentence.hasSuffix(" was let pass") })
  }

  @Test func `a watch goes through JSON unchanged`() throws {
    let watch = try Watch.measure(
      real: Registers.verses(80, seed: 1), made: Registers.entries(40, seed: 2), rule: quick, seed: 8)
    #expect(try JSONDecoder().decode(Watch.self, from: JSONEncoder().encode(watch)) == watch)
  }

  @Test func `too few splits for the chance that is asked for are refused with how many it takes`() throws {
    let error = #expect(throws: DriftError.self) {
      try Watch.measure(
        real: Registers.verses(80, seed: 1), made: Registers.verses(40, seed: 2), last: Registers.verses(40, seed: 2),
        rule: WatchRule(alpha: 0.01, splits: 198), seed: 1)
    }
    #expect(error?.code == .badSetting)
    #expect(error?.hints == ["set `splits` of `watch` to `199` at least, or raise `alpha`"])
  }

  @Test(arguments: [(39, 40), (200, 19)])
  func `too few documents are refused`(real: Int, made: Int) {
    let error = #expect(throws: DriftError.self) {
      try Watch.measure(
        real: Registers.verses(real, seed: 1), made: Registers.verses(made, seed: 2), rule: quick, seed: 1)
    }
    #expect(error?.code == .tooFew)
  }

  @Test func `all measures together exceed their limits as often as was asked for`() {
    var generator = SeededGenerator(seed: 9)
    func split() -> [Double] {
      // Measures that hang together, one of them skewed.
      let shared = generator.unit()
      return [shared + generator.unit(), shared - generator.unit(), 1 / (generator.unit() + 0.1), shared]
    }
    let measures: [WatchMeasure] = [.words, .bytes, .discrepancy, .selfSimilarity]
    var alarms = 0
    for _ in 0..<1_000 {
      let thresholds = WatchThresholds(measures, splits: (0..<99).map { _ in split() }, share: 0.05, texts: 100)
      if zip(split(), thresholds.limits).contains(where: { $0 > $1 }) { alarms += 1 }
    }
    // 50, with a standard deviation of 7.
    #expect((25...75).contains(alarms))
  }

  @Test func `the higher of two limits counts`() {
    func thresholds(_ scale: Double) -> WatchThresholds {
      WatchThresholds([.words], splits: (0..<19).map { [scale * Double($0)] }, share: 0.05, texts: 100)
    }
    #expect(thresholds(1).orHigher(thresholds(2)).limits == [36])
    #expect(thresholds(2).orHigher(thresholds(1)).limits == [36])
    // Of 19 splits 1, of 19 others 10 are as high as 18; the reading itself is one more.
    #expect(thresholds(1).chance(of: 18, 0) == 0.1)
    #expect(thresholds(1).orHigher(thresholds(2)).chance(of: 18, 0) == 0.55)
  }

  @Test func `a bound is exceeded with no more than the chance that was asked for`() {
    #expect(WatchThresholds.rank(0.01, splits: 200) == 2)
    #expect(WatchThresholds.rank(0.005, splits: 199) == 1)
    #expect(WatchThresholds.rank(0.005, splits: 198) == 0)
    #expect(WatchThresholds.rank(.nan, splits: 10) == 0)
  }
}
