/// Everything that `pawl status` shows of a study, read from one row however many trials there are.
public struct StudyOverview: Sendable, Codable, Hashable {
  public var name: StudyName
  public var baseline: CommitHash
  public var head: TrialID
  public var champion: TrialID
  /// Trials judged as kept; the baseline is in none of the counts of trials.
  public var trialsKept: Int
  public var trialsDiscarded: Int
  public var trialsInconclusive: Int
  public var trialsCrashed: Int
  /// Trials whose proposal was turned down.
  public var trialsRefused: Int
  /// Trials whose agent had nothing to propose.
  public var trialsFailed: Int
  /// Trials that have not ended.
  public var trialsOpen: Int
  public var attemptsFinished: Int
  /// Attempts asked for and not finished; where no writer is alive, those that will be run again.
  public var attemptsRunning: Int
  /// Finished attempts that foreign load disturbed, and whose measurement was made again.
  public var attemptsRepeated: Int
  /// Attempts that were stopped early, and about how many seconds they would have taken beyond what they took.
  public var attemptsStopped: Int
  public var secondsSaved: Double
  /// Wall time of all finished attempts, in seconds.
  public var wallSeconds: Double
  public var certificates: Int
  public var paused: Bool
  /// Why no new work is started, since the last session began.
  public var stopRequested: String?
  /// Why the study cannot go on.
  public var failed: String?
  public var sessions: Int
  public var startedAt: Timestamp
  public var lastEventAt: Timestamp
  /// Sequence of the last event.
  public var lastSequence: Int64
  /// Standard deviation of one measurement, as the last judgement had it.
  public var sigma: Double?
  /// Mean of the calibration and search measurements of the head; flattering, for they selected it.
  public var headMean: Double?
  /// What is believed of the head: the baseline's mean moved by the believed effect of every step since; nil where it is not known.
  public var headEstimate: Double?
  public var championMean: Double?
  public var baselineMean: Double?
  /// US dollars paid for proposals.
  public var cost: Double
  /// What finished attempts used, by rung; rungs without one are left out.
  public var rungs: [RungUse]

  public init(
    name: StudyName, baseline: CommitHash, head: TrialID, champion: TrialID, trialsKept: Int, trialsDiscarded: Int,
    trialsInconclusive: Int, trialsCrashed: Int, trialsRefused: Int, trialsFailed: Int, trialsOpen: Int,
    attemptsFinished: Int, attemptsRunning: Int, wallSeconds: Double, certificates: Int, paused: Bool,
    stopRequested: String?, failed: String?, sessions: Int, startedAt: Timestamp, lastEventAt: Timestamp,
    lastSequence: Int64, sigma: Double?, headMean: Double?, headEstimate: Double?, championMean: Double?,
    baselineMean: Double?, cost: Double, attemptsRepeated: Int = 0, attemptsStopped: Int = 0, secondsSaved: Double = 0,
    rungs: [RungUse] = []
  ) {
    self.attemptsStopped = attemptsStopped
    self.secondsSaved = secondsSaved
    self.name = name
    self.baseline = baseline
    self.head = head
    self.champion = champion
    self.trialsKept = trialsKept
    self.trialsDiscarded = trialsDiscarded
    self.trialsInconclusive = trialsInconclusive
    self.trialsCrashed = trialsCrashed
    self.trialsRefused = trialsRefused
    self.trialsFailed = trialsFailed
    self.trialsOpen = trialsOpen
    self.attemptsFinished = attemptsFinished
    self.attemptsRunning = attemptsRunning
    self.attemptsRepeated = attemptsRepeated
    self.wallSeconds = wallSeconds
    self.certificates = certificates
    self.paused = paused
    self.stopRequested = stopRequested
    self.failed = failed
    self.sessions = sessions
    self.startedAt = startedAt
    self.lastEventAt = lastEventAt
    self.lastSequence = lastSequence
    self.sigma = sigma
    self.headMean = headMean
    self.headEstimate = headEstimate
    self.championMean = championMean
    self.baselineMean = baselineMean
    self.cost = cost
    self.rungs = rungs
  }

  /// All trials that ended, of whatever kind.
  public var trialsEnded: Int {
    trialsKept + trialsDiscarded + trialsInconclusive + trialsCrashed + trialsRefused + trialsFailed
  }
}

/// One step of the head, the baseline first.
public struct HeadMove: Sendable, Codable, Hashable {
  public let trial: TrialID
  /// Of the event that moved it.
  public let sequence: Int64
  public let at: Timestamp
  public init(trial: TrialID, sequence: Int64, at: Timestamp) {
    self.trial = trial
    self.sequence = sequence
    self.at = at
  }
}

/// Which trials to list; what is left out does not filter.
public struct TrialFilter: Sendable, Hashable {
  public var states: Set<TrialState>
  public var verdicts: Set<Verdict>
  public var agents: Set<String>
  public var ids: ClosedRange<TrialID>?
  /// Text that the hypothesis contains; ASCII letters match in either case.
  public var text: String?
  /// The last so many of those that match.
  public var limit: Int?
  public init(
    states: Set<TrialState> = [], verdicts: Set<Verdict> = [], agents: Set<String> = [],
    ids: ClosedRange<TrialID>? = nil, text: String? = nil, limit: Int? = nil
  ) {
    self.states = states
    self.verdicts = verdicts
    self.agents = agents
    self.ids = ids
    self.text = text
    self.limit = limit
  }
}
