import PawlCore

/// What the certificates of many studies are worth.
public struct Claims: Sendable, Hashable {
  public let certificates: Int
  /// Certificates of steps that are no better.
  public let wrong: Int
  /// Certificates whose interval holds the truth.
  public let covering: Int

  public init(_ certificates: [SimulatedCertificate]) {
    self.certificates = certificates.count
    wrong = certificates.count(where: \.isFalse)
    covering = certificates.count(where: \.covers)
  }

  /// The claims of several settings, taken together.
  public init(_ parts: [Claims]) {
    certificates = parts.reduce(0) { $0 + $1.certificates }
    wrong = parts.reduce(0) { $0 + $1.wrong }
    covering = parts.reduce(0) { $0 + $1.covering }
  }

  /// Nil where nothing was certified.
  public var falseShare: Double? { certificates > 0 ? Double(wrong) / Double(certificates) : nil }
  /// The 95 % upper bound of the share of false certificates.
  public var falseShareBound: Double { BinomialBound.upper(successes: wrong, trials: certificates) }
  public var coverage: Double? { certificates > 0 ? Double(covering) / Double(certificates) : nil }
}

extension PolicySummary {
  public var claims: Claims { Claims(allCertificates) }

  /// Attempts after which half of the studies have certified something; nil where fewer ever do.
  public var attemptsToFirstCertificate: Int? {
    let firsts = outcomes.compactMap { $0.certificates.first?.attempt }.sorted()
    let half = (outcomes.count + 1) / 2
    return half > 0 && firsts.count >= half ? firsts[half - 1] : nil
  }

  /// Mean progress of the champion at each checkpoint.
  public func certifiedPath(_ checkpoints: [Int]) -> [Double] {
    guard !outcomes.isEmpty else { return [] }
    return checkpoints.map { checkpoint in
      outcomes.reduce(0) { sum, outcome in
        outcome.certificates.reduce(sum) { $1.attempt <= checkpoint ? $0 + $1.effect : $0 }
      } / Double(outcomes.count)
    }
  }

  /// Returns what this policy is compared with: the best of those that anybody could run instead of this one.
  ///
  /// The oracle is nobody's choice, and the head's rule alone (`search`) is a part of `ours`, not its rival.
  public func rival(among others: [PolicySummary]) -> PolicySummary? {
    others.filter { other in
      other.policy != policy && other.policy != .oracle && other.policy != .search
        && !(policy == .search && other.policy == .ours)
    }.max { $0.progress.value < $1.progress.value }
  }
}

extension StudyPlan {
  /// The least pairs with which a study's first certificate can succeed, however clear the effect; nil where no number suffices.
  public var leastPairs: Int? {
    let world = StudyWorld(effects: .nothing, noise: .normal, sigma: 1, seed: 1, attempts: 1)
    let study = SimulatedStudy(world: world, budget: budget, workers: workers, rule: rule, checkpoints: [])
    return study?.leastPairs.flatMap { $0 <= rule.maximumPairs ? $0 : nil }
  }

  /// The least attempts of a study that can certify anything: calibration, one candidate, and its pairs.
  public var leastAttemptsToCertify: Int? { leastPairs.map { rule.calibration + 1 + 2 * $0 } }
}
