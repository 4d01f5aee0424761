import PawlCore
import PawlSearch

/// A made-up study: candidates are points, agents move them, and the metric is a function of where they are.
struct Landscape {
  /// Higher is better.
  let height: ([Double]) -> Double
  /// A child of a point, with how many lines it adds and removes.
  let step: ([Double], inout SeededGenerator) -> (point: [Double], change: DiffStatistics, lines: Int)
  let start: [Double]
  var noise = 0.0

  struct Result {
    var state: SearchState
    /// The true height of the head after each trial.
    var heights: [Double] = []
  }

  /// Runs a study with `workers` trials in flight; the head moves to what measures better by more than the noise explains.
  func run(
    _ rule: SearchRule, agents: [String] = ["a"], trials: Int, workers: Int = 1, seed: UInt64
  ) -> Result {
    var generator = SeededGenerator(seed: seed)
    var state = SearchState(rule: rule, agents: agents, direction: .maximize, baseline: .baseline)
    state.proposed(.baseline, lines: 200, change: nil, cost: 0)
    state.measured(.baseline, value: height(start), gain: 0, deviation: 1, verdict: .kept, seconds: 0)
    var points = [TrialID.baseline: start]
    var lines = [TrialID.baseline: 200]
    var head = TrialID.baseline
    var measuredHead = height(start)
    var open: [TrialID] = []
    var result = Result(state: state)
    for number in 1...trials {
      let trial = TrialID(rawValue: number)
      let weights = Dictionary(uniqueKeysWithValues: agents.map { ($0, 1.0) })
      guard let choice = state.choose(seed: generator.next(), head: head, available: weights),
        let parent = points[choice.parent]
      else { break }
      state.asked(choice, trial: trial)
      let child = step(parent, &generator)
      points[trial] = child.point
      lines[trial] = child.lines + (lines[choice.parent] ?? 0)
      state.proposed(trial, lines: lines[trial] ?? 1, change: child.change, cost: 0)
      open.append(trial)
      if open.count < workers, number < trials { continue }
      let done = open.remove(at: generator.next() % 2 == 0 ? 0 : open.count - 1)
      let value = height(points[done] ?? start) + noise * Self.normal(&generator)
      let gain = value - measuredHead
      // As a ratchet would: half of a difference that noise may explain is not believed.
      let kept = gain > noise
      state.measured(
        done, value: value, gain: gain, deviation: max(noise, 0.01), verdict: kept ? .kept : .discarded, seconds: 60)
      if kept {
        head = done
        measuredHead = value
        state.headMoved(to: done)
      }
      result.heights.append(height(points[head] ?? start))
    }
    result.state = state
    return result
  }

  static func normal(_ generator: inout SeededGenerator) -> Double {
    // Irwin and Hall: good enough for noise.
    (0..<12).reduce(-6) { sum, _ in sum + generator.unit() }
  }

  /// One hill, and steps that a local search climbs.
  static func smooth(noise: Double = 0) -> Landscape {
    Landscape(
      height: { point in -point.reduce(0) { $0 + $1 * $1 } },
      step: { point, generator in
        var next = point
        let axis = Int(generator.next() % UInt64(point.count))
        next[axis] += 0.4 * normal(&generator)
        return (next, DiffStatistics(added: 1, removed: 1), 0)
      },
      start: [3, -3, 2, -2], noise: noise)
  }

  /// A hill whose top every single step leaves for the worse; the mountain stands behind a valley three steps wide.
  static func deceptive(noise: Double = 0) -> Landscape {
    Landscape(
      height: { point in
        let x = point[0]
        let along: [Double] = [0, 1, 2, 3, 2.2, 1.8, 2.6, 4]
        let height = x < 0 ? x : x < 8 ? along[Int(x)] : min(x - 3, 14)
        return height - 0.5 * abs(point[1])
      },
      step: { point, generator in
        let x = point[0] + (generator.unit() < 0.5 ? -1 : 1)
        let y = point[1] + 0.5 * normal(&generator)
        let size = Int(8 * generator.unit()) + 2
        return ([x, y], DiffStatistics(added: size, removed: 2), size - 2)
      },
      start: [0, 1], noise: noise)
  }
}
