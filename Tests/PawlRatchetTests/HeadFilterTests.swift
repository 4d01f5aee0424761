import PawlCore
import PawlStatistics
import Testing

@testable import PawlRatchet

@Suite struct HeadFilterTests {
  private let noise = MeasurementNoise(own: 0.6, shared: 0.4)

  @Test func `one measurement is compared with the head and with what its seed does`() throws {
    var filter = HeadFilter(mean: 2, variance: 0.5)
    filter.extend(to: 1, variance: noise.shared)
    let paired = try #require(filter.compare([Observation(seed: 0, value: 3)], noise: noise))
    #expect(abs(paired.estimate - 1) < 1e-12)
    #expect(abs(paired.variance - (0.5 + 0.4 + 0.6)) < 1e-12)
    let alone = try #require(filter.compare([Observation(seed: nil, value: 3)], noise: noise))
    #expect(abs(alone.variance - (0.5 + 1)) < 1e-12)
    #expect(filter.compare([], noise: noise) == nil)
    #expect(
      HeadFilter(mean: 1, variance: 0).compare([Observation(seed: nil, value: 1)], noise: .init(own: 0, shared: 0))
        == nil)
  }

  @Test func `measurements of the head itself are the usual normal update`() {
    let filter = HeadFilter(mean: 2, variance: 0.5)
      .updated(by: [Observation(seed: nil, value: 3), Observation(seed: nil, value: 4)], noise: noise)
    // Precisions add: 2 of the prior, 1 of each measurement.
    #expect(abs(filter.head - (2 * 2 + 3 + 4) / 4) < 1e-12)
    #expect(abs(filter.variance - 0.25) < 1e-12)
  }

  @Test func `an adopted candidate has the moments that the mixture over its effect has`() throws {
    let filter = HeadFilter(mean: 0, variance: 0.5)
    let comparison = try #require(filter.compare([Observation(seed: nil, value: 3)], noise: noise))
    let effect = (mean: 1.2, deviation: 0.7)
    let adopted = filter.settled(comparison, effect: effect, adopted: true, trust: 1)
    // Given d, the head is normal with gain k; then averaged over d.
    let gain = 0.5 / 1.5
    #expect(abs(adopted.head - (gain * (3 - 1.2) + 1.2)) < 1e-12)
    #expect(abs(adopted.variance - ((1 - gain) * 0.5 + (1 - gain) * (1 - gain) * 0.49)) < 1e-12)
    let discarded = filter.settled(comparison, effect: effect, adopted: false, trust: 1)
    #expect(abs(discarded.head - gain * (3 - 1.2)) < 1e-12)
    #expect(abs(discarded.variance - ((1 - gain) * 0.5 + gain * gain * 0.49)) < 1e-12)
  }

  @Test func `a seed under which everything looks good flatters nothing in the end`() throws {
    var filter = HeadFilter(mean: 0, variance: 0.01)
    filter.extend(to: 1, variance: noise.shared)
    // Fifty candidates that do nothing, each measured under a seed that adds 1 to all of them.
    for _ in 0..<50 {
      let comparison = try #require(filter.compare([Observation(seed: 0, value: 1)], noise: noise))
      filter = filter.settled(comparison, effect: (0, 0), adopted: false, trust: 1)
    }
    let last = try #require(filter.compare([Observation(seed: 0, value: 1)], noise: noise))
    #expect(abs(last.estimate) < 0.05)
    #expect(abs(filter.head) < 0.1, "the head is not better for it")
  }

  @Test func `variances stay those of a distribution whatever comes`() {
    var generator = SeededGenerator(seed: 3)
    var filter = HeadFilter(mean: 0, variance: 10)
    for step in 0..<400 {
      filter.extend(to: 1 + step / 50, variance: noise.shared)
      filter.drift(by: 0.01)
      let seeds = 1 + step / 50
      let observations = (0..<(1 + Int(generator.next() % 3))).map {
        Observation(seed: $0 < seeds ? $0 : nil, value: 4 * generator.unit() - 2)
      }
      guard let comparison = filter.compare(observations, noise: noise) else {
        Issue.record("no comparison at step \(step)")
        return
      }
      #expect(comparison.variance > 0 && comparison.variance.isFinite)
      let effect = (mean: generator.unit() - 0.5, deviation: generator.unit())
      filter = filter.settled(comparison, effect: effect, adopted: step % 7 == 0, trust: step % 7 == 0 ? 1 : 0.5)
      #expect(filter.variance >= 0 && filter.head.isFinite)
    }
  }

  @Test func `what differs absurdly leaves the head where it was`() throws {
    let filter = HeadFilter(mean: 5, variance: 0.5)
    let comparison = try #require(filter.compare([Observation(seed: nil, value: -1e150)], noise: noise))
    #expect(filter.settled(comparison, effect: (-1e150, 1), adopted: false, trust: 1) == filter)
    let better = try #require(filter.compare([Observation(seed: nil, value: 1e9)], noise: noise))
    let adopted = filter.settled(better, effect: (1e9, 1), adopted: true, trust: 1)
    #expect(abs(adopted.head - 1e9) < 10 && adopted.variance == 1)
  }
}

@Suite struct StudyNoiseTests {
  @Test(arguments: [0.0, 0.7])
  func `what seeds share is told from what is a measurement's own`(share: Double) throws {
    var generator = SeededGenerator(seed: 11)
    func normal() -> Double { Normal.quantile(max(1e-9, generator.unit())) }
    var noise = StudyNoise()
    let offsets = (0..<3).map { _ in share.squareRoot() * normal() }
    for _ in 0..<200 {
      let worth = 5 * normal()
      noise.fold(
        offsets.indices.map {
          Observation(seed: $0, value: worth + offsets[$0] + (1 - share).squareRoot() * normal())
        })
    }
    let parts = try #require(noise.parts)
    #expect(abs(parts.own - (1 - share)) < 0.15, "own \(parts.own)")
  }

  @Test func `one wild replicate does not blind the study`() throws {
    var noise = StudyNoise()
    for trial in 0..<20 {
      let wobble = trial % 2 == 0 ? 0.1 : -0.1
      noise.fold([Observation(seed: 0, value: 1), Observation(seed: 1, value: 1 + wobble)])
    }
    let before = try #require(noise.sigma)
    noise.fold([Observation(seed: 0, value: 1), Observation(seed: 1, value: 1e6)])
    #expect(try #require(noise.sigma) < 3 * before)
    #expect(try #require(noise.parts).own < 10 * before * before)
  }
}
