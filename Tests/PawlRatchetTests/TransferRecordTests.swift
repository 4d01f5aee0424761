import PawlStatistics
import Testing

@testable import PawlRatchet

@Suite struct `The record of transfer` {
  private func record(_ points: [(below: Double, above: Double, steps: Double)], error: Double = 0.05) -> TransferRecord
  {
    var record = TransferRecord()
    for point in points {
      record.record(.init(below: point.below, above: point.above, standardError: error, steps: point.steps))
    }
    return record
  }

  private func chance(_ record: TransferRecord, below: Double = 1, steps: Double = 1) -> Double {
    record.chance(below: below, steps: steps, deviation: 0.2, pairs: 16, alpha: 0.02)
  }

  @Test func `expects as much above as below while nothing is known, and trusts that`() {
    let unknown = TransferRecord()
    let forecast = unknown.forecast(below: 0.4, steps: 1)
    #expect(abs(forecast.effect - 0.4) < 1e-12 && forecast.deviation > 0.2)
    #expect(unknown.mayPredict && unknown.rankCorrelation == nil)
    #expect(unknown.forecast(below: 0.4, steps: 9).deviation < forecast.deviation, "in a stack, steps average out")
    // An effect that a test would surely find is worth one on faith; one that drowns in its noise is not.
    #expect(chance(unknown, steps: 5) > 0.5 && chance(unknown, below: 0.02, steps: 5) < 0.25)
  }

  @Test func `consistent ratios make a sharp forecast`() {
    let half = record((1...8).map { (Double($0), 0.5 * Double($0), 1) }, error: 0.01)
    let forecast = half.forecast(below: 2, steps: 1)
    #expect(abs(forecast.effect - 1) < 0.06)
    #expect(
      forecast.deviation < 0.5 && forecast.deviation < 0.4 * TransferRecord().forecast(below: 2, steps: 1).deviation)
    #expect(half.rankCorrelation?.value == 1 && half.mayPredict)
    #expect(chance(half) > 0.9 && chance(half) > chance(TransferRecord()))
  }

  @Test func `a stack that fails where others held keeps its parts worth trying`() {
    let mixed = record([(1, 0.9, 3), (1.2, 1.1, 4), (1, -0.4, 3), (0.6, 0.55, 2), (0.4, -0.9, 1)])
    #expect(mixed.mayPredict && chance(mixed, below: 0.6) > 0.25)
    // What differs among steps shows less in a larger stack.
    let (one, many) = (mixed.forecast(below: 1, steps: 1), mixed.forecast(below: 1, steps: 10))
    #expect(many.deviation < one.deviation && abs(many.effect - one.effect) < 1e-12)
  }

  @Test func `parts that all fail alike end the tries`() {
    var points: [(below: Double, above: Double, steps: Double)] = [(1, -1, 4)]
    var last = chance(record(points))
    for below in [0.5, 0.5, 0.3, 0.2, 0.25] {
      points.append((below, -below, 1))
      let now = chance(record(points), below: 0.25)
      #expect(now <= last + 0.02, "each failure tells against the next try: \(now) after \(last)")
      last = now
    }
    #expect(last < 0.05 && record(points).forecast(below: 1, steps: 1).effect < 0)
  }

  @Test func `ranks that run against each other say that one rung does not foretell the other`() {
    let turned = record((1...8).map { (Double($0), -Double($0), 1) })
    #expect(!turned.mayPredict && turned.rankCorrelation?.value == -1)
  }

  @Test func `the chance grows with the effect, with pairs and with alpha, and falls with noise`() {
    let record = record([(1, 0.8, 2), (0.5, 0.5, 1)])
    func chance(_ below: Double = 0.3, deviation: Double = 0.5, pairs: Int = 16, alpha: Double = 0.02) -> Double {
      record.chance(below: below, steps: 2, deviation: deviation, pairs: pairs, alpha: alpha)
    }
    #expect(chance(0.6) > chance() && chance(pairs: 64) > chance() && chance(alpha: 0.2) > chance())
    #expect(chance(deviation: 2) < chance() && chance() > 0 && chance() < 1)
  }

  @Test func `numbers that are none, and a change that is worth nothing below, harm nothing`() {
    var record = record([(.nan, 1, 1), (1, .infinity, 1), (0, 3, 1)])
    #expect(record.points.count == 1)
    #expect(record.forecast(below: 1, steps: 1) == TransferRecord().forecast(below: 1, steps: 1), "0 has no ratio")
    for place in 0..<600 { record.record(.init(below: 1, above: Double(place), standardError: 1)) }
    #expect(record.points.count == 500 && record.points.last?.above == 599, "the newest count")
    let chance = record.chance(below: 1, steps: 0, deviation: 0, pairs: 0, alpha: 0)
    #expect(chance >= 0 && chance <= 1)
  }
}
