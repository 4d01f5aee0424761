import PawlCore
import PawlTestSupport
import Testing

@testable import PawlCluster

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The port against a real Ray.
@Suite(.serialized, .enabled(if: RayCluster.isPossible, RayCluster.need))
struct RayTests {
  private func job(_ cluster: RayCluster, _ number: Int, _ shell: String, cores: Int? = nil, folder: String? = nil)
    -> ClusterJob
  {
    let own = folder ?? "\(cluster.place)/it's-\(number)"
    if folder == nil {
      mkdir(own, 0o700)
      if let file = fopen("\(own)/run", "we") {
        fputs(shell, file)
        fclose(file)
      }
    }
    return ClusterJob(
      series: "pawl-test-ab", number: number, command: ["/bin/sh", "-c", ". \"$0/run\""], folder: own,
      resources: ClusterResources(cores: cores, memory: .mebibytes(16), wallSeconds: 60))
  }

  private func id(_ answers: [String: Submission], _ job: ClusterJob) -> String {
    switch answers[job.name] {
    case .taken(let id): id
    case .refused(let error), .unknown(let error): error.message
    case nil: "none"
    }
  }

  @Test func `jobs are handed in once, found, stopped, made again, and forgotten with a restart`() throws {
    let cluster = try RayCluster(cores: 4)
    let ray = RayScheduler(
      RayRule(address: cluster.address),
      environment: ["PASSED": "it's $HOME", "SECRET": "x", "http_proxy": "http://127.0.0.1:1"], passed: ["PASSED"])
    func state(_ job: ClusterJob) -> JobState? { (try? ray.records(of: [job.name]))?[job.name]?.last?.state }
    try #require(eventually(seconds: 60) { (try? ray.check(ClusterResources())) != nil })
    #expect(ray.findings(ClusterResources(cores: 2)).map(\.state) == [.good, .good])
    // Nodes show a little later than the dashboard.
    #expect(eventually(seconds: 60) { ray.findings(ClusterResources(cores: 64)).map(\.state) == [.good, .warning] })

    let jobs = [
      job(cluster, 1, "echo \"it is $0 $PASSED\"; env"), job(cluster, 2, "exit 3"),
      job(cluster, 3, "", folder: "\(cluster.place)/not-there"), job(cluster, 4, "kill -9 $$"),
    ]
    let answers = ray.submit(jobs)
    for job in jobs { #expect(id(answers, job) == job.name) }
    #expect(eventually(seconds: 120) { jobs.allSatisfy { state($0)?.hasEnded == true } })
    #expect(
      jobs.map(state) == [
        .ended(.completed), .ended(.exited(code: 3)), .ended(.exited(code: JobExit.noFolder)), .ended(.signalled(9)),
      ])
    let output = fileText("\(jobs[0].folder)/\(ClusterJob.output)") ?? ""
    #expect(output.hasPrefix("it is \(jobs[0].folder) it's $HOME\n"))
    #expect(!output.contains("SECRET"), "no key of the caller's goes into a job")

    // One that lives is not started a second time; one that has ended is.
    let long = job(cluster, 5, "echo start >>starts; sleep 600")
    #expect(id(ray.submit([long]), long) == long.name)
    #expect(eventually(seconds: 60) { fileText("\(long.folder)/starts") != nil })
    #expect(id(ray.submit([long]), long) == long.name)
    try ray.cancel([long.name])
    #expect(eventually(seconds: 60) { state(long) == .ended(.cancelled) })
    #expect(fileText("\(long.folder)/starts") == "start\n")
    #expect(id(ray.submit([long]), long) == long.name + ".2")
    #expect(eventually(seconds: 60) { fileText("\(long.folder)/starts") == "start\nstart\n" })
    #expect(try ray.records(of: [long.name])[long.name]?.map(\.id) == [long.name, long.name + ".2"])

    // What no node has waits, with the reason; once stopped it counts as ended, although Ray still lists it.
    let wide = job(cluster, 6, "true", cores: 64)
    #expect(id(ray.submit([wide]), wide) == wide.name)
    #expect(
      eventually(seconds: 60) {
        if case .queued(let reason?) = state(wide) { reason.contains("64 CPUs") } else { false }
      })
    try ray.cancel([wide.name])
    #expect(state(wide) == .ended(.cancelled))
    #expect(try ray.records(of: ["pawl-test-ab-7"]).isEmpty)
    try ray.cancel(["pawl-test-ab-7"])

    cluster.stop()
    let gone = #expect(throws: ClusterError.self) { try ray.records(of: [long.name]) }
    #expect(gone?.code == .unreachable)
    guard case .unknown = ray.submit([long])[long.name] else {
      Issue.record("nobody knows")
      return
    }
    try cluster.start()
    #expect(eventually(seconds: 60) { (try? ray.records(of: [long.name]))?.isEmpty == true })
  }
}
