public import PawlCore

/// What was tried once and what came of it.
public struct TrialStory: Sendable, Hashable {
  public enum End: Sendable, Hashable {
    case judged(Verdict)
    /// The remark says what went wrong, where that is known.
    case crashed(Outcome, remark: String?)
    /// It never ran; a lowercase reason.
    case refused(reason: String)
  }
  public var trial: TrialID
  public var agent: String
  public var hypothesis: String
  public var end: End
  /// What is believed of its effect; nil where it was not measured.
  public var evidence: Evidence?
  /// Against its own parent.
  public var diff: String?
  /// The last lines that it printed, for one that crashed.
  public var logTail: String?
  /// Paths that it touched.
  public var files: [String]
  /// How many candidates lie between it and the proposal's parent in the tree of candidates: 0 for the parent itself, 1 for the
  /// parent's own parent and for what was tried from the parent before; nil where only the baseline connects them.
  public var distance: Int?
  public init(
    trial: TrialID, agent: String, hypothesis: String, end: End, evidence: Evidence? = nil, diff: String? = nil,
    logTail: String? = nil, files: [String] = [], distance: Int? = nil
  ) {
    self.trial = trial
    self.agent = agent
    self.hypothesis = hypothesis
    self.end = end
    self.evidence = evidence
    self.diff = diff
    self.logTail = logTail
    self.files = files
    self.distance = distance
  }

  /// The story of a trial as the journal lists it; nil for one that has not ended.
  public init?(
    _ summary: TrialSummary, diff: String? = nil, logTail: String? = nil, files: [String] = [], distance: Int? = nil
  ) {
    let end: End
    switch summary.state {
    case .judged: end = .judged(summary.verdict ?? .inconclusive)
    case .crashed: end = .crashed(summary.outcome ?? .exited(code: 0), remark: summary.remark)
    case .refused: end = .refused(reason: summary.remark ?? "refused")
    case .proposing, .proposed, .ready, .measuring, .failed: return nil
    }
    self.init(
      trial: summary.id, agent: summary.agent ?? "unknown", hypothesis: summary.hypothesis ?? "", end: end,
      evidence: summary.evidence, diff: diff, logTail: logTail, files: files, distance: distance)
  }
}
