import Testing

@testable import PawlReferee

@Suite struct SamplingTests {
  private func logarithms(_ weights: [Int: Double]) -> [Float] {
    (0..<256).map { Float(weights[$0] ?? -20) }
  }

  @Test func `at temperature 0 the likeliest byte always comes`() {
    let values = logarithms([65: -0.4, 66: -0.5])
    for unit in [0, 0.5, 0.999] { #expect(Sampling.draw(values, temperature: 0, unit: unit) == 65) }
  }

  @Test func `bytes come as often as their probabilities say`() {
    let values = logarithms([65: -1.386294, 66: -0.287682])  // 1/4 and 3/4
    let draws = (0..<1000).map { Sampling.draw(values, temperature: 1, unit: (Double($0) + 0.5) / 1000) }
    #expect(abs(draws.count { $0 == 65 } - 250) <= 1 && abs(draws.count { $0 == 66 } - 750) <= 1)
    let sharp = (0..<1000).map { Sampling.draw(values, temperature: 0.5, unit: (Double($0) + 0.5) / 1000) }
    #expect(abs(sharp.count { $0 == 65 } - 100) <= 1)
  }

  @Test func `what rounding leaves over goes to the likeliest byte`() {
    #expect(Sampling.draw(logarithms([9: 0]), temperature: 1, unit: 1) == 9)
  }
}
