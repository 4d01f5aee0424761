import PawlStatistics
import Testing

@Suite struct BootstrapIntervalTests {
  @Test(arguments: InferenceReferences.bootstraps.indices)
  func `it matches SciPy within Monte Carlo error`(index: Int) throws {
    let reference = InferenceReferences.bootstraps[index]
    let interval = try #require(
      BootstrapInterval.difference(of: reference.first, less: reference.second, resamples: 20_000, seed: 1))
    let tolerance = 0.02 * (reference.upper - reference.lower)
    #expect(abs(interval.lowerBound - reference.lower) < tolerance)
    #expect(abs(interval.upperBound - reference.upper) < tolerance)
  }

  @Test func `the same seed gives the same interval, another seed another`() {
    let first = [0.3, 0.5, 0.4, 0.9]
    let second = [0.2, 0.1, 0.35]
    let interval = BootstrapInterval.difference(of: first, less: second, seed: 5)
    #expect(interval == BootstrapInterval.difference(of: first, less: second, seed: 5))
    #expect(interval != BootstrapInterval.difference(of: first, less: second, resamples: 50, seed: 6))
  }

  @Test func `constant samples give a point, too few none`() {
    #expect(BootstrapInterval.difference(of: [2, 2], less: [0.5, 0.5, 0.5, 0.5], seed: 1) == 1.5...1.5)
    #expect(BootstrapInterval.difference(of: [2], less: [1, 2], seed: 1) == nil)
    #expect(BootstrapInterval.difference(of: [1, .nan], less: [1, 2], seed: 1) == nil)
    for confidence in [0, 1, .nan] {
      #expect(BootstrapInterval.difference(of: [1, 2], less: [1, 2], confidence: confidence, seed: 1) == nil)
    }
  }

  @Test func `no resamples count as one, and the largest doubles do not trap`() {
    #expect(BootstrapInterval.difference(of: [1, 2], less: [1, 2], resamples: -4, seed: 1) != nil)
    let large = Double.greatestFiniteMagnitude
    #expect(BootstrapInterval.difference(of: [large, large], less: [-large, -large], seed: 1) == nil)
  }
}
