import PawlCore
import Testing

@testable import PawlCLI

@Suite struct GenerationsTextTests {
  private func record(_ generation: Int, isControl: Bool = false) -> GenerationRecord {
    GenerationRecord(
      trial: TrialID(rawValue: generation), parent: .baseline,
      plan: GenerationPlan(
        generation: generation, isControl: isControl, snapshot: isControl ? nil : "ab12",
        weights: isControl ? nil : GenerationWeights(made: 0.3, aim: 0.5, temperature: 0.9)),
      made: 1_000, kept: 720, dropped: ["near": 200, "exact": 30, "overlap": 50], realBytes: 700, madeBytes: 300,
      alarms: ["PSI of `length` is 0.41"])
  }

  private func fidelity(_ kept: Int, floor: Double = 0.9) -> GenerationsSummary.Fidelity {
    var fidelity = GenerationsSummary.Fidelity(floor: floor, canaries: 240, baseline: 200)
    let share = GenerationsSummary.Share(value: Double(kept) / 200, low: 0.9, high: 1)
    fidelity.steps = [
      .init(
        step: FidelityStep(
          trial: TrialID(rawValue: 1), generation: 1, before: 200, kept: kept, ofBaseline: 200, keptOfBaseline: kept),
        kept: share, standing: share)
    ]
    fidelity.standing = share
    return fidelity
  }

  private func words(_ lines: [(String, String)]) -> [String] { lines.map { "\($0.0): \($0.1)" } }

  @Test func `status says where the head is, what its snapshot is made of, and what a person must look at`() {
    var fidelity = fidelity(194)
    (fidelity.generationsLeft, fidelity.fewestLeft, fidelity.shortage) = (11, 5, "`200` canaries cannot tell")
    let summary = GenerationsSummary(
      generation: 4, champion: 2, rows: [.init(record: record(4), standing: "kept", effect: 0.1)], snapshots: 9,
      fidelity: fidelity)
    #expect(
      words(GenerationsText(summary: summary).lines) == [
        "model: generation 4 is the head, 2 the champion; 9 snapshots were made",
        "snapshot: 720 of 1000 made documents kept; 30 % of the snapshot is made", "alarm: PSI of `length` is 0.41",
        "fidelity: 97.0 % [90.0, 100] of the baseline's 200 canaries are kept, floor 90.0 %",
        "forecast: 11 generations until the floor [5, no end], at the loss so far", ": `200` canaries cannot tell",
      ])
  }

  @Test func `below the floor, before the first step, and without canaries`() {
    var summary = GenerationsSummary(generation: 1, champion: 0, rows: [], snapshots: 1, fidelity: fidelity(170))
    #expect(
      words(GenerationsText(summary: summary).lines).last
        == "fidelity: 85.0 % [90.0, 100] of the baseline's 200 canaries are kept, below the floor 90.0 %")
    summary.fidelity?.steps = []
    #expect(
      words(GenerationsText(summary: summary).lines).last
        == "fidelity: the baseline gets 200 of 240 canaries right")
    summary.fidelity = nil
    #expect(GenerationsText(summary: summary).lines.count == 1)
  }

  @Test func `show says of a trial what was made, kept and dropped, the most first`() {
    #expect(
      words(GenerationsText.lines(of: .init(record: record(3), standing: "kept", effect: nil))) == [
        "model: generation 3, 720 of 1000 made documents kept; 30 % of the snapshot is made",
        "weights: made 0.30, aim 0.50, temperature 0.90", "dropped: 200 by near, 50 by overlap, 30 by exact",
        "alarm: PSI of `length` is 0.41", "snapshot: ab12",
      ])
    let control = words(
      GenerationsText.lines(of: .init(record: record(3, isControl: true), standing: "kept", effect: nil)))
    #expect(control.first == "model: generation 3, control: real documents alone")
  }
}
