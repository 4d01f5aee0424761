import PawlCore
import Testing

@testable import PawlReport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct GenerationsReportTests {
  /// Eight snapshots, of which some moved the head: the last ones lost canaries, and one set off an alarm.
  private static func summary() -> GenerationsSummary {
    var fidelity = GenerationsSummary.Fidelity(floor: 0.9, canaries: 240, baseline: 200)
    for (place, kept) in [200, 199, 198, 198, 194].enumerated() {
      let step = FidelityStep(
        trial: TrialID(rawValue: place + 2), generation: place + 1, before: 200, kept: kept, ofBaseline: 200,
        keptOfBaseline: kept)
      let value = Double(kept) / 200
      let share = GenerationsSummary.Share(value: value, low: value - 0.035, high: min(1, value + 0.018))
      fidelity.steps.append(.init(step: step, kept: share, standing: share))
    }
    fidelity.standing = fidelity.steps.last?.standing
    fidelity.product = .init(value: 0.968, low: 0.93, high: 0.986)
    fidelity.generationsLeft = 11
    fidelity.fewestLeft = 5
    let rows = (1...8).map { trial in
      var record = GenerationRecord(
        trial: TrialID(rawValue: trial), parent: .baseline,
        plan: GenerationPlan(
          generation: (trial + 1) / 2, isControl: trial == 1, snapshot: "ab",
          weights: trial == 1 ? nil : GenerationWeights(made: 0.3, aim: 0.5, temperature: 0.9)),
        made: trial == 1 ? 0 : 1_000, kept: trial == 1 ? 0 : 1_000 - 40 * trial,
        dropped: trial == 1 ? [:] : ["near": 25 * trial, "exact": 15 * trial], realBytes: 700_000,
        madeBytes: trial == 1 ? 0 : 300_000)
      if trial == 6 {
        record.alarms = ["PSI of `length` is 0.41, threshold 0.2", "two-sample accuracy is 0.71, threshold 0.55"]
      }
      return GenerationsSummary.Row(
        record: record, standing: ["discarded", "kept", "crashed"][trial % 3],
        effect: trial % 3 == 2 ? nil : 0.004 * Double(trial % 3) - 0.001)
    }
    return GenerationsSummary(generation: 4, champion: 2, rows: rows, snapshots: 8, fidelity: fidelity)
  }

  private func html(_ change: (inout GenerationsSummary) -> Void = { _ in }) throws -> String {
    var (input, generations) = (try ExampleStudy().input(), Self.summary())
    change(&generations)
    input.generations = generations
    return StudyReport.html(input)
  }

  private func section(_ html: String) throws -> Substring {
    let start = try #require(html.ranges(of: "<section id=\"generations\">").first)
    let rest = html[start.lowerBound...]
    return rest.prefix(upTo: try #require(rest.ranges(of: "</section>").first).lowerBound)
  }

  @Test func `a study of code has no such section`() throws {
    let html = StudyReport.html(try ExampleStudy().input())
    #expect(!html.contains("id=\"generations\"") && !html.contains("#generations\">"))
  }

  @Test func `snapshots, the fidelity ledger and alarms are there`() throws {
    let html = try html()
    #expect(html.contains("<a href=\"#generations\">Generations</a>"))
    let section = try section(html)
    for words in [
      "The head is generation <b>4</b>, the champion generation <b>2</b>; 8 snapshots were proposed.",
      "Of the 200 canaries that the baseline got right the head keeps <b>97 % (95 %: 93.5 to 98.8 %)</b>, above the floor of 90 %.",
      "comes to 96.8 % (95 %: 93 to 98.6 %) over 5 steps",
      "the floor is <b>11 generations</b> away (95 %: 5 to no end).",
      "<b>Generation 3, trial 6</b>",
      "PSI of <code>length</code> is 0.41, threshold 0.2<br>two-sample accuracy is 0.71, threshold 0.55",
      "control: real documents alone", "150 by near<br>90 by exact", "<td class=\"n\">30 %</td>",
      "made 0.3, aim 0.5, temperature 0.9",
    ] { #expect(section.contains(words), "\(words)") }
    #expect(section.ranges(of: "<tr><td").count == 8)
    #expect(section.ranges(of: "aria-label=\"Canaries of the baseline").count == 1)
    #expect(section.contains(">floor 90 %</text>") && section.contains("class=\"tint good\""))
    for part in [">nan", ">inf", "\"nan", "\"inf", " nan", "+inf"] { #expect(!html.contains(part), "\(part)") }
  }

  @Test func `a head below the floor is told as such, and no forecast beside it`() throws {
    let section = try section(try html { $0.fidelity?.standing = .init(value: 0.88, low: 0.82, high: 0.92) })
    #expect(section.contains("<b class=\"warn\">below the floor</b> of 90 %."))
    #expect(!section.contains("the floor is <b>"))
  }

  @Test func `what cannot be said is not said`() throws {
    #expect(try section(try html { $0.fidelity = nil }).contains("No canaries are asked"))
    var section = try section(
      try html { generations in
        generations.fidelity?.steps = []
        generations.fidelity?.standing = nil
      })
    #expect(section.contains("The baseline gets 200 of 240 canaries right; the head has not moved since."))
    #expect(!section.contains("<svg"))
    section = try self.section(
      try html { generations in
        generations.fidelity?.generationsLeft = nil
        generations.fidelity?.shortage = "`20` canaries cannot tell"
      })
    #expect(section.contains("at the worst that the counts allow, the floor is <b>5 generations</b> away."))
    #expect(section.contains("<code>20</code> canaries cannot tell."))
    section = try self.section(
      try html { generations in
        (generations.rows, generations.snapshots) = ([], 0)
      })
    #expect(section.contains("No snapshot was proposed yet.") && !section.contains("Alarms</h3>"))
    section = try self.section(try html { $0.snapshots = 700 })
    #expect(section.contains("The newest 8 of 700 snapshots."))
  }

  @Test func `a certified generation has its star`() throws {
    var input = try ExampleStudy().input()
    var generations = Self.summary()
    let certified = try #require(input.certificates.first { $0.eValue >= $0.threshold }?.candidate)
    var record = generations.rows[3].record
    record.trial = certified
    generations.rows[3] = .init(record: record, standing: "kept", effect: 0.01)
    input.generations = generations
    #expect(try section(StudyReport.html(input)).contains("★ certified"))
  }

  @Test func `text from outside cannot become markup`() throws {
    let attack = "</style><script>alert(1)</script><img src=x>`<b>`\u{202e}"
    let html = try html { generations in
      for place in generations.rows.indices {
        var record = generations.rows[place].record
        record.alarms = [attack]
        record.dropped = [attack: 3]
        record.plan.snapshot = attack
        generations.rows[place] = .init(record: record, standing: attack, effect: .nan)
      }
      generations.fidelity?.shortage = attack
    }
    #expect(html.components(of: "<script>") == 1 && !html.contains("<img") && !html.contains("\u{202e}"))
    #expect(html.contains("&lt;script&gt;alert(1)") && !html.contains("<code><b></code>"))
  }

  @Test func `values that are none, and counts that cannot be, still make a page`() throws {
    let html = try html { generations in
      let odd = GenerationsSummary.Share(value: .nan, low: -.infinity, high: .infinity)
      generations.fidelity?.standing = odd
      generations.fidelity?.product = odd
      let step = FidelityStep(
        trial: .baseline, generation: .min, before: 0, kept: 0, ofBaseline: 0, keptOfBaseline: .max)
      generations.fidelity?.steps += [
        .init(step: step, kept: odd, standing: odd), .init(step: step, kept: nil, standing: nil),
      ]
      var record = generations.rows[0].record
      (record.madeBytes, record.realBytes, record.made) = (.max, .max, .min)
      record.plan.isControl = false
      record.plan.weights = GenerationWeights(made: .nan, aim: .infinity, temperature: -1)
      generations.rows[0] = .init(record: record, standing: "", effect: .infinity)
      (record.madeBytes, record.realBytes) = (.min, 0)
      generations.rows[1] = .init(record: record, standing: "open", effect: -.infinity)
    }
    #expect(html.hasSuffix("</html>\n"))
    for part in [">nan", ">inf", "\"nan", "\"inf", "−inf", "+inf"] { #expect(!html.contains(part), "\(part)") }
  }

  /// `PAWL_REPORT_GENERATIONS=FILE` keeps the page to be looked at.
  @Test func `the example is drawn the same every time`() throws {
    let html = try html()
    #expect(html == (try self.html()))
    guard let path = getenv("PAWL_REPORT_GENERATIONS").map({ String(cString: $0) }) else { return }
    let file = try #require(fopen(path, "wb"))
    defer { fclose(file) }
    let bytes = Array(html.utf8)
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }
}
