import PawlStatistics
import Testing

@Suite struct MomentsTests {
  @Test func `mean and variance match the definition`() {
    let moments = Moments([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(moments.count == 8)
    #expect(moments.mean == 5)
    #expect(abs((moments.variance ?? 0) - 32.0 / 7) < 1e-12)
  }

  @Test func `one number has no variance`() { #expect(Moments([3]).variance == nil) }

  @Test func `what is not finite is ignored`() {
    #expect(Moments([1, .nan, .infinity, 3]) == Moments([1, 3]))
  }

  @Test func `merging equals counting all`() {
    var merged = Moments([1, 2, 6])
    merged.merge(Moments([10, -4]))
    merged.merge(Moments())
    let all = Moments([1, 2, 6, 10, -4])
    #expect(merged.count == all.count)
    #expect(abs(merged.mean - all.mean) < 1e-12)
    #expect(abs(merged.squaredDeviations - all.squaredDeviations) < 1e-9)
  }

  @Test func `the largest doubles do not overflow`() {
    let moments = Moments([.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0])
    #expect(moments.variance?.isFinite == true)
  }

  @Test func `a large offset costs no accuracy`() {
    let moments = Moments([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])
    #expect(moments.variance == 30)
  }
}
