import PawlTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Attempts wait until the test lets them go on: by a file in a folder that the study may read.
struct GatedStudy {
  let repository: TemporaryRepository
  var gate: String { "\(repository.home)/gate" }

  init() throws {
    let repository = try TemporaryRepository(["train.sh": ""])
    let gate = "\(repository.home)/gate"
    mkdir(gate, 0o700)
    let wait = "while [ ! -e \(gate)/open ]; do sleep 0.02; done"
    try repository.write(TrainingScript.shell(before: wait), to: "train.sh")
    try repository.commit("wait at the gate")
    try #require(repository.initialise().code == 0)
    try repository.configure([("read", "[\(gate)]")])
    self.repository = repository
  }

  func open() throws { try repository.write("", to: "\(gate)/open") }

  /// Starts `pawl run` and returns when the first attempt is under way.
  func start(_ arguments: String...) throws -> RunningProgram {
    let program = try #require(repository.start(["run"] + arguments))
    let log = "\(repository.root)/.pawl/repo/logs/0/1.log"
    try #require(eventually { access(log, F_OK) == 0 || program.hasEnded }, "\(program.messages)")
    try #require(!program.hasEnded, "\(program.messages)")
    return program
  }

  func expectState(_ word: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      eventually { repository.pawl("status").output.contains("study     repo, \(word)") },
      "status does not say `\(word)`", sourceLocation: sourceLocation)
  }
}

@Suite struct SignalTests {
  @Test(arguments: [SIGINT, SIGTERM])
  func `the first signal lets running attempts finish and run carries on later`(signal: Int32) throws {
    let study = try GatedStudy()
    let program = try study.start()
    program.kill(signal)
    #expect(eventually { program.messages.contains("stopping: running attempts finish") })
    #expect(!program.hasEnded)
    try study.open()
    let run = program.wait()
    #expect(run.code == 130)
    #expect(run.messages.contains("`pawl run` carries on"))
    let shown = study.repository.pawl("show", "0").output
    #expect(shown.contains("calibration") && !shown.contains("not finished"), "\(shown)")
    let next = study.repository.pawl("run", "--trials", "1")
    #expect(next.code == 0)
    #expect(next.messages.contains("study repo carries on"))
    #expect(next.messages.contains("baseline 3/3"))
  }

  @Test(arguments: [[SIGINT, SIGINT], [SIGTERM, SIGTERM], [SIGHUP]])
  func `a second signal or a lost terminal stops at once and the attempt is made again with its seed`(
    signals: [Int32]
  ) throws {
    let study = try GatedStudy()
    let program = try study.start()
    for (number, signal) in signals.enumerated() {
      if number > 0 { #expect(eventually { program.messages.contains("stopping") }) }
      program.kill(signal)
    }
    let run = program.wait()
    #expect(run.code == 130 && run.signal == 0, "\(run.shown)")
    let before = study.repository.pawl("show", "0").output
    let seed = try #require(before.firstMatch(of: try Regex("1  seed [0-9]+")).map { String(before[$0.range]) })
    #expect(before.contains("not finished"))
    #expect(!study.repository.exists(".pawl/repo/attempts/1"), "the folder of the attempt is gone")
    try study.open()
    #expect(study.repository.pawl("run", "--trials", "1").code == 0)
    let after = study.repository.pawl("show", "0").output
    #expect(after.contains(seed) && !after.contains("not finished"), "\(after)")
  }

  @Test func `a signal that nohup ignores stays ignored`() throws {
    let study = try GatedStudy()
    let words = ["-c", "trap '' HUP; exec '\(TemporaryRepository.program)' run --trials 1"]
    let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(study.repository.home)"]
    let program = try #require(
      RunningProgram(
        "/bin/sh", words, environment: environment, directory: study.repository.root,
        captureIn: study.repository.place + "/nohup"))
    try #require(eventually { study.repository.exists(".pawl/repo/logs/0/1.log") || program.hasEnded })
    program.kill(SIGHUP)
    try study.open()
    let run = program.wait()
    #expect(run.code == 0 && run.signal == 0, "\(run.messages)")
    #expect(run.messages.contains("1 trials are done"), "\(run.messages)")
  }

  @Test func `another process pauses and resumes a study and a second run is refused`() throws {
    let study = try GatedStudy()
    let repository = study.repository
    let program = try study.start()
    study.expectState("running")
    let status = repository.pawl("status").output
    #expect(status.contains("attempt 1 of the baseline"), "the calibration shows as running: \(status)")

    let second = repository.pawl("run")
    #expect(second.code == 4)
    #expect(second.messages.contains("process \(program.process) on "), "names the holder: \(second.messages)")
    try expectSnapshot("held", second.shown, normalised: Normaliser(repository))

    #expect(repository.pawl("pause").code == 0)
    study.expectState("paused")
    try study.open()
    // What ran is finished, and nothing new is started.
    #expect(eventually { repository.pawl("status").output.contains("1 attempts") })
    #expect(!repository.pawl("status").output.contains("running "))
    #expect(repository.pawl("resume").code == 0)
    #expect(eventually { program.messages.contains("baseline 3/3") })
    program.kill(SIGINT)
    #expect(program.wait().code == 130)
    study.expectState("not running")
    try expectSnapshot("pause-without-run", repository.pawl("pause").shown, normalised: Normaliser(repository))
  }
}
