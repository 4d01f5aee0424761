import Foundation
import PawlCore
import PawlDocuments
import PawlSandbox

/// Keeps the model that an attempt leaves, and asks it the canaries.
struct ModelKeeper: Sendable {
  let rule: GenerationRule
  let access: SnapshotAccess

  /// Fills in the result of a measured attempt; without a model it is no measurement, as no generation can follow.
  func keep(
    _ measured: inout AttemptResult?, of request: AttemptRequest, in folder: String, by runner: AttemptRunner,
    cancellation: Cancellation
  ) throws {
    guard request.keepsModel, var result = measured, result.measurement != nil else { return }
    var cancelled = false
    defer { measured = cancelled ? nil : result }
    let path = "\(folder)/\(rule.model)"
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
      result = result.withoutMeasurement("it left no `\(rule.model)`, which `generations.model` names")
      return
    }
    let model = try access.store.file(path, as: rule.model)
    result.model = model
    guard let canaries = access.data.canaries, let command = rule.stages.judge else { return }
    let stages = StageRunner(rule: rule, access: access, runner: runner)
    let questions = try access.path(of: canaries.digest)
    let task = StageRunner.Task(
      name: "a\(request.id)-judge", command: command,
      inputs: [("model", try access.path(of: model.digest)), ("canaries.jsonl", questions)], seed: request.seed,
      generation: try GenerationPlan(file: "\(folder)/\(GenerationPlan.file)").generation, commit: request.commit,
      recipe: rule)
    defer { stages.forget(task.name) }
    switch try stages.run(task, cancellation: cancellation) {
    // The attempt is made again, with its canaries.
    case .cancelled: cancelled = true
    case .failed(let reason):
      result = result.withoutMeasurement("the canaries were not answered: stage `judge` \(reason)")
    case .done(let output, _):
      do {
        result.canaries = try CanaryFile(path: questions, name: "canaries.jsonl")
          .answers(in: "\(output)/canaries-kept.jsonl")
      } catch {
        result = result.withoutMeasurement("the canaries were not answered: \(describe(error))")
      }
    }
  }
}

extension AttemptResult {
  fileprivate func withoutMeasurement(_ reason: String) -> Self {
    AttemptResult(
      id: id, outcome: outcome, measurement: nil, remark: [remark, reason].compactMap(\.self).joined(separator: "; "),
      usage: usage, reportedMemory: reportedMemory, sandbox: sandbox, referee: referee, logTail: logTail)
  }
}
