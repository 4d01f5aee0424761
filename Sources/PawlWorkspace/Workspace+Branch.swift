public import PawlCore

extension Workspace {
  /// Returns the tip of the branch `pawl/<study>`, or nil where there is no such branch.
  public func branchTip(study: StudyName) throws(WorkspaceError) -> CommitHash? {
    let arguments = ["rev-parse", "--verify", "--quiet", Self.branch(study)]
    let found = try program.run(arguments)
    if found.code == 1 && found.output.isEmpty { return nil }
    guard found.code == 0, let name = ObjectName(hex: found.line) else { throw program.failure(of: arguments, found) }
    return CommitHash(rawValue: name.hex)
  }

  private static func branch(_ study: StudyName) -> String { "refs/heads/pawl/\(study)" }

  /// Moves the branch `pawl/<study>` from `expected` to a new commit with `tree`'s files, and returns that commit.
  ///
  /// Its parent is `expected`, or `base` where the branch is new. Nothing happens where the branch is at that very commit already: the
  /// call may be repeated after a crash. The commit is on the disk when this returns. Errors: `branchMoved`, `branchCheckedOut`,
  /// `branchConflict`.
  public func advanceBranch(
    study: StudyName, expected: CommitHash?, base: CommitHash, tree: CommitHash, message: String, at: Timestamp
  ) throws(WorkspaceError) -> CommitHash {
    let parent = try name(of: expected ?? base)
    let treeName = try rootTreeName(of: try name(of: tree))
    _ = try reader.commit(parent)
    let commit = try writer.commit(Self.commitText(tree: treeName, parent: parent, message: message, at: at))
    let made = CommitHash(rawValue: commit.hex)
    let tip = try branchTip(study: study)
    if tip == made { return made }
    guard tip == expected else { throw moved(study, tip: tip) }
    try refuseCheckedOut(study)
    let none = String(repeating: "0", count: reader.nameLength * 2)
    let seconds = max(0, at.milliseconds / 1000)
    let update = try program.run(
      GitProgram.durableWrites
        + ["update-ref", "-m", "pawl: advance", Self.branch(study), commit.hex, expected?.rawValue ?? none],
      environment: ["GIT_COMMITTER_DATE=@\(seconds) +0000"])
    if update.code == 0 { return made }
    let now = try branchTip(study: study)
    if now != expected { throw moved(study, tip: now) }
    if try program.run(["rev-parse", "--verify", "--quiet", "refs/heads/pawl"]).code == 0 {
      throw WorkspaceError(
        .branchConflict, "the branch `pawl/\(study)` cannot be made, because there is a branch `pawl`",
        hints: ["rename it with `git branch -m pawl <other name>`"])
    }
    throw program.failure(of: ["update-ref"], update)
  }

  private func moved(_ study: StudyName, tip: CommitHash?) -> WorkspaceError {
    let place = tip.map { "is at `\($0.short)`" } ?? "is gone"
    return WorkspaceError(
      .branchMoved, "somebody moved the branch `pawl/\(study)`: it \(place), which is not where Pawl left it",
      hints: ["keep it under another name with `git branch -m pawl/\(study) <other name>`, then `pawl run` again"])
  }

  /// Throws `.branchCheckedOut` where `pawl/<study>` is checked out: moving it would make the files there look modified.
  public func refuseCheckedOut(_ study: StudyName) throws(WorkspaceError) {
    let list = try program.demand(["worktree", "list", "--porcelain"]).text
    var folder = root
    for line in list.split(separator: "\n") {
      if line.hasPrefix("worktree ") { folder = String(line.dropFirst("worktree ".count)) }
      guard line == "branch \(Self.branch(study))" else { continue }
      throw WorkspaceError(
        .branchCheckedOut, "the branch `pawl/\(study)` is checked out in `\(folder)`, so it cannot be moved",
        hints: ["switch to another branch there: `git -C '\(folder)' switch -`"])
    }
  }

  private func rootTreeName(of commit: ObjectName) throws(WorkspaceError) -> ObjectName {
    let text = String(decoding: try reader.commit(commit), as: UTF8.self)
    guard text.hasPrefix("tree "), let line = text.split(separator: "\n").first,
      let name = ObjectName(hex: String(line.dropFirst("tree ".count)))
    else {
      throw WorkspaceError(
        .corruptObject, "the commit `\(commit.hex)` names no tree", hints: ["look at it with `git fsck`"])
    }
    return name
  }
}
