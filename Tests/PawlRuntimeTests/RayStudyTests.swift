import Foundation
import PawlCluster
import PawlCore
import PawlTestSupport
import Testing

/// Whole studies whose attempts are jobs of a real Ray.
@Suite(.serialized, .enabled(if: RayCluster.isPossible, RayCluster.need))
struct RayStudyTests {
  private let cluster: RayCluster
  private let repository: TemporaryRepository
  /// Seen by attempts, and written by the test: what they wait for.
  private var flags: String { "\(repository.place)/flags" }

  init() throws {
    cluster = try RayCluster(cores: 8)
    repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try awaitCluster()
  }

  private func awaitCluster() throws {
    let ray = RayScheduler(RayRule(address: cluster.address), environment: [:])
    try #require(eventually(seconds: 60) { (try? ray.check(ClusterResources())) != nil })
  }

  /// - Parameter before: runs in each attempt before the training.
  private func initialise(before: String, workers: Int, isOpen: Bool) throws {
    repository.shell("mkdir -p '\(flags)'")
    try repository.write(TrainingScript.shell(before: before), to: "train.sh")
    try repository.commit("what to train")
    try #require(repository.initialise("--workers", "\(workers)").code == 0)
    try repository.configure(
      [("calibration", "\(max(2, workers))"), ("memory", "256MiB")] + (isOpen ? [("level", "none")] : []))
    let yaml = try #require(repository.read("pawl.yaml"))
    try repository.write(
      yaml + "\nexecutor: {ray: {address: \"\(cluster.address)\", poll: 200ms, grace: 1s}}\n", to: "pawl.yaml")
  }

  private func start() throws -> RunningProgram { try #require(repository.start(["run", "--trials", "1"])) }
  private func lines(_ name: String) -> [String] {
    (fileText("\(flags)/\(name)") ?? "").split(separator: "\n").map(String.init)
  }
  private func set(_ flag: String) { repository.shell("touch '\(flags)/\(flag)'") }

  /// Without a sandbox, so that the test sees from outside how often each attempt began.
  private var counted: String {
    "echo \"$(basename \"$(dirname \"$PWD\")\")\" >>'\(flags)/starts'; while [ ! -e '\(flags)/go' ]; do sleep 0.1; done"
  }

  @Test func `jobs outlive a killed Pawl, and each is collected once and was started once`() throws {
    try initialise(before: counted, workers: 4, isOpen: true)
    let first = try start()
    #expect(eventually(seconds: 120) { lines("starts").count == 4 || first.hasEnded }, "\(first.messages)")
    first.kill(SIGKILL)
    #expect(first.wait().signal == SIGKILL)
    set("go")
    let run = try start().wait(seconds: 240)
    #expect(run.code == 0, "\(run.messages)")
    let study = try RecordedStudy(repository)
    try study.expectNothingLostOrDoubled()
    #expect(study.results.allSatisfy { $0.measurement != nil })
    let starts = lines("starts")
    #expect(starts.count == study.requests.count && Set(starts).count == starts.count, "\(starts)")
  }

  @Test func `a Ray that goes down is waited for, and what it forgot is handed in again`() throws {
    try initialise(before: counted, workers: 2, isOpen: true)
    let program = try start()
    #expect(eventually(seconds: 120) { lines("starts").count == 2 || program.hasEnded }, "\(program.messages)")
    cluster.stop()
    #expect(eventually(seconds: 60) { program.messages.contains("cannot be asked") || program.hasEnded })
    #expect(!program.hasEnded, "\(program.messages)")
    try cluster.start()
    #expect(eventually(seconds: 120) { lines("starts").count == 4 || program.hasEnded }, "\(program.messages)")
    set("go")
    let run = program.wait(seconds: 240)
    #expect(run.code == 0, "\(run.messages)")
    let study = try RecordedStudy(repository)
    try study.expectNothingLostOrDoubled()
    #expect(study.results.allSatisfy { $0.measurement != nil })
    cluster.stop()
    let down = try start().wait(seconds: 60)
    #expect(down.code == 1)
    #expect(down.messages.contains("nothing answers as Ray") && down.messages.contains("hint: "), "\(down.messages)")
  }

  @Test func `nothing of an attempt outlives Ray's stop, nor a SIGKILL of the node's Pawl`() throws {
    let marker = "86400.\(UInt32.random(in: 1 ... .max))"
    // Double-forked, in a session of its own.
    try initialise(
      before: "(setsid sh -c 'setsid sleep \(marker) & sleep \(marker)' &) ; sleep \(marker)", workers: 1,
      isOpen: false)
    let program = try start()
    defer { program.kill(SIGKILL) }
    func processes(_ matches: (String) -> Bool) -> Set<pid_t> {
      let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
      return Set(all.filter { matches(fileText("/proc/\($0)/cmdline") ?? "") })
    }
    func sleeping() -> Set<pid_t> { processes { $0.hasPrefix("sleep\0\(marker)\0") } }
    for end in ["SIGKILL", "stop"] {
      #expect(eventually(seconds: 120) { sleeping().count == 3 || program.hasEnded }, "\(program.messages)")
      let before = sleeping()
      if end == "stop" {
        // Twice: attempts under way are told to end, and Ray is told to stop their jobs.
        program.kill(SIGINT)
        #expect(eventually(seconds: 30) { program.messages.contains("finish") || program.hasEnded })
        program.kill(SIGINT)
      } else {
        for node in processes({ $0.contains("\0attempt\0\(repository.root)/") }) { kill(node, SIGKILL) }
      }
      #expect(eventually(seconds: 60) { sleeping().isDisjoint(with: before) }, "\(end)")
    }
    let run = program.wait(seconds: 90)
    #expect(run.code == 130, "\(run.messages)")
    #expect(sleeping().isEmpty)
  }
}
