import Testing

@testable import PawlDrift

@Suite struct DiversityTests {
  @Test func `distinct-n is the share of runs that are different ones`() throws {
    let texts = ["the cat the cat", "The dog"]
    #expect(TextDiversity.distinct(texts, words: 1) == 3.0 / 6)
    #expect(TextDiversity.distinct(texts, words: 2) == 3.0 / 4)
    #expect(TextDiversity.distinct(["one"], words: 2) == nil)
    #expect(TextDiversity.distinct(["one"], words: 0) == nil)
  }

  @Test func `a text said again costs almost nothing, one that is new costs what its letters do`() throws {
    let once = try #require(TextDiversity.compression(Registers.verses(40, seed: 1)))
    let again = try #require(TextDiversity.compression([String](repeating: Registers.verses(1, seed: 1)[0], count: 40)))
    #expect(again < 0.1 && once > 3 * again && once < 1)
    #expect(TextDiversity.compression([]) == nil)
  }

  @Test func `letters drawn alike take the entropy they have`() throws {
    // Two letters at random take a bit each: found from above, and less than the eight they are written in.
    var state: UInt32 = 1
    let text = (0..<4_000).map { _ -> String in
      state = state &* 1_664_525 &+ 1_013_904_223
      return state >> 31 == 0 ? "a" : "b"
    }.joined()
    let ratio = try #require(TextDiversity.compression([text]))
    #expect(ratio * 8 > 1 && ratio * 8 < 1.8)
  }

  @Test func `self-similarity is the mean likeness to the nearest other`() throws {
    // Pairs of words: {ab, bc}, {ab, bd}, {xy}: one of three in common, and nothing.
    let likeness = try #require(TextDiversity.selfSimilarity(["a b c", "a b d", "x y"]))
    #expect(abs(likeness - (1.0 / 3 + 1.0 / 3 + 0) / 3) < 1e-6)
    #expect(TextDiversity.selfSimilarity(["a b", "a b", "a b"]) == 1)
    #expect(TextDiversity.selfSimilarity(["a b"]) == nil)
  }

  @Test func `the tail is the rarest words that two texts have, and coverage has an exact interval`() throws {
    let real = ["a b c", "a b c", "a b d", "a e", "a f"]
    // In two texts and more: a 5, b 3, c 2; the rarest tenth is c.
    let tails = try TextTails(real: real)
    #expect(tails.count == 1 && tails.mostTexts == 2)
    #expect(tails.coverage(in: ["c"]).share == 1)
    let none = tails.coverage(in: ["a b d"])
    #expect(none.found == 0 && none.of == 1 && none.low == 0 && abs(none.high - 0.975) < 1e-9)
    #expect(throws: DriftError.self) { try TextTails(real: ["a", "b"]) }
    #expect(throws: DriftError.self) { try TextTails(real: real, words: 5) }
  }

  @Test func `what is drawn over and over covers the tail as what is counted once does`() throws {
    let real = Registers.verses(80, seed: 5)
    let made = Registers.verses(80, seed: 6)
    let runs = WordRuns((real + made).map { TextWords.hashes(Array($0.utf8)[...]) }, length: 1).distinct()
    let drawn = RareRuns.coverage(runs, of: Array(0..<80)[...], by: Array(80..<160)[...])
    #expect(drawn == (try TextTails(real: real).coverage(in: made).share))
  }
}
