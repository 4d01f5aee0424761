import PawlStatistics
import Testing

@Suite struct ResolutionTests {
  static let cases: [(values: [Double], step: Double)] = [
    ([0.997, 1.002], 1e-3), ([0.9979, 1.0], 1e-4), ([3, 1200], 1), ([0.5], 0.1), ([-2.25, 1], 0.01),
  ]

  @Test(arguments: cases)
  func `the step is the last decimal that is used`(values: [Double], step: Double) {
    var resolution = Resolution()
    for value in values { resolution.add(value) }
    #expect(abs(resolution.step / step - 1) < 1e-9)
  }

  @Test func `full doubles are as fine as a double goes`() {
    var resolution = Resolution()
    for value in [1.0 / 3, 2.0.squareRoot(), .nan] { resolution.add(value) }
    #expect(resolution.step <= 1e-12)
    #expect(resolution.step > 0)
  }
}
