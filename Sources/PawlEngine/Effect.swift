public import PawlCore

/// Something for the runtime to do, allowed only once the events that ask for it are in the journal.
public enum Effect: Sendable, Hashable {
  /// `replies` are what the agent said so far, recorded: they are read before it is asked anything more.
  case propose(ProposalRequest, replies: [AgentReply])
  /// `at` dates the commit: the same proposal always gives the same one.
  case createCandidate(TrialID, parent: CommitHash, Proposal, at: Timestamp)
  case rebase(Rebasing)
  /// Puts a change onto another rung's champion, dated as the change is.
  case transplant(Transplant)
  case startAttempt(AttemptRequest)
  /// Ends an attempt that no longer matters; one that does not run, as after a restart, ends as it is.
  case stopAttempt(AttemptRequest)
  /// Adds a commit each to `pawl/<study>`, in this order; doing it twice must do no harm.
  case advanceBranch([Certificate])
  /// Nothing runs and nothing is left to start.
  case finish(Finish)
}

/// A candidate's change that is to be made again on the present head.
public struct Rebasing: Sendable, Hashable {
  public let request: RebaseRequest
  /// What the candidate is a change of now.
  public let parent: HeadStep
  public let commit: CommitHash
  public let proposal: Proposal
  /// The commit that the proposal's edits were written for.
  public let writtenFor: CommitHash
  /// Dates the commit, as it did the first.
  public let at: Timestamp
}

/// Why a session is over.
public struct Finish: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// A bound was reached, or the agent has nothing left.
    case bounded
    /// Somebody asked for it.
    case stopped
    /// Trial after trial came to nothing: a person should look.
    case stalled
    /// The study cannot go on as it is.
    case failed
  }
  public let kind: Kind
  /// A lowercase fragment.
  public let reason: String
  public init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }
}

/// What follows from one observation: journal the events in one transaction, then start the effects.
public struct Step: Sendable, Hashable {
  public var events: [Event]
  public var effects: [Effect]
  package init(events: [Event] = [], effects: [Effect] = []) {
    self.events = events
    self.effects = effects
  }
}
