import Testing

@testable import PawlLabCommand

@Suite struct TextOverlapTests {
  /// Letters without a pattern, the same for each seed.
  private func letters(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: 0x61 + (state >> 33) % 26)
    }
  }

  @Test(arguments: Array(0..<20)) func `a run of 64 bytes is found wherever it stands`(offset: Int) {
    let known = letters(3000, seed: 1)
    let (before, after) = (letters(500, seed: 2), letters(700, seed: 3))
    let run = Array(known[(1000 + offset)..<(1064 + offset)])
    let ranges = TextOverlap(known).ranges(in: before + run + after)
    #expect(ranges.count == 1)
    #expect(ranges.first.map { $0.lowerBound >= 500 && $0.upperBound <= 564 && $0.count >= 48 } == true)
  }

  @Test func `runs that any two texts share are none`() {
    let known = letters(3000, seed: 1)
    let text = letters(500, seed: 2) + known[100..<147] + letters(500, seed: 3)
    #expect(TextOverlap(known).ranges(in: text).isEmpty)
    #expect(TextOverlap(known, window: 48, stride: 1).ranges(in: text).isEmpty)
    #expect(TextOverlap(known, window: 47, stride: 1).ranges(in: text) == [500..<547])
  }

  @Test func `two runs are told apart and neighbours are one`() {
    let known = letters(3000, seed: 1)
    let gap = letters(100, seed: 2)
    let ranges = TextOverlap(known, window: 48, stride: 1).ranges(in: known[0..<100] + gap + known[500..<700])
    #expect(ranges == [0..<100, 200..<400])
  }

  @Test func `case and white space make no difference`() {
    let known = Array(
      "And God said, Let there be light: and there was light. And God saw the light, that it was good.".utf8)
    let other = Array(
      "??AND GOD  SAID,\nlet there\tbe light:\r\n and there was light. and god saw the light, that it!!".utf8)
    let ranges = TextOverlap(known, window: 48, stride: 1).ranges(in: other)
    #expect(ranges.count == 1 && ranges.first?.lowerBound == 2 && ranges.first?.upperBound == other.count - 2)
  }

  @Test(arguments: [0, 1, 47, 48]) func `short texts are no trouble`(count: Int) {
    let text = letters(count, seed: 1)
    #expect(TextOverlap(text).ranges(in: text) == (count < 48 ? [] : [0..<48]))
  }

  @Test func `a text of equal bytes is compared as fast as another`() {
    let zeros = [UInt8](repeating: 0, count: 300_000)
    #expect(TextOverlap(zeros).ranges(in: zeros) == [0..<300_000])
  }
}
