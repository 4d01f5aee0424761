import Foundation
import PawlCore
import PawlDocuments
import PawlEngine
import PawlModels
import PawlSandbox
import PawlWorkspace

/// Makes the next generation's data out of the newest head: the agent of a generations study.
///
/// One call does one stage, whose result is journaled before the next: after a crash nothing that was finished is done again.
struct GenerationAgent: Sendable {
  let rule: GenerationRule
  let access: SnapshotAccess
  let stages: StageRunner
  let workspace: Workspace
  /// Who judges by the constitution; nil for a classifier, or for nobody.
  let judge: ModelClient?
  let cancellation: Cancellation

  /// Returns what happened next; nothing where it was cancelled.
  ///
  /// - Parameters:
  ///   - replies: what the judge said so far.
  ///   - spendLeft: US dollars that the study may yet cost; nil without a bound.
  func events(
    for request: ProposalRequest, _ replies: [AgentReply], _ known: GenerationsState, spendLeft: Double?
  ) throws -> [Event] {
    let files = try workspace.texts(of: [GenerationPlan.file], at: request.parentCommit)
    let parent = try GenerationPlan(Data((files[GenerationPlan.file] ?? "{}").utf8))
    guard let model = known.models[request.parent] else {
      return [
        .agentFailed(
          request.trial,
          AgentFailure(.transient, reason: "the model of trial \(request.parent) is not kept: it cannot make documents")
        )
      ]
    }
    if rule.control, rule.start == .parent, !known.controlled.contains(request.parent) {
      return try control(request, of: parent, model, files)
    }
    let work = GenerationWork(
      request: request, parent: parent, model: model, known: known, weights: weights(request, parent, known))
    do {
      return try next(work, files, replies, spendLeft: spendLeft)
    } catch let error as DocumentsError where error.code == .altered {
      // It would be so the next time too.
      return [
        .agentFailed(
          request.trial, AgentFailure(.lasting, reason: error.message, hint: error.hints.first))
      ]
    } catch let error as any DescribedError {
      // What a stage left cannot be used: that says nothing about the next one.
      return [.proposalRefused(request.trial, reason: describe(error))]
    }
  }

  /// Real documents alone, from the same model on: what made ones must beat.
  private func control(
    _ request: ProposalRequest, of parent: GenerationPlan, _ model: StoredFile, _ files: [String: String]
  ) throws -> [Event] {
    let plan = GenerationPlan(generation: parent.generation + 1, isControl: true, model: model.digest)
    let record = GenerationRecord(
      trial: request.trial, parent: request.parent, plan: plan, realBytes: access.data.real.bytes)
    return try proposed(record, "generation \(plan.generation), control: real documents alone, as long", files)
  }

  /// The head's weights at first; then one of them moved at a time.
  private func weights(
    _ request: ProposalRequest, _ parent: GenerationPlan, _ known: GenerationsState
  ) -> GenerationWeights {
    var weights = parent.weights ?? GenerationWeights(rule)
    let controls = known.controlled.contains(request.parent) ? 1 : 0
    guard known.asked[request.parent, default: 1] - controls > 1 else { return weights }
    var draw = SeededGenerator(seed: request.seed)
    let isMore = draw.next() % 2 == 0
    switch draw.next() % 3 {
    case 0: weights.made = min(max(0.02, weights.made * (isMore ? 1.5 : 1 / 1.5)), 1 - rule.mix.floor)
    case 1: weights.aim = min(max(0, weights.aim + (isMore ? 0.25 : -0.25)), 1)
    default: weights.temperature = min(max(0.3, weights.temperature * (isMore ? 1.15 : 1 / 1.15)), 1.5)
    }
    return weights
  }

  // MARK: one stage after the other

  private func next(
    _ work: GenerationWork, _ files: [String: String], _ replies: [AgentReply], spendLeft: Double?
  ) throws -> [Event] {
    guard let stage = work.nextStage(rule) else { return try finish(work, files) }
    if stage.name == GenerationWork.constitution, let judge, let constitution = rule.filters.constitution {
      return try self.judge(work, constitution, judge, replies, spendLeft: spendLeft)
    }
    let task = try work.task(stage, rule, access)
    switch try stages.run(task, cancellation: cancellation) {
    case .cancelled: return []
    case .failed(let reason):
      stages.forget(task.name)
      return [.proposalRefused(work.request.trial, reason: "stage `\(stage.name)` \(reason)")]
    case .done(let output, let usage):
      let left = try work.collect(stage, from: output, into: access.store)
      return [
        .stageFinished(StageResult(trial: work.request.trial, stage: stage.name, files: left, usage: usage))
      ]
    }
  }

  private func finish(_ work: GenerationWork, _ files: [String: String]) throws -> [Event] {
    let record = try work.record(rule, access)
    for stage in work.done { stages.forget(work.taskName(stage.stage)) }
    let share = Double(record.madeBytes) / Double(max(1, record.madeBytes + record.realBytes))
    let words =
      "generation \(record.plan.generation): \(record.kept) of \(record.made) made documents, "
      + "\((100 * share).formatted(digits: 2)) % of the snapshot\(work.deviation(from: rule))"
    return try proposed(record, words, files)
  }

  private func proposed(
    _ record: GenerationRecord, _ words: String, _ files: [String: String]
  ) throws -> [Event] {
    let edits = [FileEdit(path: GenerationPlan.file, change: .content(try record.plan.text))]
    let proposal = CandidateCode.proposal(of: AgentRule.generations.name, words, edits, on: files)
    return [.generationMade(record), .proposalReceived(record.trial, proposal)]
  }
}

extension GenerationAgent {
  /// Nil where the study is one of code.
  init?(_ opened: OpenedStudy, runner: AttemptRunner, cancellation: Cancellation) {
    guard let access = opened.snapshots, !access.isOfCode else { return nil }
    self.init(
      rule: access.rule, access: access, stages: StageRunner(rule: access.rule, access: access, runner: runner),
      workspace: opened.workspace, judge: opened.access.judge, cancellation: cancellation)
  }
}
