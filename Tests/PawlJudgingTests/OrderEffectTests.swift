import PawlCore
import Testing

@testable import PawlJudging

private func pairs(_ choices: [(PairChoice, PairChoice)]) -> [PairJudgement] {
  choices.map { PairJudgement(left: 0, right: 1, forward: $0.0, backward: $0.1) }
}

@Test func `a judge that always takes the first is refused`() throws {
  let effect = OrderEffect(pairs(Array(repeating: (.first, .first), count: 20)))
  #expect(effect.swapped == Share(20, of: 20))
  #expect(effect.bias == 1)
  let interval = try #require(effect.biasInterval())
  // 1 - 2 * (1 - 0.025^(1/20)), the exact bound of 20 of 20.
  #expect(isNear(interval.lowerBound, 0.6631330570586848, within: 1e-9))
  let error = #expect(throws: JudgingError.self) { try effect.check() }
  #expect(error?.code == .noBetterThanChance)
  #expect(
    error?.message.hasSuffix("changed with the order in 20 of 20 pairs, 20 times for the one shown first") == true)
}

@Test func `a coin is refused, and seldom passes`() {
  var generator = SeededGenerator(seed: 9)
  var passed = 0
  for _ in 0..<1_000 {
    let tossed = (0..<30).map { _ in
      (generator.unit() < 0.5 ? PairChoice.first : .second, generator.unit() < 0.5 ? PairChoice.first : .second)
    }
    if (try? OrderEffect(pairs(tossed)).check()) != nil { passed += 1 }
  }
  #expect(passed > 0 && passed <= 60)
}

@Test func `a judge that sticks to its winners passes`() throws {
  let effect = OrderEffect(pairs(Array(repeating: (.first, .second), count: 9) + [(.first, .first), (.tie, .second)]))
  #expect(effect.swapped == Share(1, of: 10))
  #expect(effect.ties == Share(1, of: 11))
  try effect.check()
}

@Test func `pairs without a winner are too few`() {
  let effect = OrderEffect(pairs(Array(repeating: (.tie, .tie), count: 50)))
  #expect(effect.bias == nil && effect.biasInterval() == nil)
  let error = #expect(throws: JudgingError.self) { try effect.check() }
  #expect(error?.code == .tooFew)
  #expect(error?.message.hasPrefix("only 0 of 50 pairs") == true)
}

@Test(arguments: [
  (PairChoice.first, PairChoice.second, 1.0), (.second, .first, 0), (.first, .first, 0.5), (.second, .second, 0.5),
  (.tie, .tie, 0.5), (.first, .tie, 0.75), (.tie, .first, 0.25),
])
func `where the orders disagree a win counts half`(forward: PairChoice, backward: PairChoice, score: Double) {
  #expect(PairJudgement(left: 0, right: 1, forward: forward, backward: backward).leftScore == score)
}
