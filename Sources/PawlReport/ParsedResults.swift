/// What was read from a fork's `results.tsv`.
public struct ParsedResults: Sendable, Hashable {
  public var rows: [ResultRow]
  /// The header of the column taken as the metric; nil where none was found.
  public var metricName: String?
  /// What could not be read: lowercase fragments with their line numbers. Rows survive where they can.
  public var problems: [String]
  public init(rows: [ResultRow], metricName: String?, problems: [String]) {
    self.rows = rows
    self.metricName = metricName
    self.problems = problems
  }
}

/// One row of a `results.tsv`.
public struct ResultRow: Sendable, Hashable {
  /// What became of the experiment, in the words of karpathy/autoresearch.
  public enum Status: Sendable, Hashable {
    case keep, discard, crash
    /// Any other word, as it was written; empty where there is no such column.
    case other(String)

    /// Reads the words that forks use; case and surrounding blanks do not matter.
    public init(_ text: String) {
      switch text.lowercased() {
      case "keep", "kept", "accept", "accepted": self = .keep
      case "discard", "discarded", "revert", "reverted", "reject", "rejected": self = .discard
      case "crash", "crashed", "fail", "failed", "error", "oom", "timeout": self = .crash
      default: self = .other(text)
      }
    }
  }
  /// The line in the file that the row starts on, from 1.
  public var line: Int
  public var commit: String?
  /// Absent for a crash, whatever number stands there, and where it is not a finite number.
  public var metric: Double?
  /// Peak memory in GiB; absent for a crash.
  public var memoryGB: Double?
  public var status: Status
  public var description: String
  public init(
    line: Int, commit: String?, metric: Double?, memoryGB: Double?, status: Status, description: String
  ) {
    self.line = line
    self.commit = commit
    self.metric = metric
    self.memoryGB = memoryGB
    self.status = status
    self.description = description
  }
}
