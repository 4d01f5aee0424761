public import PawlCore
import PawlTransfer
import Synchronization

/// Ray, by its Jobs REST API; works with Ray 2.9 and newer.
///
/// A job's submission id is its name, which Ray takes only once: a second hand-in of what is there already is refused. Only where that
/// has ended, a number follows: `NAME.2` is the second start.
public final class RayScheduler: ClusterScheduler {
  let server: RayServer
  /// Variables that jobs get.
  private let passed: [String: String]
  private let memory = Mutex(Memory())

  private struct Memory {
    /// Jobs that were told to stop while they waited. Ray lists them as waiting until there is room for them, and stops them then.
    var stopped: Set<String> = []
    var nodes: [RayNode] = []
    var nodesAskedAt = -Double.infinity
  }

  public var title: String { "Ray" }

  /// - Parameters:
  ///   - environment: of this process; jobs get `passed` of it, and all else from the node.
  ///   - passed: names of variables that jobs need. Ray shows them to all who may see its dashboard.
  public init(_ rule: RayRule, environment: [String: String], passed: Set<String> = []) {
    server = RayServer(rule.address, environment: environment)
    self.passed = environment.filter { passed.contains($0.key) }
  }

  public func submit(_ jobs: [ClusterJob]) -> [String: Submission] {
    var results: [String: Submission] = [:]
    var trouble: ClusterError?
    for job in jobs {
      // Where it does not answer once, each further job would wait as long for nothing; none of those was sent.
      let outcome = trouble.map { Submission.refused($0) } ?? submit(job)
      if case .unknown(let error) = outcome { trouble = error }
      results[job.name] = outcome
    }
    return results
  }

  /// The first start of a job has its name, each later one another id: Ray takes an id again once it is deleted, but what watched over
  /// the earlier job may then end the new one.
  private func submit(_ job: ClusterJob) -> Submission {
    do {
      var id = job.name
      for _ in 0..<3 {
        let answer = try server.call(.post, "/api/jobs/", RayJob.submission(job, id: id, passed: passed))
        guard Self.isTaken(answer) else { return outcome(answer, id) }
        let starts = try entries(of: [job.name])[job.name] ?? []
        if let live = starts.last(where: { !$0.state.hasEnded }) { return .taken(id: live.id) }
        id = "\(job.name).\((starts.last?.start ?? 1) + 1)"
      }
      return .unknown(ClusterError(.unreadable, "Ray has `\(id)` and does not list it"))
    } catch {
      return error.code == .unreachable || error.code == .unreadable ? .unknown(error) : .refused(error)
    }
  }

  private func outcome(_ answer: RayServer.Answer, _ id: String) -> Submission {
    guard answer.status == 200 else {
      let error = server.failure(answer)
      return error.isPassing ? .unknown(error) : .refused(error)
    }
    guard answer.json?["submission_id"]?.string == id else {
      return .unknown(ClusterError(.unreadable, "Ray answered no id of a job: `\(answer.text.oneLine)`"))
    }
    return .taken(id: id)
  }

  private static func isTaken(_ answer: RayServer.Answer) -> Bool {
    answer.status >= 400 && answer.text.contains("already exists")
  }

  /// Returns the starts of jobs by their names, oldest first.
  private func entries(of names: Set<String>) throws(ClusterError) -> [String: [RayJob.Entry]] {
    guard let list = try server.value(.get, "/api/jobs/").array else {
      throw ClusterError(.unreadable, "Ray's list of jobs is none")
    }
    return Dictionary(grouping: list.compactMap { RayJob.Entry($0, of: names) }, by: \.name)
      .mapValues { $0.sorted { $0.start < $1.start } }
  }

  public func records(of names: Set<String>) throws(ClusterError) -> [String: [JobRecord]] {
    let stopped = memory.withLock { $0.stopped }
    return try entries(of: names).mapValues { starts in
      starts.map { entry in
        guard case .queued = entry.state else { return JobRecord(id: entry.id, state: entry.state) }
        let state: JobState =
          stopped.contains(entry.id)
          ? .ended(.cancelled) : .queued(reason: RayNode.shortage(of: entry.wanted, on: nodes()))
        return JobRecord(id: entry.id, state: state)
      }
    }
  }

  public func cancel(_ ids: [String]) throws(ClusterError) {
    for id in ids {
      let answer = try server.call(.post, "/api/jobs/\(id)/stop")
      // Gone already, or of a Ray that knows it no more.
      guard answer.status == 200 || answer.status == 404 else { throw server.failure(answer) }
      _ = memory.withLock { $0.stopped.insert(id) }
    }
  }

  /// What the nodes have; asked at most once a minute, since it only explains why something waits.
  private func nodes() -> [RayNode] {
    let now = RayServer.now()
    let known = memory.withLock { now - $0.nodesAskedAt < 60 ? $0.nodes : nil }
    if let known { return known }
    let nodes = (try? freshNodes()) ?? []
    memory.withLock {
      $0.nodes = nodes
      $0.nodesAskedAt = now
    }
    return nodes
  }
}
