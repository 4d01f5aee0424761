public import PawlCore

extension Workspace {
  /// Puts the change from one commit to another onto `head`, and points `reference` (below `refs/pawl/<study>/`) at what comes out.
  ///
  /// Merges as `rebase` does, and is idempotent: the commit carries the date of `change.commit`. Errors as there.
  public func transplant(
    _ change: CandidateChange, onto head: CommitHash, study: StudyName, reference: String, message: String,
    isEditable: (String) -> Bool
  ) throws(WorkspaceError) -> RebaseOutcome {
    let (headName, origin) = (try name(of: head), try name(of: change.commit))
    var merged = try merge(change, onto: headName, study: study, isEditable: isEditable)
    if !merged.conflicts.isEmpty { return .conflicts(merged.conflicts) }
    guard !merged.files.isEmpty else { return .nothingLeft }
    var count = LineCount()
    for file in merged.files { count.add(LineDifference.count(from: file.before ?? [], to: file.after ?? [])) }
    let seconds = Int64(try program.demand(["show", "-s", "--format=%ct", origin.hex]).line) ?? 0
    let commit = try writer.commit(
      Self.commitText(
        tree: try merged.draft.write(writer), parent: headName, message: message,
        at: Timestamp(milliseconds: seconds * 1000)))
    try writer.setRef("refs/pawl/\(study)/\(reference)", commit)
    return .made(
      CandidateCommit(
        commit: CommitHash(rawValue: commit.hex),
        statistics: DiffStatistics(added: count.added, removed: count.removed)))
  }
}
