/// Whoever runs jobs on the nodes of a cluster. All calls block, each for a minute or two at most.
public protocol ClusterScheduler: Sendable {
  /// What people call it, as in `Slurm`.
  var title: String { get }

  /// Hands jobs in, as few calls as that takes; says of every job by name what became of it.
  ///
  /// A job whose name has a live record must not be handed in: it would run twice.
  func submit(_ jobs: [ClusterJob]) -> [String: Submission]

  /// Returns what the scheduler has under these names, newest last; a name that it does not know is absent.
  ///
  /// - Throws: `ClusterError.Code.unreachable` and others where nothing is known: that says nothing about any job.
  func records(of names: Set<String>) throws(ClusterError) -> [String: [JobRecord]]

  /// Ends jobs by the ids of their records, with a signal first; those that ended already are left alone.
  func cancel(_ ids: [String]) throws(ClusterError)

  /// Fails where no job with these resources can be run, as far as that can be told without running one.
  func check(_ resources: ClusterResources) throws(ClusterError)

  /// What `pawl doctor` shows.
  func findings(_ resources: ClusterResources) -> [ClusterFinding]
}

/// What became of a job that was handed in.
public enum Submission: Sendable {
  /// With the id of its record.
  case taken(id: String)
  /// Surely not taken. What `error.isPassing` says may be tried again later.
  case refused(ClusterError)
  /// The scheduler did not answer in time: whether it has the job shows in its queue, or never.
  case unknown(ClusterError)
}

/// One thing that a cluster needs, and whether it is there.
public struct ClusterFinding: Sendable, Hashable {
  public enum State: Sendable, Hashable { case good, warning, missing }
  public let name: String
  public let state: State
  public let detail: String
  /// How to mend it; nil where it is good, or nothing can be done.
  public let remedy: String?
  public init(name: String, state: State, detail: String, remedy: String? = nil) {
    self.name = name
    self.state = state
    self.detail = detail
    self.remedy = remedy
  }
}
