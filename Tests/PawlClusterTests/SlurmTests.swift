import PawlCore
import PawlTestSupport
import Testing

@testable import PawlCluster

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The port against a real Slurm.
@Suite(.serialized, .enabled(if: SlurmCluster.isPossible, SlurmCluster.need))
struct SlurmTests {
  private let cluster: SlurmCluster
  private let slurm: SlurmScheduler

  init() throws {
    cluster = try SlurmCluster()
    slurm = Self.scheduler(cluster)
  }

  private static func scheduler(_ cluster: SlurmCluster, _ rule: SlurmRule = SlurmRule()) -> SlurmScheduler {
    SlurmScheduler(
      rule, environment: cluster.environment.merging(["PATH": "/usr/bin:/bin", "HOME": "/", "SECRET": "x"]) { $1 })
  }

  /// A job that runs `shell`; all have one command, as those of a study do.
  private func job(_ number: Int, _ shell: String, folder: String? = nil) -> ClusterJob {
    let own = folder ?? "\(cluster.place)/job-\(number)"
    if folder == nil { cluster.shell("mkdir -p '\(own)'; cat >'\(own)/run' <<'END'\n\(shell)\nEND") }
    return ClusterJob(
      series: "pawl-test-ab", number: number, command: ["/bin/sh", "-c", ". \"$0/run\""], folder: own,
      resources: ClusterResources(cores: 1, wallSeconds: 60))
  }

  private func states(_ jobs: [ClusterJob]) throws -> [JobState?] {
    let records = try slurm.records(of: Set(jobs.map(\.name)))
    return jobs.map { records[$0.name]?.last?.state }
  }

  @Test func `jobs handed in together are one array, and each is found by its own name`() throws {
    let jobs = [
      job(998, "echo it is $0; env"), job(999, "exit 3"), job(1_000, "sleep 600"),
      job(1_001, "true", folder: "\(cluster.place)/not-there"), job(1_002, "kill -9 $$"),
    ]
    let answers = slurm.submit(jobs)
    let ids = jobs.map { job in if case .taken(let id) = answers[job.name] { id } else { "none" } }
    #expect(Set(ids.map { $0.prefix { $0 != "_" } }).count == 2, "a block of a thousand an array: \(ids)")
    let wanted: [JobState] = [
      .ended(.completed), .ended(.exited(code: 3)), .running(node: ""), .ended(.exited(code: JobExit.noFolder)),
      .ended(.signalled(9)),
    ]
    var seen: [JobState?] = []
    _ = eventually(seconds: 60) {
      seen = (try? states(jobs)) ?? []
      return seen.count { $0?.hasEnded == true } == 4
    }
    for (seen, wanted) in zip(seen, wanted) {
      if case .running = seen, case .running = wanted { continue }
      #expect(seen == wanted)
    }
    let output = fileText("\(cluster.place)/job-998/\(ClusterJob.output)") ?? ""
    #expect(output.hasPrefix("it is \(cluster.place)/job-998\n"))
    #expect(!output.contains("SECRET"), "no key of the caller's goes into a job")
    let running = try #require(try slurm.records(of: [jobs[2].name])[jobs[2].name]?.last)
    #expect(running.id == ids[2])
    try slurm.cancel([running.id])
    #expect(eventually(seconds: 30) { (try? states([jobs[2]])) == [.ended(.cancelled)] })
    #expect(try slurm.records(of: ["pawl-test-ab-7"]).isEmpty)
  }

  @Test func `a partition that does not exist is refused in Slurm's own words, and a limit that is too short is seen`()
    throws
  {
    let lost = Self.scheduler(cluster, SlurmRule(partition: "nowhere"))
    let answer = lost.submit([job(1, "true")])["pawl-test-ab-1"]
    guard case .refused(let error) = answer else {
      Issue.record("\(String(describing: answer))")
      return
    }
    #expect(error.code == .refused && error.message.contains("invalid partition specified: nowhere"))
    #expect(throws: ClusterError.self) { try lost.check(ClusterResources()) }
    let short = Self.scheduler(cluster, SlurmRule(partition: "short"))
    #expect(throws: ClusterError.self) { try short.check(ClusterResources(wallSeconds: 90)) }
    try short.check(ClusterResources(wallSeconds: 60))
    try slurm.check(ClusterResources(wallSeconds: 90))
    #expect(slurm.findings(ClusterResources(wallSeconds: 90)).allSatisfy { $0.state == .good })
    #expect(lost.findings(ClusterResources()).map(\.state) == [.missing])
  }

  @Test func `a controller that is down is no answer, and jobs that it has are there when it is back`() throws {
    let job = job(5, "sleep 600")
    guard case .taken = slurm.submit([job])[job.name] else {
      Issue.record("not taken")
      return
    }
    cluster.stopController()
    let error = #expect(throws: ClusterError.self) { try slurm.records(of: [job.name]) }
    #expect(error?.code == .unreachable)
    if case .refused(let error) = slurm.submit([self.job(6, "true")])["pawl-test-ab-6"] {
      #expect(error.isPassing)
    } else {
      Issue.record("surely not taken")
    }
    cluster.startController()
    #expect(eventually(seconds: 60) { (try? slurm.records(of: [job.name]))?[job.name]?.last?.state.hasEnded == false })
  }
}
