import PawlCore
import PawlSearch
import Testing

@Suite struct PortfolioTests {
  @Test(arguments: [1, 8])
  func `the better of two agents gets most trials, and a quarter at most is lost to finding out`(workers: Int) {
    let bandit = Bandit(agents: [.init(0.03), .init(0.1)], workers: workers)
    #expect(bandit.mean(trials: 400) { $0.share(of: 1, after: 200) } > 0.75)
    // The better one alone would gain 40 but for what is in flight at the end.
    #expect(bandit.mean(trials: 400, \.gain) > 0.75 * 0.1 * 400)
  }

  @Test func `what counts is the gain and not how often there is one`() {
    let bandit = Bandit(agents: [.init(0.1, gain: 0.1), .init(0.1)])
    #expect(bandit.mean(trials: 400) { $0.share(of: 1, after: 200) } > 0.7)
  }

  @Test func `of two equals the cheaper one is asked, and crashes are a cost`() {
    let paid = Bandit(agents: [.init(0.1, dollars: 0.1), .init(0.1)])
    #expect(paid.mean(trials: 400) { $0.share(of: 1, after: 200) } > 0.8)
    let crashing = Bandit(agents: [.init(0.05, crash: 0.8), .init(0.05)])
    #expect(crashing.mean(trials: 400) { $0.share(of: 1, after: 200) } > 0.75)
  }

  @Test(arguments: [0, 1.0])
  func `an agent that costs nothing and gains nothing does not crowd out one that is paid and gains`(price: Double) {
    let bandit = Bandit(agents: [.init(0), .init(0.1, dollars: 0.1)], rule: SearchRule(computePrice: price))
    #expect(bandit.mean(trials: 400) { $0.share(of: 1, after: 200) } > 0.6)
    let free = Bandit(agents: [.init(0.1), .init(0.1, dollars: 0.1)], rule: SearchRule(computePrice: price))
    #expect(free.mean(trials: 400) { $0.share(of: 0, after: 200) } > 0.85)
  }

  @Test func `when one runs dry the other takes over`() {
    let bandit = Bandit(agents: [.init { $0 > 200 ? 0 : 0.15 }, .init { $0 > 200 ? 0.15 : 0 }])
    #expect(bandit.mean(trials: 600) { $0.share(of: 0) } > 0.35)
    #expect(bandit.mean(trials: 600) { $0.share(of: 1, after: 400) } > 0.75)
  }

  @Test(arguments: [(2, 0.05, 1), (6, 0.05, 1), (6, 0.05, 16), (4, 0.25, 4), (10, 0.5, 1)])
  func `no arm waits longer than its floor says`(agents: Int, floor: Double, workers: Int) {
    var bandit = Bandit(
      agents: [.init(0.3)] + (1..<agents).map { _ in .init(0, dollars: 10) }, rule: SearchRule(floor: floor))
    bandit.workers = workers
    for seed in 0..<5 as Range<UInt64> {
      let asked = bandit.run(trials: 500, seed: seed).asked
      // The inverse of the floor, and a turn for each that falls due at the same time.
      let bound = max(Int((1 / floor).rounded(.up)), agents) + agents - 1
      for agent in 0..<agents {
        let turns = [0] + asked.indices.filter { asked[$0] == agent }.map { $0 + 1 } + [asked.count]
        #expect(zip(turns, turns.dropFirst()).allSatisfy { $1 - $0 <= bound })
      }
    }
  }

  @Test func `only agents with a weight are asked, and where there is none nobody is`() {
    let state = SearchState(
      rule: SearchRule(strategies: SearchStrategy.allCases), agents: ["a", "b", "c"], direction: .minimize,
      baseline: .baseline)
    for seed in 0..<100 as Range<UInt64> {
      let choice = state.choose(
        seed: seed, head: .baseline, available: ["a": 0, "b": 1, "c": -1, "d": 5, "e": .nan])
      #expect(choice?.agent == "b")
    }
    #expect(state.choose(seed: 1, head: .baseline, available: ["a": 0, "d": 1, "c": .nan]) == nil)
    #expect(state.choose(seed: 1, head: .baseline, available: [:]) == nil)
  }

  /// Two arms; `a` has three kept trials that are believed to gain 1, 2 and 5.
  private static func credited() -> SearchState {
    var state = SearchState(rule: SearchRule(), agents: ["a", "b"], direction: .maximize, baseline: .baseline)
    for number in 1...10 {
      let trial = TrialID(rawValue: number)
      state.asked(SearchChoice(agent: number <= 5 ? "a" : "b", strategy: .line, parent: .baseline), trial: trial)
      state.proposed(trial, lines: 10, change: nil, cost: 0.5)
      let gains: [Int: Double] = [1: 1, 2: 2, 3: 5]
      let gain = gains[number] ?? -1
      state.measured(
        trial, value: gain, gain: gain, deviation: 1, verdict: gain > 0 ? .kept : .discarded, seconds: 36)
    }
    return state
  }

  private static func trials(_ numbers: Int...) -> [TrialID] { numbers.map(TrialID.init(rawValue:)) }

  @Test func `credit is what was believed, then what a certificate says, by the parts that were believed`() throws {
    var state = Self.credited()
    var credit = try #require(state.credit().first)
    #expect(credit.agent == "a" && credit.strategy == .line && credit.trials == 5 && credit.kept == 3)
    #expect(credit.openGain == 8 && credit.certifiedGain == 0)
    #expect(abs(credit.dollars - 2.5) < 1e-9 && abs(credit.seconds - 180) < 1e-9)
    #expect(abs(state.credit().reduce(0) { $0 + $1.share } - 1) < 1e-9)
    state.certified(Self.trials(1, 3), effect: 3)
    credit = try #require(state.credit().first)
    #expect(credit.openGain == 2)
    #expect(abs(credit.certifiedGain - 3) < 1e-9)
  }

  @Test func `a certificate's effect is divided among agents by their steps`() {
    var state = Self.credited()
    let trial = TrialID(rawValue: 11)
    state.asked(SearchChoice(agent: "b", strategy: .line, parent: .baseline), trial: trial)
    state.measured(trial, value: 9, gain: 1, deviation: 1, verdict: .kept, seconds: 1)
    state.certified(Self.trials(1, 2, 11), effect: 2)
    #expect(state.credit().map { ($0.certifiedGain * 100).rounded() / 100 } == [1.5, 0.5])
  }

  @Test func `a failed certificate takes the credit back, and one for a part of it gives that part again`() throws {
    var state = Self.credited()
    let before = state
    state.certificationFailed(Self.trials(1, 2, 3))
    #expect(try #require(state.credit().first).openGain == 0)
    func asks(_ state: SearchState) -> Int {
      (0..<400 as Range<UInt64>).count {
        state.choose(seed: $0, head: .baseline, available: ["a": 1, "b": 1])?.agent == "a"
      }
    }
    #expect(asks(before) > 330)
    #expect((140...260).contains(asks(state)))
    state.certified(Self.trials(3), effect: 4)
    let credit = try #require(state.credit().first)
    #expect(credit.certifiedGain == 4 && credit.openGain == 0)
    #expect(asks(state) > 290)
  }

  @Test func `a settled step is not settled twice, and steps that nobody is credited with are passed over`() {
    var state = Self.credited()
    state.certified(Self.trials(1), effect: 2)
    let settled = state
    state.certified(Self.trials(1, 77), effect: 100)
    state.certificationFailed(Self.trials(1, 77))
    #expect(state == settled)
  }

  @Test func `agents and strategies that are gone keep their credit and are not asked`() {
    var state = Self.credited()
    state.reconfigure(rule: SearchRule(strategies: [.tree]), agents: ["b"])
    #expect(state.credit().map(\.agent) == ["a", "b", "b"])
    #expect(state.credit().first?.openGain == 8)
    let choice = state.choose(seed: 1, head: .baseline, available: ["a": 1, "b": 1])
    #expect(choice?.agent == "b" && choice?.strategy == .tree)
  }

  @Test func `what comes from outside has its credit and is asked for nothing`() {
    var state = Self.credited()
    let trial = TrialID(rawValue: 11)
    state.asked(SearchChoice(agent: "ann", strategy: .line, parent: .baseline), trial: trial)
    state.measured(trial, value: 9, gain: 4, deviation: 1, verdict: .kept, seconds: 1)
    #expect(state.credit().last?.agent == "ann" && state.credit().last?.openGain == 4)
    #expect(state.choose(seed: 1, head: .baseline, available: ["ann": 1]) == nil)
    for number in 12..<2_000 {
      state.asked(
        SearchChoice(agent: "name\(number)", strategy: .line, parent: .baseline), trial: TrialID(rawValue: number))
    }
    #expect(state.credit().count <= 256)
  }
}
