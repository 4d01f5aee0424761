import PawlStatistics
import Testing

@Suite struct `Rank correlation` {
  private func correlation(_ first: [Double], _ second: [Double]) -> RankCorrelation? {
    RankCorrelation(zip(first, second).map { ($0, $1) })
  }

  /// Values of `scipy.stats.spearmanr` (SciPy 1.17.1); the intervals from the formula in the type's words, with `scipy.stats.norm`.
  @Test(arguments: [
    Reference(
      first: [1, 2, 3, 4, 5], second: [2, 1, 4, 3, 5], value: 0.8, lower: -0.4571243888052967,
      upper: 0.9908429478778042),
    Reference(
      first: [106, 100, 86, 101, 99, 103, 97, 113, 112, 110], second: [7, 27, 2, 50, 28, 29, 20, 12, 6, 17],
      value: -0.17575757575757575, lower: -0.7278300282394071, upper: 0.5145466616329561),
    Reference(
      first: [1, 2, 2, 3, 5, 5, 5, 8], second: [3, 1, 4, 4, 9, 2, 6, 5], value: 0.5618997059516708,
      lower: -0.2982244934210945, upper: 0.918411133973959),
    Reference(
      first: [0.1, -2, 3.5, 7], second: [1e9, -1e-9, 0, 1e12], value: 0.8, lower: -0.818816304971491,
      upper: 0.9975433602775399),
    Reference(
      first: [1, 2, 3, 4, 5, 6], second: [6, 5, 4, 3, 2, 1], value: -1, lower: -1, upper: -0.6316889830216208),
  ])
  func `is what SciPy gives, ties and all`(_ reference: Reference) throws {
    let found = try #require(correlation(reference.first, reference.second))
    #expect(abs(found.value - reference.value) < 1e-12 && found.pairs == reference.first.count)
    #expect(abs(found.interval.lowerBound - reference.lower) < 1e-8)
    #expect(abs(found.interval.upperBound - reference.upper) < 1e-8)
    let turned = try #require(correlation(reference.second, reference.first))
    #expect(abs(turned.value - found.value) < 1e-12, "neither side comes first")
    let negated = try #require(correlation(reference.first.map { -$0 }, reference.second))
    #expect(abs(negated.value + found.value) < 1e-12)
  }

  struct Reference: Sendable {
    let first: [Double]
    let second: [Double]
    let value: Double
    let lower: Double
    let upper: Double
  }

  @Test func `any growing change of scale leaves it as it is`() throws {
    let first = [0.3, -1, 2.5, 7, 0.1]
    let second = [2.0, 0.5, 9, 3, 1]
    let plain = try #require(correlation(first, second))
    #expect(correlation(first.map { $0 * $0 * $0 * 1e6 + 4 }, second) == plain)
  }

  @Test func `too few, constant or absent values give none, and three give no interval`() throws {
    #expect(correlation([1, 2], [1, 2]) == nil)
    #expect(correlation([1, 1, 1, 1], [1, 2, 3, 4]) == nil)
    #expect(correlation([1, 2, .nan, 3], [1, .infinity, 2, 3]) == nil, "two are left")
    let three = try #require(correlation([1, 2, 3], [2, 4, 9]))
    #expect(three.value == 1 && three.interval == -1...1)
  }

  @Test func `a perfect ranking of many leaves less doubt than one of few`() throws {
    let few = try #require(correlation((0..<4).map(Double.init), (0..<4).map(Double.init)))
    let many = try #require(correlation((0..<40).map(Double.init), (0..<40).map(Double.init)))
    #expect(few.interval.lowerBound < 0 && many.interval.lowerBound > 0.95)
    #expect(few.interval.upperBound == 1 && many.interval.upperBound == 1)
  }
}
