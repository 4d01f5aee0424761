import PawlCore
import Testing

@testable import PawlRatchet

@Suite struct `What curves foretell` {
  /// A straight way from `start` at the first of 100 steps to `end` at the last.
  private func way(from start: Double, to end: Double) -> [CurvePoint] {
    (1...100).map { CurvePoint(step: Double($0), value: start + (end - start) * Double($0) / 100) }
  }

  /// Attempts whose curves lie apart by what they measure in the end, ten times as large.
  private func book(
    _ count: Int, noise: (Int) -> Double = { _ in 0 }, sigma: Double? = 0.01, direction: Direction = .minimize
  ) -> CurveBook {
    var book = CurveBook()
    for number in 0..<count {
      let final = 1 + 0.1 * Double(number % 10) + noise(number)
      book.record(
        way(from: 30 + Double(number % 10), to: 10 + Double(number % 10)), final: final, sigma: sigma,
        direction: direction)
    }
    return book
  }

  @Test func `is a line through values and measurements, whatever their units`() throws {
    let forecast = try #require(book(20) { $0.isMultiple(of: 2) ? 0.01 : -0.01 }.forecast(CurvePoint(step: 50, value: 24)))
    #expect(abs(forecast.measurement - 1.4) < 0.01)
    #expect(forecast.deviation > 0.01 && forecast.deviation < 0.02)
    #expect(forecast.rest == 0.5)
  }

  @Test func `errs in favour of an attempt that is a little further than its place`() throws {
    let book = book(20)
    let at = try #require(book.forecast(CurvePoint(step: 50, value: 24)))
    // The same attempt, ten steps on.
    let later = try #require(book.forecast(CurvePoint(step: 60, value: 22)))
    #expect(later.measurement < at.measurement && later.rest < at.rest)
  }

  @Test func `is wide where values say nothing`() throws {
    let scattered = (0..<40).map { Double(($0 * 7_919) % 31) / 31 }
    var book = CurveBook()
    for number in 0..<40 {
      book.record(
        way(from: 30 + Double(number % 10), to: 10 + Double(number % 10)), final: scattered[number], sigma: 0.01,
        direction: .minimize)
    }
    let forecast = try #require(book.forecast(CurvePoint(step: 50, value: 29)))
    #expect(forecast.deviation > 0.25)
  }

  @Test func `is unknown before the first place, at the end and of too few attempts`() {
    #expect(book(7).forecast(CurvePoint(step: 50, value: 24)) == nil)
    #expect(book(8).forecast(CurvePoint(step: 50, value: 24)) != nil)
    #expect(book(8).forecast(CurvePoint(step: 12, value: 24)) == nil)
    #expect(book(8).forecast(CurvePoint(step: 100, value: 24)) == nil)
    #expect(book(8).forecast(CurvePoint(step: .nan, value: 24)) == nil)
    #expect(CurveBook().forecast(CurvePoint(step: 50, value: 24)) == nil)
  }

  @Test(arguments: [Direction.minimize, .maximize]) func `ends with an attempt that overtakes another`(
    direction: Direction
  ) throws {
    var book = book(20, direction: direction)
    #expect(book.crossing == nil)
    // Of a metric that grows with the curve, the worst on the way is the greatest or the least.
    let isLoss = direction == .minimize
    book.record(
      way(from: isLoss ? 45 : 25, to: isLoss ? 5 : 25), final: isLoss ? 0.5 : 2.5, sigma: 0.01, direction: direction)
    let crossing = try #require(book.crossing)
    #expect(CurveBook.places.contains(crossing.fraction))
    #expect(book.forecast(CurvePoint(step: 50, value: 24)) == nil)
  }

  @Test func `is not ended by an attempt that goes wrong late, by noise, or while noise is unknown`() {
    var late = book(20)
    late.record(way(from: 28, to: 40), final: 4, sigma: 0.01, direction: .minimize)
    #expect(late.crossing == nil)
    #expect(book(64) { 0.02 * (Double(($0 * 7_919) % 31) / 31 - 0.5) }.crossing == nil)
    var unknown = book(20, sigma: nil)
    unknown.record(way(from: 45, to: 5), final: 0.5, sigma: nil, direction: .minimize)
    #expect(unknown.crossing == nil)
  }

  @Test func `is nothing where those ahead on the way are behind at the end of the same curves`() {
    var book = CurveBook()
    for number in 0..<20 {
      let place = Double(number % 10)
      book.record(way(from: 30 + place, to: 19 - place), final: 2 - 0.1 * place, sigma: 0.01, direction: .minimize)
    }
    // In the first half of the way.
    #expect(book.forecast(CurvePoint(step: 25, value: 30)) == nil)
  }

  @Test func `keeps the newest attempts, and takes no numbers that are not finite`() {
    var book = book(200)
    #expect(book.courses.count == CurveBook.limit)
    let before = book
    book.record([CurvePoint(step: .infinity, value: 1)], final: 1, sigma: nil, direction: .minimize)
    book.record([CurvePoint(step: 1, value: .nan)], final: 1, sigma: nil, direction: .minimize)
    book.record([], final: 1, sigma: nil, direction: .minimize)
    book.record(way(from: 1, to: 2), final: .nan, sigma: nil, direction: .minimize)
    #expect(book == before)
    var huge = CurveBook()
    for sign in [1.0, -1, 1, -1, 1, -1, 1, -1, 1] {
      let curve = [CurvePoint(step: 1, value: -1.7e308 * sign), CurvePoint(step: 100, value: 1.7e308 * sign)]
      huge.record(curve, final: sign, sigma: 1, direction: .minimize)
    }
    #expect(huge.courses.allSatisfy { $0.values.allSatisfy { $0?.isFinite ?? true } })
  }
}
