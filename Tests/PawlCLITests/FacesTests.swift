import PawlTestSupport
import Testing

@Suite struct FacesTests {
  private func study(_ script: String = TrainingScript.shell(), run: [String]) throws -> (
    TemporaryRepository, ProgramRun
  ) {
    let repository = try TemporaryRepository(["train.sh": script])
    try #require(repository.initialise().code == 0)
    let program = try #require(repository.start(["run"] + run))
    return (repository, program.wait())
  }

  @Test func `status shows the baseline's attempts while they run and says what they are for`() throws {
    let study = try GatedStudy()
    let program = try study.start()
    let status = study.repository.pawl("status").output
    #expect(status.contains("running   attempt 1 of the baseline, calibration, "), "\(status)")
    #expect(study.repository.pawl("status", "--json").output.contains("\"calibration\""))
    program.kill(2)
    try study.open()
    #expect(program.wait().code == 130)
  }

  @Test func `status follows a study to its end`() throws {
    let study = try GatedStudy()
    let program = try study.start("--trials", "2")
    let follower = try #require(study.repository.start(["status", "--follow"]))
    #expect(eventually { follower.output.contains("running   attempt 1") }, "\(follower.messages)")
    try study.open()
    #expect(program.wait().code == 0)
    let run = follower.wait()
    #expect(run.code == 0 && run.messages == "")
    let blocks = run.output.split(separator: "\n\n", omittingEmptySubsequences: false)
    #expect(blocks.count >= 2 && blocks.last?.contains(", not running") == true, "\(run.output)")
    #expect(!run.output.contains("\u{1b}"))
    let lines = study.repository.pawl("status", "--follow", "--json").output.split(separator: "\n")
    #expect(lines.count == 1 && lines[0].hasPrefix("{"), "nothing runs any more: one look is enough")
  }

  @Test func `a head that is not certified is told from one that is`() throws {
    let (repository, run) = try study(run: ["--trials", "3", "--quiet"])
    try #require(run.code == 0, "\(run.messages)")
    let status = repository.pawl("status").output
    for line in status.split(separator: "\n") where line.hasPrefix("head") {
      #expect(line.contains("loss about ") && line.contains("(believed +"), "\(line)")
    }
    for line in status.split(separator: "\n") where line.hasPrefix("champion") && !line.contains("nothing is") {
      #expect(line.contains("certified +") && line.contains("["), "\(line)")
    }
  }

  @Test func `a baseline that fails is crashed in log and show`() throws {
    let (repository, run) = try study("echo 'loss: nan'\n", run: [])
    #expect(run.code == 3)
    #expect(repository.pawl("log", "--all").output.contains("0  crashed"))
    #expect(repository.pawl("show", "0").output.contains("standing  crashed"))
    #expect(repository.pawl("status").output.contains("failed: the baseline gave no measurement"))
  }

  @Test func `trial after trial that crashes ends the study with a code of its own`() throws {
    // Every value but the baseline's own crashes; there are more than enough of them.
    let script = "knob=500  # pawl: 1...1000\n[ $knob = 500 ] || exit 9\necho \"loss: 1.$((PAWL_SEED % 100))\"\n"
    let (repository, run) = try study(script, run: ["--trials", "60"])
    #expect(run.code == 5, "\(run.messages)")
    #expect(run.messages.contains("hint: `pawl log --state crashed`"))
    #expect(!repository.pawl("log", "--state", "crashed").output.contains("(exited with code 9, exited"))
  }

  @Test func `diff and report print json`() throws {
    let (repository, run) = try study(run: ["--trials", "2", "--quiet"])
    try #require(run.code == 0, "\(run.messages)")
    let diff = repository.pawl("diff", "1", "--json")
    #expect(diff.code == 0 && diff.output.hasPrefix("{") && diff.output.contains("\"diff\" : \"diff --git "))
    #expect(diff.output.contains("\"from\" : 0") && diff.output.contains("\"to\" : 1"))
    let report = repository.pawl("report", "--json").output
    #expect(report.contains("\"report\" : \"\(repository.root)/.pawl/repo/report.html\""))
  }

  @Test func `a report that cannot be written is named at the end of a run`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise().code == 0)
    repository.shell("mkdir -p .pawl/repo/report.html/in-the-way")
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0)
    #expect(run.messages.contains("note there is no report: cannot write the report to"), "\(run.messages)")
    #expect(!run.output.contains("report  "))
  }

  @Test func `another tool's results are listed with what is wrong in them`() throws {
    let repository = try TemporaryRepository([
      "train.sh": "", "results.tsv": "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n",
    ])
    try repository.write(
      "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n1a2b3c4\t0.9979\t44.0\tkeep\tbaseline\n"
        + "2b3c4d5\t0.000000\t0.0\tcrash\tdouble the width\n3c4d5e6\tabc\t44.2\tdiscard\tGELU\n", to: "results.tsv")
    let run = repository.pawl("log", "--results", "results.tsv")
    #expect(run.code == 0)
    try expectSnapshot("log-results", run.shown)
    let json = repository.pawl("log", "--results", "results.tsv", "--json", "--last", "2").output.split(separator: "\n")
    #expect(json.count == 2 && json[0].contains("\"status\":\"crash\"") && !json[0].contains("\"metric\""))
    #expect(repository.pawl("log", "--results", "none.tsv").code == 1)
    #expect(repository.pawl("log", "--results", "results.tsv", "--kept").code == 2)
    try repository.write("", to: "empty.tsv")
    #expect(repository.pawl("log", "--results", "empty.tsv").code == 1)
  }
}
