import Testing

@testable import PawlDrift

@Suite struct BinomialIntervalTests {
  /// hits, of, confidence, low, high: beta quantiles of SciPy 1.17.
  @Test(arguments: [
    [0, 10, 0.95, 0, 0.3084971078187607], [10, 10, 0.95, 0.6915028921812392, 1],
    [1, 20, 0.95, 0.0012650894979498047, 0.24873276277202777], [7, 20, 0.9, 0.1773109175744491, 0.5580345113154888],
    [999, 1_000, 0.95, 0.9944410757201734, 0.9999746825125088],
    [951, 1_000, 0.99, 0.9306578114860329, 0.9668998574201684],
    [50_000, 100_000, 0.95, 0.4968960624918004, 0.5031039375081996],
    [999_000, 1_000_000, 0.95, 0.9989360818926848, 0.9990609987920499],
  ])
  func `exact intervals match SciPy`(row: [Double]) throws {
    let interval = try #require(BinomialInterval.exact(hits: Int(row[0]), of: Int(row[1]), confidence: row[2]))
    #expect(abs(interval.lowerBound - row[3]) < 1e-9)
    #expect(abs(interval.upperBound - row[4]) < 1e-9)
  }

  @Test func `more hits than there are, nothing asked, or no confidence give no interval`() {
    #expect(BinomialInterval.exact(hits: 3, of: 2) == nil)
    #expect(BinomialInterval.exact(hits: 0, of: 0) == nil)
    #expect(BinomialInterval.exact(hits: -1, of: 2) == nil)
    #expect(BinomialInterval.exact(hits: 1, of: 2, confidence: 1) == nil)
    #expect(BinomialInterval.exact(hits: 1, of: 2, confidence: .nan) == nil)
  }

  @Test func `a count that is too great to be reckoned with gives a wider interval`() throws {
    let huge = try #require(BinomialInterval.exact(hits: .max / 2, of: .max))
    let large = try #require(BinomialInterval.exact(hits: 500_000, of: 1_000_000))
    #expect(abs(huge.lowerBound - large.lowerBound) < 1e-9)
  }
}
