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
}
