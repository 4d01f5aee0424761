/// Where a trial stands; the verdict and the outcome are types of their own.
public enum TrialState: String, Sendable, Codable, Hashable {
  case proposing, proposed, ready, measuring, judged, crashed, refused
  /// The agent had nothing to propose.
  case failed
}

/// One row of `pawl log`: a trial as the journal's query tables hold it.
public struct TrialSummary: Sendable, Codable, Hashable {
  public var id: TrialID
  public var parent: TrialID?
  public var agent: String?
  public var hypothesis: String?
  public var commit: CommitHash?
  public var state: TrialState
  public var verdict: Verdict?
  public var evidence: Evidence?
  /// The last outcome that was not a clean exit, where there is one.
  public var outcome: Outcome?
  /// Why it was refused, failed or crashed, or what counted for its verdict besides the metric.
  public var remark: String?
  /// Mean of the search measurements.
  public var mean: Double?
  public var measurements: Int
  public var attempts: Int
  public var wallSeconds: Double
  public var peakMemory: Bytes?
  public var added: Int?
  public var removed: Int?
  public var certified: Bool
  public var proposedAt: Timestamp
  public var endedAt: Timestamp?
  public init(id: TrialID, state: TrialState, proposedAt: Timestamp) {
    self.id = id
    self.state = state
    self.proposedAt = proposedAt
    measurements = 0
    attempts = 0
    wallSeconds = 0
    certified = false
  }
}

/// One attempt as `pawl show` lists it.
public struct AttemptSummary: Sendable, Codable, Hashable {
  public var request: AttemptRequest
  /// Absent while it runs.
  public var result: AttemptResult?
  public var requestedAt: Timestamp
  public var finishedAt: Timestamp?
  public init(request: AttemptRequest, result: AttemptResult?, requestedAt: Timestamp, finishedAt: Timestamp?) {
    self.request = request
    self.result = result
    self.requestedAt = requestedAt
    self.finishedAt = finishedAt
  }
}

/// What one agent has cost and brought.
public struct AgentTotals: Sendable, Codable, Hashable {
  public let agent: String
  /// Those that came to nothing and those that are open included.
  public let trials: Int
  public let kept: Int
  /// Kept ones that a certificate ended at; one certificate may cover several steps.
  public let certified: Int
  /// Of all its trials' attempts.
  public let wallSeconds: Double
  public var replies = 0
  /// US dollars.
  public var cost = 0.0
  public init(agent: String, trials: Int, kept: Int, certified: Int, wallSeconds: Double) {
    self.agent = agent
    self.trials = trials
    self.kept = kept
    self.certified = certified
    self.wallSeconds = wallSeconds
  }
  /// US dollars for each trial that was kept; nil where none was, or nothing was paid.
  public var costOfKept: Double? { kept > 0 && cost > 0 ? cost / Double(kept) : nil }
}
