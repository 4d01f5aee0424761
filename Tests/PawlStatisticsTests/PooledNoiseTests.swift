import PawlStatistics
import Testing

@Suite struct PooledNoiseTests {
  @Test func `differences between candidates are not noise`() throws {
    var noise = PooledNoise()
    noise.fold(Moments([1, 3]))
    noise.fold(Moments([100, 102, 104]))
    #expect(noise.degreesOfFreedom == 3)
    #expect(abs(try #require(noise.sigma) - (10.0 / 3).squareRoot()) < 1e-12)
  }

  @Test func `nothing replicated is no sigma, exact agreement is sigma zero`() {
    var noise = PooledNoise()
    noise.fold(Moments([1]))
    #expect(noise.sigma == nil)
    noise.fold(Moments([2, 2, 2]))
    #expect(noise.sigma == 0)
    noise.fold(Moments([2, 3]))
    #expect((noise.sigma ?? 0) > 0)
  }

  @Test func `one wild group cannot spoil the pool`() throws {
    var noise = PooledNoise()
    noise.fold(Moments([-1, 1, -1, 1, -1, 1, -1, 1, -1, 1]))
    noise.fold(Moments([0, 1e6]))
    #expect(try #require(noise.sigma) < 2.5)
  }

  @Test(arguments: [(1.0, 1.837), (2, 1.321), (3, 1.197), (10, 1.053), (100, 1.005)])
  func `the inflation is the Student quantile at one standard deviation`(freedom: Double, expected: Double) {
    var noise = PooledNoise()
    noise.fold(Moments((0...Int(freedom)).map { Double($0) }))
    let exact = StudentT(degreesOfFreedom: freedom).quantile(Normal.cumulative(1))
    #expect(abs(exact - expected) < 1e-3)
    #expect(abs(noise.inflation / exact - 1) < 0.02)
  }
}
