public import PawlCore

/// Everything that a report is made of, as plain values: the same input gives the same bytes.
public struct ReportInput: Sendable {
  public var configuration: StudyConfiguration
  /// The commit that the study started from.
  public var baseline: CommitHash
  /// The digest over all frozen files, in hexadecimal.
  public var frozenDigest: String
  /// Whether the working tree had changes when the study was made.
  public var dirty: Bool
  /// The trials to show, ascending; trial 0 is the baseline. Of a long study some are left out: `totals` counts them all.
  public var trials: [TrialSummary]
  /// Sums over all trials, where `trials` holds only some of them.
  public var totals: TrialTotals?
  /// Of the trials that were not kept, the picture shows those whose number this divides: as dense at the end as before it.
  public var dotStride = 1
  /// Every head there was, the baseline first.
  public var headPath: [TrialID]
  /// The newest certified trial; the baseline where there is none.
  public var champion: TrialID
  /// Certifications of the first rung in order; one that stayed below its threshold counts as failed.
  public var certificates: [Certificate]
  /// Standard deviation of one measurement, in the metric's unit; nil before calibration.
  public var sigma: Double?
  public var sandbox: SandboxLevel
  public var referee: RefereeLevel
  public var generatedAt: Timestamp
  /// Pawl's own version.
  public var version: String
  /// Whether the study was still going on.
  public var running: Bool
  /// Certificates of higher rungs, in order.
  public var promotions: [Certificate] = []
  /// A unified diff of the highest rung's champion (else the head) against the baseline.
  public var diff: String?
  /// The rungs and what came of them; nil where it is not known.
  public var ladder: LadderSummary?
  /// What a study of generations has come to; nil for a study of code.
  public var generations: GenerationsSummary?

  public init(
    configuration: StudyConfiguration, baseline: CommitHash, frozenDigest: String, dirty: Bool, trials: [TrialSummary],
    headPath: [TrialID], champion: TrialID, certificates: [Certificate], sigma: Double?, sandbox: SandboxLevel,
    referee: RefereeLevel, generatedAt: Timestamp, version: String, running: Bool, diff: String?,
    ladder: LadderSummary? = nil
  ) {
    self.configuration = configuration
    self.baseline = baseline
    self.frozenDigest = frozenDigest
    self.dirty = dirty
    self.trials = trials
    self.headPath = headPath
    self.champion = champion
    self.certificates = certificates
    self.sigma = sigma
    self.sandbox = sandbox
    self.referee = referee
    self.generatedAt = generatedAt
    self.version = version
    self.running = running
    self.diff = diff
    self.ladder = ladder
  }
}

extension ReportInput {
  /// Sums over all trials, shown or not.
  var sums: TrialTotals { totals ?? TrialTotals(trials) }

  /// Whether some trials are left out.
  var isThinned: Bool { totals.map { trials.count <= $0.trials } ?? false }
}

extension ReportInput {
  /// Where there is more than one rung: all of it.
  var climb: LadderSummary? { ladder.flatMap { $0.climbs ? $0 : nil } }

  /// What the study has to show for: the code of the highest rung that certified something, or else of the head.
  var result: (name: String, commit: CommitHash?, rung: Int, trial: TrialID) {
    if let rung = climb?.highest {
      return ("champion on \(rung.name)", rung.championCommit, rung.number, rung.champion)
    }
    let shown = champion != .baseline ? champion : headPath.last ?? .baseline
    return (champion != .baseline ? "champion" : "head", trials.first { $0.id == shown }?.commit, 1, shown)
  }
}

extension Certificate {
  /// Whether the evidence reached what was asked for.
  var holds: Bool { eValue >= threshold }
}
