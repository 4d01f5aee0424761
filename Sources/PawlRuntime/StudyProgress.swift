public import PawlCore

/// What a face shows while a study runs.
public struct StudyProgress: Sendable {
  /// One attempt that runs now.
  public struct Attempt: Sendable {
    public let request: AttemptRequest
    public let since: Timestamp
  }
  public let metric: MetricRule
  public let trialsEnded: Int
  public let trialBound: Int?
  public let secondsLeft: Double?
  public let running: [Attempt]
  public let workers: Int
  public let calibrated: Int
  public let calibration: Int
  public let baselineMean: Double?
  /// A run of the baseline that stood so far from the others that nothing counts it.
  public let calibrationLeftOut: Double?
  /// What is believed of the head's true metric; not the mean of the measurements that selected it.
  public let headEstimate: Double?
  public let head: TrialID
  public let champion: TrialID
  public let sigma: Double?
  public let paused: Bool
  public let stopping: Bool
  /// Pairs done of a certification that is under way.
  public let certification: (candidate: TrialID, pairs: Int, eValue: Double, threshold: Double)?
  /// Questions to a person that nobody has answered.
  public let approvalsAwaited: Int
  /// The rungs' names, the first one's first; one where the study has no `rungs`.
  public let rungs: [String]
  /// Tests that are under way on higher rungs.
  public let promotions: [(rung: Int, pairs: Int, eValue: Double, threshold: Double)]
}

/// What `StudyRun` tells its face, on the conductor's thread.
public enum StudyNotice: Sendable {
  /// A session begins; `resumed` where the journal had trials already.
  case began(study: StudyName, folder: String, resumed: Bool, sandbox: SandboxLevel, notes: [String])
  /// These events are on disk now.
  case recorded([Event], StudyProgress)
  /// Something that a person should know, and that stops nothing.
  case note(String)
  /// Only the clock moved.
  case tick(StudyProgress)
}

/// How a session ended.
public struct StudyEnd: Sendable {
  public let reason: String
  /// The study cannot go on as it is; `reason` says why.
  public let failed: Bool
  /// The user asked for the end.
  public let interrupted: Bool
  /// So many trials in a row gave no measurement that it ended before its bounds.
  public let stalled: Bool
  public let branch: String?
  public let report: String?
  /// Why there is no report.
  public let reportProblem: String?
  /// Questions to a person that nobody has answered: the next session takes the answers.
  public let approvalsAwaited: Int
}
