import Foundation
import PawlCore
import PawlGuard
import PawlSearch
import PawlWorkspace

/// Asks the agent, guards what it says, and commits the candidate; used by one thread at a time.
final class CandidateMaker {
  let workspace: Workspace
  let configuration: StudyConfiguration
  let policy: EditPolicy
  let links: Set<String>
  /// The editable files of the newest parents and their knobs, oldest first: candidates mostly share theirs.
  private var sources: [(commit: CommitHash, files: [String: String], knobs: [Knob])] = []
  /// Proposals of which the engine may not know yet: two that are asked for at once must not be the same.
  private(set) var recent: [UInt64] = []

  init(workspace: Workspace, configuration: StudyConfiguration, baseline: CommitHash) throws {
    self.workspace = workspace
    self.configuration = configuration
    policy = EditPolicy(configuration)
    links = Set(try workspace.files(at: baseline).filter { $0.kind == .link }.map(\.path))
  }

  func source(
    at commit: CommitHash
  ) throws(WorkspaceError) -> (files: [String: String], knobs: [Knob]) {
    if let known = sources.last(where: { $0.commit == commit }) { return (known.files, known.knobs) }
    let (files, knobs) = try read(commit)
    sources.append((commit, files, knobs))
    if sources.count > 4 { sources.removeFirst() }
    return (files, knobs)
  }

  func read(_ commit: CommitHash) throws(WorkspaceError) -> (files: [String: String], knobs: [Knob]) {
    let files = try CandidateCode.files(at: commit, in: workspace, policy)
    return (files, KnobFinder.knobs(in: files))
  }

  /// Returns what the engine is told: a proposal, its refusal if there is one, or that there is none.
  ///
  /// - Throws: what git or the file system refused; that says nothing about the agent or its proposal.
  func propose(
    _ request: ProposalRequest, history: [KnobObservation], known: Set<UInt64>,
    people: CollaborationState = CollaborationState()
  ) throws(WorkspaceError) -> [Event] {
    let (files, knobs) = try source(at: request.parentCommit)
    if let reversal = request.reversal { return try revert(reversal, request, files) }
    guard
      let proposal = KnobAgent.propose(
        files: files, knobs: knobs, parent: nil, history: history, seed: request.seed,
        breadth: request.choice?.breadth ?? 0, isBanned: { people.ban(ofKnob: $0) != nil },
        isKnown: { known.contains($0) || recent.contains($0) })
    else {
      let reason =
        knobs.isEmpty
        ? "there is no constant to tune in the editable files"
        : knobs.allSatisfy { people.ban(ofKnob: $0.name) != nil }
          ? "every constant of the editable files is banned" : "every combination of the knobs was tried"
      return [.proposalFailed(request.trial, reason: reason)]
    }
    remember(proposal.fingerprint)
    if let refusal = policy.refusal(of: proposal.edits, links: links) {
      return [.proposalReceived(request.trial, proposal), .proposalRefused(request.trial, reason: refusal)]
    }
    return [.proposalReceived(request.trial, proposal)]
  }

  func remember(_ fingerprint: UInt64) {
    recent.append(fingerprint)
    if recent.count > 64 { recent.removeFirst() }
  }

  /// Returns the commit of a proposal, or its refusal where an edit does not fit.
  ///
  /// - Throws: what git or the file system refused; the proposal waits for the next session then.
  func create(
    study: StudyName, _ trial: TrialID, parent: CommitHash, _ proposal: Proposal, at: Timestamp
  ) throws(WorkspaceError) -> [Event] {
    do {
      let candidate = try workspace.makeCandidate(
        study: study, trial: trial, parent: parent, edits: proposal.edits,
        message: Self.message(trial, proposal), at: at)
      return [.candidateCreated(trial, candidate.commit, candidate.statistics)]
    } catch {
      guard error.code == .badEdit else { throw error }
      return [.proposalRefused(trial, reason: describe(error))]
    }
  }

  static func message(_ trial: TrialID, _ proposal: Proposal) -> String {
    "\(proposal.hypothesis)\n\nTrial: \(trial)\nAgent: \(proposal.agent)\n"
  }
}
