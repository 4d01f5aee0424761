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
    if let fault = FileFault(of: rule.model, in: folder) {
      result = result.withoutMeasurement("it \(fault.sentence(rule.model)); `generations.model` names it")
      return
    }
    let model = try access.store.file("\(folder)/\(rule.model)", as: rule.model)
    guard model.bytes > 0 else {
      result = result.withoutMeasurement("its `\(rule.model)` is empty; `generations.model` names it")
      return
    }
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
        let name = "canaries-kept.jsonl"
        if let fault = FileFault(of: name, in: output) {
          throw RuntimeError(.usage, "stage `judge` \(fault.sentence(name))")
        }
        let answers = try CanaryFile(path: questions, name: "canaries.jsonl").answers(in: "\(output)/\(name)")
        if request.trial == .baseline, let shortage = shortage(of: answers) {
          result = result.withoutMeasurement(shortage)
        } else {
          result.canaries = answers
        }
      } catch {
        result = result.withoutMeasurement("the canaries were not answered: \(describe(error))")
      }
    }
  }

  /// Why nothing could be shown of what later models keep of these; nil where it can. Canaries that the baseline gets wrong cannot be lost.
  private func shortage(of answers: CanaryAnswers) -> String? {
    guard let floor = rule.canaries?.floor, let needed = CanaryFile.needed(floor: floor), answers.rightCount < needed
    else { return nil }
    return
      "the baseline gets \(answers.rightCount) of \(answers.asked) canaries right, and with fewer than \(needed) no later model can be shown to keep \(floor.formatted(digits: 3)) of them: add canaries that it can answer, or lower `generations.canaries.floor`"
  }
}

extension AttemptResult {
  fileprivate func withoutMeasurement(_ reason: String) -> Self {
    AttemptResult(
      id: id, outcome: outcome, measurement: nil, remark: [remark, reason].compactMap(\.self).joined(separator: "; "),
      usage: usage, reportedMemory: reportedMemory, sandbox: sandbox, referee: referee, logTail: logTail)
  }
}
