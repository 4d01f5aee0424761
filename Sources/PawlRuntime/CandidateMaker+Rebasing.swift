import Foundation
import PawlCore
import PawlEngine
import PawlGuard
import PawlSearch
import PawlWorkspace

/// Candidates that follow a head which moved, and the head without one of its steps.
extension CandidateMaker {
  /// Returns the candidate as a change of the present head, or why it cannot be one.
  ///
  /// `heads` gives the commits that the head went through, the candidate's parent first and the head last.
  ///
  /// - Throws: what git or the file system refused; the re-basing waits for the next session then.
  func rebase(_ rebasing: Rebasing, known: Set<UInt64>, heads: () throws -> [HeadStep]) throws -> [Event] {
    let request = rebasing.request
    let proposal = rebasing.proposal
    let change = CandidateChange(
      parent: rebasing.parent.commit, commit: rebasing.commit, edits: proposal.edits,
      writtenFor: rebasing.writtenFor)
    let outcome: RebaseOutcome
    do throws(WorkspaceError) {
      outcome = try workspace.rebase(
        change, onto: request.ontoCommit, study: configuration.name, trial: request.trial,
        isEditable: policy.isEditable,
        message: Self.message(request.trial, proposal), at: rebasing.at)
    } catch {
      guard error.code == .badEdit else { throw error }
      return [.proposalRefused(request.trial, reason: describe(error))]
    }
    switch outcome {
    case .made(let candidate):
      let (files, knobs) = try read(candidate.commit)
      let fingerprint = CodeFingerprint.exact(of: files)
      if fingerprint != proposal.fingerprint, proposal.agent != Reversal.agent,
        known.contains(fingerprint) || recent.contains(fingerprint)
      {
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
            trial: request.trial, onto: request.onto, paths: paths.map { Self.shown($0) },
            steps: try steps(try heads(), changing: Set(paths))))
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

  /// A control character in a file's name could drive the terminal.
  static func shown(_ path: String) -> String {
    String(
      String.UnicodeScalarView(path.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{fffd}" : $0 }))
  }

  /// Returns the proposal that takes a step out of the parent again, or the refusal where later steps built on it.
  func revert(
    _ reversal: Reversal, _ request: ProposalRequest, _ files: [String: String]
  ) throws(WorkspaceError) -> [Event] {
    let edits: [FileEdit]?
    do {
      edits = try workspace.reversal(
        of: reversal.commit, from: reversal.parent, on: request.parentCommit, study: configuration.name,
        isEditable: policy.isEditable)
    } catch {
      guard error.code == .badEdit else { throw error }
      return [.proposalRefused(request.trial, reason: describe(error))]
    }
    guard let edits, !edits.isEmpty else {
      return [.proposalRefused(request.trial, reason: "later steps build on trial \(reversal.step)")]
    }
    var edited = files
    for edit in edits { edited[edit.path] = edit.applied(to: files[edit.path] ?? "") }
    let proposal = Proposal(
      agent: Reversal.agent, hypothesis: "drop trial \(reversal.step), which nothing shows to be worth its lines",
      edits: edits, knobs: [:], cost: 0, fingerprint: CodeFingerprint.exact(of: edited))
    return [.proposalReceived(request.trial, proposal)]
  }
}
