public import PawlCore
import PawlRatchet
import PawlStatistics

/// A way to decide what is kept.
public enum Policy: String, Sendable, Hashable, CaseIterable {
  /// Keeps any run that looks better than the best number so far: karpathy/autoresearch.
  case anyBetter = "any-better"
  /// Three seeds of each candidate; kept if their mean is better than the head's.
  case replicates3 = "replicates-3"
  /// Five seeds of each candidate; kept if the 95 % bootstrap interval of the difference to the head's five is above zero.
  case bootstrap95 = "bootstrap-95"
  /// The head's rule alone: the whole budget is spent on search, and nothing is certified.
  case search = "ours-search"
  /// The whole engine: calibration, search and certificates are paid from the budget.
  case ours
  /// Knows every change's worth after one attempt: what nobody can do better.
  case oracle

  /// Runs one study of `budget` attempts in a world and returns what came of it.
  ///
  /// `checkpoints` are numbers of attempts, ascending, at which the head's worth is noted.
  public func run(
    in world: StudyWorld, budget: Int, workers: Int = 1, rule: RatchetRule = RatchetRule(), checkpoints: [Int] = []
  ) -> StudyOutcome {
    switch self {
    case .ours:
      var study = SimulatedStudy(
        world: world, budget: budget, workers: workers, rule: rule, checkpoints: checkpoints)
      return study?.run() ?? StudyOutcome()
    case .search: return HeadOnly(world: world, budget: budget, rule: rule, checkpoints: checkpoints).run()
    case .anyBetter, .replicates3, .bootstrap95, .oracle:
      var course = FixedCourse(world: world, budget: budget, checkpoints: checkpoints)
      course.run(self)
      return course.outcome
    }
  }
}

/// A policy that measures every candidate equally often, always under the same seeds.
private struct FixedCourse {
  let world: StudyWorld
  let budget: Int
  let checkpoints: [Int]
  var outcome = StudyOutcome()

  /// Measures a candidate of true worth `worth` under the first `count` seeds.
  private mutating func measure(_ trial: Int, worth: Double, count: Int) -> [Double] {
    (0..<count).map { seed in
      outcome.notePath(at: checkpoints, worth: outcome.progress)
      let value = worth + world.error(of: trial, seed: UInt64(seed), time: outcome.attempts)
      outcome.attempts += 1
      return value
    }
  }

  mutating func run(_ policy: Policy) {
    let count =
      switch policy {
      case .replicates3: 3
      case .bootstrap95: 5
      default: 1
      }
    var best = policy == .oracle ? [] : measure(0, worth: 0, count: min(count, budget))
    while outcome.attempts + count <= budget {
      outcome.trials += 1
      let effect = world.effect(of: outcome.trials)
      let values = measure(outcome.trials, worth: outcome.progress + effect, count: count)
      let isKept =
        switch policy {
        case .oracle: effect > 0
        case .bootstrap95: isClear(values, over: best)
        default: values.reduce(0, +) > best.reduce(0, +)
        }
      if isKept {
        outcome.progress += effect
        best = values
      }
    }
    outcome.completePath(to: checkpoints)
  }

  private func isClear(_ values: [Double], over best: [Double]) -> Bool {
    let seed = world.seed &* 1_000_003 &+ UInt64(outcome.trials)
    guard
      let interval = BootstrapInterval.difference(
        of: values, less: best, confidence: 0.95, resamples: 400, seed: seed)
    else { return false }
    return interval.lowerBound > 0
  }
}

/// The head's rule without certification, one candidate after the other.
private struct HeadOnly {
  let world: StudyWorld
  let budget: Int
  let rule: RatchetRule
  let checkpoints: [Int]

  func run() -> StudyOutcome {
    var ratchet = HeadRatchet(direction: .maximize, rule: rule)
    var outcome = StudyOutcome()
    var truths: [TrialID: Double] = [.baseline: 0]
    var replicates: [TrialID: Int] = [:]
    func measure(_ trial: TrialID) {
      outcome.notePath(at: checkpoints, worth: truths[ratchet.head] ?? 0)
      let seed = UInt64(replicates[trial, default: 0])
      replicates[trial, default: 0] += 1
      let error = world.error(of: trial.rawValue, seed: seed, time: outcome.attempts)
      ratchet.record((truths[trial] ?? 0) + error, for: trial, seed: seed)
      outcome.attempts += 1
    }
    for _ in 0..<min(rule.calibration, budget) { measure(.baseline) }
    while outcome.attempts < budget {
      outcome.trials += 1
      let candidate = TrialID(rawValue: outcome.trials)
      truths[candidate] = (truths[ratchet.head] ?? 0) + world.effect(of: outcome.trials)
      measure(candidate)
      judging: while true {
        switch ratchet.judge(candidate, inFlight: 0) {
        case .decided(let verdict, let evidence):
          ratchet.close(candidate, evidence: evidence)
          if verdict == .kept { ratchet.moveHead(to: candidate) }
          break judging
        case .replicateHead:
          guard outcome.attempts < budget else { break judging }
          measure(ratchet.head)
        case .replicateCandidate, .wait, .rebase:
          guard outcome.attempts < budget else { break judging }
          measure(candidate)
        }
      }
    }
    outcome.progress = truths[ratchet.head] ?? 0
    outcome.completePath(to: checkpoints)
    return outcome
  }
}
