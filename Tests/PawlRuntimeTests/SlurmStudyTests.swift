import Foundation
import PawlCore
import PawlEngine
import PawlTestSupport
import Testing

/// Whole studies whose attempts are jobs of a real Slurm.
@Suite(.serialized, .enabled(if: SlurmCluster.isPossible, SlurmCluster.need))
struct SlurmStudyTests {
  private let cluster: SlurmCluster
  private let repository: TemporaryRepository
  /// Seen by attempts, and written by the test: what they wait for.
  private var flags: String { "\(repository.place)/flags" }

  init() throws {
    cluster = try SlurmCluster()
    repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
  }

  /// Writes pawl.yaml with the cluster as the executor.
  ///
  /// - Parameter before: runs in each attempt before the training.
  private func initialise(
    before: String, workers: Int, calibration: Int = 2, executor: String = "", more: String = ""
  ) throws {
    repository.shell("mkdir -p '\(flags)'")
    try repository.write(TrainingScript.shell(before: before), to: "train.sh")
    try repository.commit("what to train")
    try #require(repository.initialise("--workers", "\(workers)").code == 0)
    try repository.configure([("calibration", "\(calibration)")])
    let yaml = try #require(repository.read("pawl.yaml"))
    try repository.write(
      yaml + "\nexecutor: {slurm: {poll: 200ms, grace: 1s\(executor.isEmpty ? "" : ", \(executor)")}}\n\(more)",
      to: "pawl.yaml")
  }

  private func start(_ arguments: String...) throws -> RunningProgram {
    try #require(repository.start(["run"] + arguments, environment: cluster.environment))
  }

  private func run(_ arguments: String...) throws -> ProgramRun {
    try #require(repository.start(["run"] + arguments, environment: cluster.environment)).wait(seconds: 240)
  }

  /// The words that attempts wrote into a file outside, one a line.
  private func lines(_ name: String) -> [String] {
    (fileText("\(flags)/\(name)") ?? "").split(separator: "\n").map(String.init)
  }

  private func set(_ flag: String) { repository.shell("touch '\(flags)/\(flag)'") }

  /// Jobs of this user that have not ended.
  private var jobs: [String] { cluster.shell("squeue -h -r -o %A").output.split(separator: "\n").map(String.init) }

  /// Sandbox `none`, so that the test sees from outside how often each attempt began.
  private var counted: String {
    "echo \"$(basename \"$(dirname \"$PWD\")\")\" >>'\(flags)/starts'; while [ ! -e '\(flags)/go' ]; do sleep 0.1; done"
  }
  private func withoutSandbox() throws { try repository.configure([("level", "none")]) }

  @Test func `twenty jobs outlive a killed Pawl, and each is collected once and was started once`() throws {
    try initialise(before: counted, workers: 20, calibration: 20)
    try withoutSandbox()
    let first = try start("--trials", "1")
    #expect(eventually(seconds: 120) { lines("starts").count == 20 || first.hasEnded }, "\(first.messages)")
    first.kill(SIGKILL)
    #expect(first.wait().signal == SIGKILL)
    #expect(jobs.count == 20, "jobs do not depend on who handed them in")
    // Some end while nobody looks, some after Pawl is back.
    set("go")
    #expect(eventually(seconds: 60) { jobs.count < 12 })
    let second = try run("--trials", "1")
    #expect(second.code == 0, "\(second.messages)")
    let study = try RecordedStudy(repository)
    try study.expectNothingLostOrDoubled()
    #expect(study.results.count == study.requests.count)
    #expect(study.results.allSatisfy { $0.measurement != nil })
    let starts = lines("starts")
    #expect(starts.count == study.requests.count && Set(starts).count == starts.count, "\(starts)")
    #expect(!repository.exists("\(repository.root)/.pawl/repo/cluster/1"), "what was collected is cleaned up")
  }

  @Test func `a job that an administrator cancels is made again, and that is said once`() throws {
    try initialise(before: counted, workers: 2)
    try withoutSandbox()
    let program = try start("--trials", "1")
    #expect(eventually(seconds: 60) { lines("starts").count == 2 || program.hasEnded }, "\(program.messages)")
    for job in jobs { cluster.shell("scancel \(job)") }
    #expect(eventually(seconds: 60) { lines("starts").count == 4 || program.hasEnded }, "\(program.messages)")
    set("go")
    let run = program.wait(seconds: 120)
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.components(separatedBy: "was cancelled by somebody else").count == 2, "\(run.messages)")
    #expect(try RecordedStudy(repository).results.allSatisfy { $0.measurement != nil })
  }

  @Test func `a job that Slurm starts again after its node was lost runs afresh, with its own claim`() throws {
    // What a first start left must not be there for the second.
    let before = "if [ -e left ]; then exit 9; fi; touch left; " + counted
    try initialise(before: before, workers: 1)
    try withoutSandbox()
    let program = try start("--trials", "1")
    #expect(eventually(seconds: 60) { lines("starts").count == 1 || program.hasEnded }, "\(program.messages)")
    let job = try #require(jobs.first)
    #expect(cluster.shell("scontrol requeue \(job)").code == 0)
    #expect(eventually(seconds: 120) { lines("starts").count == 2 || program.hasEnded }, "\(program.messages)")
    set("go")
    let run = program.wait(seconds: 120)
    #expect(run.code == 0, "\(run.messages)")
    let study = try RecordedStudy(repository)
    #expect(study.results.allSatisfy { $0.measurement != nil })
    #expect(study.requests.count + 1 == lines("starts").count, "only the lost start was made again")
  }

  @Test func `nothing of an attempt outlives a scancel, nor a SIGKILL of the node's Pawl`() throws {
    let marker = "86400.\(UInt32.random(in: 1 ... .max))"
    // Double-forked, in a session of its own.
    try initialise(before: "(setsid sh -c 'setsid sleep \(marker) & sleep \(marker)' &) ; sleep \(marker)", workers: 1)
    let program = try start("--trials", "1")
    defer { program.kill(SIGKILL) }
    func processes() -> Set<pid_t> {
      Set((try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []).filter {
        (fileText("/proc/\($0)/cmdline") ?? "").hasPrefix("sleep\0\(marker)\0")
      }
    }
    func nodes() -> [pid_t] {
      (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) }.filter {
        (fileText("/proc/\($0)/cmdline") ?? "").contains("\0attempt\0\(repository.root)/")
      } ?? []
    }
    for end in ["scancel", "SIGKILL"] {
      #expect(eventually(seconds: 60) { processes().count == 3 || program.hasEnded }, "\(program.messages)")
      let before = processes()
      if end == "scancel" {
        for job in jobs { cluster.shell("scancel \(job)") }
      } else {
        for node in nodes() { kill(node, SIGKILL) }
      }
      #expect(eventually(seconds: 30) { processes().isDisjoint(with: before) }, "\(end)")
    }
    // Made again for the last time; two interrupts end it, and leave nothing.
    #expect(eventually(seconds: 60) { processes().count == 3 || program.hasEnded }, "\(program.messages)")
    program.kill(SIGINT)
    #expect(eventually(seconds: 30) { program.messages.contains("finish") || program.hasEnded })
    program.kill(SIGINT)
    let run = program.wait(seconds: 90)
    #expect(run.code == 130, "\(run.messages)")
    #expect(processes().isEmpty)
    #expect(jobs.isEmpty)
  }

  @Test func `a cluster that goes down is waited for, and one that is down at the start is told with a hint`() throws {
    try initialise(before: counted, workers: 2)
    try withoutSandbox()
    let program = try start("--trials", "1")
    #expect(eventually(seconds: 60) { lines("starts").count == 2 || program.hasEnded }, "\(program.messages)")
    cluster.stopController()
    #expect(eventually(seconds: 60) { program.messages.contains("cannot be asked") || program.hasEnded })
    set("go")
    // Their results are files: they are collected without Slurm, and what comes next waits.
    #expect(eventually(seconds: 60) { program.messages.contains("takes no jobs now") || program.hasEnded })
    #expect(!program.hasEnded, "\(program.messages)")
    let other = repository.start(["doctor"], environment: cluster.environment)?.wait()
    #expect(other?.code == 1)
    #expect(other?.output.contains("Unable to contact slurm controller") == true, "\(other?.output ?? "")")
    cluster.startController()
    let run = program.wait(seconds: 240)
    #expect(run.code == 0, "\(run.messages)")
    let study = try RecordedStudy(repository)
    try study.expectNothingLostOrDoubled()
    #expect(study.results.allSatisfy { $0.measurement != nil })
    #expect(Set(lines("starts")).count == lines("starts").count, "nothing was made twice")
    cluster.stopController()
    let down = try self.run("--trials", "1")
    #expect(down.code == 1)
    #expect(down.messages.contains("hint: `scontrol ping`"), "\(down.messages)")
  }

  @Test func `what Slurm will never take stops the study with its own words`() throws {
    try initialise(before: "true", workers: 1, executor: "partition: nowhere")
    let run = try run("--trials", "1")
    #expect(run.code == 1)
    #expect(run.messages.contains("Slurm has no partition `nowhere`"), "\(run.messages)")
    #expect(run.messages.contains("`main`"))
    #expect(!repository.exists("\(repository.root)/.pawl/repo/journal.sqlite"), "nothing was begun")
    let yaml = try #require(repository.read("pawl.yaml"))
    // Only sbatch knows of accounts, features and the like.
    try repository.write(
      yaml.replacing("partition: nowhere", with: "options: [--constraint=quantum]"), to: "pawl.yaml")
    let later = try self.run("--trials", "1")
    #expect(later.code == 1)
    #expect(later.messages.contains("Invalid feature specification"), "\(later.messages)")
    let study = try RecordedStudy(repository)
    #expect(study.state().inFlight.count == study.requests.count - study.results.count)
  }

  @Test func `a node that cannot run an attempt gives a result that says so`() throws {
    try initialise(before: "true", workers: 1, executor: "program: /nowhere/pawl")
    let run = try run("--trials", "1")
    #expect(run.code == 3, "\(run.messages)")
    #expect(run.messages.contains("the node has no `pawl` that it can run"), "\(run.messages)")
  }

  /// Puts a script in the place of the nodes' `pawl`; it has that one as `$pawl`.
  private func program(_ script: String) -> String {
    let file = "\(repository.place)/node-pawl"
    repository.shell(
      "cat >'\(file)' <<'END'\n#!/bin/sh\npawl='\(TemporaryRepository.program)'\n\(script)\nEND\nchmod +x '\(file)'")
    return "program: \(file)"
  }

  @Test func `a node without bwrap runs with less and says so, or not at all where the study asks for more`() throws {
    // Everything that the attempt needs, and no more.
    repository.shell("mkdir '\(repository.place)/bin' && ln -s /bin/sh '\(repository.place)/bin/sh'")
    let without = program("PATH='\(repository.place)/bin' exec \"$pawl\" \"$@\"")
    try initialise(before: "true", workers: 2, executor: without)
    let run = try run("--trials", "1")
    #expect(run.code == 0, "\(run.messages)")
    #expect(
      run.messages.components(separatedBy: "has a `none` sandbox, without: bubblewrap").count == 2, "\(run.messages)")
    let study = try RecordedStudy(repository)
    #expect(study.results.allSatisfy { $0.sandbox == .none && $0.measurement != nil })

    let strict = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(strict.initialise().code == 0)
    try strict.configure([("level", "full")])
    let yaml = try #require(strict.read("pawl.yaml"))
    try strict.write(yaml + "\nexecutor: {slurm: {poll: 200ms, grace: 1s, \(without)}}\n", to: "pawl.yaml")
    let refused = try #require(strict.start(["run"], environment: cluster.environment)).wait(seconds: 120)
    #expect(refused.code == 3)
    #expect(
      refused.messages.contains("this host gives a `none` sandbox, and the study asks for `full`"),
      "\(refused.messages)")
  }

  @Test func `a job that waits for more than its turn says why, once`() throws {
    try initialise(before: "true", workers: 2)
    cluster.shell("scontrol update NodeName=ALL State=DRAIN Reason=test")
    let program = try start("--trials", "1")
    #expect(eventually(seconds: 60) { program.messages.contains("holds attempts back: `") || program.hasEnded })
    cluster.shell("scontrol update NodeName=ALL State=RESUME")
    let run = program.wait(seconds: 120)
    #expect(run.code == 0, "\(run.messages)")
  }
}
