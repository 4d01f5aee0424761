import PawlCore
import PawlSearch

/// A made-up study in which agents differ in what they cost and how often they gain; where from does not matter.
struct Bandit {
  struct Agent {
    /// That the trial of this number is kept.
    var chance: (Int) -> Double
    /// Of a kept trial, on the average.
    var gain = 1.0
    var dollars = 0.0
    var crash = 0.0
    init(_ chance: Double, gain: Double = 1, dollars: Double = 0, crash: Double = 0) {
      self.init({ _ in chance }, gain: gain, dollars: dollars, crash: crash)
    }
    init(_ chance: @escaping (Int) -> Double, gain: Double = 1, dollars: Double = 0, crash: Double = 0) {
      self.chance = chance
      self.gain = gain
      self.dollars = dollars
      self.crash = crash
    }
  }
  var agents: [Agent]
  var rule = SearchRule()
  /// In flight at once.
  var workers = 1

  struct Result {
    var state: SearchState
    /// Who was asked, by index, in order.
    var asked: [Int] = []
    var gain = 0.0

    func share(of agent: Int, after first: Int = 0) -> Double {
      let late = asked.dropFirst(first)
      return Double(late.count { $0 == agent }) / Double(late.count)
    }
  }

  func run(trials: Int, seed: UInt64) -> Result {
    var generator = SeededGenerator(seed: seed)
    let names = agents.indices.map { "agent\($0)" }
    let weights = Dictionary(uniqueKeysWithValues: names.map { ($0, 1.0) })
    var state = SearchState(rule: rule, agents: names, direction: .maximize, baseline: .baseline)
    state.measured(.baseline, value: 0, gain: 0, deviation: 1, verdict: .kept, seconds: 1)
    var result = Result(state: state)
    var open: [(trial: TrialID, agent: Int)] = []
    for number in 1...trials {
      let trial = TrialID(rawValue: number)
      guard let choice = state.choose(seed: generator.next(), head: .baseline, available: weights),
        let agent = names.firstIndex(of: choice.agent)
      else { break }
      result.asked.append(agent)
      state.asked(choice, trial: trial)
      open.append((trial, agent))
      if open.count == workers {
        let next = open.removeFirst()
        result.gain += end(next.trial, by: agents[next.agent], &state, &generator)
      }
    }
    result.state = state
    return result
  }

  /// A minute of compute, and what comes of it.
  private func end(
    _ trial: TrialID, by agent: Agent, _ state: inout SearchState, _ generator: inout SeededGenerator
  ) -> Double {
    guard generator.unit() >= agent.crash else {
      state.fruitless(trial, seconds: 60, cost: agent.dollars)
      return 0
    }
    state.proposed(trial, lines: 10, change: nil, cost: agent.dollars)
    let kept = generator.unit() < agent.chance(trial.rawValue)
    let gain = kept ? agent.gain * (0.5 + generator.unit()) : -1
    state.measured(trial, value: 0, gain: gain, deviation: 0.3, verdict: kept ? .kept : .discarded, seconds: 60)
    if kept { state.headMoved(to: trial) }
    return max(gain, 0)
  }

  /// The mean over seeds.
  func mean(trials: Int, seeds: Range<UInt64> = 0..<16, _ value: (Result) -> Double) -> Double {
    seeds.map { value(run(trials: trials, seed: $0)) }.reduce(0, +) / Double(seeds.count)
  }
}
