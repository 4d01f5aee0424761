import Foundation
public import PawlCore
import PawlJournal
import PawlReport
import PawlSandbox
import PawlWorkspace

/// A study open for reading, beside a process that may be running it; changes nothing.
public struct StudyReader: Sendable {
  public let name: StudyName
  let workspace: Workspace
  let paths: StudyPaths
  let journal: JournalReader

  /// Everything about one trial.
  public struct Details: Sendable {
    public let trial: TrialSummary
    public let attempts: [AttemptSummary]
    public let proposal: Proposal?
    /// Unified, against its parent; nil for the baseline.
    public let diff: String?
    /// What the agent answered.
    public let replies: [AgentReply]
    public let certificate: Certificate?
    /// The folder-relative path and the last lines of its newest log, where it is still there.
    public let log: (path: String, tail: String)?
  }

  public init(at path: String, study: StudyName) throws {
    name = study
    workspace = try Workspace.open(at: path)
    paths = StudyPaths(root: workspace.root, study: study)
    guard paths.hasJournal else {
      let others = Self.studies(root: workspace.root)
      throw RuntimeError(
        .noStudy, "study `\(study)` has no journal yet",
        hints: others.isEmpty
          ? ["run `pawl run` to begin it"]
          : [
            "studies here: \(others.joined(separator: ", ")); choose one with `--study NAME`",
            "run `pawl run` to begin it",
          ])
    }
    journal = try Journal.read(in: paths.folder)
  }

  static func studies(root: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/.pawl")) ?? []
    return names.filter { FileManager.default.fileExists(atPath: "\(root)/.pawl/\($0)/journal.sqlite") }.sorted()
  }

  public func overview() throws -> StudyOverview { try journal.overview() }

  /// The process that runs the study now, if one does.
  public var runner: Runner? {
    Journal.holder(in: paths.folder).map { Runner(process: $0.pid, host: $0.host, since: $0.since) }
  }

  public struct Runner: Sendable, Codable, Hashable {
    public let process: Int32
    public let host: String
    public let since: Timestamp
  }

  /// The error for what only one process may do, while another does it.
  public static func isRun(by runner: Runner, study: StudyName) -> RuntimeError {
    RuntimeError(
      .held, "process \(runner.process) on `\(runner.host)` runs study `\(study)`, and certifies its head by itself",
      hints: [
        "`pawl status` shows what it does; to certify at once, end it with Ctrl-C (or `kill -INT`) and run `pawl certify` again",
        "`pawl run` carries on after that",
      ])
  }

  public func trials(_ filter: TrialFilter = TrialFilter()) throws -> [TrialSummary] { try journal.trials(filter) }

  public func configuration() throws -> StudyConfiguration {
    guard let configuration = try journal.configuration() else {
      throw RuntimeError(.noStudy, "the journal in `\(paths.folder)` records no study", hints: ["run `pawl run`"])
    }
    return configuration
  }

  /// What each agent has cost and brought.
  public func agentTotals() throws -> [AgentTotals] { try journal.agentTotals() }

  public func certificates() throws -> [Certificate] { try journal.certificates() }

  /// Attempts that were asked for and are not finished, oldest first.
  public func running() throws -> [AttemptSummary] { try journal.unfinishedAttempts() }

  public func details(of id: TrialID) throws -> Details {
    let trial = try trial(id)
    let attempts = try journal.attempts(of: id)
    return Details(
      trial: trial, attempts: attempts, proposal: try journal.proposal(of: id),
      diff: try diff(of: trial, colour: false), replies: try journal.replies(of: id),
      certificate: try journal.certificates().last { $0.candidate == id }, log: newestLog(of: attempts))
  }

  private func diff(of trial: TrialSummary, colour: Bool) throws -> String? {
    guard let commit = trial.commit, let parent = trial.parent, let base = try journal.trial(parent)?.commit else {
      return nil
    }
    return try workspace.diff(from: base, to: commit, colour: colour)
  }

  /// Returns the unified diff between two points: trials, the head, the champion or the baseline.
  public func diff(from: TrialID, to: TrialID, colour: Bool) throws -> String {
    try workspace.diff(from: try commit(of: from), to: try commit(of: to), colour: colour)
  }

  func trial(_ id: TrialID) throws -> TrialSummary {
    guard let trial = try journal.trial(id) else {
      throw RuntimeError(.noTrial, "there is no trial `\(id)`", hints: ["`pawl log` lists the trials"])
    }
    return trial
  }

  func commit(of id: TrialID) throws -> CommitHash {
    let trial = try trial(id)
    guard let commit = trial.commit else {
      throw RuntimeError(
        .noTrial, "trial `\(id)` has no candidate: it was \(trial.state.rawValue)",
        hints: ["`pawl show \(id)` says why"])
    }
    return commit
  }

  private func newestLog(of attempts: [AttemptSummary]) -> (path: String, tail: String)? {
    for attempt in attempts.reversed() {
      // An evaluator that ran comes after the command, and has the metric or says why there is none.
      let command = paths.log(attempt.request.id)
      let path = [paths.place(of: attempt.request.id).stageLog, command].first {
        FileManager.default.fileExists(atPath: $0)
      }
      guard let path, let file = FileHandle(forReadingAtPath: path), let size = try? file.seekToEnd() else { continue }
      defer { try? file.close() }
      try? file.seek(toOffset: size > 4_096 ? size - 4_096 : 0)
      let tail = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
      return (path, tail.withoutControls)
    }
    return nil
  }

  public func resultsTable() throws -> String {
    ResultsTable.tsv(try journal.trials(TrialFilter()), metric: try configuration().metric)
  }

  public func jsonLines() throws -> String { ResultsTable.jsonLines(try journal.trials(TrialFilter())) }

  /// Writes the report into the study's folder, or to `path`, and returns where.
  public func writeReport(to path: String?, version: String) throws -> String {
    try ReportWriter(
      workspace: workspace, journal: journal, configuration: try configuration(), version: version,
      path: path ?? paths.report
    ).write(running: runner != nil)
  }

  /// Leaves a word for the process that runs the study, and waits until it has been taken in.
  public func control(_ message: ControlMessage, patience: Duration = .seconds(10)) throws {
    guard let runner else {
      throw RuntimeError(
        .notRunning, "nothing runs study `\(name)`",
        hints: ["start it with `pawl run`; Ctrl-C and `pawl run` pause it too"])
    }
    let inbox = ControlInbox(folder: paths.inbox)
    let path = try inbox.post(message)
    let deadline = Timestamp(milliseconds: Timestamp.now().milliseconds + Int64(patience.seconds * 1_000))
    while FileManager.default.fileExists(atPath: path) {
      guard Timestamp.now() < deadline else {
        inbox.remove(path)
        throw RuntimeError(
          .notRunning, "process \(runner.process) on `\(runner.host)` holds study `\(name)` and does not answer",
          hints: ["run this on that machine, or end that process"])
      }
      usleep(50_000)
    }
  }
}
