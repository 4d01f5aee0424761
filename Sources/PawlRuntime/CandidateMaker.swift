import Foundation
import PawlCore
import PawlEngine
import PawlGuard
import PawlSearch
import PawlWorkspace

/// Asks the agent, guards what it says, and commits the candidate; used by one thread at a time.
final class CandidateMaker {
  private let workspace: Workspace
  private let configuration: StudyConfiguration
  private let policy: EditPolicy
  private let links: Set<String>
  /// The editable files of the newest parents and their knobs, oldest first: candidates mostly share theirs.
  private var sources: [(commit: CommitHash, files: [String: String], knobs: [Knob])] = []
  /// Proposals of which the engine may not know yet: two that are asked for at once must not be the same.
  private var recent: [UInt64] = []

  init(workspace: Workspace, configuration: StudyConfiguration, baseline: CommitHash) throws {
    self.workspace = workspace
    self.configuration = configuration
    policy = EditPolicy(configuration)
    links = Set(try workspace.files(at: baseline).filter { $0.kind == .link }.map(\.path))
  }

  private func source(
    at commit: CommitHash
  ) throws(WorkspaceError) -> (files: [String: String], knobs: [Knob]) {
    if let known = sources.last(where: { $0.commit == commit }) { return (known.files, known.knobs) }
    let (files, knobs) = try read(commit)
    sources.append((commit, files, knobs))
    if sources.count > 4 { sources.removeFirst() }
    return (files, knobs)
  }

  private func read(_ commit: CommitHash) throws(WorkspaceError) -> (files: [String: String], knobs: [Knob]) {
    let paths = try workspace.files(at: commit)
      .filter { ($0.kind == .file || $0.kind == .executable) && policy.isEditable($0.path) }.map(\.path)
    let files = try workspace.texts(of: paths, at: commit)
    return (files, KnobFinder.knobs(in: files))
  }

  /// Returns what the engine is told: a proposal, its refusal if there is one, or that there is none.
  ///
  /// - Throws: what git or the file system refused; that says nothing about the agent or its proposal.
  func propose(
    _ request: ProposalRequest, history: [KnobObservation], known: Set<UInt64>
  ) throws(WorkspaceError) -> [Event] {
    let (files, knobs) = try source(at: request.parentCommit)
    if let reversal = request.reversal { return try revert(reversal, request, files) }
    guard
      let proposal = KnobAgent.propose(
        files: files, knobs: knobs, parent: nil, history: history, seed: request.seed,
        isKnown: { known.contains($0) || recent.contains($0) })
    else {
      let reason =
        knobs.isEmpty
        ? "there is no constant to tune in the editable files" : "every combination of the knobs was tried"
      return [.proposalFailed(request.trial, reason: reason)]
    }
    remember(proposal.fingerprint)
    if let refusal = policy.refusal(of: proposal.edits, links: links) {
      return [.proposalReceived(request.trial, proposal), .proposalRefused(request.trial, reason: refusal)]
    }
    return [.proposalReceived(request.trial, proposal)]
  }

  /// Returns the proposal that takes a step out of the parent again, or the refusal where later steps built on it.
  private func revert(
    _ reversal: Reversal, _ request: ProposalRequest, _ files: [String: String]
  ) throws(WorkspaceError) -> [Event] {
    let edits = try workspace.reversal(
      of: reversal.commit, from: reversal.parent, on: request.parentCommit, study: configuration.name,
      isEditable: policy.isEditable)
    guard let edits, !edits.isEmpty else {
      return [.proposalRefused(request.trial, reason: "later steps build on trial \(reversal.step)")]
    }
    var edited = files
    for edit in edits { edited[edit.path] = edit.applied(to: files[edit.path] ?? "") }
    let proposal = Proposal(
      agent: Reversal.agent, hypothesis: "drop trial \(reversal.step), which nothing shows to be worth its lines",
      edits: edits, knobs: [:], cost: 0, fingerprint: KnobAgent.fingerprint(of: edited))
    return [.proposalReceived(request.trial, proposal)]
  }

  private func remember(_ fingerprint: UInt64) {
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

  private static func message(_ trial: TrialID, _ proposal: Proposal) -> String {
    "\(proposal.hypothesis)\n\nTrial: \(trial)\nAgent: \(proposal.agent)\n"
  }

  /// Returns the candidate as a change of the present head, or why it cannot be one.
  ///
  /// `heads` are the commits that the head went through, the candidate's parent first and the head last.
  ///
  /// - Throws: what git or the file system refused; the re-basing waits for the next session then.
  func rebase(
    _ rebasing: Rebasing, study: StudyName, heads: [HeadStep], known: Set<UInt64>
  ) throws(WorkspaceError) -> [Event] {
    let request = rebasing.request
    let proposal = rebasing.proposal
    let change = CandidateChange(
      parent: rebasing.parent.commit, commit: rebasing.commit, edits: proposal.edits,
      writtenFor: rebasing.writtenFor)
    let outcome: RebaseOutcome
    do {
      outcome = try workspace.rebase(
        change, onto: request.ontoCommit, study: study, trial: request.trial, isEditable: policy.isEditable,
        message: Self.message(request.trial, proposal), at: rebasing.at)
    } catch {
      guard error.code == .badEdit else { throw error }
      return [.proposalRefused(request.trial, reason: describe(error))]
    }
    switch outcome {
    case .made(let candidate):
      let (files, knobs) = try read(candidate.commit)
      let fingerprint = KnobAgent.fingerprint(of: files)
      if fingerprint != proposal.fingerprint, known.contains(fingerprint) || recent.contains(fingerprint) {
        return [.proposalRefused(request.trial, reason: "on trial \(request.onto) it is code that was tried before")]
      }
      remember(fingerprint)
      let values = Dictionary(knobs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
      return [
        .candidateRebased(
          RebasedCandidate(
            trial: request.trial, onto: request.onto, ontoCommit: request.ontoCommit, commit: candidate.commit,
            size: candidate.statistics, fingerprint: fingerprint,
            knobs: values.filter { proposal.knobs[$0.key] != nil }))
      ]
    case .conflicts(let paths):
      return [
        .rebaseConflicted(
          RebaseConflict(
            trial: request.trial, onto: request.onto, paths: paths, steps: try steps(heads, changing: Set(paths))))
      ]
    case .nothingLeft:
      return [.proposalRefused(request.trial, reason: "trial \(request.onto) has all of its change already")]
    }
  }

  private func steps(_ heads: [HeadStep], changing paths: Set<String>) throws(WorkspaceError) -> [TrialID] {
    var steps: [TrialID] = []
    for (before, after) in zip(heads, heads.dropFirst()) {
      let changed = try workspace.changedPaths(from: before.commit, to: after.commit)
      if !changed.isDisjoint(with: paths) { steps.append(after.trial) }
    }
    return steps
  }
}
