public import PawlCore
public import PawlRatchet
public import PawlSearch
import PawlStatistics

/// A trial that is not ended yet.
public struct OpenTrial: Sendable, Codable, Hashable {
  /// Each case carries exactly what is known by then.
  public enum Stage: Sendable, Codable, Hashable {
    case proposing
    case proposed(Proposal)
    /// The candidate exists; attempts may be made.
    case ready(CommitHash)
    /// The candidate exists, and its change is being made again on a newer head.
    case rebasing(CommitHash, RebaseRequest)
  }
  public let request: ProposalRequest
  public internal(set) var stage: Stage
  public internal(set) var proposal: Proposal?
  /// What the candidate is a change of: the head that it was made from, or the one that it was put on since.
  public internal(set) var parent: HeadStep
  public internal(set) var knobs: [String: KnobValue] = [:]
  /// What the agent said so far.
  public internal(set) var replies: [AgentReply] = []
  /// US dollars that all its answers together may cost: the request's, or what was left of it when a session began.
  public internal(set) var spendLimit: Double?
  /// Nobody had this code before.
  public internal(set) var isNewCode = false
  /// Against the parent.
  public internal(set) var size: DiffStatistics?
  /// Attempts asked for of the present commit so far.
  public internal(set) var attempts = 0
  /// Search attempts that are in flight.
  var running = 0
  /// Attempts that ended without a measurement.
  public internal(set) var failures = 0
  /// Whether the ratchet holds measurements of it.
  var isMeasured = false
  /// Wall time of its attempts.
  public internal(set) var seconds = 0.0
  public internal(set) var lastFailure: Outcome?
  /// Why its attempt was stopped before the end.
  public internal(set) var stopped: EarlyStop?
  public internal(set) var requestedAt: Timestamp
  /// What its own search attempts used that measured.
  public internal(set) var secondary = SecondaryMeans()
  init(request: ProposalRequest, at: Timestamp, isFromPin: Bool) {
    self.isFromPin = isFromPin
    self.request = request
    stage = .proposing
    parent = HeadStep(trial: request.parent, commit: request.parentCommit)
    requestedAt = at
    spendLimit = request.spendLimit
  }
  /// US dollars that what the agent said so far has cost.
  var paid: Double { replies.reduce(0) { $0 + $1.cost } }
  /// Whether it is judged as a program of its own, not as a change of the head: the search began elsewhere.
  public internal(set) var isWhole = false
  /// It starts from a candidate that a person pinned, not from the head.
  public internal(set) var isFromPin: Bool
  /// It conflicts with the head and was not measured yet: it is, where a worker has nothing better to do.
  public internal(set) var isSpare = false
  public var commit: CommitHash? {
    if case .ready(let commit) = stage { return commit }
    return nil
  }
  /// The candidate's newest commit, whatever is done with it now.
  var code: CommitHash? {
    switch stage {
    case .proposing, .proposed: nil
    case .ready(let commit), .rebasing(let commit, _): commit
    }
  }
}

/// A candidate that became the head.
public struct HeadStep: Sendable, Codable, Hashable {
  public let trial: TrialID
  public let commit: CommitHash
  public init(trial: TrialID, commit: CommitHash) {
    self.trial = trial
    self.commit = commit
  }
}

/// A certification under way, with what its attempts need.
public struct RunningCertification: Sendable, Codable, Hashable {
  /// One half of a pair.
  public struct Half: Sendable, Codable, Hashable {
    public let pair: Int
    public let candidate: Bool
  }
  public internal(set) var test: Certification
  public let number: Int
  public let candidate: HeadStep
  public let champion: HeadStep
  /// Pairs after which it gives up, where a person said so.
  public internal(set) var orderedPairs: Int?
  /// Halves of its champion that gave no measurement, and how the newest ended.
  var championFailures = 0
  var championOutcome: String?
  /// What it tries to take over from the rung below; nil on the first rung.
  public internal(set) var promotion: Promotion?
  public internal(set) var requested: Set<Half> = []
  /// What the attempts of its candidate used that measured.
  public internal(set) var secondary = SecondaryMeans()
  public internal(set) var seeds: [Int: UInt64] = [:]
}

/// Everything that the engine knows of a study: the fold of its events, and nothing else.
///
/// Bounded: closed trials leave behind their fingerprint, their part of the noise and the prior, and one search observation
/// of the newest `historyLimit`; the rest of them lives in the journal's tables.
public struct StudyState: Sendable, Codable, Hashable {
  /// Raised whenever the stored form changes: an older snapshot is then ignored and the journal folded from its start.
  public static let snapshotVersion = 13
  static let historyLimit = 2_000

  public internal(set) var start: StudyStart?
  public internal(set) var configuration: StudyConfiguration?
  public internal(set) var ratchet: HeadRatchet?

  public internal(set) var open = OpenTrials()
  public internal(set) var inFlight: [AttemptID: AttemptRequest] = [:]
  /// How many of them each rung has.
  var inFlightOnRung: [Int: Int] = [:]
  public internal(set) var lastTrial = 0
  public internal(set) var lastAttempt = 0

  /// The head and every head since the champion, the champion first.
  public internal(set) var stack: [HeadStep] = []
  /// What is remembered of the steps in the stack.
  public internal(set) var steps: [TrialID: StepRecord] = [:]
  /// Steps that the head is to be tried without, and those for which that was ever wanted.
  public internal(set) var removals: [Reversal] = []
  public internal(set) var doubted: Set<TrialID> = []
  public internal(set) var calibrated = 0
  /// Mean over the calibration.
  public internal(set) var baselineMean: Double?
  public internal(set) var calibrationRequested = 0
  /// Calibration attempts ever asked for: each has a seed of its own, those that failed too.
  public internal(set) var calibrationSeeds = 0
  /// The machine of the newest session.
  public internal(set) var host: String?
  /// Runs of the baseline beyond the rule's, because one of those was absurdly far from the others.
  public internal(set) var calibrationExtra = 0
  /// What that one measured, once the others agreed without it: neither the noise nor the baseline's mean counts it.
  public internal(set) var calibrationLeftOut: Double?
  /// How a calibration attempt ended that gave no measurement: the study cannot go on.
  public internal(set) var baselineOutcome: String?
  /// Attempts that never ran, in a row: the sandbox or the machine is to blame, not the candidate.
  public internal(set) var launchFailures = 0
  /// Search attempts of the present head, those before it became the head among them, calibration not.
  public internal(set) var headAttempts = 0
  /// Search attempts of the present head that are in flight.
  var headRunning = 0
  /// Attempts of the present head that ended without a measurement, in a row.
  public internal(set) var headFailures = 0

  /// What the attempts of each head in the stack used that measured, and of these what calibration used.
  public internal(set) var secondary: [TrialID: SecondaryMeans] = [:]
  public internal(set) var calibrationSecondary = SecondaryMeans()

  public internal(set) var disturbances = Disturbances()

  public internal(set) var certification: RunningCertification?
  public internal(set) var certifications = 0
  public internal(set) var certificates = 0
  /// Tests on higher rungs that could not be made: nothing was looked at, so they use up no alpha.
  public internal(set) var testsNotMade = 0
  /// Heads whose certification over the present champion failed, the longest stack among them, and the part to try instead.
  public internal(set) var failedTargets: Set<TrialID> = []
  public internal(set) var stackAtFailure = 0
  public internal(set) var retryTarget: TrialID?
  /// What attempts in flight said of their metric, which of them are being stopped, and what is known of curves.
  public internal(set) var progress: [AttemptID: CurvePoint] = [:]
  public internal(set) var stopping: [AttemptID: EarlyStop] = [:]
  public internal(set) var curves = CurveBook()
  /// Attempts whose newest point was not looked at yet.
  var unweighed: Set<AttemptID> = []
  /// Attempts that were stopped before their end.
  public internal(set) var stopped = 0
  /// The champions of the first rung, step by step, and what the rungs above it made of them.
  public internal(set) var certifiedLine: [LineStep] = []
  public internal(set) var rungs: [RungState] = []
  public internal(set) var awaitingBranch: [Certificate] = []
  public internal(set) var branchTip: CommitHash?
  /// Why the branch could not take in what awaits it; it is not waited for then.
  public internal(set) var branchBlocked: String?

  public internal(set) var fingerprints: Set<UInt64> = []
  /// The same of code without comments and layout.
  public internal(set) var normalised: Set<UInt64> = []
  /// The newest changes as such, whatever they were made on.
  public internal(set) var changes: [KnownChange] = []
  public internal(set) var history: [KnobObservation] = []

  public internal(set) var ended = 0
  public internal(set) var endedSinceHeadMoved = 0
  /// Trials in a row that crashed, were refused, or never had a proposal.
  public internal(set) var fruitlessInARow = 0
  public internal(set) var finishedAttempts = 0
  /// Those among them that certificates took.
  public internal(set) var certificationAttempts = 0
  public internal(set) var computeSeconds = 0.0
  public internal(set) var spend = 0.0
  /// Running means, for planning ahead.
  public internal(set) var meanAttemptSeconds: Double?
  public internal(set) var weakestSandbox = SandboxLevel.full

  /// Where the search has been; nil before the study has begun.
  public internal(set) var search: SearchState?
  /// Of candidates that a proposal may start from besides the head.
  public internal(set) var commits: [TrialID: CommitHash] = [:]
  /// A running mean over the trials that ended.
  public internal(set) var proposalYield: Double?
  /// By name.
  public internal(set) var agents: [String: AgentRecord] = [:]
  /// What people said and is not done with, the oldest first.
  public internal(set) var hints: [Hint] = []
  public internal(set) var lastHint = 0
  /// The notebook, claims, pins, bans and approvals.
  public internal(set) var collaboration = CollaborationState()

  /// Snapshots, models and the fidelity ledger of a generations study.
  public internal(set) var generations = GenerationsState()

  public internal(set) var session: Session?
  public internal(set) var wallSecondsBefore = 0.0
  public internal(set) var lastEventAt: Timestamp?
  public internal(set) var pausedBy: String?
  public internal(set) var stopReason: String?
  public internal(set) var failure: String?

  /// One process's turn at the study.
  public struct Session: Sendable, Codable, Hashable {
    public let start: SessionStart
    public let at: Timestamp
    /// The number of the certification that the session's order asked for, once it has begun.
    public internal(set) var orderedCertification: Int?
    /// Proposals that were handed in since it began.
    public internal(set) var offered = 0
    /// What had been used when it began, for the bounds of this session alone.
    let endedBefore: Int
    let computeBefore: Double
    let spendBefore: Double
  }

  public init() {}

  public var champion: HeadStep? { stack.first }
  public var head: HeadStep? { stack.last }
  /// Attempts that may run at the same time.
  public var workers: Int { session?.start.workers ?? configuration?.workers ?? 1 }
  public var isCalibrated: Bool { calibrated >= calibrationWanted }
  /// The runs of the unchanged baseline that the study begins with.
  public var calibrationWanted: Int { configuration.map { $0.ratchet.calibration + calibrationExtra } ?? .max }
}
