import Foundation
import PawlCore
import PawlDocuments
import PawlGuard
import PawlSandbox
import PawlWorkspace

/// Runs one stage of a generation in the sandbox: a folder to read, a folder to write, and nothing else of the study.
struct StageRunner: Sendable {
  let rule: GenerationRule
  let access: SnapshotAccess
  /// How attempts run: stages run as these do.
  let runner: AttemptRunner

  /// One stage to run.
  struct Task: Sendable {
    /// Names its folder and its log, as `t12-generate`.
    let name: String
    let command: String
    /// What it reads, by the names that the contract gives.
    var inputs: [(name: String, path: String)]
    let seed: UInt64
    let generation: Int
    /// Whose code it runs beside.
    let commit: CommitHash
    /// With the weights of this generation.
    let recipe: GenerationRule
  }

  enum End {
    /// The folder with what it wrote, which `forget` removes.
    case done(output: String, Usage)
    case cancelled
    /// A lowercase reason.
    case failed(String)
  }

  private var workspace: Workspace { runner.layer.workspace }
  private func folder(_ name: String) -> String { "\(runner.layer.paths.stages)/\(name)" }

  /// What an earlier start of the same stage wrote is still there, so that it can go on.
  func run(_ task: Task, cancellation: Cancellation) throws -> End {
    let (layer, measurer) = (runner.layer, runner.measurer)
    let folder = folder(task.name)
    let input = folder + ".in"
    workspace.remove(input)
    workspace.remove("\(folder)/work")
    try layer.paths.createFolder("\(folder)/out")
    try layer.paths.createFolder(input)
    defer { workspace.remove(input) }
    let policy = EditPolicy(layer.configuration)
    try workspace.materialise(
      task.commit, frozenFrom: layer.baseline, isEditable: { policy.isEditable($0) }, in: "\(folder)/work")
    try layer.checkout.link(into: "\(folder)/work")
    access.conceal(in: "\(folder)/work")
    for (name, path) in task.inputs { try access.lay(path, at: "\(input)/\(name)") }
    try JSONEncoder().encode(task.recipe).write(to: URL(fileURLWithPath: "\(input)/recipe.json"))
    let log = "\(layer.paths.logs)/stages/\(task.name).log"
    try layer.paths.createFolder((log as NSString).deletingLastPathComponent)
    var command = measurer.command(
      "cd work && \(task.command)", in: folder,
      [
        "PAWL_INPUT": input, "PAWL_OUTPUT": "\(folder)/out", "PAWL_SEED": String(task.seed),
        "PAWL_GENERATION": String(task.generation), "PAWL_RUNG": "1", "PAWL_SPLIT": "search",
      ], log: log)
    command.policy.readable += [input, ClusterAccess.ownPath]
    command.budget = rule.budget
    let run = try measurer.sandbox.run(command, cancellation: cancellation) { _ in }
    if run.cancelled { return .cancelled }
    guard run.outcome == .exited(code: 0) else {
      return .failed("\(run.outcome)\(Self.complaint(in: run.tail).map { ": \($0)" } ?? "")")
    }
    return .done(output: "\(folder)/out", run.usage)
  }

  /// The last error that it told, or else its last line.
  private static func complaint(in tail: String) -> String? {
    let lines = tail.split(separator: "\n")
    let error = lines.last { $0.hasPrefix("error: ") }?.dropFirst(7)
    return (error ?? lines.last).map { String($0.prefix(300)) }
  }

  /// Removes what a stage left; what counts of it is in the store.
  func forget(_ name: String) { workspace.remove(folder(name)) }
}
