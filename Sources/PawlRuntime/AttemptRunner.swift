import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlWorkspace

/// Turns a request into a result: a fresh folder, the command in the sandbox, the referee, and the folder gone again.
///
/// Blocks its thread; everything that can go wrong becomes an outcome, so that no attempt is ever without a result.
struct AttemptRunner: Sendable {
  let workspace: Workspace
  let sandbox: Sandbox
  let paths: StudyPaths
  let configuration: StudyConfiguration
  let baseline: CommitHash
  /// Has scanned nothing yet; each attempt starts from a copy, since compiling its patterns costs more than reading a short log.
  let scanner: MetricScanner

  /// What the workspace says that attempts must never see, besides the repository itself.
  let hidden: [String]

  /// Returns nil when it was cancelled: the attempt is then made again, with the same seed, by a later session.
  func run(_ request: AttemptRequest, cancellation: Cancellation) -> AttemptResult? {
    // What a killed session left is in the way; one that finishes leaves nothing.
    removeFolders(of: request.id)
    defer { removeFolders(of: request.id) }
    do {
      try paths.createFolder((paths.log(request.id) as NSString).deletingLastPathComponent)
      try paths.createFolder(paths.attempts)
      // One of an earlier, cancelled try would pass for this one's.
      unlink(paths.evaluationLog(request.id))
      return try measure(request, cancellation: cancellation)
    } catch {
      return failed(request, describe(error))
    }
  }

  private func removeFolders(of attempt: AttemptID) {
    workspace.remove(paths.attempt(attempt))
    if configuration.evaluate != nil { workspace.remove(paths.evaluation(attempt)) }
  }

  private func measure(_ request: AttemptRequest, cancellation: Cancellation) throws -> AttemptResult? {
    let work = paths.attempt(request.id)
    let policy = EditPolicy(configuration)
    try workspace.materialise(
      request.commit, frozenFrom: baseline, isEditable: { policy.isEditable($0) }, in: work)
    try checkout.link(into: work)
    var scanner = scanner
    let run = try sandbox.run(
      command(configuration.command, in: work, request, log: paths.log(request.id)), cancellation: cancellation
    ) { chunk in
      if configuration.evaluate == nil { scanner.scan(chunk) }
    }
    if run.cancelled { return nil }
    guard let evaluate = configuration.evaluate, run.outcome == .exited(code: 0) else {
      return result(request, run, scanner.finish())
    }
    do {
      return try score(evaluate, request, policy, after: run, cancellation: cancellation)
    } catch {
      // The command did run, whatever became of its scoring.
      return failed(request, "`evaluate`: \(describe(error))", after: run)
    }
  }

  /// Scores what the command left with the frozen command, in a folder where it never was.
  private func score(
    _ evaluate: String, _ request: AttemptRequest, _ policy: EditPolicy, after run: SandboxedRun,
    cancellation: Cancellation
  ) throws -> AttemptResult? {
    let stage = paths.evaluation(request.id)
    var scanner = scanner
    try workspace.materialise(baseline, frozenFrom: baseline, isEditable: { _ in false }, in: stage)
    try checkout.link(into: stage)
    let artifacts = ArtifactTransfer(
      patterns: configuration.artifacts.compactMap { Glob($0) }, policy: policy, limit: configuration.budget.disk,
      cancellation: cancellation)
    try artifacts.copy(from: paths.attempt(request.id), to: stage)
    if cancellation.isCancelled { return nil }
    let scored = try sandbox.run(
      command(evaluate, in: stage, request, log: paths.evaluationLog(request.id)), cancellation: cancellation
    ) { scanner.scan($0) }
    if scored.cancelled { return nil }
    return result(request, scored, scanner.finish(), before: run.usage)
  }

  private func command(
    _ shell: String, in directory: String, _ request: AttemptRequest, log: String
  ) -> SandboxedCommand {
    command(shell, in: directory, request.environment, log: log)
  }

  /// Returns a command with all that the study gives its attempts; nothing that a user sets replaces `variables`.
  func command(
    _ shell: String, in directory: String, _ variables: [String: String] = [:], log: String
  ) -> SandboxedCommand {
    var policy = configuration.sandbox
    policy.readable = checkout.readable
    var environment = PassedEnvironment(entries: configuration.sandbox.environment).values
    environment.merge(variables) { $1 }
    return SandboxedCommand(
      shell: shell, directory: directory, environment: environment, policy: policy,
      hidden: [workspace.root, paths.folder] + hidden, budget: configuration.budget, logPath: log)
  }

  var checkout: CheckoutLinks {
    CheckoutLinks(entries: configuration.sandbox.readable, root: workspace.root, home: HomeFolder.path)
  }

  private func result(
    _ request: AttemptRequest, _ run: SandboxedRun, _ reading: MetricReading, before: Usage? = nil
  ) -> AttemptResult {
    let clean = run.outcome == .exited(code: 0)
    let measurement = clean ? reading.value : nil
    // What the shell means by 127 (POSIX, XCU 2.8.2), which a bare number keeps from most people.
    let missing = run.outcome == .exited(code: 127) ? ["a program was not found inside the sandbox"] : []
    let reason = clean ? reading.remark : complaint(of: run)
    let remark = run.notes + missing + [reason].compactMap(\.self)
    var usage = run.usage
    if let before {
      usage.foreignLoad = usage.foreignLoad(joining: before)
      usage.wallSeconds += before.wallSeconds
      usage.cpuSeconds += before.cpuSeconds
      usage.peakMemory = max(usage.peakMemory, before.peakMemory)
      usage.output = Bytes(usage.output.count + before.output.count)
    }
    return AttemptResult(
      id: request.id, outcome: run.outcome, measurement: measurement,
      remark: remark.isEmpty ? nil : remark.joined(separator: "; "),
      usage: usage, reportedMemory: reading.memory, sandbox: run.level, referee: configuration.refereeLevel,
      logTail: measurement == nil ? run.tail : nil)
  }

  /// Returns why a referee that ended by itself gave no number.
  private func complaint(of run: SandboxedRun) -> String? {
    guard configuration.isReferee, case .exited = run.outcome else { return nil }
    return RefereeComplaint.sentence(in: run.tail)
  }

  private func failed(_ request: AttemptRequest, _ reason: String, after run: SandboxedRun? = nil) -> AttemptResult {
    let nothing = Usage(wallSeconds: 0, cpuSeconds: 0, peakMemory: Bytes(0), output: Bytes(0))
    return AttemptResult(
      id: request.id, outcome: .launchFailed(reason: reason), measurement: nil, remark: nil,
      usage: run?.usage ?? nothing, reportedMemory: nil,
      sandbox: sandbox.level, referee: configuration.refereeLevel, logTail: run?.tail)
  }
}

extension Usage {
  /// The foreign load over two processes of one attempt, by their time; what is not known of one is taken from the other.
  fileprivate func foreignLoad(joining before: Usage) -> Double? {
    guard let own = foreignLoad, let other = before.foreignLoad else { return foreignLoad ?? before.foreignLoad }
    return (own * wallSeconds + other * before.wallSeconds) / (wallSeconds + before.wallSeconds)
  }
}

/// Returns an error as one line: its message, then its causes.
func describe(_ error: any Error) -> String {
  guard let described = error as? any DescribedError else {
    // Foundation's own words are not for users; the code that it wraps is.
    let foreign = error as NSError
    let underlying = foreign.userInfo[NSUnderlyingErrorKey] as? NSError ?? foreign
    guard underlying.domain == NSPOSIXErrorDomain else { return "\(foreign.domain) reports error \(foreign.code)" }
    return String(cString: strerror(Int32(truncatingIfNeeded: underlying.code)))
  }
  guard let cause = described.cause else { return described.message }
  return "\(described.message): \(describe(cause))"
}
