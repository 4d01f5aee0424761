import Foundation
import PawlCore
import PawlStatistics
import Testing

@Suite struct ScalingFitTests {
  static func points(_ computes: [Double], _ losses: [Double], _ errors: [Double]? = nil) -> [ScalingPoint] {
    computes.indices.map {
      ScalingPoint(compute: computes[$0], loss: losses[$0], standardError: errors?[$0] ?? 0.01)
    }
  }

  static func code(_ points: [ScalingPoint]) -> StatisticsError.Code? {
    do throws(StatisticsError) { _ = try ScalingFit(points) } catch { return error.code }
    return nil
  }

  @Test(arguments: InferenceReferences.scalings.indices) func `the fit matches SciPy`(index: Int) throws {
    let reference = InferenceReferences.scalings[index]
    let fit = try ScalingFit(Self.points(reference.computes, reference.losses, reference.errors))
    #expect(abs(fit.asymptote - reference.expected[0]) < 1e-5)
    #expect(agree(fit.coefficient, reference.expected[1], 1e-5))
    #expect(agree(fit.exponent, reference.expected[2], 1e-5))
    // Never worse than the reference, whatever the parameters.
    #expect(fit.residual <= reference.expected[3] * (1 + 1e-9) + 1e-12)
    #expect(fit.asymptoteIsAssumed == (reference.computes.count == 2))
  }

  @Test func `the unit of compute and the order of rungs do not matter`() throws {
    let reference = InferenceReferences.scalings[2]
    let points = Self.points(reference.computes, reference.losses, reference.errors)
    let scaled = points.reversed().map {
      ScalingPoint(compute: $0.compute * 1e18, loss: $0.loss, standardError: $0.standardError)
    }
    let fit = try ScalingFit(points)
    let other = try ScalingFit(scaled)
    #expect(agree(fit.exponent, other.exponent, 1e-7))
    #expect(agree(fit.loss(at: 64), other.loss(at: 64e18), 1e-9))
  }

  @Test func `exact points are fitted too`() throws {
    let computes = [1.0, 10, 100, 1000]
    let losses = computes.map { 1.5 + 2 * pow($0, -0.25) }
    for errors in [[0, 0, 0, 0], [0, 0.01, 0, 0.01]] {
      let fit = try ScalingFit(Self.points(computes, losses, errors))
      #expect(agree(fit.asymptote, 1.5, 1e-5) && agree(fit.exponent, 0.25, 1e-5))
    }
  }

  @Test func `points that are no curve are refused with a reason`() {
    #expect(Self.code([]) == .tooFewRungs)
    #expect(Self.code(Self.points([1], [2])) == .tooFewRungs)
    #expect(Self.code(Self.points([1, 1, 10], [2, 2, 1])) == .duplicateCompute)
    for compute in [0, -1, .nan, .infinity] { #expect(Self.code(Self.points([compute, 10], [2, 1])) == .badPoint) }
    for loss in [.nan, -.infinity, 1e200] { #expect(Self.code(Self.points([1, 10], [loss, 1])) == .badPoint) }
    for error in [-1, .nan, .infinity] {
      #expect(Self.code(Self.points([1, 10], [2, 1], [error, 1])) == .badPoint)
    }
  }

  @Test func `rungs whose metrics are on different scales are refused with a reason`() {
    #expect(Self.code(Self.points([1, 10, 100], [2, 350, 340])) == .lossDoesNotFall)
    #expect(Self.code(Self.points([1, 10], [2, 2.01])) == .lossDoesNotFall)
    #expect(Self.code(Self.points([1, 10, 100], [2, 2, 2])) == .lossDoesNotFall)
    #expect(Self.code(Self.points([1, 10, 100], [1e6, 1.1, 1])) == .noPowerLaw)
    #expect(Self.code(Self.points([1, 10], [-1, -2])) == .lossDoesNotFall)
  }

  @Test func `a rise that noise explains is not held against a curve`() throws {
    let fit = try ScalingFit(Self.points([1, 10, 100, 1000], [2, 1.7, 1.5, 1.51], [0.02, 0.02, 0.02, 0.02]))
    #expect(fit.loss(at: 1000) < fit.loss(at: 100))
  }

  @Test func `it survives its stored form`() throws {
    let fit = try ScalingFit(Self.points([1, 10, 100], [3, 2.2, 1.8]))
    #expect(try JSONDecoder().decode(ScalingFit.self, from: JSONEncoder().encode(fit)) == fit)
  }
}

@Suite struct ComputeMultiplierTests {
  static let baseline = ScalingFitTests.points(
    InferenceReferences.scalings[2].computes, InferenceReferences.scalings[2].losses,
    InferenceReferences.scalings[2].errors)
  static let champion = InferenceReferences.champion.map {
    ScalingPoint(compute: $0[0], loss: $0[1], standardError: $0[2])
  }

  @Test(arguments: InferenceReferences.multiplier) func `it matches root finding with SciPy`(row: [Double]) throws {
    let multiplier = try ComputeMultiplier(
      baseline: Self.baseline, champion: Self.champion, at: row[0], resamples: 200, seed: 3)
    #expect(agree(multiplier.value, row[1], 1e-4))
    #expect(multiplier.lower < multiplier.value)
    #expect((multiplier.upper ?? .infinity) > multiplier.value)
  }

  @Test func `a curve needs exactly its own compute, and half the compute is a multiplier of two`() throws {
    let same = try ComputeMultiplier(
      baseline: Self.baseline, champion: Self.baseline, at: 30, resamples: 200, seed: 3)
    #expect(agree(same.value, 1, 1e-9))
    #expect(same.lower < 1 && (same.upper ?? 2) > 1)
    let twice = Self.baseline.map {
      ScalingPoint(compute: $0.compute / 2, loss: $0.loss, standardError: $0.standardError)
    }
    #expect(
      agree(try ComputeMultiplier(baseline: Self.baseline, champion: twice, at: 30, seed: 3).value, 2, 1e-6))
  }

  @Test func `the interval holds the truth about as often as it says`() throws {
    var covered = 0
    let studies = 100
    let computes = [1.0, 8, 64, 512]
    var generator = SeedStream(seed: 12)
    for study in 0..<studies {
      func draw(_ coefficient: Double) -> [ScalingPoint] {
        computes.map {
          ScalingPoint(
            compute: $0, loss: 1 + coefficient * pow($0, -0.3) + 0.003 * generator.normal(), standardError: 0.003)
        }
      }
      let multiplier = try ComputeMultiplier(
        baseline: draw(2), champion: draw(2 / pow(1.5, 0.3)), at: 64, resamples: 100, seed: UInt64(study))
      // L = 1 + 2 (1.5 C)^-0.3: the baseline needs 1.5 times the compute.
      if multiplier.lower <= 1.5, 1.5 <= multiplier.upper ?? .infinity { covered += 1 }
    }
    #expect(Double(covered) / Double(studies) > 0.88)
  }

  @Test func `exact curves have an interval of one point`() throws {
    let computes = [1.0, 10, 100]
    let baseline = ScalingFitTests.points(computes, computes.map { 1 + 2 * pow($0, -0.5) }, [0, 0, 0])
    let champion = ScalingFitTests.points(computes, computes.map { 1 + pow($0, -0.5) }, [0, 0, 0])
    let multiplier = try ComputeMultiplier(baseline: baseline, champion: champion, at: 10, resamples: 50, seed: 1)
    #expect(agree(multiplier.value, 4, 1e-4))
    #expect(agree(multiplier.lower, 4, 1e-4) && agree(multiplier.upper ?? 0, 4, 1e-4))
    #expect(multiplier.failures == 0)
  }

  @Test func `a champion below the baseline's asymptote has no multiplier, and the reason names both`() {
    let computes = [1.0, 10, 100]
    let baseline = ScalingFitTests.points(computes, computes.map { 2 + pow($0, -0.5) })
    let champion = ScalingFitTests.points(computes, computes.map { 1 + pow($0, -0.5) })
    let error = #expect(throws: StatisticsError.self) {
      try ComputeMultiplier(baseline: baseline, champion: champion, at: 10, seed: 1)
    }
    #expect(error?.code == .outOfReach)
    #expect(error?.message.contains("no compute takes the baseline to") == true)
  }

  @Test func `a bad compute and a curve that is none are reasons, not numbers`() {
    for compute in [0, -3, .nan, .infinity] {
      let error = #expect(throws: StatisticsError.self) {
        try ComputeMultiplier(baseline: Self.baseline, champion: Self.champion, at: compute, seed: 1)
      }
      #expect(error?.code == .badPoint)
    }
    let error = #expect(throws: StatisticsError.self) {
      try ComputeMultiplier(baseline: Self.baseline, champion: [], at: 10, seed: 1)
    }
    #expect(error?.code == .tooFewRungs)
  }

  @Test func `noise as large as the curve's fall leaves the upper end open`() throws {
    let noisy = [(1.0, 2.0), (10, 1.8), (100, 1.7)].map {
      ScalingPoint(compute: $0.0, loss: $0.1, standardError: 0.1)
    }
    let better = noisy.map { ScalingPoint(compute: $0.compute, loss: $0.loss - 0.05, standardError: 0.1) }
    let multiplier = try ComputeMultiplier(baseline: noisy, champion: better, at: 10, resamples: 300, seed: 1)
    #expect(multiplier.upper == nil)
    #expect(multiplier.failures > 0)
  }
}

/// Normal draws from a seed.
private struct SeedStream {
  private var generator: SeededGenerator
  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }
  mutating func normal() -> Double { Normal.quantile(max(1e-15, generator.unit())) }
}
