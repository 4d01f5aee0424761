import PawlTestSupport
import Testing

@Suite struct AuditCommandTests {
  static let header = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n"
  /// Made up, with numbers of the order that such sessions have.
  static let results =
    header + """
      1a2b3c4\t0.997900\t44.0\tkeep\tbaseline
      2b3c4d5\t0.993271\t44.2\tkeep\thalve the batch, twice the steps
      3c4d5e6\t1.004100\t44.2\tdiscard\tGELU in place of relu squared
      4d5e6f7\t0.000000\t0.0\tcrash\tdouble the width (out of memory)
      5e6f7a8\t0.993104\t44.2\tkeep\twarmup ratio 0.02
      6f7a8b9\t0.994020\t44.2\tdiscard\tweight decay 0.1
      7a8b9c0\t0.992867\t44.2\tkeep\trotary base 20000
      8b9c0d1\t0.993512\t44.3\tdiscard\tno change but the seed
      9c0d1e2\t0.987745\t44.9\tkeep\tvalue embeddings
      0d1e2f3\t0.996310\t44.9\tdiscard\tlearned positions
      1e2f3a4\t0.987745\t44.9\tkeep\trename a variable
      2f3a4b5\t0.986580\t44.9\tkeep\tembedding learning rate 0.8

      """

  private func repository(_ text: String = results, named name: String = "results.tsv") throws -> TemporaryRepository {
    let repository = try TemporaryRepository(["train.sh": ""])
    try repository.write(text, to: name)
    return repository
  }

  @Test func `with a known noise each keep gets its word and what would settle it`() throws {
    let run = try repository().pawl("audit", "results.tsv", "--sigma", "0.0005")
    #expect(run.code == 0)
    try expectSnapshot("audit-sigma", run.shown)
  }

  @Test func `all rows are shown on demand`() throws {
    try expectSnapshot("audit-all", repository().pawl("audit", "results.tsv", "--sigma", "0.0005", "--all").shown)
  }

  @Test func `without a noise it comes from rows of the same code`() throws {
    let run = try repository().pawl("audit", "results.tsv")
    try expectSnapshot("audit-rows", run.shown)
    #expect(run.output.contains("from lines 8, 9"), "\(run.output)")
  }

  @Test func `where nothing tells the noise no number is guessed`() throws {
    let text = Self.results.replacing("no change but the seed", with: "cosine schedule")
    try expectSnapshot("audit-bracket", repository(text).pawl("audit", "results.tsv").shown)
  }

  @Test func `runs of the same code are a noise too`() throws {
    let run = try repository().pawl("audit", "results.tsv", "--noise-runs", "0.9969,0.9972,0.9965")
    #expect(run.code == 0)
    #expect(
      run.output.contains("noise     sigma 0.000351 of one run (95 % between 0.00018 and 0.0022, 2 degrees of freedom)")
    )
  }

  @Test func `json has every row and the summary`() throws {
    let run = try repository().pawl("audit", "results.tsv", "--sigma", "0.0005", "--json")
    #expect(run.code == 0 && run.messages == "")
    for part in [
      #""source" : "given""#, #""verdict" : "evidence""#, #""verdict" : "noise""#, #""line" : 13"#,
      #""finalValue" : 0.98658"#, #""keeps" : 6"#,
    ] { #expect(run.output.contains(part), "\(part)") }
    #expect(run.output.matches(of: /"against"/).count == 9, "neither the first row, nor the crash, nor the other seed")
  }

  @Test func `more is better where the metric's name or the option says so`() throws {
    let text = "commit\taccuracy\tstatus\tdescription\naaaa111\t0.91\tkeep\tbaseline\nbbbb222\t0.95\tkeep\twider\n"
    let named = try repository(text).pawl("audit", "results.tsv", "--sigma", "0.001")
    #expect(named.code == 0 && named.output.contains("evidence"), "\(named.shown)")
    let other = text.replacing("accuracy", with: "points")
    let told = try repository(other).pawl("audit", "results.tsv", "--sigma", "0.001", "--direction", "maximize")
    #expect(told.code == 0 && told.output.contains("+0.0400"), "\(told.shown)")
  }

  @Test func `line breaks of Windows, a missing header and a missing status are understood`() throws {
    let plain = try repository().pawl("audit", "results.tsv", "--sigma", "0.0005")
    let windows = try repository(Self.results.replacing("\n", with: "\r\n"))
    #expect(windows.pawl("audit", "results.tsv", "--sigma", "0.0005").output == plain.output)
    let headless = try repository(Self.results.replacing(Self.header, with: ""))
    let run = headless.pawl("audit", "results.tsv", "--sigma", "0.0005")
    #expect(run.code == 0 && run.messages.contains("no header; reading the columns as"), "\(run.messages)")
    let silent = try repository("commit\tval_bpb\tdescription\naaaa111\t0.99\tstart\nbbbb222\t0.95\twider\n")
    let second = silent.pawl("audit", "results.tsv", "--sigma", "0.001")
    #expect(second.code == 0 && second.messages.contains("no `status` column"), "\(second.messages)")
  }

  static let bad: [(name: String, text: String, arguments: [String], code: Int32)] = [
    ("empty", "", [], 2),
    ("header-only", header, [], 1),
    ("no-keeps", header + "1a2b3c4\t0.99\t44.0\tkeep\tbaseline\n2b3c4d5\t1.2\t44.0\tdiscard\twider\n", [], 1),
    ("no-metric", "commit\tstatus\tdescription\n1a2b3c4\tkeep\tbaseline\n", [], 2),
    ("no-table", "what is this\nno table\n", [], 2),
    ("not-numbers", header + "1a2b3c4\tnan\t44.0\tkeep\tbaseline\n2b3c4d5\tinf\t44.0\tkeep\twider\n", [], 1),
    (
      "wrong-direction",
      header
        + "1a2b3c4\t0.90\t44.0\tkeep\tbaseline\n2b3c4d5\t0.93\t44.0\tkeep\twider\n3c4d5e6\t0.95\t44.0\tkeep\tdeeper\n",
      ["--sigma", "0.01"], 1
    ),
    ("sigma-zero", results, ["--sigma", "0"], 2),
    ("sigma-negative", results, ["--sigma=-1"], 2),
    ("sigma-infinite", results, ["--sigma", "inf"], 2),
    ("sigma-tiny", results, ["--sigma", "1e-200"], 1),
    ("one-run", results, ["--noise-runs", "0.99"], 1),
    ("runs-words", results, ["--noise-runs", "0.99,abc"], 2),
    ("both-noises", results, ["--noise-runs", "0.99,0.98", "--sigma", "1"], 2),
    ("direction", results, ["--direction", "down"], 2),
  ]

  @Test(arguments: bad.indices) func `bad input is named, with a hint`(index: Int) throws {
    let (name, text, arguments, code) = Self.bad[index]
    let repository = try repository(text)
    let run = try #require(repository.start(["audit", "results.tsv"] + arguments)).wait()
    #expect(run.code == code && run.output == "", "\(run.shown)")
    try expectSnapshot("audit-bad-\(name)", run.shown)
  }

  @Test func `a file that is missing, or a folder, is named`() throws {
    let repository = try repository()
    for path in ["none.tsv", "."] {
      let run = repository.pawl("audit", path)
      #expect(run.code == 1 && run.messages.contains("cannot read `"), "\(run.shown)")
      #expect(run.messages.contains("hint: `pawl audit FILE` takes a results.tsv"), "\(run.shown)")
    }
    #expect(repository.pawl("audit").code == 2)
  }

  @Test func `a hundred thousand broken lines do not bury the answer`() throws {
    var text = Self.results
    for line in 0..<100_000 { text += "c\(100_000 + line)\toops\t44.0\tdiscard\tbroken\n" }
    let run = try repository(text).pawl("audit", "results.tsv", "--sigma", "0.0005")
    #expect(run.code == 0 && run.output.contains("keeps     6: "), "\(run.output)")
    #expect(run.messages.split(separator: "\n").count == 11)
    #expect(run.messages.contains("and 99990 more lines that cannot be read"), "\(run.messages)")
  }
}
