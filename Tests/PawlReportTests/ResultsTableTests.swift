import PawlCore
import PawlReport
import Testing

@Suite struct ResultsTableTests {
  private let metric = MetricRule(name: "val_bpb", pattern: "^val_bpb: (.*)$", direction: .minimize)

  /// The example of karpathy/autoresearch's program.md as trials, with some that are no rows.
  private func trials() -> [TrialSummary] {
    func trial(_ number: Int, _ commit: String, _ mean: Double?, _ gigabytes: Double, _ hypothesis: String?)
      -> TrialSummary
    {
      var trial = TrialSummary(
        id: TrialID(rawValue: number), state: .judged, proposedAt: Timestamp(milliseconds: 1_772_000_000_000))
      trial.commit = CommitHash(rawValue: commit + "00000000000000000000000000000000a")
      trial.mean = mean
      trial.hypothesis = hypothesis
      trial.peakMemory = Bytes(Int64(gigabytes * 1_073_741_824))
      trial.measurements = mean == nil ? 0 : 1
      return trial
    }
    var kept = trial(1, "b2c3d4e", 0.9932, 44.2, "increase LR to 0.04")
    kept.verdict = .kept
    var discarded = trial(2, "c3d4e5f", 1.005, 44.0, "switch to\tGeLU\nactivation")
    discarded.verdict = .discarded
    var crashed = trial(3, "d4e5f60", nil, 60, "double model width (OOM)")
    crashed.state = .crashed
    crashed.outcome = .outOfMemory
    var unsure = trial(4, "e5f6a7b", 0.9931, 44.0, "\"quoted\" idea")
    unsure.verdict = .inconclusive
    var refused = trial(5, "f6a7b8c", nil, 0, "edit the frozen file")
    refused.state = .refused
    var measuring = trial(6, "a7b8c9d", 0.99, 44, "still running")
    measuring.state = .measuring
    return [trial(0, "a1b2c3d", 0.9979, 44, nil), kept, discarded, crashed, unsure, refused, measuring]
  }

  @Test func `results.tsv has the exact layout of karpathy/autoresearch`() {
    #expect(
      ResultsTable.tsv(trials(), metric: metric) == """
        commit\tval_bpb\tmemory_gb\tstatus\tdescription
        a1b2c3d\t0.997900\t44.0\tkeep\tbaseline
        b2c3d4e\t0.993200\t44.2\tkeep\tincrease LR to 0.04
        c3d4e5f\t1.005000\t44.0\tdiscard\tswitch to GeLU activation
        d4e5f60\t0.000000\t0.0\tcrash\tdouble model width (OOM)
        e5f6a7b\t0.993100\t44.0\tdiscard\t'quoted' idea

        """)
  }

  @Test func `what was written is read back`() {
    let parsed = ResultsTable.parse(ResultsTable.tsv(trials(), metric: metric))
    #expect(parsed.problems.isEmpty)
    #expect(parsed.metricName == "val_bpb")
    #expect(parsed.rows.map(\.line) == [2, 3, 4, 5, 6])
    #expect(parsed.rows.map(\.commit) == ["a1b2c3d", "b2c3d4e", "c3d4e5f", "d4e5f60", "e5f6a7b"])
    #expect(parsed.rows.map(\.metric) == [0.9979, 0.9932, 1.005, nil, 0.9931])
    #expect(parsed.rows.map(\.memoryGB) == [44, 44.2, 44, nil, 44])
    #expect(parsed.rows.map(\.status) == [.keep, .keep, .discard, .crash, .discard])
    #expect(parsed.rows[2].description == "switch to GeLU activation")
  }

  @Test func `an example study survives the round trip to six decimals`() throws {
    let input = try ExampleStudy(trials: 300).input()
    let parsed = ResultsTable.parse(ResultsTable.tsv(input.trials, metric: input.configuration.metric))
    #expect(parsed.problems.isEmpty)
    #expect(parsed.rows.count == 301)
    for (row, trial) in zip(parsed.rows, input.trials) {
      #expect((row.metric == nil) == (trial.mean == nil))
      #expect(((row.metric ?? 0) - (trial.mean ?? 0)).magnitude <= 0.5000001e-6)
      #expect(row.commit == trial.commit?.short)
      #expect(row.description == trial.hypothesis ?? "baseline")
    }
  }

  @Test func `JSON lines have sorted stable names and leave out what is absent`() {
    var trial = TrialSummary(
      id: TrialID(rawValue: 3), state: .judged, proposedAt: Timestamp(milliseconds: 1_772_000_000_123))
    trial.parent = .baseline
    trial.agent = "knobs"
    trial.hypothesis = "say \"hi\"\n\\ \u{1}"
    trial.verdict = .kept
    trial.mean = 1e-7
    trial.measurements = 2
    trial.attempts = 3
    trial.wallSeconds = 12.5
    trial.added = 1
    trial.peakMemory = .mebibytes(1)
    trial.evidence = Evidence(
      effect: 0.5, deviation: .infinity, gain: 0.5, loss: .nan, mean: 1, measurements: 2, sigma: 0.25, head: .baseline)
    #expect(
      ResultsTable.jsonLines([trial]) == #"""
        {"added":1,"agent":"knobs","attempts":3,"certified":false,"evidence":{"effect":0.5,"gain":0.5,"head":0,"mean":1.0,\#
        "measurements":2,"sigma":0.25},"hypothesis":"say \"hi\"\n\\ \u0001","id":3,"mean":1e-07,"measurements":2,"parent":0,\#
        "peak_memory_bytes":1048576,"proposed_at":"2026-02-25T06:13:20Z","state":"judged","verdict":"kept",\#
        "wall_seconds":12.5}

        """#)
  }

  @Test func `a fork's columns are found by their names, in any order`() {
    let parsed = ResultsTable.parse(
      "iter\tdescription\tscore\tsharpe\tpeak_vram_mb\tStatus\tCommit\n"
        + "1\tbaseline\t0.42\t0.58\t2048\tkeep\ta1b2c3d\n2\t\"two\nlines\"\t0.38\t0.5\t1024\treverted\tb2c3d4e\n")
    #expect(parsed.problems.isEmpty)
    #expect(parsed.metricName == "score")
    #expect(parsed.rows.map(\.metric) == [0.42, 0.38])
    #expect(parsed.rows.map(\.memoryGB) == [2, 1])
    #expect(parsed.rows.map(\.status) == [.keep, .discard])
    #expect(parsed.rows.map(\.description) == ["baseline", "two lines"])
  }

  @Test func `CRLF, a byte order mark, blank lines and commas are understood`() {
    let parsed = ResultsTable.parse(
      "\u{feff}commit,val_loss,memory_gb,status,description\r\n\r\na1b2c3d,2.5,1.0,keep,\"a, \"\"b\"\"\"\r\n")
    #expect(parsed.problems.isEmpty)
    #expect(
      parsed.rows == [
        ResultRow(line: 3, commit: "a1b2c3d", metric: 2.5, memoryGB: 1, status: .keep, description: "a, \"b\"")
      ])
  }

  @Test func `a quote or a tab inside a description swallows nothing`() {
    let parsed = ResultsTable.parse(
      "commit\tval_bpb\tmemory_gb\tstatus\tdescription\na\t1\t1\tkeep\t\"cosine\" schedule\nb\t1\t1\tkeep\t\"open\nc\t1\t1\tkeep\tx\ty\n"
    )
    #expect(parsed.rows.map(\.description) == ["\"cosine\" schedule", "\"open", "x y"])
    #expect(parsed.rows.map(\.line) == [2, 3, 4])
  }

  @Test func `what cannot be read is named with its line`() {
    let parsed = ResultsTable.parse(
      "commit\tval_bpb\tmemory_gb\tstatus\tdescription\na\t0,99\t1\tkeep\tx\nb\tnan\t1\tdiscard\ty\nc\t1e999\t1\tkept!\tz\nd\t1\n"
    )
    #expect(parsed.rows.map(\.metric) == [nil, nil, nil, 1])
    #expect(parsed.rows[2].status == .other("kept!"))
    #expect(
      parsed.problems == [
        "line 2: `0,99` is not a finite number", "line 3: `nan` is not a finite number",
        "line 4: `1e999` is not a finite number", "line 5: 2 columns instead of 5",
      ])
  }

  @Test func `a missing header and a wrong file are said`() {
    let headless = ResultsTable.parse("a1b2c3d\t0.9\t44.0\tkeep\tbaseline\n")
    #expect(headless.rows.map(\.metric) == [0.9])
    #expect(
      headless.problems == ["line 1: no header; reading the columns as `commit val_bpb memory_gb status description`"])
    #expect(ResultsTable.parse("").problems == ["the file is empty"])
    let wrong = ResultsTable.parse("# a page\nof prose\n")
    #expect(wrong.rows.isEmpty)
    #expect(wrong.problems == ["line 1: `# a page` is not a header with a commit, status or description column"])
  }
}
