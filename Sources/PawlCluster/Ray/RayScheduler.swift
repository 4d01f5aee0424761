public import PawlCore
import PawlTransfer
import Synchronization

/// Ray, by its Jobs REST API; works with Ray 2.9 and newer.
///
/// A job's submission id is its name, which Ray takes only once: a second hand-in of what is there already is refused.
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

  private func submit(_ job: ClusterJob) -> Submission {
    do {
      var answer = try server.call(.post, "/api/jobs/", RayJob.submission(job, passed: passed))
      if Self.isTaken(answer) {
        // The name of an earlier start that has ended must go first; one that lives is the same job.
        guard let entry = RayJob.Entry(try server.value(.get, "/api/jobs/\(job.name)")) else {
          return .unknown(ClusterError(.unreadable, "Ray does not say what became of `\(job.name)`"))
        }
        guard entry.state.hasEnded else { return .taken(id: job.name) }
        _ = try server.value(.delete, "/api/jobs/\(job.name)")
        answer = try server.call(.post, "/api/jobs/", RayJob.submission(job, passed: passed))
      }
      guard answer.status == 200 else {
        let error = server.failure(answer)
        return error.isPassing ? .unknown(error) : .refused(error)
      }
      guard answer.json?["submission_id"]?.string == job.name else {
        return .unknown(ClusterError(.unreadable, "Ray answered no id of a job: `\(answer.text.oneLine)`"))
      }
      _ = memory.withLock { $0.stopped.remove(job.name) }
      return .taken(id: job.name)
    } catch {
      return error.code == .unreachable || error.code == .unreadable ? .unknown(error) : .refused(error)
    }
  }

  private static func isTaken(_ answer: RayServer.Answer) -> Bool {
    answer.status >= 400 && answer.text.contains("already exists")
  }

  public func records(of names: Set<String>) throws(ClusterError) -> [String: [JobRecord]] {
    guard let list = try server.value(.get, "/api/jobs/").array else {
      throw ClusterError(.unreadable, "Ray's list of jobs is none")
    }
    let entries = list.compactMap(RayJob.Entry.init).filter { names.contains($0.name) }
    let stopped = memory.withLock { $0.stopped }
    var found: [String: [JobRecord]] = [:]
    var nodes: [RayNode]?
    for entry in entries {
      var state = entry.state
      if case .queued = state {
        if stopped.contains(entry.name) {
          state = .ended(.cancelled)
        } else {
          let known = nodes ?? self.nodes()
          nodes = known
          state = .queued(reason: RayNode.shortage(of: entry.wanted, on: known))
        }
      }
      found[entry.name] = [JobRecord(id: entry.name, state: state)]
    }
    return found
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
