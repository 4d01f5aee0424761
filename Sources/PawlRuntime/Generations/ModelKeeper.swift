import Foundation
import PawlCore
import PawlDocuments
import PawlSandbox

/// Keeps the model that an attempt leaves, asks it the canaries, and compares what it writes with what the baseline wrote.
struct ModelKeeper: Sendable {
  let rule: GenerationRule
  let access: SnapshotAccess

  /// Why a model cannot be questioned.
  private enum Failure: Error {
    /// The attempt is made again, with all that is asked.
    case cancelled
    case failed(String)
  }

  /// Fills in the result of a measured attempt; without a model, or answers, it is no measurement, as no generation can follow.
  func keep(
    _ measured: inout AttemptResult?, of request: AttemptRequest, in folder: String, by runner: AttemptRunner,
    cancellation: Cancellation
  ) throws {
    guard request.keepsModel, var result = measured, result.measurement != nil else { return }
    if let fault = FileFault(of: rule.model, in: folder) {
      measured = result.withoutMeasurement("it \(fault.sentence(rule.model)); `generations.model` names it")
      return
    }
    let model = try access.store.file("\(folder)/\(rule.model)", as: rule.model)
    guard model.bytes > 0 else {
      measured = result.withoutMeasurement("its `\(rule.model)` is empty; `generations.model` names it")
      return
    }
    result.model = model
    let questions = Questions(
      rule: rule, access: access, stages: StageRunner(rule: rule, access: access, runner: runner), request: request,
      model: try access.path(of: model.digest),
      generation: try GenerationPlan(file: "\(folder)/\(GenerationPlan.file)").generation, cancellation: cancellation)
    do {
      result.canaries = try questions.canaries()
      try questions.compare(&result)
      measured = result
    } catch Failure.cancelled {
      measured = nil
    } catch Failure.failed(let reason) {
      measured = result.withoutMeasurement(reason)
    }
  }

  /// What is asked of one model.
  private struct Questions {
    let rule: GenerationRule
    let access: SnapshotAccess
    let stages: StageRunner
    let request: AttemptRequest
    let model: String
    let generation: Int
    let cancellation: Cancellation

    /// Nil where there are none.
    func canaries() throws -> CanaryAnswers? {
      guard let canaries = access.data.canaries, let command = rule.stages.judge else { return nil }
      let path = try access.path(of: canaries.digest)
      return try stage("judge", command, [("model", model), ("canaries.jsonl", path)]) { output in
        let name = "canaries-kept.jsonl"
        if let fault = FileFault(of: name, in: output) { throw Failure.failed("stage `judge` \(fault.sentence(name))") }
        let answers: CanaryAnswers
        do {
          answers = try CanaryFile(path: path, name: "canaries.jsonl").answers(in: "\(output)/\(name)")
        } catch {
          throw Failure.failed("the canaries were not answered: \(describe(error))")
        }
        if request.trial == .baseline, let shortage = shortage(of: answers) { throw Failure.failed(shortage) }
        return answers
      }
    }

    /// Why nothing could be shown of what later models keep of these; nil where it can. Canaries that the baseline gets wrong cannot be
    /// lost.
    private func shortage(of answers: CanaryAnswers) -> String? {
      guard let floor = rule.canaries?.floor, let needed = CanaryFile.needed(floor: floor), answers.rightCount < needed
      else { return nil }
      return
        "the baseline gets \(answers.rightCount) of \(answers.asked) canaries right, and with fewer than \(needed) no later model can be shown to keep \(floor.formatted(digits: 3)) of them: add canaries that it can answer, or lower `generations.canaries.floor`"
    }

    /// Lets it answer the frozen prompts; beside the baseline's answers its own are judged, blind and in both orders.
    func compare(_ result: inout AttemptResult) throws {
      guard let preference = rule.preference, let prompts = access.data.prompts, let generate = rule.stages.generate
      else { return }
      let own = try stage(
        "answer", generate, [("model", model), ("prompts.jsonl", try access.path(of: prompts.digest))]
      ) { try access.store.file("\($0)/made.jsonl", as: "answers.jsonl") }
      result.answers = own
      guard let other = request.baselineAnswers else { return }
      let answers = [("own.jsonl", try access.path(of: own.digest)), ("other.jsonl", try access.path(of: other))]
      let (pairs, key) = try stage("pair", GenerationWork.own("pair"), answers) { output in
        (
          try access.store.file("\(output)/pairs.jsonl", as: "pairs.jsonl"),
          try access.store.file("\(output)/key.jsonl", as: "key.jsonl")
        )
      }
      var shown = [("pairs.jsonl", try access.path(of: pairs.digest))]
      if preference.judge == nil, let labels = access.data.labels, let constitution = access.data.constitution {
        shown += [
          ("labels.jsonl", try access.path(of: labels.digest)),
          ("constitution.md", try access.path(of: constitution.digest)),
        ]
      }
      let choices = try stage("choose", preference.judge ?? GenerationWork.own("choose"), shown) {
        try access.store.file("\($0)/choices.jsonl", as: "choices.jsonl")
      }
      let counted = [
        ("key.jsonl", try access.path(of: key.digest)), ("choices.jsonl", try access.path(of: choices.digest)),
      ]
      result.preference = try stage("prefer", GenerationWork.own("prefer"), counted) { output in
        try JSONDecoder().decode(
          Preference.self, from: Data(contentsOf: URL(fileURLWithPath: "\(output)/preference.json")))
      }
    }

    /// Runs a stage and reads what it left.
    private func stage<Value>(
      _ name: String, _ command: String, _ inputs: [(String, String)], _ read: (String) throws -> Value
    ) throws -> Value {
      let task = StageRunner.Task(
        name: "a\(request.id)-\(name)", command: command, inputs: inputs.map { (name: $0.0, path: $0.1) },
        seed: request.seed, generation: generation, commit: request.commit, recipe: rule)
      defer { stages.forget(task.name) }
      switch try stages.run(task, cancellation: cancellation) {
      case .cancelled: throw Failure.cancelled
      case .failed(let reason): throw Failure.failed("stage `\(name)` \(reason)")
      case .done(let output, _):
        do {
          return try read(output)
        } catch let error as any DescribedError {
          throw Failure.failed("stage `\(name)` left nothing that can be used: \(describe(error))")
        }
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
