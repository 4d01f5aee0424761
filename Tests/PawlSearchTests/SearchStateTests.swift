import Foundation
import PawlCore
import PawlSearch
import Testing

@Suite struct SearchStateTests {
  static let all = SearchRule(strategies: SearchStrategy.allCases)

  static func state(_ rule: SearchRule = all, agents: [String] = ["a", "b"]) -> SearchState {
    var state = SearchState(rule: rule, agents: agents, direction: .minimize, baseline: .baseline)
    state.proposed(.baseline, lines: 100, change: nil, cost: 0)
    state.measured(.baseline, value: 10, gain: 0, deviation: 0.1, verdict: .kept, seconds: 1)
    return state
  }

  /// What an engine would call, with everything that can happen to a trial; returns the calls as closures over a state.
  static func calls(trials: Int, seed: UInt64, live: inout SearchState) -> [(inout SearchState) -> Void] {
    var generator = SeededGenerator(seed: seed)
    var calls: [(inout SearchState) -> Void] = []
    var head = TrialID.baseline
    var best = 10.0
    func call(_ step: @escaping (inout SearchState) -> Void) {
      step(&live)
      calls.append(step)
    }
    for number in 1...trials {
      let trial = TrialID(rawValue: number)
      guard let choice = live.choose(seed: generator.next(), head: head, available: ["a": 1, "b": 0.5]) else { break }
      call { $0.asked(choice, trial: trial) }
      let fate = generator.unit()
      let size = Int(generator.next() % 30)
      let value = 10 - 0.001 * Double(number) + generator.unit()
      if fate < 0.1 {
        call { $0.fruitless(trial, seconds: 0, cost: 0.01) }
        continue
      }
      call { $0.proposed(trial, lines: 100 + size, change: DiffStatistics(added: size, removed: 3), cost: 0.02) }
      if fate < 0.2 {
        call { $0.fruitless(trial, seconds: 2, cost: 0) }
        continue
      }
      let kept = value < best
      let gain = best - value
      call {
        $0.measured(
          trial, value: value, gain: gain, deviation: 0.1, verdict: kept ? .kept : .discarded, seconds: 10)
      }
      guard kept else { continue }
      best = value
      head = trial
      call { $0.headMoved(to: trial) }
      if fate < 0.6 {
        call { $0.certified([trial], effect: gain / 2) }
      } else if fate < 0.8 {
        call { $0.certificationFailed([trial]) }
      }
    }
    return calls
  }

  @Test func `the same calls give the same state, and a stored one goes on as if it had never been away`() throws {
    var live = Self.state()
    let calls = Self.calls(trials: 600, seed: 7, live: &live)
    var replayed = Self.state()
    for (index, call) in calls.enumerated() {
      call(&replayed)
      if index % 400 == 200 {
        replayed = try JSONDecoder().decode(SearchState.self, from: JSONEncoder().encode(replayed))
      }
    }
    #expect(replayed == live)
    for seed in 0..<50 as Range<UInt64> {
      let weights = ["a": 1.0, "b": 2.0]
      #expect(
        live.choose(seed: seed, head: .baseline, available: weights)
          == replayed.choose(seed: seed, head: .baseline, available: weights))
    }
  }

  @Test func `twenty thousand trials stay bounded`() throws {
    var state = Self.state()
    _ = Self.calls(trials: 20_000, seed: 3, live: &state)
    #expect(state.members.count <= 2_000)
    #expect(try JSONEncoder().encode(state).count < 1_000_000)
  }

  @Test func `choices name candidates that are held and ended well`() {
    var state = Self.state()
    var fruitless: Set<TrialID> = []
    for number in 1...300 {
      let trial = TrialID(rawValue: number)
      guard let choice = state.choose(seed: UInt64(number), head: .baseline, available: ["a": 1]) else { break }
      #expect(state.holds(choice.parent))
      #expect(choice.inspirations.count <= 5)
      #expect(Set(choice.inspirations + [choice.parent]).count == choice.inspirations.count + 1)
      #expect(fruitless.isDisjoint(with: choice.inspirations + [choice.parent]))
      state.asked(choice, trial: trial)
      if number % 3 == 0 {
        fruitless.insert(trial)
        state.fruitless(trial, seconds: 1, cost: 0)
      } else {
        state.measured(
          trial, value: 10 + Double(number % 7) / 10, gain: -Double(number % 7) / 10, deviation: 0.5,
          verdict: .discarded, seconds: 1)
      }
    }
  }

  /// Ends a trial that was asked for by hand.
  static func end(
    _ number: Int, parent: Int = 0, gain: Double, deviation: Double = 1, verdict: Verdict = .discarded,
    strategy: SearchStrategy = .line, island: Int? = nil, lines: Int = 100, changed: Int = 2,
    _ state: inout SearchState
  ) {
    let trial = TrialID(rawValue: number)
    state.asked(
      SearchChoice(agent: "a", strategy: strategy, island: island, parent: TrialID(rawValue: parent)), trial: trial)
    state.proposed(trial, lines: lines, change: DiffStatistics(added: changed, removed: 0), cost: 0)
    state.measured(trial, value: 10 - gain, gain: gain, deviation: deviation, verdict: verdict, seconds: 1)
  }

  @Test func `the line starts from the head, whatever else there is`() {
    var state = Self.state(SearchRule(strategies: [.line]))
    Self.end(1, gain: 1, verdict: .kept, &state)
    state.headMoved(to: TrialID(rawValue: 1))
    Self.end(2, gain: 5, &state)
    for seed in 0..<20 as Range<UInt64> {
      let choice = state.choose(seed: seed, head: TrialID(rawValue: 1), available: ["a": 1])
      #expect(choice?.parent == TrialID(rawValue: 1) && choice?.island == nil)
    }
  }

  @Test func `near misses are shown, not those that are related, nor what was clearly worse`() {
    var state = Self.state(SearchRule(strategies: [.line]), agents: ["a"])
    Self.end(1, gain: 1, verdict: .kept, &state)
    state.headMoved(to: TrialID(rawValue: 1))
    Self.end(2, parent: 1, gain: 0.9, verdict: .discarded, &state)
    Self.end(3, gain: 0.8, verdict: .inconclusive, &state)
    Self.end(4, parent: 3, gain: 0.7, &state)
    Self.end(5, gain: 0.6, &state)
    Self.end(6, gain: -8, &state)
    let choice = state.choose(seed: 1, head: TrialID(rawValue: 1), available: ["a": 1])
    // 2 is a child of the head, 4 one of 3; and 6 comes last, where nothing better is left.
    #expect(choice?.inspirations.prefix(2) == [TrialID(rawValue: 3), TrialID(rawValue: 5)])
    #expect(choice?.inspirations.contains(TrialID(rawValue: 2)) == false)
    #expect(choice?.inspirations.contains(TrialID(rawValue: 4)) == false)
  }

  @Test func `what was shown makes room for what was not`() throws {
    var state = Self.state(SearchRule(strategies: [.line]), agents: ["a"])
    for number in 1...12 { Self.end(number, gain: 0.5 - Double(number) / 100, &state) }
    Self.end(13, gain: 1, verdict: .kept, &state)
    let head = TrialID(rawValue: 13)
    state.headMoved(to: head)
    var shown: Set<TrialID> = []
    for number in 14..<30 {
      let choice = try #require(state.choose(seed: UInt64(number), head: head, available: ["a": 1]))
      #expect(choice.inspirations.count == 3)
      shown.formUnion(choice.inspirations)
      state.asked(choice, trial: TrialID(rawValue: number))
    }
    #expect(shown.count == 12)
  }

  @Test func `many that are asked at once spread over parents, and over islands evenly`() throws {
    for strategy in [SearchStrategy.tree, .islands] {
      var state = Self.state(SearchRule(strategies: [strategy]), agents: ["a"])
      for number in 1...30 {
        Self.end(
          number, gain: -Double(number % 5) / 10, island: strategy == .islands ? number % 4 : nil,
          lines: 100 + 4 * number, changed: number, &state)
      }
      var parents: [TrialID: Int] = [:]
      var islands = [0, 0, 0, 0]
      for number in 31..<63 {
        let choice = try #require(state.choose(seed: UInt64(number), head: .baseline, available: ["a": 1]))
        state.asked(choice, trial: TrialID(rawValue: number))
        parents[choice.parent, default: 0] += 1
        if let island = choice.island { islands[island] += 1 }
      }
      #expect(parents.count >= 8)
      #expect(parents.values.allSatisfy { $0 <= 12 })
      if strategy == .islands { #expect((islands.max() ?? 0) - (islands.min() ?? 0) <= 2) }
    }
  }

  @Test func `the search widens when the head stands still, and no longer when it moves`() {
    var state = Self.state(SearchRule(strategies: SearchStrategy.allCases, patience: 10))
    func count(_ strategy: SearchStrategy, _ state: SearchState) -> Int {
      (0..<300 as Range<UInt64>).count {
        state.choose(seed: $0, head: .baseline, available: ["a": 1])?.strategy == strategy
      }
    }
    for (number, strategy) in zip(
      1...9, [SearchStrategy.line, .tree, .islands, .line, .tree, .islands, .line, .tree, .islands])
    {
      Self.end(number, gain: -1, strategy: strategy, island: strategy == .islands ? 0 : nil, &state)
    }
    #expect(state.breadth == 0)
    let before = count(.line, state)
    for (number, strategy) in zip(10...36, (0..<27).map { SearchStrategy.allCases[$0 % 3] }) {
      Self.end(number, gain: -1, strategy: strategy, island: strategy == .islands ? 0 : nil, &state)
    }
    #expect(state.breadth == 1)
    #expect(state.choose(seed: 1, head: .baseline, available: ["a": 1])?.breadth == 1)
    #expect(count(.line, state) < before / 2)
    state.headMoved(to: TrialID(rawValue: 36))
    #expect(state.breadth == 0)
  }

  @Test func `elites migrate round the ring, and the head comes to an island`() throws {
    var state = Self.state(SearchRule(strategies: [.islands], islands: 3, migration: 5), agents: ["a"])
    func isKnown(_ trial: Int, on island: Int) -> Bool {
      (0..<3_000 as Range<UInt64>).contains {
        let choice = state.choose(seed: $0, head: .baseline, available: ["a": 1])
        return choice?.island == island && choice?.parent == TrialID(rawValue: trial)
      }
    }
    for number in 1...5 {
      Self.end(number, gain: Double(number), strategy: .islands, island: 0, &state)
    }
    // Island 0 has had its turns; the best of it is on island 1 now, and not yet on 2.
    #expect(isKnown(5, on: 1))
    for number in 6...8 { Self.end(number, gain: -1, strategy: .islands, island: 1, changed: 90, &state) }
    #expect(!isKnown(5, on: 2))
    Self.end(9, gain: 20, verdict: .kept, strategy: .line, &state)
    #expect(!isKnown(9, on: 2))
    state.headMoved(to: TrialID(rawValue: 9))
    for number in 10...14 { Self.end(number, gain: -1, strategy: .islands, island: 1, changed: 90, &state) }
    #expect(isKnown(9, on: 2))
  }

  @Test func `more islands start from the best, and fewer take in the others' elites`() throws {
    var state = Self.state(SearchRule(strategies: [.islands], islands: 2, migration: 1_000), agents: ["a"])
    Self.end(1, gain: 3, strategy: .islands, island: 1, &state)
    state.reconfigure(rule: SearchRule(strategies: [.islands], islands: 1), agents: ["a"])
    let parents = Set(
      (0..<200 as Range<UInt64>).map { state.choose(seed: $0, head: .baseline, available: ["a": 1])?.parent })
    #expect(parents.contains(TrialID(rawValue: 1)))
    state.reconfigure(rule: SearchRule(strategies: [.islands], islands: 3), agents: ["a"])
    for number in 2...7 {
      let choice = try #require(state.choose(seed: UInt64(number), head: .baseline, available: ["a": 1]))
      state.asked(choice, trial: TrialID(rawValue: number))
    }
    #expect(state.choose(seed: 8, head: .baseline, available: ["a": 1])?.island != nil)
  }

  @Test func `numbers and trials that make no sense change nothing that matters`() throws {
    var state = Self.state()
    let trial = TrialID(rawValue: 1)
    state.measured(trial, value: .nan, gain: .nan, deviation: .nan, verdict: .kept, seconds: .infinity)
    #expect(!state.holds(trial))
    let second = TrialID(rawValue: 3)
    state.proposed(second, lines: .min, change: DiffStatistics(added: .max, removed: .min), cost: -.infinity)
    state.measured(second, value: 9, gain: .infinity, deviation: 0, verdict: .kept, seconds: -5)
    state.measured(second, value: 8, gain: 1, deviation: 0, verdict: .kept, seconds: 0)
    // Late from outside: before one that is known already.
    state.headMoved(to: TrialID(rawValue: 2))
    state.rebased(second, onto: TrialID(rawValue: 2))
    state.rebased(TrialID(rawValue: 2), onto: second)
    state.rebased(TrialID(rawValue: 99), onto: second)
    state.fruitless(.baseline, seconds: 1, cost: 1)
    state.certified([second, trial], effect: .nan)
    state.certificationFailed([trial])
    state.reconfigure(
      rule: SearchRule(
        strategies: SearchStrategy.allCases, islands: .max, migration: .min, exploration: .nan, floor: .nan,
        computePrice: .nan, patience: .min), agents: [])
    #expect(state.choose(seed: 1, head: .baseline, available: ["a": 1]) == nil)
    state.reconfigure(
      rule: SearchRule(strategies: SearchStrategy.allCases, islands: .min, exploration: -1, floor: 1e-300),
      agents: ["a", "a"])
    for seed in 0..<20 as Range<UInt64> {
      let choice = try #require(
        state.choose(seed: seed, head: .baseline, available: ["a": .infinity, "b": 1e308])
          ?? state.choose(seed: seed, head: .baseline, available: ["a": 1e308]))
      #expect(state.holds(choice.parent))
    }
    #expect(state.members == [0, 2, 3].map(TrialID.init(rawValue:)))
    _ = try JSONEncoder().encode(state)
  }

  @Test func `a stored state whose parts contradict one another is refused`() throws {
    var state = Self.state()
    Self.end(1, gain: 1, verdict: .kept, &state)
    let text = String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
    for (part, other) in [
      ("\"order\":[0,1]", "\"order\":[0,7]"), ("\"parent\":0", "\"parent\":1"), ("\"parent\":0", "\"parent\":-1"),
      ("\"arm\":0", "\"arm\":9"),
    ] {
      try #require(text.contains(part))
      let broken = text.replacingOccurrences(of: part, with: other)
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(SearchState.self, from: Data(broken.utf8)) }
    }
  }

  @Test func `the way to the head and the best are held when others are dropped`() {
    var state = Self.state()
    var head = 0
    for number in 1...6_000 {
      let kept = number % 100 == 1
      Self.end(
        number, parent: head, gain: kept ? Double(number) : number == 50 ? 10_000 : -5,
        verdict: kept ? .kept : .discarded,
        &state)
      if kept {
        head = number
        state.headMoved(to: TrialID(rawValue: number))
      }
    }
    #expect(state.members.count <= 2_000)
    for number in [0, 1, 101, 2_001, 5_901, 50, 5_999, 6_000] { #expect(state.holds(TrialID(rawValue: number))) }
    #expect(!state.holds(TrialID(rawValue: 1_002)))
  }
}
