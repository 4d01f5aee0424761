import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlWorkspace

/// The study's `check`: a command that says quickly whether a candidate can run at all, before it costs an attempt.
struct CandidateCheck: Sendable {
  /// Seconds that a check may take, or the attempt's budget where that is less.
  static let longest = 120.0

  let command: String
  /// Whose attempts the check goes before: it runs as these do.
  let runner: AttemptRunner

  enum Result {
    case passed
    case cancelled
    /// With the last lines that it printed.
    case failed(Outcome, String)
  }

  /// Checks the parent with the edits put in; `files` are the parent's editable ones.
  func run(
    _ edits: [FileEdit], on parent: CommitHash, trial: TrialID, _ files: [String: String], _ cancellation: Cancellation
  ) throws -> Result {
    let (workspace, paths) = (runner.workspace, runner.paths)
    let policy = EditPolicy(runner.configuration)
    let folder = paths.check(trial)
    workspace.remove(folder)
    defer { workspace.remove(folder) }
    try paths.createFolder(paths.attempts)
    try workspace.materialise(parent, frozenFrom: runner.baseline, isEditable: { policy.isEditable($0) }, in: folder)
    try runner.checkout.link(into: folder)
    guard let edited = CandidateCode.files(files, with: edits) else { return .passed }
    for edit in edits {
      let path = "\(folder)/\(edit.path)"
      guard let content = edited[edit.path] else {
        unlink(path)
        continue
      }
      try paths.createFolder((path as NSString).deletingLastPathComponent)
      try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    }
    var command = runner.command(command, in: folder, log: "/dev/null")
    command.budget.wallSeconds = min(Self.longest, command.budget.wallSeconds ?? Self.longest)
    let run = try runner.sandbox.run(command, cancellation: cancellation) { _ in }
    if run.cancelled { return .cancelled }
    return run.outcome == .exited(code: 0) ? .passed : .failed(run.outcome, run.tail)
  }
}
