import PawlRatchet
import PawlStatistics
import Testing

@Suite struct ProgressTests {
  /// What `docs/design/ratchet.md` reports; the bars leave room for the seeds.
  @Test(arguments: [(0.25, 0.95), (1.0, 1.1), (2.0, 1.6), (4.0, 3.0)])
  func `the head makes more true progress than keeping any better run`(sigma: Double, atLeast: Double) {
    // Luck makes the simple policy's progress vary the more, and it costs little to simulate.
    func mean(_ seeds: Int, _ progress: (StudySimulation) -> Double) -> Double {
      (1...seeds).reduce(0.0) { sum, seed in
        sum + progress(StudySimulation(sigma: sigma, attempts: 300, seed: UInt64(seed)))
      } / Double(seeds)
    }
    let ours = mean(40) { $0.ratchet().progress }
    let theirs = mean(400) { $0.anyBetter() }
    #expect(ours >= atLeast * theirs, "ours \(ours), any better \(theirs)")
    #expect(ours > 0)
  }

  @Test func `where no change does anything the ratchet believes in no progress`() {
    var believed = 0.0
    for seed in 1...10 {
      let simulation = StudySimulation(sigma: 1, attempts: 200, seed: UInt64(seed), effects: .nothing)
      believed += simulation.ratchet().ratchet.prior.expectedGainOfNewIdea
    }
    #expect(believed / 10 < 0.1)
  }
}
