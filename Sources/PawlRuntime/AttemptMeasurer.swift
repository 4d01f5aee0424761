import Foundation
import PawlCore
import PawlGuard
import PawlSandbox

/// Runs an attempt where its folders are laid down: the command in the sandbox, and the referee. The same on every machine.
struct AttemptMeasurer: Sendable {
  let sandbox: Sandbox
  let configuration: StudyConfiguration
  /// Has scanned nothing yet; each attempt starts from a copy, since compiling its patterns costs more than reading a short log.
  let scanner: MetricScanner
  /// The same for the curve; nil where the study follows none.
  var curve: CurveScanner?
  /// The user's repository.
  let root: String
  /// What attempts must never see: the repository, the study's folder, and what else the workspace names.
  let hidden: [String]
  /// Variables by which the attempt knows what was set aside for it.
  var placement: [String: String] = [:]
  /// Absolute paths that it may read besides what the study says: its snapshot.
  var granted: [String] = []
  /// Cores that it is bound to; empty where it is not.
  var cores: [Int] = []

  /// Returns nil when it was cancelled and not stopped.
  ///
  /// - Parameters:
  ///   - watch: hears of the attempt's curve, and says whether a cancellation is an early stop of this attempt alone.
  ///   - stage: lays down `place.stage`, once the command is done.
  func measure(
    _ request: AttemptRequest, in place: AttemptPlace, cancellation: Cancellation,
    watch: AttemptWatch = AttemptWatch(), stage: () throws -> Void
  ) throws -> AttemptResult? {
    let follower = curve.map { CurveFollower($0, report: watch.progressed) }
    defer { follower?.end() }
    var result = try follow(
      request, in: place, cancellation: cancellation, watch: watch, follower: follower, stage: stage)
    let curve = follower?.finish() ?? []
    if !curve.isEmpty { result?.curve = curve }
    return result
  }

  private func follow(
    _ request: AttemptRequest, in place: AttemptPlace, cancellation: Cancellation, watch: AttemptWatch,
    follower: CurveFollower?, stage: () throws -> Void
  ) throws -> AttemptResult? {
    let settings = configuration.rung(request.rung)
    var scanner = scanner
    let run = try sandbox.run(
      command(settings.command, in: place.work, request, log: place.log), cancellation: cancellation
    ) { chunk in
      if settings.evaluate == nil { scanner.scan(chunk) }
      follower?.scan(chunk)
    }
    follower?.end()
    if run.cancelled { return watch.isStopped() ? stopped(request, run.usage) : nil }
    guard let evaluate = settings.evaluate, run.outcome == .exited(code: 0) else {
      return result(request, run, scanner.finish())
    }
    do {
      let scored = try score(evaluate, request, in: place, after: run, cancellation: cancellation, stage: stage)
      return scored ?? (watch.isStopped() ? stopped(request, run.usage) : nil)
    } catch {
      // The command did run, whatever became of its scoring.
      return failed(request, "`evaluate`: \(describe(error))", after: run)
    }
  }

  /// Scores what the command left with the frozen command, in a folder where it never was.
  private func score(
    _ evaluate: String, _ request: AttemptRequest, in place: AttemptPlace, after run: SandboxedRun,
    cancellation: Cancellation, stage: () throws -> Void
  ) throws -> AttemptResult? {
    var scanner = scanner
    try stage()
    let artifacts = ArtifactTransfer(
      patterns: configuration.artifacts.compactMap { Glob($0) }, policy: EditPolicy(configuration),
      limit: configuration.rung(request.rung).budget.disk, cancellation: cancellation)
    try artifacts.copy(from: place.work, to: place.stage)
    if cancellation.isCancelled { return nil }
    let scored = try sandbox.run(
      command(evaluate, in: place.stage, request, log: place.stageLog), cancellation: cancellation
    ) { scanner.scan($0) }
    if scored.cancelled { return nil }
    return result(request, scored, scanner.finish(), before: run.usage)
  }

  private func command(
    _ shell: String, in directory: String, _ request: AttemptRequest, log: String
  ) -> SandboxedCommand {
    let settings = configuration.rung(request.rung)
    let variables = settings.environment.merging(placement) { $1 }.merging(request.environment) { $1 }
    var command = command(shell, in: directory, variables, log: log)
    command.budget = settings.budget
    command.policy.readable += granted
    command.cores = cores
    // What computes with threads would else start one for each core of the machine.
    if !cores.isEmpty, command.environment["OMP_NUM_THREADS"] == nil {
      command.environment["OMP_NUM_THREADS"] = "\(cores.count)"
    }
    return command
  }

  /// Returns a command with all that the study gives its attempts; nothing that a user sets replaces `variables`.
  func command(
    _ shell: String, in directory: String, _ variables: [String: String] = [:], log: String
  ) -> SandboxedCommand {
    var policy = configuration.sandbox
    policy.readable =
      CheckoutLinks(entries: configuration.sandbox.readable, root: root, home: HomeFolder.path).readable
    var environment = PassedEnvironment(entries: configuration.sandbox.environment).values
    environment.merge(variables) { $1 }
    return SandboxedCommand(
      shell: shell, directory: directory, environment: environment, policy: policy, hidden: hidden,
      budget: configuration.budget, logPath: log)
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

  /// Returns the result of an attempt that was stopped because it no longer matters.
  func stopped(_ request: AttemptRequest, _ usage: Usage) -> AttemptResult {
    AttemptResult(
      id: request.id, outcome: .stoppedEarly, measurement: nil, remark: nil, usage: usage, reportedMemory: nil,
      sandbox: sandbox.level, referee: configuration.refereeLevel, logTail: nil)
  }

  /// Returns the result of an attempt that never ran, or could not be scored.
  func failed(_ request: AttemptRequest, _ reason: String, after run: SandboxedRun? = nil) -> AttemptResult {
    guard let run else { return Self.unstarted(request, reason, level: sandbox.level, configuration.refereeLevel) }
    return AttemptResult(
      id: request.id, outcome: .launchFailed(reason: reason), measurement: nil, remark: nil, usage: run.usage,
      reportedMemory: nil, sandbox: sandbox.level, referee: configuration.refereeLevel, logTail: run.tail)
  }

  static func unstarted(
    _ request: AttemptRequest, _ reason: String, level: SandboxLevel, _ referee: RefereeLevel
  ) -> AttemptResult {
    AttemptResult(
      id: request.id, outcome: .launchFailed(reason: reason), measurement: nil, remark: nil,
      usage: Usage(wallSeconds: 0, cpuSeconds: 0, peakMemory: Bytes(0), output: Bytes(0)), reportedMemory: nil,
      sandbox: level, referee: referee, logTail: nil)
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
