/// Something that happened in a study. The journal holds these; a study's state is their fold.
///
/// Adding a case or an optional field keeps old journals readable; anything else raises `Event.formatVersion`.
public enum Event: Sendable, Codable, Hashable {
  /// The version of the persisted form of events.
  ///
  /// 2: a study may have a referee. A program that knows only 1 would call its numbers self-reported, so it must not read on.
  /// 3: agents are more than names.
  public static let formatVersion = 3

  case studyStarted(StudyStart)
  /// A process opened the study to run it.
  case sessionStarted(SessionStart)
  case sessionEnded(reason: String)
  /// `pawl.yaml` changed between two sessions.
  case configurationChanged(StudyConfiguration)
  case proposalRequested(ProposalRequest)
  /// What an agent answered: recorded before anything is made of it.
  case replyReceived(AgentReply)
  /// What a generations study learns from and is judged by.
  case dataTaken(GenerationData)
  /// A stage of a generation is done: recorded before the next begins.
  case stageFinished(StageResult)
  /// A snapshot and its recipe, just before they are proposed.
  case generationMade(GenerationRecord)
  case proposalReceived(TrialID, Proposal)
  /// The agent has nothing left to propose from this head; the trial ends without a candidate.
  case proposalFailed(TrialID, reason: String)
  /// The agent could not be asked, or not be understood; the trial ends without a candidate, and nobody proposed anything.
  case agentFailed(TrialID, AgentFailure)
  /// The guard, or the search for duplicates, turned the proposal down before it cost anything.
  case proposalRefused(TrialID, reason: String)
  case candidateCreated(TrialID, CommitHash, DiffStatistics)
  /// The head moved since the candidate was made, so its change is to be put onto the present one.
  case rebaseRequested(RebaseRequest)
  case candidateRebased(RebasedCandidate)
  /// The change and the head exclude each other; the trial ends as a refused one.
  case rebaseConflicted(RebaseConflict)
  case attemptRequested(AttemptRequest)
  case attemptFinished(AttemptResult)
  case trialJudged(TrialID, Verdict, Evidence)
  /// No measurement came of the trial; its outcome stands with its attempts.
  case trialCrashed(TrialID, Outcome)
  case headMoved(to: TrialID, from: TrialID)
  case certificationStarted(number: Int, candidate: TrialID, champion: TrialID, alpha: Double)
  /// `breach` is the hard limit that the candidate broke; nil where the evidence did not suffice.
  case certificationFailed(number: Int, eValue: Double, pairs: Int, breach: Breach? = nil)
  case championCertified(Certificate)
  /// The branch `pawl/<study>` took in the step of that certificate.
  case branchAdvanced(certificate: Int, to: CommitHash)
  /// It could not: somebody moved or checked out the branch. Tried again with the next certificate and in the next session.
  case branchBlocked(certificate: Int, reason: String)
  /// A change of the rung below is put onto a rung's champion, which it was not made for.
  case transplantRequested(Transplant)
  case transplantMade(Transplant, CommitHash)
  /// It conflicts with that champion, or nothing of it is left.
  case transplantFailed(Transplant, reason: String)
  case promotionStarted(PromotionStart)
  case promotionFailed(PromotionFailure)
  /// A higher rung's champion moved; that of the highest rung is the result.
  case promotionCertified(Certificate)
  case attemptProgressed(AttemptID, CurvePoint)
  case attemptStopped(AttemptID, EarlyStop)
  case noteAdded(Note)
  case noteDropped(number: Int, by: String)
  case claimed(Claim)
  case claimReleased(number: Int, by: String)
  /// The search keeps coming back to it; `at` is its code, which the search may have forgotten.
  case pinned(TrialID, at: CommitHash?, by: String)
  case unpinned(TrialID, by: String)
  case banned(Ban)
  case banLifted(number: Int, by: String)
  case approvalRequested(ApprovalRequest)
  case approvalDecided(ApprovalDecision)
  case hintGiven(Hint)
  case hintDone(number: Int, by: String)
  case paused(by: String)
  case resumed(by: String)
  /// New work is no longer started; what runs is finished.
  case stopRequested(reason: String)
  /// The study cannot go on (a baseline that fails); nothing but a repair by the user continues it.
  case studyFailed(reason: String)

  /// The case's name, as stored beside the event and shown by `pawl log`.
  public var kind: String {
    switch self {
    case .studyStarted: "studyStarted"
    case .sessionStarted: "sessionStarted"
    case .sessionEnded: "sessionEnded"
    case .configurationChanged: "configurationChanged"
    case .proposalRequested: "proposalRequested"
    case .replyReceived: "replyReceived"
    case .dataTaken: "dataTaken"
    case .stageFinished: "stageFinished"
    case .generationMade: "generationMade"
    case .proposalReceived: "proposalReceived"
    case .proposalFailed: "proposalFailed"
    case .agentFailed: "agentFailed"
    case .proposalRefused: "proposalRefused"
    case .candidateCreated: "candidateCreated"
    case .rebaseRequested: "rebaseRequested"
    case .candidateRebased: "candidateRebased"
    case .rebaseConflicted: "rebaseConflicted"
    case .attemptRequested: "attemptRequested"
    case .attemptFinished: "attemptFinished"
    case .trialJudged: "trialJudged"
    case .trialCrashed: "trialCrashed"
    case .headMoved: "headMoved"
    case .certificationStarted: "certificationStarted"
    case .certificationFailed: "certificationFailed"
    case .championCertified: "championCertified"
    case .branchAdvanced: "branchAdvanced"
    case .branchBlocked: "branchBlocked"
    case .transplantRequested: "transplantRequested"
    case .transplantMade: "transplantMade"
    case .transplantFailed: "transplantFailed"
    case .promotionStarted: "promotionStarted"
    case .promotionFailed: "promotionFailed"
    case .promotionCertified: "promotionCertified"
    case .attemptProgressed: "attemptProgressed"
    case .attemptStopped: "attemptStopped"
    case .noteAdded: "noteAdded"
    case .noteDropped: "noteDropped"
    case .claimed: "claimed"
    case .claimReleased: "claimReleased"
    case .pinned: "pinned"
    case .unpinned: "unpinned"
    case .banned: "banned"
    case .banLifted: "banLifted"
    case .approvalRequested: "approvalRequested"
    case .approvalDecided: "approvalDecided"
    case .hintGiven: "hintGiven"
    case .hintDone: "hintDone"
    case .paused: "paused"
    case .resumed: "resumed"
    case .stopRequested: "stopRequested"
    case .studyFailed: "studyFailed"
    }
  }
}

/// What a study began with.
public struct StudyStart: Sendable, Codable, Hashable {
  public let configuration: StudyConfiguration
  public let baseline: CommitHash
  /// SHA-256 over the paths and contents of all frozen files, in hexadecimal.
  public let frozenDigest: String
  /// Uncommitted changes went into the baseline (`--allow-dirty`).
  public let dirty: Bool
  /// `StableHash` over the content of the editable files, as in `Proposal.fingerprint`.
  public let fingerprint: UInt64
  public init(
    configuration: StudyConfiguration, baseline: CommitHash, frozenDigest: String, dirty: Bool, fingerprint: UInt64
  ) {
    self.configuration = configuration
    self.baseline = baseline
    self.frozenDigest = frozenDigest
    self.dirty = dirty
    self.fingerprint = fingerprint
  }
}

/// What one session of a study runs on.
public struct SessionStart: Sendable, Codable, Hashable {
  public let version: String
  public let host: String
  public let process: Int32
  public let sandbox: SandboxLevel
  /// Bounds of this session alone, from the command line, on top of the configuration's.
  public let stop: StopRule
  public let workers: Int
  /// The one test that the session is for (`pawl certify`); nil where it searches. Absent in journals of before.
  public let order: CertificationOrder?
  /// Set where no agent is asked and only what is handed in is judged (`pawl try`, `pawl mcp`). Absent in journals of before.
  public let offers: OfferRule?
  /// What the machine has for attempts that are placed; nil where that is not this process's business. Absent in journals of before.
  public let capacity: Capacity?
  public init(
    version: String, host: String, process: Int32, sandbox: SandboxLevel, stop: StopRule, workers: Int,
    order: CertificationOrder? = nil, offers: OfferRule? = nil, capacity: Capacity? = nil
  ) {
    self.capacity = capacity
    self.order = order
    self.offers = offers
    self.version = version
    self.host = host
    self.process = process
    self.sandbox = sandbox
    self.stop = stop
    self.workers = workers
  }
}

/// When a session ends that judges only what is handed in.
public enum OfferRule: String, Sendable, Codable, Hashable {
  /// As soon as everything that was handed in is judged.
  case untilJudged
  /// When somebody stops it.
  case untilStopped
}

/// Why an agent gave no proposal though one was wanted.
public struct AgentFailure: Sendable, Codable, Hashable {
  public enum Kind: String, Sendable, Codable, Hashable {
    /// Asking again later may help: a server that is busy or away, an answer that made no sense.
    case transient
    /// This request was not taken, or what came makes no sense; the next one may fare better, unless none ever does.
    case doubtful
    /// It will not work in this session: a wrong key, a model that does not exist, a program that is not installed.
    case lasting
    /// Its money, or the study's, does not reach for another answer.
    case unaffordable
  }
  public let kind: Kind
  /// A lowercase fragment.
  public let reason: String
  /// What the user can do, where something can be done.
  public let hint: String?
  public init(_ kind: Kind, reason: String, hint: String? = nil) {
    self.kind = kind
    self.reason = reason
    self.hint = hint
  }
}

/// A certification that a person asked for.
public struct CertificationOrder: Sendable, Codable, Hashable {
  /// A step of the stack between champion and head.
  public let candidate: TrialID
  /// Pairs after which the test gives up, in place of the study's own number.
  public let maximumPairs: Int
  public init(candidate: TrialID, maximumPairs: Int) {
    self.candidate = candidate
    self.maximumPairs = maximumPairs
  }
}

/// A question to an agent.
public struct ProposalRequest: Sendable, Codable, Hashable {
  public let trial: TrialID
  public let agent: String
  public let parent: TrialID
  public let parentCommit: CommitHash
  /// For the agent's own randomness.
  public let seed: UInt64
  /// What to take out of the parent; nil where an agent is asked.
  public let reversal: Reversal?
  /// Why this agent and this parent; nil for what the search did not choose.
  public let choice: SearchChoice?
  /// The mark of what somebody outside of the study handed in, under which it is found again; nil where an agent is asked.
  public let offer: String?
  /// US dollars that the agent may spend on it; nil without a bound.
  public let spendLimit: Double?
  public init(
    trial: TrialID, agent: String, parent: TrialID, parentCommit: CommitHash, seed: UInt64, reversal: Reversal? = nil,
    choice: SearchChoice? = nil, offer: String? = nil, spendLimit: Double? = nil
  ) {
    self.choice = choice
    self.offer = offer
    self.spendLimit = spendLimit
    self.trial = trial
    self.agent = agent
    self.parent = parent
    self.parentCommit = parentCommit
    self.seed = seed
    self.reversal = reversal
  }

  /// Returns the same request with another bound on money: what is left changes while it waits.
  public func limited(to spendLimit: Double?) -> Self {
    Self(
      trial: trial, agent: agent, parent: parent, parentCommit: parentCommit, seed: seed, reversal: reversal,
      choice: choice, offer: offer, spendLimit: spendLimit)
  }
}

/// An event with its place and time in the journal.
public struct RecordedEvent: Sendable, Hashable {
  /// From 1, without gaps.
  public let sequence: Int64
  public let at: Timestamp
  public let event: Event
  public init(sequence: Int64, at: Timestamp, event: Event) {
    self.sequence = sequence
    self.at = at
    self.event = event
  }
}
