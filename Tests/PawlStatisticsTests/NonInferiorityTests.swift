import Foundation
import PawlCore
import PawlStatistics
import Testing

@Suite struct NonInferiorityTests {
  static func normal(_ generator: inout SeededGenerator) -> Double { Normal.quantile(max(1e-15, generator.unit())) }

  @Test(arguments: References.eValues.indices)
  func `the evidence is that of the shifted differences`(index: Int) throws {
    let reference = References.eValues[index]
    var test = try #require(NonInferiority(margin: 0.25))
    for difference in reference.differences { test.add(difference - 0.25) }
    #expect(agree(test.eValue, reference.eValue, 1e-9))
  }

  @Test func `the lower bound is above minus the margin exactly when it is shown`() throws {
    var generator = SeededGenerator(seed: 17)
    var shown = 0
    for _ in 0..<200 {
      var test = try #require(NonInferiority(margin: 1))
      for _ in 0..<8 { test.add(0.6 * Self.normal(&generator) - 0.2) }
      let interval = try #require(test.interval(alpha: 0.05))
      #expect((interval.lowerBound > -1) == test.isShown(alpha: 0.05))
      #expect(interval.contains(try #require(test.mean)))
      shown += test.isShown(alpha: 0.05) ? 1 : 0
    }
    #expect(shown > 20 && shown < 200)
  }

  @Test func `a change that is worse by the margin seldom ever passes`() throws {
    var generator = SeededGenerator(seed: 4)
    let studies = 1_500
    var passed = 0
    for _ in 0..<studies {
      var test = try #require(NonInferiority(margin: 0.5))
      for _ in 0..<25 {
        test.add(Self.normal(&generator) - 0.5)
        if test.isShown(alpha: 0.05) {
          passed += 1
          break
        }
      }
    }
    #expect(Double(passed) / Double(studies) <= 0.05 + 3 * (0.05 * 0.95 / Double(studies)).squareRoot())
    #expect(passed > 0)
  }

  @Test func `a change that does nothing passes within a dozen pairs when the margin is twice the noise`() throws {
    var generator = SeededGenerator(seed: 40)
    var passed = 0
    for _ in 0..<200 {
      var test = try #require(NonInferiority(margin: 2))
      for _ in 0..<12 { test.add(Self.normal(&generator)) }
      passed += test.isShown(alpha: 0.05) ? 1 : 0
    }
    #expect(passed > 190)
  }

  @Test func `no margin is no test, and nothing seen is no evidence`() throws {
    for margin in [0, -1, .nan, .infinity] { #expect(NonInferiority(margin: margin) == nil) }
    var test = try #require(NonInferiority(margin: 1))
    #expect(test.eValue == 1 && test.mean == nil && test.interval(alpha: 0.05) == nil)
    test.add(.nan)
    #expect(test.count == 0)
    #expect(!test.isShown(alpha: 0))
  }

  @Test func `a floor only lowers the evidence, and it survives its stored form`() throws {
    var loose = try #require(NonInferiority(margin: 0.1))
    var floored = try #require(NonInferiority(margin: 0.1, floor: 0.05))
    for difference in [0.0, 0, 0.01, 0, -0.01] {
      loose.add(difference)
      floored.add(difference)
    }
    #expect(floored.eValue < loose.eValue)
    #expect(try JSONDecoder().decode(NonInferiority.self, from: JSONEncoder().encode(floored)) == floored)
  }
}
