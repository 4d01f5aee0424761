import PawlCore
import Testing

@testable import PawlStatistics

@Suite struct EffectPriorTests {
  static let prior = EffectPrior(scales: [0.5, 2], start: [0.3, 0.1, 0.05, 0.4, 0.15])

  @Test(arguments: References.posterior) func `the posterior matches quadrature at 50 digits`(row: [Double]) {
    let posterior = Self.prior.posterior(estimate: row[0], standardError: row[1])
    #expect(agree(posterior.mean, row[2], 1e-10))
    #expect(agree(posterior.deviation, row[3], 1e-9))
    #expect(agree(posterior.gain, row[4], 1e-10))
    #expect(agree(posterior.loss, row[5], 1e-10))
    #expect(agree(posterior.probabilityImproves, row[6], 1e-10))
  }

  @Test func `gain less loss is the mean, however extreme the estimate`() {
    let prior = EffectPrior.weak(sigma: 1e-3)
    for estimate in [-1e150, -1, -1e-3, 0, 1e-9, 1e-3, 0.5, 1e6, 1e150] {
      let posterior = prior.posterior(estimate: estimate, standardError: 1e-3)
      #expect(posterior.mean.isFinite && posterior.gain >= 0 && posterior.loss >= 0 && posterior.deviation.isFinite)
      #expect(agree(posterior.mean, posterior.gain - posterior.loss, 1e-12))
    }
  }

  @Test func `an exact estimate is believed`() {
    let posterior = EffectPrior.weak(sigma: 0).posterior(estimate: -2, standardError: 0)
    #expect(posterior.mean == -2)
    #expect(posterior.loss == 2)
    #expect(posterior.gain == 0)
  }

  @Test func `the masses sum to one and none ever vanishes`() {
    var prior = EffectPrior.weak(sigma: 1)
    for _ in 0..<5_000 { prior.observe(estimate: -3, standardError: 0.1) }
    #expect(prior.improves > 0.0001)
    #expect(prior.nothing > 0.0001)
    #expect(prior.hurts < 1)
    #expect(abs(prior.improves + prior.nothing + prior.hurts - 1) < 1e-12)
  }

  @Test func `it learns what share improves and by how much`() {
    var prior = EffectPrior.weak(sigma: 0.5)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<400 {
      let part = generator.unit()
      let size = abs(Normal.quantile(max(1e-12, generator.unit()))) * 2
      let effect = part < 0.2 ? size : part < 0.4 ? 0 : -size
      prior.observe(estimate: effect + 0.5 * Normal.quantile(max(1e-12, generator.unit())), standardError: 0.5)
    }
    // The truth: a fifth improves, by 2 sqrt(2/pi) on average.
    #expect(abs(prior.expectedGainOfNewIdea - 0.2 * 1.596) < 0.13)
    #expect(abs(prior.improves - 0.2) < 0.08)
    #expect(abs(prior.hurts - 0.6) < 0.12)
  }

  @Test func `what is not finite teaches nothing`() {
    var prior = Self.prior
    prior.observe(estimate: .nan, standardError: 1)
    prior.observe(estimate: 1, standardError: .infinity)
    #expect(prior == Self.prior)
  }
}
