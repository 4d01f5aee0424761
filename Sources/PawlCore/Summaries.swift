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
