import Glibc
import PawlCore
import Testing

@testable import PawlReport

@Suite struct `The ladder in a report` {
  private func input(_ change: (inout LadderSummary) -> Void = { _ in }) throws -> ReportInput {
    var input = try ExampleStudy().input()
    var ladder = ExampleLadder.summary()
    change(&ladder)
    input.ladder = ladder
    input.configuration.rungs = [
      RungRule(name: "small", compute: 1e14), RungRule(name: "medium", compute: 1e15),
      RungRule(
        name: "large", command: "sh large.sh", environment: ["STEPS": "20000", "NOTE": "it's long"], compute: 1e16),
    ]
    return input
  }

  @Test func `one rung has no such section`() throws {
    var plain = try ExampleStudy().input()
    let html = StudyReport.html(plain)
    #expect(!html.contains("id=\"ladder\"") && !html.contains("id=\"gains\"") && !html.contains("#ladder\">Ladder"))
    var single = ExampleLadder.summary()
    single.rungs = [single.rungs[0]]
    single.transfers = []
    single.scaling = nil
    single.gains.removeAll { $0.rung != 1 }
    plain.ladder = single
    let gains = StudyReport.html(plain)
    #expect(gains.contains("<section id=\"gains\"><h2>Certified gains over time</h2>"))
    #expect(!gains.contains("id=\"ladder\""))
    single.gains = [single.gains[0]]
    plain.ladder = single
    #expect(StudyReport.html(plain) == html, "one certificate compounds nothing")
  }

  @Test func `rungs, findings, pictures and every promotion are there`() throws {
    let html = StudyReport.html(try input())
    #expect(html.contains("<a href=\"#ladder\">Ladder</a>") && html.contains("<section id=\"ladder\"><h2>Ladder</h2>"))
    for words in [
      "The baseline needs <b>1.46×</b> the compute (95 %: 1.21× to 1.83×) to match the champion of large.",
      "Effects on small and medium: rank correlation <b>0.9</b> (95 %: 0.12 to 0.99) of 5 changes.",
      "Effects on medium and large: too few changes were tried on both for a rank correlation.",
      "not certified</span>", "conflict</span>", "train.swift conflicts with trial 8",
      "chance 12 % of a certificate, asked for 25 %", "trials 2, 3, 4</td>", "trials 2, 3, 4 and 4 more",
      "Certified champion on small",
    ] { #expect(html.contains(words), "\(words)") }
    for part in ["val_bpb against compute", "Effects on medium against small", "Certified gain in val_bpb"] {
      #expect(html.components(of: "aria-label=\"\(part)") == 1, "\(part)")
    }
    for part in [">nan", ">inf", "\"nan", "\"inf", " nan", "+inf"] { #expect(!html.contains(part)) }
  }

  @Test func `the reproduction is that of the shown champion on its rung`() throws {
    var input = try input()
    let donor = try #require(input.certificates.first)
    input.promotions = [
      Certificate(
        number: 7, candidate: TrialID(rawValue: 10), candidateCommit: ExampleLadder.commit(10), champion: .baseline,
        championCommit: input.baseline, effect: 0.0141, interval: 0.012...0.016, eValue: 214, threshold: 45,
        alpha: 0.02, seeds: [77, 78], candidateValues: donor.candidateValues, championValues: donor.championValues,
        referee: .evaluate, sandbox: .full, rung: 3)
    ]
    let html = StudyReport.html(input)
    #expect(
      html.contains("# the champion on large, and what it changes\ngit checkout \(ExampleLadder.commit(10).rawValue)"))
    #expect(
      html.contains(
        """
        export PAWL_SEED=77 PAWL_SPLIT=sealed PAWL_RUNG=3
        export NOTE=&#39;it&#39;\\&#39;&#39;s long&#39;
        export STEPS=20000
        sh large.sh
        """))
    #expect(html.contains("Diff of the champion on large against the baseline"))
    #expect(StudyReport.html(try ExampleStudy().input()).contains("PAWL_SPLIT=sealed PAWL_RUNG=1"))
  }

  @Test func `why there is no multiplier is said, and no picture claims one`() throws {
    let html = StudyReport.html(
      try input { ladder in
        ladder.scaling?.multiplier = nil
        ladder.scaling?.champion = nil
        ladder.scaling?.reason = "one pair on `large` does not tell its noise"
      })
    #expect(html.contains("There is no compute multiplier: one pair on <code>large</code> does not tell its noise."))
    #expect(!html.contains("× the compute"))
  }

  @Test func `names and reasons from outside cannot become markup`() throws {
    let attack = "</style><script>alert(1)</script><img src=x>\u{202e}"
    let html = StudyReport.html(
      try input { ladder in
        for place in ladder.rungs.indices { ladder.rungs[place].name = attack }
        ladder.transfers[0].conflicts[0].reason = attack
        ladder.transfers[0].waiting[0].reason = attack
        ladder.scaling?.loss = attack
        ladder.scaling?.multiplier = nil
        ladder.scaling?.reason = attack
      })
    #expect(html.components(of: "<script>") == 1 && !html.contains("<img") && !html.contains("\u{202e}"))
  }

  @Test func `values that are none, and scales without a logarithm, still make a page`() throws {
    let html = StudyReport.html(
      try input { ladder in
        ladder.scaling?.points[0].baseline.mean = -3
        ladder.scaling?.points[1].champion.mean = .nan
        ladder.scaling?.points[1].champion.standardError = .infinity
        ladder.rungs[0].level?.mean = .infinity
        ladder.transfers[0].points[0].above = .nan
        ladder.transfers[0].points[1].standardError = .infinity
        ladder.gains[0].total.upper = .infinity
      })
    #expect(html.hasSuffix("</html>\n"))
    for part in [">nan", ">inf", "\"nan", "\"inf", " nan", "+inf", "−inf"] { #expect(!html.contains(part), "\(part)") }
  }

  @Test func `a logarithmic axis has round ticks at equal factors`() throws {
    let wide = try #require(PlotAxis(logLow: 1e14, high: 1e16, count: 12))
    #expect(wide.ticks.map { wide.label($0) } == ["10¹⁴", "2×10¹⁴", "5×10¹⁴", "10¹⁵", "2×10¹⁵", "5×10¹⁵", "10¹⁶"])
    #expect(abs(wide.share(1e15) - 0.5) < 1e-12 && wide.share(1e14) == 0)
    let plain = try #require(PlotAxis(logLow: 0.5, high: 300, count: 6))
    #expect(plain.ticks.map { plain.label($0) } == ["1", "10", "100"])
    let narrow = try #require(PlotAxis(logLow: 0.95, high: 1.3, count: 5))
    #expect(narrow.ticks.count >= 3 && narrow.ticks.allSatisfy { narrow.share($0) >= 0 && narrow.share($0) <= 1 })
    #expect(PlotAxis(logLow: 0, high: 1, count: 5) == nil && PlotAxis(logLow: -1, high: 1, count: 5) == nil)
    let far = try #require(PlotAxis(logLow: 1e-9, high: 1e30, count: 5))
    #expect(far.ticks.count <= 8 && far.ticks.count >= 3)
  }

  @Test func `labels that find no room are left out`() {
    var space = LabelSpace(.init(left: 0, top: 0, right: 60, bottom: 30))
    #expect(space.label("first", x: 5, y: 12).contains("first"))
    #expect(space.label("second one", x: 5, y: 12) == "")
  }

  /// `PAWL_REPORT_EXAMPLE=FILE` keeps the page to be looked at.
  @Test func `the example is drawn the same every time`() throws {
    let html = StudyReport.html(try input())
    #expect(html == StudyReport.html(try input()))
    guard let path = getenv("PAWL_REPORT_EXAMPLE").map({ String(cString: $0) }) else { return }
    let file = try #require(fopen(path, "wb"))
    defer { fclose(file) }
    let bytes = Array(html.utf8)
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }
}
