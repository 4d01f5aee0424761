import CPawlSystem
import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlWorkspace

/// A coding program as an agent: it works in a copy of the candidate, in the sandbox, and what it changed is its reply.
///
/// `run` blocks its thread, which must live as long as the call. Whatever the program does becomes a part of the reply.
struct CodingProgram: Sendable {
  let agent: String
  let rule: ProgramRule
  let workspace: Workspace
  let sandbox: Sandbox
  let paths: StudyPaths
  let policy: EditPolicy
  /// Where frozen files come from.
  let baseline: CommitHash
  /// What attempts of the study may read: the program may want to try its change. `rule.readable` is added.
  let studyReadable: [String]
  /// What the workspace says that attempts must never see, besides the repository itself.
  let hidden: [String]
  /// Pawl's own environment, of which the rule's part is passed on.
  var own: [String: String] = ProcessInfo.processInfo.environment

  /// What one turn may use besides the rule's wall time.
  var budget = Budget()

  /// One thing to do.
  struct Task: Sendable {
    let trial: TrialID
    /// Counts the replies to one request from 1.
    let number: Int
    let parent: CommitHash
    let text: String
    /// US dollars, besides the rule's own limit.
    var spendLimit: Double?
    /// What it changed in an earlier reply, laid down for it to go on with.
    var earlier: [FileEdit] = []
  }

  /// What came of it.
  struct Turn: Sendable {
    let reply: AgentReply
    /// One line, where it left one; `reply.text` begins with it, or else with what stands for it.
    let hypothesis: String?
    /// What it touched besides its edits.
    let refused: [CandidateChanges.Refusal]
    let level: SandboxLevel
    /// Stopped from outside: the reply says no more than what was paid.
    let isCancelled: Bool
    /// It is not there to be run: nothing was done or paid, and asking again is no use.
    let absence: AgentFailure?
  }

  /// Where the program finds its task and leaves its hypothesis, in its own folder.
  ///
  /// Inside, because several programs write only below their working directory; in `.pawl`, because the edit policy takes no
  /// edit below a folder of that name, so that neither is ever mistaken for a part of the candidate.
  static let promptFile = ".pawl/task.md"
  static let hypothesisFile = ".pawl/hypothesis.txt"

  func run(_ task: Task, cancellation: Cancellation) -> Turn {
    let folder = paths.agent(task.trial)
    // What a killed session left is in the way.
    workspace.remove(folder)
    defer { workspace.remove(folder) }
    do {
      try paths.createFolder(paths.agents)
      try paths.createFolder((paths.agentLog(task.trial, task.number) as NSString).deletingLastPathComponent)
      let before = try lay(task, in: folder)
      return try work(task, in: folder, since: before, cancellation)
    } catch {
      return turn(task, text: "", .broken(reason: describe(error).firstLine(bytes: 300)))
    }
  }

  /// Returns what the folder holds before anything is changed.
  private func lay(_ task: Task, in folder: String) throws -> FolderRecord {
    try workspace.materialise(task.parent, frozenFrom: baseline, isEditable: policy.isEditable, in: folder)
    try checkout.link(into: folder)
    // Fails where the candidate has a file or a link of that name, which nothing is then written through.
    guard mkdir("\(folder)/.pawl", 0o755) == 0 else {
      throw RuntimeError(.exists, "the candidate has a `.pawl` of its own, where a program's task would go")
    }
    try Data(task.text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(Self.promptFile)"))
    try Data().write(to: URL(fileURLWithPath: "\(folder)/\(Self.hypothesisFile)"))
    var before = FolderRecord(of: folder, leavingOut: ".pawl")
    try apply(task.earlier, of: task.parent, in: folder, &before)
    return before
  }

  private func apply(
    _ edits: [FileEdit], of parent: CommitHash, in folder: String, _ record: inout FolderRecord
  ) throws {
    guard !edits.isEmpty else { return }
    let links = Set(record.items.filter { $0.value.kind == .link }.keys)
    if let reason = policy.refusal(of: edits, links: links) {
      throw RuntimeError(.system, "its earlier edits cannot be laid down: \(reason)")
    }
    let texts = try workspace.texts(of: edits.map(\.path), at: parent)
    for edit in edits {
      let path = "\(folder)/\(edit.path)"
      if edit.change == .removed {
        unlink(path)
        continue
      }
      guard let content = edit.applied(to: texts[edit.path] ?? "") else {
        throw RuntimeError(.system, "its earlier edit of `\(edit.path)` does not fit")
      }
      try paths.createFolder((path as NSString).deletingLastPathComponent)
      try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    }
    // Written so soon that the change time may not tell.
    record.forget(edits.map(\.path))
  }

  private func work(
    _ task: Task, in folder: String, since before: FolderRecord, _ cancellation: Cancellation
  ) throws -> Turn {
    let passed = PassedEnvironment(entries: rule.environment, own: own)
    let spending = SpendGuard(limit: [rule.spendLimit, task.spendLimit].compactMap(\.self).min())
    let dialect = rule.program.dialect
    let removed = task.earlier.filter { $0.change == .removed }.map(\.path)
    let files = Set(before.items.filter { $0.value.kind == .file && policy.isEditable($0.key) }.keys)
      .union(task.earlier.map(\.path)).subtracting(removed)
    let call = ProgramCall(
      model: rule.model, spendLimit: spending.limit, editableFiles: files.sorted(),
      promptFile: "\(folder)/\(Self.promptFile)", passed: passed.values, isConfined: sandbox.level != .none)
    var reading = TranscriptReading()
    let read = { (line: String) in
      dialect.read(line, into: &reading)
      spending.cost = reading.cost
    }
    var budget = budget
    budget.wallSeconds = rule.wallSeconds
    var log = try TranscriptLog(
      path: paths.agentLog(task.trial, task.number), cap: budget.log, secrets: passed.secrets)
    let run = try sandbox.run(
      command(dialect, call, budget, in: folder), cancellation: cancellation, companion: spending
    ) { log.append($0, read: read) }
    log.finish(read: read)

    let after = FolderRecord(of: folder, leavingOut: ".pawl")
    let report = ProgramReport(
      rule: rule, name: dialect.name, needsEnd: dialect.saysWhenItIsDone, run: run, reading: reading,
      tail: log.tail, overspent: spending.hasEnded ? spending.limit : nil, secrets: passed.secrets,
      hypothesis: hypothesis(in: folder))
    guard !after.isCut, !before.isCut else {
      return turn(task, text: report.text(), .broken(reason: "it left more files than are looked at"), report)
    }
    do {
      let changes = try CandidateChanges(
        from: before, to: after, in: folder, parent: task.parent, workspace: workspace, baseline: baseline,
        policy: policy, secrets: passed.secrets)
      return turn(
        task, text: report.text(edits: changes.edits), report.end(hasEdits: !changes.edits.isEmpty), report,
        edits: changes.edits,
        refused: changes.refused)
    } catch {
      // It may have been paid for, whatever became of its work.
      return turn(task, text: report.text(), .broken(reason: describe(error).firstLine(bytes: 300)), report)
    }
  }

  private func hypothesis(in folder: String) -> [UInt8]? {
    var status = stat()
    // The program may have put a link in its place, to read through.
    guard lstat("\(folder)/.pawl", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    return CandidateChanges.content(of: "\(folder)/\(Self.hypothesisFile)", limit: 65_536)
  }

  private func command(
    _ dialect: any ProgramDialect, _ call: ProgramCall, _ budget: Budget, in folder: String
  ) -> SandboxedCommand {
    // What the program's log would hold is kept with its keys masked, by `TranscriptLog`.
    var command = SandboxedCommand(
      arguments: ["/bin/sh", "-c", "exec \"$@\" <\"$PAWL_PROMPT\"", "pawl"] + dialect.words(call), directory: folder,
      hidden: [workspace.root, paths.folder] + hidden, budget: budget, logPath: "/dev/null")
    command.policy = SandboxPolicy(network: rule.network, readable: checkout.readable)
    // Where names are looked up, which /run may hold, and that is empty inside.
    if rule.network { command.policy.readable.append("/etc/resolv.conf") }
    command.environment = dialect.environment(call).merging(call.passed) { $1 }
    command.environment["PAWL_PROMPT"] = call.promptFile
    command.environment["PAWL_HYPOTHESIS"] = "\(folder)/\(Self.hypothesisFile)"
    return command
  }

  private var checkout: CheckoutLinks {
    let entries = studyReadable + rule.readable.filter { !studyReadable.contains($0) }
    return CheckoutLinks(entries: entries, root: workspace.root, home: HomeFolder.path)
  }

  private func turn(
    _ task: Task, text: String, _ end: AgentReply.End, _ report: ProgramReport? = nil, edits: [FileEdit] = [],
    refused: [CandidateChanges.Refusal] = []
  ) -> Turn {
    let reply = AgentReply(
      trial: task.trial, number: task.number, agent: agent, model: report?.reading.model ?? rule.model, text: text,
      edits: edits, refusals: refused.map(\.reason), usage: report?.reading.usage ?? TokenUsage(),
      cost: report?.cost ?? 0,
      seconds: report?.run.usage.wallSeconds ?? 0, end: end)
    return Turn(
      reply: reply, hypothesis: report?.hypothesis, refused: refused, level: report?.run.level ?? sandbox.level,
      isCancelled: report?.run.cancelled ?? false, absence: edits.isEmpty ? report?.absence : nil)
  }
}
