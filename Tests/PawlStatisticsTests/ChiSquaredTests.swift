import PawlStatistics
import Testing

@Suite struct ChiSquaredTests {
  @Test(arguments: InferenceReferences.incompleteGamma)
  func `the incomplete gamma functions match SciPy`(row: [Double]) {
    let lower = Special.lowerIncompleteGamma(row[0], row[1])
    let upper = Special.upperIncompleteGamma(row[0], row[1])
    // The smaller of the two is good to many digits, the larger is its complement.
    #expect(agree(lower, row[2], 1e-10) && agree(upper, row[3], 1e-10))
  }

  @Test(arguments: InferenceReferences.chiSquaredQuantile)
  func `chi-squared quantiles match SciPy`(row: [Double]) {
    let distribution = ChiSquared(degreesOfFreedom: row[0])
    let quantile = distribution.quantile(row[1])
    #expect(agree(quantile, row[2], 1e-9))
    #expect(abs(distribution.cumulative(quantile) + distribution.survival(quantile) - 1) < 1e-12)
  }

  @Test func `the ends are zero and infinite, beyond them is NaN`() {
    let distribution = ChiSquared(degreesOfFreedom: 4)
    #expect(distribution.quantile(0) == 0)
    #expect(distribution.quantile(1) == .infinity)
    #expect(distribution.quantile(1.2).isNaN)
    #expect(distribution.cumulative(-1) == 0 && distribution.survival(-1) == 1)
    #expect(distribution.cumulative(.infinity) == 1 && distribution.survival(.infinity) == 0)
    #expect(ChiSquared(degreesOfFreedom: 0).quantile(0.5).isNaN)
    #expect(Special.lowerIncompleteGamma(-1, 2).isNaN && Special.upperIncompleteGamma(2, .nan).isNaN)
  }

  @Test(arguments: InferenceReferences.sigmaInterval)
  func `the interval of a pooled sigma matches SciPy`(row: [Double]) throws {
    // One group whose squared deviations are the row's: two values, or pairs around zero.
    let freedom = Int(row[0])
    var noise = PooledNoise()
    for _ in 0..<freedom {
      let half = (row[1] / row[0] / 2).squareRoot()
      noise.fold(Moments([-half, half]))
    }
    let interval = try #require(noise.interval(confidence: row[2]))
    #expect(agree(interval.lowerBound, row[3], 1e-9) && agree(interval.upperBound, row[4], 1e-9))
    #expect(interval.contains(try #require(noise.sigma)))
  }

  @Test func `no replicates or no confidence is no interval, and exact agreement is an interval of zero`() {
    var noise = PooledNoise()
    #expect(noise.interval(confidence: 0.95) == nil)
    noise.fold(Moments([2, 2, 2]))
    #expect(noise.interval(confidence: 0.95) == 0...0)
    for confidence in [0, 1, -3, .nan, .infinity] { #expect(noise.interval(confidence: confidence) == nil) }
  }
}
