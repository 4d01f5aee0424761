import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlWorkspace
import Synchronization

/// The study's `check`: a command that says quickly whether a candidate can run at all, before it costs an attempt.
///
/// Threads that share one wait for each other's commands: attempts are timed meanwhile, and many checks at once would disturb them.
final class CandidateCheck: Sendable {
  /// Seconds that a check may take, or the attempt's budget where that is less.
  static let longest = 120.0

  let command: String
  /// Whose attempts the check goes before: it runs as these do.
  let runner: AttemptRunner
  private let turn = Mutex(())

  init(command: String, runner: AttemptRunner) {
    self.command = command
    self.runner = runner
  }

  enum Result {
    case passed
    case cancelled
    /// With the last lines that it printed.
    case failed(Outcome, String)
    /// The edits cannot stand in a folder; a lowercase reason.
    case unfit(reason: String)
  }

  /// Checks the parent with the edits put in; `files` are the parent's editable ones.
  func run(
    _ edits: [FileEdit], on parent: CommitHash, trial: TrialID, _ files: [String: String], _ cancellation: Cancellation
  ) throws -> Result {
    let (layer, measurer) = (runner.layer, runner.measurer)
    let (workspace, paths) = (layer.workspace, layer.paths)
    let policy = EditPolicy(layer.configuration)
    let folder = paths.check(trial)
    workspace.remove(folder)
    defer { workspace.remove(folder) }
    try paths.createFolder(paths.attempts)
    try workspace.materialise(parent, frozenFrom: layer.baseline, isEditable: { policy.isEditable($0) }, in: folder)
    try layer.checkout.link(into: folder)
    guard let edited = CandidateCode.files(files, with: edits) else { return .passed }
    if let reason = Self.lay(edits, edited, in: folder) { return .unfit(reason: reason) }
    var command = measurer.command(command, in: folder, log: "/dev/null")
    command.budget.wallSeconds = min(Self.longest, command.budget.wallSeconds ?? Self.longest)
    let run = try turn.withLock { _ in
      cancellation.isCancelled ? nil : try measurer.sandbox.run(command, cancellation: cancellation) { _ in }
    }
    guard let run, !run.cancelled else { return .cancelled }
    return run.outcome == .exited(code: 0) ? .passed : .failed(run.outcome, run.tail)
  }

  /// Puts the edited files in; returns what the file system has against one, which must not stop a study: an agent chose the path.
  private static func lay(_ edits: [FileEdit], _ edited: [String: String], in folder: String) -> String? {
    for edit in edits {
      let path = "\(folder)/\(edit.path)"
      guard let content = edited[edit.path] else {
        unlink(path)
        continue
      }
      do {
        try FileManager.default.createDirectory(
          atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(content.utf8).write(to: URL(fileURLWithPath: path))
      } catch {
        // In the system's words: Foundation's name the folder on this machine.
        let cause = (error as? CocoaError)?.underlying as? POSIXError
        let why = cause.map {
          $0.code == .EEXIST
            ? "a part of its path is no folder" : String(cString: strerror($0.code.rawValue)).lowercased()
        }
        return "`\(edit.path)` cannot be written" + (why.map { ": \($0)" } ?? "")
      }
    }
    return nil
  }
}
