import Foundation
import PawlBriefing
public import PawlCore
import PawlGuard
import PawlJournal
import PawlSandbox
import PawlWorkspace

/// The side of whoever hands something in from outside of the study.
extension StudyReader {
  /// Returns what the user's working tree changes, frozen and untracked-and-ignored files aside; the tree stays as it is.
  ///
  /// - Throws: `RuntimeError.Code.usage` where nothing editable is changed.
  public func draft(ofWorkingTreeOn base: OfferBase) throws -> OfferDraft {
    let policy = EditPolicy(try configuration())
    let tree = try workspace.snapshotWorkingTree(study: name)
    let (trial, commit) = try base == .natural ? nearest(to: tree, policy) : code(of: base)
    let difference = try workspace.difference(from: commit, to: tree, isEditable: policy.isEditable)
    return try Self.draft(difference, trial, commit)
  }

  /// Returns what the working tree changes in a study that is to begin with the commit that it is at.
  public static func draft(ofWorkingTreeAt path: String, configuration: StudyConfiguration) throws -> OfferDraft {
    let workspace = try Workspace.open(at: path)
    let commit = try workspace.headCommit()
    let tree = try workspace.snapshotWorkingTree(study: configuration.name)
    let policy = EditPolicy(configuration)
    return try draft(
      try workspace.difference(from: commit, to: tree, isEditable: policy.isEditable), nil, commit)
  }

  private static func draft(
    _ difference: CommitDifference, _ trial: TrialID?, _ commit: CommitHash
  ) throws(RuntimeError) -> OfferDraft {
    let leftOut = difference.others.filter { !written.contains($0) }
    guard !difference.edits.isEmpty else {
      let what = leftOut.isEmpty ? "" : "; not editable: \(leftOut.prefix(5).map { "`\($0)`" }.joined(separator: ", "))"
      throw RuntimeError(
        .usage,
        "nothing editable differs from \(trial.map { $0 == .baseline ? "the baseline" : "trial \($0)" } ?? "the last commit")\(what)",
        hints: ["change a file that `editable` in pawl.yaml names, then run `pawl try` again"])
    }
    return OfferDraft(base: trial, commit: commit, edits: difference.edits, leftOut: leftOut)
  }

  /// What `pawl init` writes beside the code: no candidate depends on it.
  static let written: Set = ["pawl.yaml", "program.md", "AGENTS.md", "CLAUDE.md"]

  /// Returns the trial from which the tree differs least, of the head, the one that is checked out, the champion and the baseline.
  ///
  /// What was kept stays in the tree while the next idea is worked out, and nobody checks it out for that. Among equals the head goes
  /// first: a change of it is measured as it stands in the tree, and fits.
  private func nearest(to tree: CommitHash, _ policy: EditPolicy) throws -> (TrialID, CommitHash) {
    let overview = try overview()
    let checkedOut = try journal.trial(of: try workspace.headCommit())
    var nearest: (trial: TrialID, commit: CommitHash, lines: Int)?
    for trial in [overview.head, checkedOut, overview.champion, .baseline].compactMap(\.self) {
      let commit = try commit(of: trial)
      let edits = try workspace.difference(from: commit, to: tree, isEditable: policy.isEditable).edits
      let before = try workspace.texts(of: edits.map(\.path), at: commit)
      let lines = edits.reduce(0) { $0 + $1.change.lines(from: before[$1.path] ?? "") }
      if lines < nearest?.lines ?? .max { nearest = (trial, commit, lines) }
    }
    return try nearest.map { ($0.trial, $0.commit) } ?? code(of: .head)
  }

  private func code(of base: OfferBase) throws -> (TrialID, CommitHash) {
    let trial =
      switch base {
      case .natural, .head: try overview().head
      case .champion: try overview().champion
      case .trial(let trial): trial
      }
    return (trial, try commit(of: trial))
  }

  /// Returns what edits, as agents write them, change: `arguments` is the JSON that `ProposalTool` describes.
  ///
  /// - Throws: what the edits do not fit, which path is refused, in words for whoever wrote them.
  public func draft(ofEdits arguments: String, on base: OfferBase) throws -> OfferDraft {
    let (trial, commit) = try code(of: base)
    let call = ToolCall(id: "", name: ProposalTool.name, arguments: arguments)
    let reply = AgentReply(trial: trial, number: 1, agent: "", text: "", calls: [call])
    let change: ProposedChange
    do {
      change = try EditReader(files: try editableFiles(at: commit)).read(reply)
    } catch let problem as EditProblem {
      throw RuntimeError(.usage, problem.message, hints: problem.advice.isEmpty ? [] : [problem.advice])
    }
    let policy = EditPolicy(try configuration())
    if let reason = policy.refusal(of: change.edits, links: []) {
      throw RuntimeError(.usage, reason, hints: ["change only files that `editable` in pawl.yaml names"])
    }
    return OfferDraft(base: trial, commit: commit, edits: change.edits, leftOut: [])
  }

  /// The form of `draft(ofEdits:on:)`'s argument, a JSON Schema.
  public static let editsSchema = ProposalTool.definition.schema

  /// Returns the editable files of a trial's code, by path, and which trial that is.
  public func editableFiles(of base: OfferBase) throws -> (trial: TrialID, files: [String: String]) {
    let (trial, commit) = try code(of: base)
    return (trial, try editableFiles(at: commit))
  }

  private func editableFiles(at commit: CommitHash) throws -> [String: String] {
    let policy = EditPolicy(try configuration())
    let paths = try workspace.files(at: commit)
      .filter { ($0.kind == .file || $0.kind == .executable) && policy.isEditable($0.path) }.map(\.path)
    return try workspace.texts(of: paths, at: commit)
  }

  /// Leaves an offer, or a word to the agents, for the process that runs the study, or for the next one that does.
  public func leave(_ message: ControlMessage) throws { _ = try ControlInbox(folder: paths.inbox).post(message) }

  /// Returns one trial as `pawl log` lists it.
  public func summary(of id: TrialID) throws -> TrialSummary { try trial(id) }

  /// Returns the trial of an offer, or nil while nobody has taken it in.
  public func trial(offeredAs mark: String) throws -> TrialSummary? { try journal.trial(offeredAs: mark) }

  /// Returns the words to the agents that no process has taken in yet, the oldest first.
  public func waitingHints() -> [ControlMessage] {
    ControlInbox(folder: paths.inbox).waiting().map(\.message).filter {
      switch $0.verb {
      case .hint, .suggestion: true
      default: false
      }
    }
  }

  /// Returns what was said to the agents and is not done with, the oldest first.
  public func hints() throws -> [Hint] {
    var hints: [Hint] = []
    for recorded in try journal.events(ofKinds: ["hintGiven", "hintDone"]) {
      switch recorded.event {
      case .hintGiven(let hint): hints.append(hint)
      case .hintDone(let number, _): hints.removeAll { $0.number == number }
      default: break
      }
    }
    return hints
  }
}

extension FileEdit.Change {
  /// Returns how many lines go and come, wherever in the file they stand; `old` is what the file was.
  fileprivate func lines(from old: String) -> Int {
    switch self {
    case .lines(let changes): return 2 * changes.count
    case .content(let new):
      var counts: [Substring: Int] = [:]
      for line in old.split(separator: "\n", omittingEmptySubsequences: false) { counts[line, default: 0] += 1 }
      for line in new.split(separator: "\n", omittingEmptySubsequences: false) { counts[line, default: 0] -= 1 }
      return counts.values.reduce(0) { $0 + abs($1) }
    case .removed: return old.split(separator: "\n", omittingEmptySubsequences: false).count
    }
  }
}
