public import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Dispatch

/// One setting to compare policies in.
public struct StudyPlan: Sendable, Hashable {
  public var effects: EffectDistribution
  public var noise: NoiseModel
  /// Standard deviation of one measurement, in units of the typical change.
  public var sigma: Double
  /// Attempts of one study.
  public var budget: Int
  public var workers: Int
  public var rule: RatchetRule
  public init(
    effects: EffectDistribution, noise: NoiseModel, sigma: Double, budget: Int, workers: Int = 1,
    rule: RatchetRule = RatchetRule()
  ) {
    self.effects = effects
    self.noise = noise
    self.sigma = sigma
    self.budget = budget
    self.workers = workers
    self.rule = rule
  }

  /// Runs each policy on the same `studies` streams, on all cores; the same numbers for the same `seed`, whatever the machine.
  public func compare(_ policies: [Policy], studies: Int, seed: UInt64 = 1, checkpoints: [Int] = []) -> [PolicySummary]
  {
    var outcomes = policies.map { _ in [StudyOutcome](repeating: StudyOutcome(), count: studies) }
    for (index, policy) in policies.enumerated() {
      outcomes[index].withUnsafeMutableBufferPointer { buffer in
        nonisolated(unsafe) let buffer = buffer
        DispatchQueue.concurrentPerform(iterations: studies) { study in
          let world = StudyWorld(
            effects: effects, noise: noise, sigma: sigma, seed: seed &+ UInt64(study), attempts: budget)
          buffer[study] = policy.run(
            in: world, budget: budget, workers: workers, rule: rule, checkpoints: checkpoints)
        }
      }
    }
    return zip(policies, outcomes).map { PolicySummary(policy: $0, outcomes: $1) }
  }
}

/// What a policy made of many studies.
public struct PolicySummary: Sendable {
  public let policy: Policy
  public let outcomes: [StudyOutcome]

  /// A mean over studies with its standard error.
  public struct Mean: Sendable, Hashable {
    public let value: Double
    public let error: Double
  }

  private func mean(_ value: (StudyOutcome) -> Double) -> Mean {
    let count = Double(outcomes.count)
    guard count > 0 else { return Mean(value: 0, error: 0) }
    let mean = outcomes.reduce(0) { $0 + value($1) } / count
    let squares = outcomes.reduce(0) { $0 + (value($1) - mean) * (value($1) - mean) }
    return Mean(value: mean, error: count > 1 ? sqrt(squares / (count * (count - 1))) : 0)
  }

  public var progress: Mean { mean { $0.progress } }
  public var certifiedProgress: Mean { mean { $0.certifiedProgress } }
  public var trials: Mean { mean { Double($0.trials) } }
  public var certificates: Mean { mean { Double($0.certificates.count) } }
  public var attempts: Mean { mean { Double($0.attempts) } }
  /// All certificates of all studies.
  public var allCertificates: [SimulatedCertificate] { outcomes.flatMap(\.certificates) }
  /// The share of studies that certified anything.
  public var certifyingShare: Double {
    outcomes.isEmpty ? 0 : Double(outcomes.count { !$0.certificates.isEmpty }) / Double(outcomes.count)
  }
  /// Mean progress of the head at each checkpoint.
  public var path: [Double] {
    guard let first = outcomes.first else { return [] }
    return first.path.indices.map { index in
      outcomes.reduce(0) { $0 + ($1.path.indices.contains(index) ? $1.path[index] : 0) } / Double(outcomes.count)
    }
  }

  /// Returns this policy's progress over another's on the same streams, with the standard error of the ratio (delta method).
  public func ratio(to other: PolicySummary) -> Mean {
    let theirs = other.progress.value
    guard theirs != 0, outcomes.count == other.outcomes.count, outcomes.count > 1 else {
      return Mean(value: .nan, error: .nan)
    }
    let ratio = progress.value / theirs
    let count = Double(outcomes.count)
    let squares = zip(outcomes, other.outcomes).reduce(0.0) { sum, pair in
      let residual = pair.0.progress - ratio * pair.1.progress
      return sum + residual * residual
    }
    return Mean(value: ratio, error: sqrt(squares / (count * (count - 1))) / abs(theirs))
  }
}
