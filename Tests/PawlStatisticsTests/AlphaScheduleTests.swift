import Testing

@testable import PawlStatistics

@Suite struct AlphaScheduleTests {
  @Test(arguments: References.gamma) func `the shares match mpmath`(row: [Double]) {
    #expect(agree(AlphaSchedule.gamma(Int(row[0])), row[1], 1e-9))
  }

  @Test func `the shares sum to at most one`() {
    let sum = (1...200_000).reduce(0.0) { $0 + AlphaSchedule.gamma($1) }
    #expect(sum < 1)
    #expect(sum > 0.998)
  }

  @Test func `a discovery raises later levels, and impossible counts are cut`() {
    let schedule = AlphaSchedule(alpha: 0.05)
    #expect(schedule.level(test: 3, discoveries: 2) == 3 * schedule.level(test: 3, discoveries: 0))
    #expect(schedule.level(test: 1, discoveries: 7) == schedule.level(test: 1, discoveries: 0))
    #expect(schedule.level(test: 0, discoveries: -1) > 0)
  }

  @Test func `no level ever reaches half of alpha`() {
    let schedule = AlphaSchedule(alpha: 0.05)
    for test in 1...10_000 { #expect(schedule.level(test: test, discoveries: test - 1) < 0.025) }
  }
}
