import Foundation
import PawlBriefing
import PawlCore
import PawlGuard
import PawlJournal
import PawlModels
import PawlSandbox
import PawlSearch
import PawlWorkspace

/// One request to an agent, from the question to a proposal: a function of what the agent said so far.
///
/// Every step ends in events. An answer is only read when it comes back recorded, so a crash never pays for it twice. Many threads
/// share one; each call blocks its own.
struct AgentConversation: Sendable {
  /// Answers that came broken, in a row, after which the agent is left alone for a while.
  private static let mostBroken = 3
  /// Answers that arrived: the first, and the one after its mistakes were told.
  private static let mostAnswers = 2

  let workspace: Workspace
  let configuration: StudyConfiguration
  let baseline: CommitHash
  let policy: EditPolicy
  /// Paths that are symbolic links, which nothing is written through.
  let links: Set<String>
  let material: BriefingMaterial
  let check: CandidateCheck?
  let models: [String: ModelClient]
  let programs: [String: CodingProgram]
  let cancellation: Cancellation

  /// What an answer turned out to be.
  private enum Reading {
    case proposal(Proposal)
    /// What is wrong with it, in one line, and how the agent is told.
    case problem(String, Repair.Reason)
  }

  /// Returns what happened next; nothing where it was cancelled, so that the next session goes on from here.
  func events(for request: ProposalRequest, _ replies: [AgentReply], _ context: AgentContext) throws -> [Event] {
    guard let newest = replies.last else { return try ask(request, replies, context) }
    let trial = request.trial
    switch newest.end {
    case .broken(let reason):
      let broken = replies.reversed().prefix { $0.isBroken }.count
      guard broken < Self.mostBroken else {
        return [.agentFailed(trial, AgentFailure(.transient, reason: "\(broken) broken answers in a row: \(reason)"))]
      }
      return try ask(request, replies, context)
    case .refused(let reason): return [.proposalRefused(trial, reason: "the model would not answer: \(reason)")]
    case .finished, .truncated: break
    }
    let files = try material.files(at: request.parentCommit)
    switch try read(newest, request, files, context) {
    case nil: return []
    case .proposal(let proposal): return [.proposalReceived(trial, proposal)]
    case .problem(let words, let reason):
      guard replies.count(where: { !$0.isBroken }) < Self.mostAnswers else {
        return [.proposalRefused(trial, reason: words)]
      }
      return try ask(request, replies, context, repair: reason)
    }
  }

  // MARK: reading

  /// Returns nil where it was cancelled.
  private func read(
    _ reply: AgentReply, _ request: ProposalRequest, _ files: [String: String], _ context: AgentContext
  ) throws -> Reading? {
    if let first = reply.refusals.first {
      let words = reply.refusals.count == 1 ? first : "\(first), and \(reply.refusals.count - 1) more"
      return .problem(words, .refused(reason: words, editable: configuration.editable))
    }
    let change: ProposedChange
    do {
      change = try EditReader(files: files).read(reply)
    } catch {
      return .problem(error.message, .unreadable(error))
    }
    if let reason = policy.refusal(of: change.edits, links: links, files: Set(files.keys)) {
      return .problem(reason, .refused(reason: reason, editable: configuration.editable))
    }
    if let reason = context.banRefusal(of: change.edits, on: files) {
      return .problem(reason, .refused(reason: reason, editable: configuration.editable))
    }
    let proposal = CandidateCode.proposal(
      of: request.agent, change.hypothesis, change.edits, on: files, cites: change.cites, note: change.note)
    if let reason = context.duplication(of: proposal) {
      let story = TrialStory(
        trial: request.trial, agent: request.agent, hypothesis: change.hypothesis, end: .refused(reason: reason))
      return .problem(reason, .duplicate(story))
    }
    guard let check else { return .proposal(proposal) }
    switch try check.run(change.edits, on: request.parentCommit, trial: request.trial, files, cancellation) {
    case .passed: return .proposal(proposal)
    case .cancelled: return nil
    case .unfit(let reason): return .problem(reason, .refused(reason: reason, editable: configuration.editable))
    case .failed(let outcome, let output):
      return .problem(
        "it did not pass the check: \(outcome)", .failedCheck(outcome, output: output))
    }
  }

  // MARK: asking

  private func ask(
    _ request: ProposalRequest, _ replies: [AgentReply], _ context: AgentContext, repair: Repair.Reason? = nil
  ) throws -> [Event] {
    let spent = replies.reduce(0) { $0 + $1.cost }
    let left = request.spendLimit.map { $0 - spent }
    if let client = models[request.agent] {
      return try ask(client, request, replies, context, repair, left)
    }
    if let program = programs[request.agent] {
      return try ask(program, request, replies, context, repair, left)
    }
    return [
      .agentFailed(
        request.trial, AgentFailure(.lasting, reason: "pawl.yaml has no agent `\(request.agent)` any more"))
    ]
  }

  private func ask(
    _ client: ModelClient, _ request: ProposalRequest, _ replies: [AgentReply], _ context: AgentContext,
    _ repair: Repair.Reason?, _ left: Double?
  ) throws -> [Event] {
    let rule = client.rule
    let form: Briefing.AnswerForm = rule.usesTools ? .tools : .text
    let brief = try material.briefing(for: request, context, form: form, tokens: rule.contextTokens).brief()
    var messages = [
      ModelRequest.Message(.user, [.init(brief.stable, endsCachedPrefix: true), .init(brief.changing)])
    ]
    if let repair, let answer = replies.last {
      messages.append(.init(.assistant, [.init(answer.words)]))
      messages.append(.init(.user, [.init(Repair.message(for: repair, form: form))]))
    }
    let tokens = messages.flatMap(\.blocks).reduce(TokenEstimate.tokens(in: brief.system)) {
      $0 + TokenEstimate.tokens(in: $1.text)
    }
    var maximum: Int?
    if let left, let price = rule.price {
      // What it may answer with, should the provider count twice as many tokens as estimated.
      let answer = (left - 2 * Double(tokens) * max(price.input, price.cacheWrite) / 1e6) / price.output * 1e6
      if answer < Double(rule.maximumTokens) {
        guard answer >= 1_024 + Double(rule.thinkingTokens ?? 0) else {
          return [
            .agentFailed(
              request.trial,
              AgentFailure(.unaffordable, reason: "what is left of its money, \(left.asDollars), buys no answer"))
          ]
        }
        maximum = Int(answer)
      }
    }
    let question = ModelRequest(
      system: [.init(brief.system, endsCachedPrefix: true)], messages: messages,
      tools: rule.usesTools ? ProposalTool.definitions : [], forcesTool: rule.usesTools, maximumTokens: maximum)
    do {
      let reply = try client.complete(question, seed: request.seed) { cancellation.isCancelled }
      return [
        .replyReceived(reply.agentReply(trial: request.trial, number: replies.count + 1, agent: request.agent))
      ]
    } catch {
      guard error.code != .cancelled else { return [] }
      let failure = AgentFailure(error.kindOfFailure, reason: error.message, hint: error.hints.first)
      return [.agentFailed(request.trial, failure)]
    }
  }

  private func ask(
    _ program: CodingProgram, _ request: ProposalRequest, _ replies: [AgentReply], _ context: AgentContext,
    _ repair: Repair.Reason?, _ left: Double?
  ) throws -> [Event] {
    if let left, left <= 0 {
      return [.agentFailed(request.trial, AgentFailure(.unaffordable, reason: "what it may cost is spent"))]
    }
    let briefing = try material.briefing(for: request, context, form: .text, tokens: program.rule.contextTokens)
    var text = briefing.taskFile(hypothesisFile: CodingProgram.hypothesisFile)
    if let repair { text += "\n" + Repair.message(for: repair, form: .text) }
    let task = CodingProgram.Task(
      trial: request.trial, number: replies.count + 1, parent: request.parentCommit, text: text, spendLimit: left,
      earlier: repair == nil ? [] : replies.last?.edits ?? [])
    let turn = program.run(task, cancellation: cancellation)
    if turn.isCancelled, turn.reply.cost == 0 { return [] }
    if let absence = turn.absence { return [.agentFailed(request.trial, absence)] }
    return [.replyReceived(turn.reply)]
  }
}

extension AgentReply {
  /// What the model is shown as its own earlier answer: the calls as text, since what belongs to them is not kept.
  fileprivate var words: String {
    let parts = [text] + calls.map { "\($0.name)(\($0.arguments))" }
    let words = parts.filter { !$0.isEmpty }.joined(separator: "\n")
    return words.isEmpty ? "(nothing)" : words
  }
}

extension ModelError {
  /// What it says about the next request.
  fileprivate var kindOfFailure: AgentFailure.Kind {
    switch code {
    case .unreadable, .refused, .tooLong, .empty: .doubtful
    case _ where isPassing: .transient
    default: .lasting
    }
  }
}

extension Double {
  /// As in `0.25 USD`.
  var asDollars: String { "\(formatted(digits: 3)) USD" }
}

extension AgentConversation {
  init(
    _ opened: OpenedStudy, links: Set<String>, runner: AttemptRunner, cancellation: Cancellation
  ) throws {
    let configuration = opened.configuration
    let policy = EditPolicy(configuration)
    self.init(
      workspace: opened.workspace, configuration: configuration, baseline: opened.baseline, policy: policy,
      links: links,
      material: try BriefingMaterial(
        workspace: opened.workspace, journal: opened.journal.reader, configuration: configuration,
        baseline: opened.baseline),
      check: configuration.check.map { CandidateCheck(command: $0, runner: runner) },
      models: opened.access.models,
      programs: Dictionary(
        configuration.agents.compactMap { agent in
          guard case .program(let rule) = agent.kind else { return nil }
          let program = CodingProgram(
            agent: agent.name, rule: rule, workspace: opened.workspace, sandbox: opened.sandbox, paths: opened.paths,
            policy: policy, baseline: opened.baseline, studyReadable: configuration.sandbox.readable,
            hidden: runner.measurer.hidden)
          return (agent.name, program)
        }
      ) { first, _ in first },
      cancellation: cancellation)
  }
}
