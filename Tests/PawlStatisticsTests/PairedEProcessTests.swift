import PawlCore
import Testing

@testable import PawlStatistics

@Suite struct PairedEProcessTests {
  static func process(_ differences: [Double], floor: Double = 0) -> PairedEProcess {
    var process = PairedEProcess(floor: floor)
    for difference in differences { process.add(difference) }
    return process
  }

  @Test(arguments: References.eValues.indices) func `e-values match quadrature at 50 digits`(index: Int) {
    let reference = References.eValues[index]
    #expect(agree(Self.process(reference.differences).eValue, reference.eValue, 1e-9))
  }

  @Test func `the scale does not matter`() {
    let small = Self.process([1e-7, 3e-7, 2e-7])
    let large = Self.process([1e7, 3e7, 2e7])
    #expect(agree(small.eValue, large.eValue, 1e-10))
  }

  @Test func `nothing seen, or no difference at all, is no evidence`() {
    #expect(PairedEProcess().eValue == 1)
    #expect(Self.process([0, 0, 0]).eValue == 1)
    #expect(Self.process([0, 0, 0], floor: 1).eValue <= 1)
  }

  @Test func `a floor only ever lowers the evidence`() {
    for differences in [[1.0, 1, 1, 1], [1, 2, 3], [-1, -1], [0.1, -0.2, 0.4]] {
      #expect(Self.process(differences, floor: 0.4).eValue <= Self.process(differences).eValue)
    }
  }

  @Test func `exact ties stay finite, and one step of the grid needs several pairs`() {
    var ties = PairedEProcess(floor: 0.408)
    var needed = 0
    while ties.eValue < 20, needed < 50 {
      ties.add(1)
      needed += 1
    }
    #expect(needed >= 3 && needed <= 8)
    #expect(Self.process(Array(repeating: 1, count: 60)).eValue.isFinite)
  }

  @Test func `the lower bound is above zero exactly when the evidence reaches the threshold`() throws {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      var process = PairedEProcess()
      for _ in 0..<8 { process.add(0.8 + Normal.quantile(max(1e-12, generator.unit()))) }
      let interval = try #require(process.interval(alpha: 0.05))
      #expect((interval.lowerBound > 0) == (process.eValue >= 20))
      #expect(interval.contains(process.moments.mean))
    }
  }

  @Test func `too few differences give no interval`() {
    #expect(PairedEProcess().interval(alpha: 0.05) == nil)
    #expect(Self.process([1]).interval(alpha: 0.05) == nil)
    #expect(Self.process([1, 2]).interval(alpha: 1e-6) == nil)
  }

  /// Noise of mean zero.
  enum Noise: CaseIterable { case normal, student5, skewed, coin }

  static func draw(_ noise: Noise, _ generator: inout SeededGenerator) -> Double {
    func normal() -> Double { Normal.quantile(max(1e-15, generator.unit())) }
    switch noise {
    case .normal: return normal()
    case .student5:
      let top = normal()
      let square = (0..<5).reduce(0.0) { sum, _ in
        let part = normal()
        return sum + part * part
      }
      return top / (square / 5).squareRoot()
    // A difference of two gamma variables of unequal shape: skewed to the left, where a t-test errs most.
    case .skewed: return 0.5 + Double.logarithm(generator.unit()) / 2 + 0.5 * normal()
    case .coin: return generator.unit() < 0.5 ? -1 : 1
    }
  }

  @Test(arguments: Noise.allCases) func `under the null it seldom ever reaches 1 over alpha`(noise: Noise) {
    var generator = SeededGenerator(seed: 2024)
    let studies = 1_500
    var crossed = 0
    for _ in 0..<studies {
      var process = PairedEProcess()
      for pair in 1...50 {
        process.add(Self.draw(noise, &generator))
        if noise == .coin { process.floor = 0.408 }
        // Crossings are found early or late; looking at every pair up to 20, then at every fifth, keeps the test quick.
        if pair <= 20 || pair % 5 == 0, process.eValue >= 20 {
          crossed += 1
          break
        }
      }
    }
    // Three standard errors of a share of 0.05 above it.
    #expect(Double(crossed) / Double(studies) <= 0.05 + 3 * (0.05 * 0.95 / Double(studies)).squareRoot())
  }

  @Test func `an effect of three standard deviations is found within six pairs`() {
    var generator = SeededGenerator(seed: 3)
    var found = 0
    for _ in 0..<300 {
      var process = PairedEProcess()
      for _ in 0..<6 {
        process.add(3 + Self.draw(.normal, &generator))
        if process.eValue >= 40 {
          found += 1
          break
        }
      }
    }
    #expect(found >= 275)
  }
}

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Double {
  static func logarithm(_ value: Double) -> Double { log(max(1e-300, value)) }
}
