import PawlCore
import Testing

@testable import PawlJudging

/// `score` quarters of a win for the left one in `total` pairs.
private func pairs(_ left: Int, _ right: Int, won: Double, of total: Int) -> [PairJudgement] {
  var quarters = Int(won * 4)
  return (0..<total).map { _ in
    let part = min(4, quarters)
    quarters -= part
    let choices: [(PairChoice, PairChoice)] = [
      (.second, .first), (.tie, .first), (.tie, .tie), (.first, .tie), (.first, .second),
    ]
    return PairJudgement(left: left, right: right, forward: choices[part].0, backward: choices[part].1)
  }
}

private let four =
  pairs(0, 1, won: 9, of: 24) + pairs(0, 2, won: 7.5, of: 20) + pairs(1, 2, won: 11, of: 22)
  + pairs(2, 3, won: 13.25, of: 18) + pairs(0, 3, won: 14, of: 16)

@Test func `strengths and errors are those of a likelihood maximised in SciPy`() throws {
  let model = try BradleyTerry(four)
  #expect(!model.isPenalised)
  #expect(model.generations == [0, 1, 2, 3] && model.pairs == [60, 46, 60, 34])
  let wanted = [(0.40832664, 0.33953366), (0.302132, 0.33254977), (-1.24241661, 0.45981105)]
  for (generation, (value, deviation)) in zip(1...3, wanted) {
    let strength = try #require(model.strength(of: generation))
    #expect(isNear(strength.value, value, within: 1e-6) && isNear(strength.deviation, deviation, within: 1e-6))
  }
  let worst = try #require(model.strength(of: 3))
  #expect(isNear(worst.interval().upperBound, -0.34120352, within: 1e-6))
  #expect(worst.isWorse() && !worst.isWorse(by: 1))
  #expect(worst.winInterval().upperBound < 0.5 && worst.winShare > 0.2)
  #expect(try #require(model.strength(of: 1)).isWorse() == false)
  #expect(try #require(model.strength(of: 0)).deviation == 0)
  #expect(model.strength(of: 7) == nil)
}

@Test func `who is left, and who the reference is, changes nothing`() throws {
  let model = try BradleyTerry(four)
  let turned = four.map { pair in
    func other(_ choice: PairChoice) -> PairChoice { choice == .tie ? .tie : choice == .first ? .second : .first }
    return PairJudgement(
      left: pair.right, right: pair.left, forward: other(pair.forward), backward: other(pair.backward))
  }
  let again = try BradleyTerry(turned.reversed())
  #expect(isNear(again.strength(of: 3)?.value, try #require(model.strength(of: 3)).value, within: 1e-9))
  let third = try BradleyTerry(four, reference: 3)
  let direct = try #require(model.strength(of: 1, against: 3))
  #expect(isNear(third.strength(of: 1)?.value, direct.value, within: 1e-9))
  #expect(isNear(third.strength(of: 1)?.deviation, direct.deviation, within: 1e-9))
}

@Test func `a side that never wins has a penalty, and that is said`() throws {
  let model = try BradleyTerry(pairs(0, 1, won: 8, of: 8))
  #expect(model.isPenalised)
  // SciPy, with half a win each way: log(0.5 / 8.5), error 1.45521376.
  let strength = try #require(model.strength(of: 1))
  #expect(isNear(strength.value, -2.83321335, within: 1e-6) && isNear(strength.deviation, 1.45521376, within: 1e-6))
  #expect(strength.isWorse())
}

@Test func `a group that never wins against the rest has one too`() throws {
  // 0 and 1 beat each other, as do 2 and 3, but neither of the latter ever beats 0.
  let model = try BradleyTerry(pairs(0, 1, won: 3, of: 5) + pairs(2, 3, won: 2, of: 5) + pairs(0, 2, won: 5, of: 5))
  #expect(model.isPenalised)
  for (generation, value, deviation) in [
    (1, -0.33647225, 0.82807867), (2, -2.39789532, 1.47709792), (3, -2.06142312, 1.69337903),
  ] {
    let strength = try #require(model.strength(of: generation))
    #expect(isNear(strength.value, value, within: 1e-6) && isNear(strength.deviation, deviation, within: 1e-6))
  }
}

@Test func `a generation that nothing leads to is an error`() {
  let error = #expect(throws: JudgingError.self) {
    try BradleyTerry(pairs(0, 1, won: 2, of: 4) + pairs(2, 3, won: 2, of: 4))
  }
  #expect(error?.code == .tooFew)
  #expect(error?.message == "generation `2` was compared with generation `0` neither itself nor through others")
  #expect(#expect(throws: JudgingError.self) { try BradleyTerry([]) }?.code == .tooFew)
  #expect(#expect(throws: JudgingError.self) { try BradleyTerry(pairs(0, 0, won: 2, of: 4)) }?.code == .tooFew)
}

@Test func `a long chain of generations is fitted to the end`() throws {
  // Each wins 3 of 4 against the one before: log 3 a step, and variances 4 / 3 add up.
  let model = try BradleyTerry((0..<40).flatMap { pairs($0 + 1, $0, won: 3, of: 4) })
  let last = try #require(model.strength(of: 40))
  #expect(isNear(last.value, 40 * 1.0986122886681098, within: 1e-6))
  #expect(isNear(last.deviation, (40 * 4.0 / 3).squareRoot(), within: 1e-6))
}

@Test func `judges that go by the order alone make all equal`() throws {
  let always = (0..<20).map { _ in PairJudgement(left: 1, right: 0, forward: .first, backward: .first) }
  let strength = try #require(BradleyTerry(always).strength(of: 1))
  #expect(isNear(strength.value, 0) && !strength.isWorse())
}

@Test func `a coin seldom finds a generation worse`() throws {
  var generator = SeededGenerator(seed: 11)
  var worse = 0
  for _ in 0..<400 {
    let tossed = (0..<40).map { _ in
      let left = generator.unit() < 0.5
      return PairJudgement(left: 1, right: 0, forward: left ? .first : .second, backward: left ? .second : .first)
    }
    if try #require(BradleyTerry(tossed).strength(of: 1)).isWorse() { worse += 1 }
  }
  // 5 % of 400 is 20, and three standard errors are 13.
  #expect(worse > 5 && worse < 34)
}
