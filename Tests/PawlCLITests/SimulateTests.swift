import PawlTestSupport
import Testing

@Suite struct SimulateTests {
  private let repository: TemporaryRepository
  init() throws { repository = try TemporaryRepository(["train.sh": ""]) }

  /// Few attempts of few studies: what is tested is what is said of them.
  private func simulate(_ arguments: String...) throws -> ProgramRun {
    try #require(repository.start(["simulate"] + arguments)).wait()
  }

  /// Policies whose figures no change of the ratchet's numbers moves.
  private let others = "any-better,replicates-3,bootstrap-95,oracle"

  @Test func `policies stand beside one another in a table`() throws {
    let run = try simulate("--sigma", "0.5", "--budget", "100", "--policies", others, "--studies", "20")
    #expect(run.code == 0 && run.messages == "")
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(run.output)")
    try expectSnapshot("simulate-table", run.shown)
  }

  @Test func `in the metric's unit, with times and a target`() throws {
    let run = try simulate(
      "--noise-sd", "0.0005", "--effect", "0.001", "--budget", "60", "--policies", "any-better,bootstrap-95",
      "--studies", "20", "--attempt-time", "5min", "--target", "0.002", "--workers", "2")
    #expect(run.code == 0)
    try expectSnapshot("simulate-units", run.shown)
  }

  @Test func `a planner is told what ours will make and what a certificate takes`() throws {
    let run = try simulate(
      "--sigma", "0.25", "--budget", "60", "--policies", "ours,any-better", "--studies", "10", "--attempt-time", "1h")
    #expect(run.code == 0)
    for part in [
      "a certificate takes at least 4 pairs of seeds, 8 attempts (8 h);\nthe first, with calibration and one change before it, 12 attempts (12 h)",
      "expect +", " typical changes after 60 attempts (2 d 12 h)", "certif",
    ] { #expect(run.output.contains(part), "\(part) in \(run.output)") }
  }

  @Test func `every combination of the values is a table of its own`() throws {
    let run = try simulate(
      "--sigma", "0.5,2", "--budget", "20,30", "--effects", "exponential,heavy-tailed", "--noise", "all", "--policies",
      "any-better", "--studies", "2")
    #expect(run.code == 0 && run.output.split(separator: "\n").count { $0.hasPrefix("sigma ") } == 32, "\(run.output)")
    #expect(run.output.contains("sigma 2.00, 30 attempts, heavy-tailed effects, correlated-seeds noise"))
  }

  @Test func `the same seed gives the same bytes, another one others`() throws {
    let arguments = ["simulate", "--sigma", "1", "--budget", "40", "--studies", "6", "--json"]
    func output(_ more: String...) -> String? { repository.start(arguments + more)?.wait().output }
    let first = output()
    #expect(first != nil && first == output() && first == output("--seed", "1"))
    #expect(first != output("--seed", "7"))
  }

  @Test func `json has a row for each setting and policy`() throws {
    let run = try simulate(
      "--sigma", "0.5,1", "--budget", "40", "--studies", "4", "--json", "--target", "1", "--effect", "0.01")
    #expect(run.code == 0 && run.output.hasPrefix("[") && run.messages == "")
    #expect(run.output.split(separator: "\n").count { $0.contains("\"policy\"") } == 12)
    for part in [
      #""policy" : "ours-search""#, #""budget" : 40"#, #""sigma" : 0.5"#, #""effect" : 0.01"#, #""standardError" : "#,
      #""falseShareBound" : "#, #""checkpoints" : ["#, #""certifiedPath" : ["#, #""noise" : "normal""#,
    ] { #expect(run.output.contains(part), "\(part)") }
  }

  @Test func `one study has no standard error, and that is said`() throws {
    let run = try simulate("--sigma", "1", "--budget", "20", "--studies", "1", "--policies", "any-better,oracle")
    #expect(run.code == 0 && !run.output.contains("±"), "\(run.output)")
    #expect(run.output.contains("one simulated study a row: no standard errors"))
    let json = try simulate("--sigma", "1", "--budget", "20", "--studies", "1", "--policies", "oracle", "--json")
    #expect(!json.output.contains("standardError"))
  }

  @Test func `a budget too small for a certificate says so and what one takes`() throws {
    let run = try simulate("--sigma", "1", "--budget", "9", "--studies", "5", "--policies", "ours")
    #expect(run.code == 0 && run.output.contains("so `--budget 9` is too small for any certificate"), "\(run.output)")
    let strict = try simulate(
      "--sigma", "1", "--budget", "20", "--studies", "5", "--policies", "ours", "--alpha", "1e-30")
    #expect(strict.output.contains("no certificate is possible within 16 pairs"), "\(strict.output)")
  }

  @Test func `where no change does anything no policy makes progress`() throws {
    let run = try simulate("--sigma", "1", "--budget", "30", "--studies", "4", "--effects", "nothing")
    #expect(run.code == 0 && run.output.hasPrefix("sigma 1.00, 30 attempts, changes that do nothing, normal noise\n"))
    let rows = run.output.split(separator: "\n").dropFirst(2).prefix(6)
    #expect(rows.allSatisfy { $0.split(separator: " ").dropFirst(2).first == "+0" }, "\(run.output)")
  }

  // MARK: a swarm

  @Test func `a swarm says how busy its workers are and what a replay and a kill change`() throws {
    let run = try simulate("--swarm", "--workers", "8", "--trials", "120", "--seed", "3")
    #expect(run.code == 0 && run.messages == "", "\(run.shown)")
    #expect(run.output.hasPrefix("8 workers, 120 trials, attempts of 1 min in the median; seed 3\n"), "\(run.output)")
    for part in [
      "calibration and search", "ending", "perfect scheduler", "% busy", "engine: ", "memory: ",
      "folding the events again gives the same state", ": nothing is lost, ", " verdicts are the same",
    ] { #expect(run.output.contains(part), "\(part) in \(run.output)") }
    let json = try simulate("--swarm", "--workers", "8", "--trials", "120", "--seed", "3", "--json")
    for part in [#""isReplayed" : true"#, #""lostNothing" : true"#, #""utilisation" : "#, #""trials" : 120"#] {
      #expect(json.output.contains(part), "\(part) in \(json.output)")
    }
  }

  @Test(arguments: [
    (["--swarm", "--policies", "ours"], "`--policies` does not go with `--swarm`"),
    (["--swarm", "--noise", "normal,drifting"], "`--swarm` takes one value for `--noise`"),
    (["--swarm", "--workers", "20000"], "`--workers 20000` is more than the 10000 of a swarm"),
    (["--swarm", "--trials", "3"], "`--trials 3` is not a whole number of at least 10"),
    (["--trials", "100", "--sigma", "1"], "`--trials` goes with `--swarm`"),
  ])
  func `what a swarm does not take is said`(arguments: [String], message: String) throws {
    let run = try #require(repository.start(["simulate"] + arguments)).wait()
    #expect(run.code == 2 && run.messages.contains(message), "\(run.shown)")
  }

  // MARK: a picture

  @Test func `the picture has a line for each policy and one for what ours certified`() throws {
    let run = try simulate("--sigma", "1", "--budget", "30", "--studies", "4", "--plot", "progress.svg")
    #expect(run.code == 0, "\(run.shown)")
    let svg = try #require(repository.read("progress.svg"))
    for name in ["any-better", "replicates-3", "bootstrap-95", "ours-search", "ours", "ours, certified", "oracle"] {
      #expect(svg.contains(">\(name)</text>"), "\(name)")
    }
    #expect(
      svg.contains("sigma 1.00, 30 attempts, exponential effects, normal noise; mean of 4 simulated studies, seed 1"))
  }

  // MARK: effects of a file, noise of a study

  @Test func `effects of a results file have its own size`() throws {
    try repository.write(
      AuditCommandTests.header + """
        a\t1.00\t1\tkeep\tbaseline
        b\t1.02\t1\tdiscard\tworse
        c\t0.0\t0\tcrash\tcrash
        d\t0.96\t1\tkeep\tbetter
        e\t0.99\t1\tdiscard\tworse than d
        f\t0.96\t1\tkeep\tthe same
        """, to: "results.tsv")
    // Differences -0.02, +0.04, -0.03 and 0: a typical change is worth 0.0225.
    let run = try simulate(
      "--noise-sd", "0.01", "--effects", "results.tsv", "--budget", "20", "--studies", "8", "--policies", "oracle")
    #expect(run.code == 0, "\(run.shown)")
    #expect(
      run.output.hasPrefix("sigma 0.444 (noise 0.0100, typical change 0.0225), 20 attempts, empirical effects"),
      "\(run.output)")
    let other = try simulate(
      "--noise-sd", "0.01", "--effects", "results.tsv", "--budget", "20", "--studies", "8", "--policies", "oracle",
      "--direction", "maximize")
    #expect(other.code == 0 && other.output != run.output)
  }

  @Test func `in a study that has begun its own noise is taken`() throws {
    let study = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(study.initialise().code == 0)
    try #require(study.pawl("run", "--trials", "2", "--quiet").code == 0)
    let arguments = ["--effect", "0.5", "--budget", "30", "--studies", "3", "--policies", "any-better"]
    let run = try #require(study.start(["simulate"] + arguments)).wait()
    #expect(run.code == 0 && run.output.hasPrefix("from study repo: noise "), "\(run.shown)")
    let named = try #require(study.start(["simulate", "--study", "repo"] + arguments)).wait()
    #expect(named.output == run.output)
    let none = try #require(study.start(["simulate", "--study", "none"] + arguments)).wait()
    #expect(none.code != 0 && none.messages.contains("study `none` has no journal yet"), "\(none.shown)")
  }

  // MARK: bad input

  static let bad: [(name: String, arguments: [String])] = [
    ("no-noise", []), ("no-effect", ["--noise-sd", "0.1"]), ("sigma-zero", ["--sigma", "0"]),
    ("noise-zero", ["--noise-sd", "0", "--effect", "1"]), ("sigma-negative", ["--sigma=-1"]),
    ("sigma-nan", ["--sigma", "nan"]), ("sigma-infinite", ["--sigma", "1,inf"]), ("sigma-empty", ["--sigma", ","]),
    ("both", ["--sigma", "1", "--noise-sd", "1"]), ("proportion", ["--noise-sd", "1e100", "--effect", "1e-100"]),
    ("effect-infinite", ["--sigma", "1", "--effect", "1e400"]), ("effect-zero", ["--sigma", "1", "--effect", "0"]),
    ("target", ["--sigma", "1", "--target", "far"]), ("workers", ["--sigma", "1", "--workers", "0"]),
    ("alpha-zero", ["--sigma", "1", "--alpha", "0"]), ("alpha-one", ["--sigma", "1", "--alpha", "1"]),
    ("budget-calibration", ["--sigma", "1", "--budget", "3"]), ("budget-zero", ["--sigma", "1", "--budget", "0"]),
    ("budget-huge", ["--sigma", "1", "--budget", "99999999999999999999"]),
    ("policy", ["--sigma", "1", "--policies", "any-beter"]), ("noise", ["--sigma", "1", "--noise", "pink"]),
    ("effects", ["--sigma", "1", "--effects", "heavytailed"]), ("studies", ["--sigma", "1", "--studies", "0"]),
    ("seed", ["--sigma", "1", "--seed", "-3"]), ("plot-several", ["--sigma", "1,2", "--plot", "a.svg"]),
    ("plot-nowhere", ["--sigma", "1", "--budget", "9", "--studies", "2", "--plot", "no/where.svg"]),
    ("file-missing", ["--sigma", "1", "--effects", "none.tsv"]),
    ("file-empty", ["--sigma", "1", "--effects", "empty.tsv"]),
    ("file-constant", ["--sigma", "1", "--effects", "constant.tsv"]),
    ("file-one-row", ["--sigma", "1", "--effects", "one.tsv"]),
    ("direction", ["--sigma", "1", "--direction", "minimize"]),
  ]

  @Test(arguments: bad.indices) func `bad input is named, with what to do`(index: Int) throws {
    let (name, arguments) = Self.bad[index]
    try repository.write("", to: "empty.tsv")
    try repository.write(AuditCommandTests.header + "a\t1\t1\tkeep\tx\n", to: "one.tsv")
    try repository.write(
      AuditCommandTests.header + "a\t1\t1\tkeep\tx\nb\t1\t1\tdiscard\ty\n", to: "constant.tsv")
    let run = try #require(repository.start(["simulate"] + arguments)).wait()
    #expect(run.code != 0 && run.output == "", "\(run.shown)")
    try expectSnapshot("simulate-bad-\(name)", run.shown, normalised: Normaliser(repository))
  }
}
