import PawlCore

/// All that a node has to know to make one attempt.
struct AttemptSpec: Sendable, Codable, Hashable {
  /// Of the stored form. A node whose program knows another one refuses.
  static let formatVersion = 1
  var formatVersion = Self.formatVersion
  let request: AttemptRequest
  let configuration: StudyConfiguration
  let baseline: CommitHash
  /// The user's repository.
  let root: String
  let hidden: [String]
  let place: AttemptPlace
}

/// What a node says of an attempt that it made.
struct NodeReport: Sendable, Codable, Hashable {
  let host: String
  let result: AttemptResult
  /// What the node's sandbox lacks, by name.
  let missing: [String]
}

/// Who made an attempt: the first start of it writes this, and a second one finds it.
struct AttemptClaim: Sendable, Codable, Hashable {
  let host: String
  let process: Int32
  /// The scheduler's number of the job.
  let job: String
  /// How often the scheduler has started the job again, after its node failed or it was preempted.
  let restarts: Int

  /// - Parameter environment: what a scheduler gives its jobs.
  init(host: String, process: Int32, environment: [String: String]) {
    self.host = host
    self.process = process
    job = environment["SLURM_JOB_ID"] ?? ""
    restarts = environment["SLURM_RESTART_COUNT"].flatMap { Int($0) } ?? 0
  }

  /// Whether the scheduler itself gave up the start that made `earlier`, and made this one in its place.
  func replaces(_ earlier: AttemptClaim) -> Bool { !job.isEmpty && job == earlier.job && restarts > earlier.restarts }
}
