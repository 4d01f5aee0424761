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

  /// Returns nil when it was cancelled: the attempt is then made again, with the same seed, by a later session.
  func run(_ request: AttemptRequest, cancellation: Cancellation) -> AttemptResult? {
    let folder = paths.attempt(request.id)
    workspace.remove(folder)
    defer { workspace.remove(folder) }
    do {
      try paths.createFolder((paths.log(request.id) as NSString).deletingLastPathComponent)
      try paths.createFolder(folder)
      return try measure(request, in: folder, cancellation: cancellation)
    } catch {
      return failed(request, describe(error))
    }
  }

  private func measure(
    _ request: AttemptRequest, in folder: String, cancellation: Cancellation
  ) throws -> AttemptResult? {
    let work = "\(folder)/work"
    let policy = EditPolicy(editable: configuration.editable, frozen: configuration.frozen)
    try workspace.materialise(
      request.commit, frozenFrom: baseline, isEditable: { policy.isEditable($0) }, in: work)
    linkCheckoutFolders(into: work)
    var scanner = scanner
    let run = try sandbox.run(
      command(configuration.command, in: work, request, log: paths.log(request.id)), cancellation: cancellation
    ) { chunk in
      if configuration.evaluate == nil { scanner.scan(chunk) }
    }
    if run.cancelled { return nil }
    guard let evaluate = configuration.evaluate, run.outcome == .exited(code: 0) else {
      return result(request, run, scanner.finish(), level: .report)
    }
    let stage = "\(folder)/evaluate"
    try workspace.materialise(baseline, frozenFrom: baseline, isEditable: { _ in false }, in: stage)
    let artifacts = ArtifactTransfer(patterns: configuration.artifacts.compactMap { Glob($0) })
    try artifacts.copy(from: work, to: stage)
    let scored = try sandbox.run(
      command(evaluate, in: stage, request, log: paths.log(request.id) + ".evaluate"), cancellation: cancellation
    ) { scanner.scan($0) }
    if scored.cancelled { return nil }
    return result(request, scored, scanner.finish(), level: .evaluate, before: run.usage)
  }

  private func command(
    _ shell: String, in directory: String, _ request: AttemptRequest, log: String
  ) -> SandboxedCommand {
    var policy = configuration.sandbox
    policy.readable = readableFolders().map(\.absolute)
    var environment = ["PAWL_SEED": String(request.seed)]
    let own = ProcessInfo.processInfo.environment
    for entry in configuration.sandbox.environment {
      if let equals = entry.firstIndex(of: "=") {
        environment[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
      } else if let value = own[entry] {
        environment[entry] = value
      }
    }
    return SandboxedCommand(
      shell: shell, directory: directory, environment: environment, policy: policy,
      hidden: [workspace.root, paths.folder], budget: configuration.budget, logPath: log)
  }

  /// What attempts may read besides the system: `~` is the home folder, a relative path is a folder of the checkout that git
  /// ignores (`.venv`, `data`), which appears at the same place in the attempt.
  private func readableFolders() -> [(absolute: String, relative: String?)] {
    configuration.sandbox.readable.map { entry in
      if entry.hasPrefix("~") { return (HomeFolder.path + entry.dropFirst(), nil) }
      if entry.hasPrefix("/") { return (entry, nil) }
      return ("\(workspace.root)/\(entry)", entry)
    }.filter { FileManager.default.fileExists(atPath: $0.0) }
  }

  private func linkCheckoutFolders(into work: String) {
    for case (let absolute, let relative?) in readableFolders() {
      let place = "\(work)/\(relative)"
      let parent = (place as NSString).deletingLastPathComponent
      try? FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      // A tracked file of that name wins: the candidate's own files are what is judged.
      symlink(absolute, place)
    }
  }

  private func result(
    _ request: AttemptRequest, _ run: SandboxedRun, _ reading: MetricReading, level: RefereeLevel, before: Usage? = nil
  ) -> AttemptResult {
    let clean = run.outcome == .exited(code: 0)
    let measurement = clean ? reading.value : nil
    let remark = run.notes + (clean ? [reading.remark].compactMap(\.self) : [])
    var usage = run.usage
    if let before {
      usage.wallSeconds += before.wallSeconds
      usage.cpuSeconds += before.cpuSeconds
      usage.peakMemory = max(usage.peakMemory, before.peakMemory)
      usage.output = Bytes(usage.output.count + before.output.count)
    }
    return AttemptResult(
      id: request.id, outcome: run.outcome, measurement: measurement,
      remark: remark.isEmpty ? nil : remark.joined(separator: "; "),
      usage: usage, reportedMemory: reading.memory, sandbox: run.level, referee: level,
      logTail: measurement == nil ? run.tail : nil)
  }

  private func failed(_ request: AttemptRequest, _ reason: String) -> AttemptResult {
    AttemptResult(
      id: request.id, outcome: .launchFailed(reason: reason), measurement: nil, remark: nil,
      usage: Usage(wallSeconds: 0, cpuSeconds: 0, peakMemory: Bytes(0), output: Bytes(0)), reportedMemory: nil,
      sandbox: sandbox.level, referee: configuration.evaluate == nil ? .report : .evaluate, logTail: nil)
  }
}

/// Returns an error as one line: its message, then its causes.
func describe(_ error: any Error) -> String {
  guard let described = error as? any DescribedError else { return "\(error)" }
  guard let cause = described.cause else { return described.message }
  return "\(described.message): \(describe(cause))"
}
