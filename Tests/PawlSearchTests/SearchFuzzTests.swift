import Foundation
import PawlCore
import PawlSearch
import Testing

/// Calls in any order with any numbers: nothing traps, nothing grows, and what is chosen can be used.
@Suite struct SearchFuzzTests {
  static let numbers: [Double] = [0, 1, -1, 0.5, 1e300, -1e300, .nan, .infinity, -.infinity, 1e-300]
  static let counts = [0, 1, 7, 100, -5, Int.max, Int.min]

  private struct Dice {
    var generator: SeededGenerator
    mutating func of<Element>(_ elements: [Element]) -> Element {
      elements[Int(generator.next() % UInt64(elements.count))]
    }
    mutating func trial() -> TrialID { TrialID(rawValue: Int(generator.next() % 60)) }
    mutating func rule() -> SearchRule {
      SearchRule(
        strategies: of([SearchStrategy.allCases, [.line], [.islands, .tree], []]), islands: of(SearchFuzzTests.counts),
        migration: of(SearchFuzzTests.counts), exploration: of(SearchFuzzTests.numbers),
        floor: of(SearchFuzzTests.numbers), computePrice: of(SearchFuzzTests.numbers),
        patience: of(SearchFuzzTests.counts))
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>) func `any calls in any order`(seed: UInt64) throws {
    var dice = Dice(generator: SeededGenerator(seed: seed))
    var state = SearchState(
      rule: SearchRule(strategies: SearchStrategy.allCases), agents: ["a", "b"],
      direction: dice.of([.minimize, .maximize]), baseline: .baseline)
    for _ in 0..<1_500 {
      let trial = dice.trial()
      switch dice.generator.next() % 12 {
      case 0, 1, 2:
        let weights = ["a": dice.of(Self.numbers), "b": dice.of(Self.numbers)]
        let head = dice.trial()
        if let choice = state.choose(seed: dice.generator.next(), head: head, available: weights) {
          #expect(choice.parent == head || state.holds(choice.parent))
          #expect(choice.inspirations.allSatisfy(state.holds))
          #expect((0...1).contains(choice.breadth))
          state.asked(choice, trial: trial)
        }
      case 3:
        state.asked(
          SearchChoice(
            agent: dice.of(["a", "c"]), strategy: dice.of(SearchStrategy.allCases), island: dice.of(Self.counts),
            parent: dice.trial(), inspirations: [dice.trial(), trial]), trial: trial)
      case 4:
        state.proposed(
          trial, lines: dice.of(Self.counts),
          change: DiffStatistics(added: dice.of(Self.counts), removed: dice.of(Self.counts)),
          cost: dice.of(Self.numbers))
      case 5, 6:
        state.measured(
          trial, value: dice.of(Self.numbers), gain: dice.of(Self.numbers), deviation: dice.of(Self.numbers),
          verdict: dice.of([.kept, .discarded, .inconclusive]), seconds: dice.of(Self.numbers))
      case 7: state.fruitless(trial, seconds: dice.of(Self.numbers), cost: dice.of(Self.numbers))
      case 8: state.headMoved(to: trial)
      case 9: state.rebased(trial, onto: dice.trial())
      case 10:
        state.certified([trial, dice.trial()], effect: dice.of(Self.numbers))
        state.certificationFailed([trial, dice.trial()])
      default: state.reconfigure(rule: dice.rule(), agents: dice.of([["a", "b"], ["b"], [], ["a", "a"]]))
      }
      #expect(state.credit().allSatisfy { $0.share.isFinite && $0.certifiedGain.isFinite && $0.openGain.isFinite })
    }
    state.reconfigure(rule: SearchRule(strategies: SearchStrategy.allCases), agents: ["a", "b"])
    #expect(try JSONDecoder().decode(SearchState.self, from: JSONEncoder().encode(state)) == state)
    #expect(state.choose(seed: seed, head: .baseline, available: ["a": 1]) != nil)
  }

  static let pieces = [
    "x = 1\n", "  y = 2.50\n", "\tif a:\n", "# c\n", "/* c */", "// d\n", "\"s", "'", "\"\"\"", "{", "}", "(", ")",
    "\n",
    " ", ",", ";", "1_0.e-3", "0x1f", "1'0", "#!", "<<EOF\n", "EOF\n", "é", "\u{0}", "\r\n", "- a: 1\n", "`", "\\",
    "#=",
  ]

  @Test(arguments: ["py", "c", "rs", "swift", "js", "json", "yaml", "toml", "sh", "jl", "txt", "lua"])
  func `any text has fingerprints, and a change has none exactly where the normalised forms are one`(suffix: String) {
    var dice = Dice(generator: SeededGenerator(seed: 5))
    for _ in 0..<150 {
      var parts = (0..<(1 + Int(dice.generator.next() % 30))).map { _ in dice.of(Self.pieces) }
      let old = ["a." + suffix: parts.joined()]
      parts[Int(dice.generator.next() % UInt64(parts.count))] = dice.of(Self.pieces)
      let new = ["a." + suffix: parts.joined()]
      let isSame = CodeFingerprint.normalised(of: old) == CodeFingerprint.normalised(of: new)
      #expect((CodeFingerprint.change(from: old, to: new) == nil) == isSame)
      #expect(CodeFingerprint.change(from: new, to: new) == nil)
    }
  }

  @Test func `long runs of anything are read to their end`() {
    let count = 1 << 16
    for (path, text) in [
      ("a.py", String(repeating: "(", count: count)), ("a.py", String(repeating: "1", count: count)),
      ("a.c", String(repeating: "x=1;", count: count / 4)), ("a.py", String(repeating: "x = 1\n", count: count / 6)),
      ("a.txt", String(repeating: "\n", count: count)),
      ("a.rs", "\"" + String(repeating: "a\n", count: count / 2) + "\""),
      ("a.py", (0..<300).map { String(repeating: " ", count: $0) + "x\n" }.joined()),
    ] {
      let fingerprint = CodeFingerprint.normalised(of: [path: text])
      #expect(CodeFingerprint.normalised(of: [path: text + "\n"]) == fingerprint)
      #expect(CodeFingerprint.normalised(of: [path: text + "\nz"]) != fingerprint)
    }
  }
}
