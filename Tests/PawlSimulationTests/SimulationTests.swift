import PawlCore
import PawlSimulation
import Testing

@Suite struct SimulationTests {
  private func plan(
    _ effects: EffectDistribution = .exponential, _ noise: NoiseModel = .normal, sigma: Double, budget: Int = 100,
    workers: Int = 1
  ) -> StudyPlan {
    StudyPlan(effects: effects, noise: noise, sigma: sigma, budget: budget, workers: workers)
  }

  @Test func `the same seed gives the same numbers, and another seed others`() {
    let plan = plan(sigma: 1)
    let first = plan.compare([.ours, .anyBetter], studies: 3, seed: 7)
    let second = plan.compare([.ours, .anyBetter], studies: 3, seed: 7)
    #expect(first.map(\.outcomes) == second.map(\.outcomes))
    #expect(plan.compare([.ours], studies: 3, seed: 70).map(\.outcomes) != first.prefix(1).map(\.outcomes))
  }

  @Test func `the oracle keeps every improvement and nothing else`() {
    let world = StudyWorld(effects: .exponential, noise: .normal, sigma: 3, seed: 5, attempts: 50)
    let improvements = (1...50).map { world.effect(of: $0) }.filter { $0 > 0 }
    let outcome = Policy.oracle.run(in: world, budget: 50)
    #expect(abs(outcome.progress - improvements.reduce(0, +)) < 1e-12)
  }

  @Test(arguments: Policy.allCases)
  func `no policy spends more than the budget or makes more progress than the oracle`(policy: Policy) {
    for seed in 1...3 as ClosedRange<UInt64> {
      let world = StudyWorld(effects: .heavyTailed, noise: .correlatedSeeds, sigma: 1, seed: seed, attempts: 80)
      let outcome = policy.run(in: world, budget: 80, checkpoints: [20, 40, 80])
      #expect(outcome.attempts <= 80)
      #expect(outcome.path.count == 3)
      #expect(outcome.progress <= Policy.oracle.run(in: world, budget: 200).progress)
      #expect(abs(outcome.path[2] - outcome.progress) < 1e-12)
    }
  }

  @Test(arguments: NoiseModel.allCases)
  func `each noise model has the standard deviation that it says`(model: NoiseModel) {
    // Over worlds: within one, correlated seeds and a drift are the same for all.
    var squares = 0.0
    let count = 4_000
    for seed in 0..<count {
      let world = StudyWorld(effects: .nothing, noise: model, sigma: 2, seed: UInt64(seed), attempts: 4)
      let error = world.error(of: 1, seed: 3, time: 0)
      squares += error * error
    }
    let deviation = (squares / Double(count)).squareRoot()
    #expect(abs(deviation - 2) < 0.12, "\(model.rawValue): \(deviation)")
  }

  @Test func `in a noisy world ours makes more true progress than keeping any better run`() {
    let summaries = plan(sigma: 2, budget: 200).compare([.search, .anyBetter], studies: 24)
    #expect(summaries[0].progress.value > summaries[1].progress.value)
    #expect(summaries[0].ratio(to: summaries[1]).error > 0)
  }

  @Test func `where no change does anything hardly any study certifies anything`() {
    let summary = plan(.nothing, sigma: 1, budget: 120).compare([.ours], studies: 60)[0]
    #expect(summary.certifyingShare <= 0.1)
    #expect(summary.allCertificates.allSatisfy { $0.isFalse })
    #expect(summary.progress.value == 0)
  }

  @Test func `several workers change the order of things and lose no kept change`() {
    let summary = plan(sigma: 0.1, budget: 120, workers: 8).compare([.ours], studies: 6)[0]
    let alone = plan(sigma: 0.1, budget: 120).compare([.ours], studies: 6)[0]
    #expect(summary.progress.value > 0.6 * alone.progress.value)
  }

  @Test func `effects of a file are drawn from it alone`() {
    let world = StudyWorld(effects: .empirical([-1, 0, 2]), noise: .normal, sigma: 1, seed: 1, attempts: 10)
    let drawn = Set((1...200).map { world.effect(of: $0) })
    #expect(drawn == [-1, 0, 2])
    #expect(StudyWorld(effects: .empirical([]), noise: .normal, sigma: 1, seed: 1, attempts: 1).effect(of: 1) == 0)
  }
}
