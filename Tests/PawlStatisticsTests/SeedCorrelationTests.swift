import Foundation
import PawlCore
import PawlStatistics
import Testing

@Suite struct SeedCorrelationTests {
  static func correlation(_ groups: [(first: [Double], second: [Double])]) -> SeedCorrelation {
    var correlation = SeedCorrelation()
    for group in groups { correlation.fold(zip(group.first, group.second).map { (first: $0, second: $1) }) }
    return correlation
  }

  @Test(arguments: InferenceReferences.seedCorrelations.indices)
  func `correlation, test and pairing ratio match statsmodels`(index: Int) throws {
    let reference = InferenceReferences.seedCorrelations[index]
    let correlation = Self.correlation(reference.groups)
    let test = try #require(correlation.test)
    #expect(agree(try #require(correlation.correlation), reference.expected[0], 1e-9))
    #expect(agree(test.statistic, reference.expected[1], 1e-8))
    #expect(agree(test.pValue, reference.expected[2], 1e-8))
    #expect(Double(test.degreesOfFreedom) == reference.expected[3])
    #expect(agree(try #require(correlation.pairingRatio), reference.expected[4], 1e-9))
  }

  @Test func `differences between commits are not correlation`() throws {
    // Both sides move from group to group, within a group nothing goes together.
    let group: [(first: Double, second: Double)] = [(0, 0), (0, 1), (1, 0), (1, 1)]
    var correlation = SeedCorrelation()
    for shift in [0.0, 10, 50] { correlation.fold(group.map { (first: $0.first + shift, second: $0.second + shift) }) }
    #expect(abs(try #require(correlation.correlation)) < 1e-12)
    #expect(abs(try #require(correlation.test).pValue - 1) < 1e-12)
    #expect(abs(try #require(correlation.pairingRatio) - 1) < 1e-12)
    #expect(correlation.pairs == 12 && correlation.degreesOfFreedom == 9 && correlation.groups == 3)
  }

  @Test func `too few pairs or no variance says nothing`() {
    #expect(SeedCorrelation().test == nil)
    #expect(Self.correlation([([1], [2]), ([1], [3])]).correlation == nil)
    #expect(Self.correlation([([1, 2], [2, 4])]).test == nil)
    #expect(Self.correlation([([1, 2, 3], [2, 2, 2])]).correlation == nil)
    #expect(Self.correlation([([1, 1, 1], [2, 2, 2])]).pairingRatio == nil)
    #expect(Self.correlation([([1, .nan, 3], [2, 2, .infinity])]).pairs == 0)
  }

  @Test func `the same number twice correlates exactly, and huge numbers stay finite`() throws {
    let exact = Self.correlation([([1, 2, 4, 7], [1, 2, 4, 7])])
    #expect(try #require(exact.test).pValue < 1e-12)
    #expect(try #require(exact.pairingRatio) < 1e-12)
    let huge = Self.correlation([([1e300, -1e300, 3, 1], [-1e300, 1e300, 1, 2])])
    #expect(abs(try #require(huge.correlation) + 1) < 1e-12)
    #expect(huge.pairingRatio == 2)
  }

  @Test func `without correlation the test rejects as often as it says`() {
    var generator = SeededGenerator(seed: 31)
    func normal() -> Double { Normal.quantile(max(1e-15, generator.unit())) }
    var rejected = 0
    let studies = 4_000
    for _ in 0..<studies {
      var correlation = SeedCorrelation()
      for size in [2, 3, 4] { correlation.fold((0..<size).map { _ in (first: normal(), second: 3 * normal()) }) }
      if (correlation.test?.pValue ?? 1) < 0.05 { rejected += 1 }
    }
    // Three standard errors around 5 %.
    #expect(abs(Double(rejected) / Double(studies) - 0.05) < 0.0104)
  }

  @Test func `it survives its stored form`() throws {
    let correlation = Self.correlation(InferenceReferences.seedCorrelations[1].groups)
    let data = try JSONEncoder().encode(correlation)
    #expect(try JSONDecoder().decode(SeedCorrelation.self, from: data) == correlation)
  }
}
