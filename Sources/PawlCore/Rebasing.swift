/// A candidate that is to be put onto a head which was not there when it was made.
public struct RebaseRequest: Sendable, Codable, Hashable {
  public let trial: TrialID
  /// The present head.
  public let onto: TrialID
  public let ontoCommit: CommitHash
  /// What is believed of the change over the head that it was made from; nil where it was not measured.
  public let evidence: Evidence?
  public init(trial: TrialID, onto: TrialID, ontoCommit: CommitHash, evidence: Evidence?) {
    self.trial = trial
    self.onto = onto
    self.ontoCommit = ontoCommit
    self.evidence = evidence
  }
}

/// A candidate's change, put onto a newer head: a commit of its own that takes the place of the older one.
public struct RebasedCandidate: Sendable, Codable, Hashable {
  public let trial: TrialID
  /// The trial that it is a change of from now on.
  public let onto: TrialID
  public let ontoCommit: CommitHash
  public let commit: CommitHash
  /// Against `onto`.
  public let size: DiffStatistics
  /// `StableHash` over the content of the editable files, as in `Proposal.fingerprint`.
  public let fingerprint: UInt64
  /// The assignment of the proposal's knobs as it stands now.
  public let knobs: [String: KnobValue]
  public init(
    trial: TrialID, onto: TrialID, ontoCommit: CommitHash, commit: CommitHash, size: DiffStatistics,
    fingerprint: UInt64, knobs: [String: KnobValue]
  ) {
    self.trial = trial
    self.onto = onto
    self.ontoCommit = ontoCommit
    self.commit = commit
    self.size = size
    self.fingerprint = fingerprint
    self.knobs = knobs
  }
}

/// A change that does not go together with what the head took in since the change was made.
public struct RebaseConflict: Sendable, Codable, Hashable {
  public let trial: TrialID
  public let onto: TrialID
  /// The files that both changed in ways that exclude each other, sorted.
  public let paths: [String]
  /// The steps of the head that touched these files since, the oldest first.
  public let steps: [TrialID]
  /// Set by the engine before the conflict is journaled, where the candidate as it is looks better than the head: it is judged as
  /// a program of its own then. Nil otherwise, and in journals of before.
  public var stays: Bool?
  public init(trial: TrialID, onto: TrialID, paths: [String], steps: [TrialID], stays: Bool? = nil) {
    self.stays = stays
    self.trial = trial
    self.onto = onto
    self.paths = paths
    self.steps = steps
  }

  /// Why the trial ended, unless it stays, as a lowercase fragment such as "conflicts with trial 7 in `train.swift`".
  public var reason: String {
    let named = steps.prefix(Self.named).map { "\($0)" } + (steps.count > Self.named ? ["others"] : [])
    let with =
      switch steps.count {
      case 0: "trial \(onto)"
      case 1: "trial \(steps[0])"
      default: "trials \(named.listed)"
      }
    let files = paths.prefix(Self.named).map { "`\($0)`" } + (paths.count > Self.named ? ["other files"] : [])
    return "conflicts with \(with) in \(files.listed)"
  }

  /// The most that are named; a reason is one line.
  private static let named = 3
}

/// A step of the head that is to be taken out again: nothing shows that it is worth its lines.
public struct Reversal: Sendable, Codable, Hashable {
  public let step: TrialID
  public let commit: CommitHash
  /// What the step is a change of.
  public let parent: CommitHash
  public init(step: TrialID, commit: CommitHash, parent: CommitHash) {
    self.step = step
    self.commit = commit
    self.parent = parent
  }

  /// The name under which such trials are listed; no agent of a study proposes them.
  public static let agent = "pawl"
}

extension [String] {
  /// The words as in `a, b and c`.
  fileprivate var listed: String {
    guard let last, count > 1 else { return first ?? "" }
    return "\(dropLast().joined(separator: ", ")) and \(last)"
  }
}
