import PawlCore

/// A job in the words of Ray's Jobs REST API, both ways.
enum RayJob {
  /// What a job without a word about cores asks for. Ray would take none for 0, and put all jobs on the head node.
  static let usualCores = 1

  /// Returns the body of a submission.
  ///
  /// What it asks for stands in `metadata`, too: a list of jobs does not hold it otherwise, and whoever looks may be another session.
  static func submission(_ job: ClusterJob, id: String, passed: [String: String]) -> JSONValue {
    let cores = job.resources.cores ?? usualCores
    return .members(
      ("entrypoint", .string(entrypoint(job, passed: passed))), ("submission_id", .string(id)),
      ("runtime_env", .members()),
      (
        "metadata",
        .members(
          ("pawl_cores", .string("\(cores)")), ("pawl_gpus", .string("\(job.resources.gpus)")),
          ("pawl_memory", job.resources.memory.map { .string("\($0.count)") }))
      ),
      ("entrypoint_num_cpus", .integer(cores)),
      ("entrypoint_num_gpus", job.resources.gpus > 0 ? .integer(job.resources.gpus) : nil),
      ("entrypoint_memory", job.resources.memory.flatMap { Int(exactly: $0.count) }.map { .integer($0) }))
  }

  /// The line that Ray gives to a shell; it becomes the job's program, so that signals reach that.
  ///
  /// Variables go along in it: in those of a `runtime_env` Ray would replace what follows a `$`.
  static func entrypoint(_ job: ClusterJob, passed: [String: String]) -> String {
    let exports = passed.sorted { $0.key < $1.key }.filter { isName($0.key) }
      .map { "export \($0.key)=\(quoted($0.value)); " }.joined()
    let folder = quoted(job.folder)
    let words = (job.command.map(quoted) + [folder]).joined(separator: " ")
    return exports
      + "cd \(folder) || exit \(JobExit.noFolder); exec >>\(ClusterJob.output) 2>&1 || exit \(JobExit.noFolder); "
      + "exec \(words)"
  }

  /// Whether a shell takes it for a variable's name.
  private static func isName(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, !(0x30...0x39).contains(first) else { return false }
    return bytes.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
    }
  }

  private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }

  /// One entry of the list of jobs: one start of a job.
  struct Entry {
    let id: String
    let name: String
    /// 1 for the first.
    let start: Int
    let state: JobState
    let wanted: ClusterResources

    /// - Returns: nil for one that is none of these jobs'.
    init?(_ value: JSONValue, of names: Set<String>) {
      guard let id = value["submission_id"]?.string, let status = value["status"]?.string else { return nil }
      self.id = id
      if names.contains(id) {
        (name, start) = (id, 1)
      } else {
        guard let dot = id.lastIndex(of: "."), let number = Int(id[id.index(after: dot)...]),
          (2..<Int.max).contains(number),
          names.contains(String(id[..<dot]))
        else { return nil }
        (name, start) = (String(id[..<dot]), number)
      }
      state = RayJob.state(
        status, error: value["error_type"]?.string, exit: value["driver_exit_code"]?.integer,
        node: value["driver_node_id"]?.string)
      let metadata = value["metadata"]
      wanted = ClusterResources(
        gpus: metadata?["pawl_gpus"]?.string.flatMap { Int($0) } ?? 0,
        cores: metadata?["pawl_cores"]?.string.flatMap { Int($0) },
        memory: metadata?["pawl_memory"]?.string.flatMap { Int64($0) }.map { Bytes($0) })
    }
  }

  /// The words of Ray's `JobStatus`. One that is not known is taken for one of a job that lives: the error is to wait.
  private static func state(_ status: String, error: String?, exit: Int?, node: String?) -> JobState {
    switch status {
    case "PENDING": .queued(reason: nil)
    case "SUCCEEDED": .ended(.completed)
    case "STOPPED": .ended(.cancelled)
    case "FAILED": .ended(failure(error, exit))
    default: .running(node: node ?? "")
    }
  }

  /// The words are of Ray's `JobErrorType`.
  private static func failure(_ error: String?, _ exit: Int?) -> JobEnd {
    if let exit = exit.flatMap({ Int32(exactly: $0) }), exit != 0 {
      // Python's way to say that a signal ended a process; a shell says 128 and more.
      if exit < 0, exit > -65 { return .signalled(-exit) }
      return exit > 128 && exit <= 192 ? .signalled(exit - 128) : .exited(code: exit)
    }
    return switch error {
    // It waited for room for longer than Ray likes (RAY_JOB_START_TIMEOUT_SECONDS): nothing of it ever ran.
    case "JOB_SUPERVISOR_ACTOR_START_TIMEOUT": .gaveUpWaiting
    case "JOB_SUPERVISOR_ACTOR_DIED": .nodeFailed
    case let word?: .other(word)
    case nil: .other("FAILED")
    }
  }
}
