import PawlCore
import Testing

@testable import PawlSimulation

@Suite struct ClaimsTests {
  /// SciPy: `beta.ppf(0.95, k + 1, n - k)`.
  @Test(arguments: [
    (0, 59, 0.049508), (1, 10, 0.394163), (3, 100, 0.075711), (50, 2_000, 0.031538), (0, 2_000, 0.001497),
    (9, 10, 0.994884), (0, 1, 0.95),
  ])
  func `the upper bound of a probability is the exact one`(successes: Int, trials: Int, bound: Double) {
    #expect(abs(BinomialBound.upper(successes: successes, trials: trials) - bound) < 1e-5)
  }

  @Test func `where nothing was tried, or all succeeded, nothing is excluded`() {
    #expect(BinomialBound.upper(successes: 0, trials: 0) == 1)
    #expect(BinomialBound.upper(successes: 7, trials: 7) == 1)
  }

  private func outcome(_ certificates: [(attempt: Int, effect: Double, claimed: Double)], progress: Double)
    -> StudyOutcome
  {
    var outcome = StudyOutcome()
    outcome.progress = progress
    outcome.certificates = certificates.map {
      SimulatedCertificate(
        attempt: $0.attempt, effect: $0.effect, claimed: $0.claimed, interval: ($0.claimed - 1)...($0.claimed + 1))
    }
    return outcome
  }

  @Test func `claims count what is wrong and what is covered`() {
    let summary = PolicySummary(
      policy: .ours,
      outcomes: [
        outcome([(30, 2, 2.5), (60, 0, 0.5)], progress: 3), outcome([(40, 1, 4)], progress: 1),
        outcome([], progress: 0),
      ])
    #expect(summary.claims.certificates == 3 && summary.claims.wrong == 1 && summary.claims.covering == 2)
    #expect(summary.claims.falseShare == 1.0 / 3)
    #expect(Claims([summary.claims, summary.claims]).wrong == 2)
    #expect(Claims([SimulatedCertificate]()).falseShare == nil && Claims([SimulatedCertificate]()).coverage == nil)
  }

  @Test func `the first certificate of half of the studies, and the champion's path`() {
    let early = outcome([(30, 2, 2), (60, 1, 1)], progress: 3)
    let summary = PolicySummary(
      policy: .ours, outcomes: [early, outcome([(50, 4, 4)], progress: 4), outcome([], progress: 0)])
    #expect(summary.attemptsToFirstCertificate == 50)
    #expect(summary.certifiedPath([20, 30, 50, 100]) == [0, 2.0 / 3, 2, 7.0 / 3])
    let rare = PolicySummary(policy: .ours, outcomes: [early, outcome([], progress: 0), outcome([], progress: 0)])
    #expect(rare.attemptsToFirstCertificate == nil)
  }

  @Test func `a rival is a policy that one could run instead`() {
    let summaries = Policy.allCases.map { policy in
      let progress: [Policy: Double] = [.oracle: 9, .search: 7, .ours: 6, .replicates3: 5, .anyBetter: 4]
      return PolicySummary(policy: policy, outcomes: [outcome([], progress: progress[policy] ?? 0)])
    }
    func rival(of policy: Policy) -> Policy? {
      summaries.first { $0.policy == policy }?.rival(among: summaries)?.policy
    }
    #expect(rival(of: .ours) == .replicates3 && rival(of: .search) == .replicates3)
    #expect(rival(of: .anyBetter) == .ours && rival(of: .oracle) == .ours)
  }

  @Test func `the least that a certificate takes depends on alpha`() throws {
    func plan(_ alpha: Double, pairs: Int = 16) -> StudyPlan {
      StudyPlan(
        effects: .exponential, noise: .normal, sigma: 1, budget: 50,
        rule: RatchetRule(alpha: alpha, maximumPairs: pairs))
    }
    #expect(plan(0.05).leastPairs == 4 && plan(0.05).leastAttemptsToCertify == 9 + RatchetRule().calibration)
    #expect(try #require(plan(1e-6).leastPairs) > 4)
    #expect(plan(1e-6, pairs: 4).leastPairs == nil && plan(1e-6, pairs: 4).leastAttemptsToCertify == nil)
  }

  @Test func `measured differences are counted in their own mean size`() throws {
    let (effects, typical) = try #require(EffectDistribution.empirical(of: [-0.02, 0.04, -0.03, 0]))
    #expect(abs(typical - 0.0225) < 1e-15)
    guard case .empirical(let values) = effects else {
      Issue.record("\(effects)")
      return
    }
    #expect(abs(values[1] - 0.04 / 0.0225) < 1e-12 && values[3] == 0)
    #expect(try #require(EffectDistribution.empirical(of: [1e308, -1e308])).typical == 1e308)
    for none in [[], [0, 0], [.infinity, 1], [.nan], [.leastNonzeroMagnitude]] as [[Double]] {
      #expect(EffectDistribution.empirical(of: none) == nil, "\(none)")
    }
  }
}
