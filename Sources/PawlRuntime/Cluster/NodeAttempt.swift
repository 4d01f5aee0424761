import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlWorkspace

/// The node's side of an attempt on a cluster: one attempt, in a folder that is laid down, by the same code as on the user's machine.
public enum NodeAttempt {
  /// What became of a start.
  public enum End: Sendable {
    case measured
    /// By a signal: the scheduler, or whoever asked it to, wants the node back.
    case cancelled
  }

  /// Makes the attempt of a folder and leaves its result there; blocks until no process of it is left.
  ///
  /// - Throws: where there is nothing to make, or another start has made or makes it; then nothing is written.
  public static func run(folder path: String) throws -> End {
    let folder = AttemptFolder(path: path)
    guard let spec = try folder.readSpec() else {
      throw RuntimeError(
        .usage, "`\(path)` is no attempt's folder, or one of another version of Pawl",
        hints: ["the nodes need the `pawl` that `pawl run` is: set `executor` … `program` in pawl.yaml to its path"])
    }
    guard spec.formatVersion == AttemptSpec.formatVersion else {
      throw RuntimeError(
        .usage, "attempt \(spec.request.id) was made ready by another version of Pawl",
        hints: ["the nodes need the `pawl` that `pawl run` is: set `executor` … `program` in pawl.yaml to its path"])
    }
    let cancellation = Cancellation()
    let signalled = DispatchSemaphore(value: 0)
    try SignalWatcher.start { _ in
      cancellation.cancel()
      signalled.signal()
    }
    let process = ProcessInfo.processInfo
    let claim = AttemptClaim(
      host: process.hostName, process: process.processIdentifier, environment: process.environment)
    if let other = try folder.take(claim) {
      throw RuntimeError(
        .held, "attempt \(spec.request.id) was started before, by job \(other.job) on `\(other.host)`",
        hints: ["an attempt runs once: `pawl run` collects it, or makes it again where its job is gone"])
    }
    // A measurement that is there came of an earlier start whose end the scheduler did not see.
    if try folder.readReport() != nil { return .measured }
    guard let report = try measure(spec, claim: claim, in: folder, cancellation: cancellation) else {
      return .cancelled
    }
    // Schedulers signal every process of a job, the attempt's before this one perhaps: what then looks like a crash says nothing.
    if report.result.measurement == nil, signalled.wait(timeout: .now() + signalDelay) == .success { return .cancelled }
    // The scheduler may have given this node up and started the job elsewhere.
    if let now = try folder.readClaim(), now != claim {
      throw RuntimeError(.held, "attempt \(spec.request.id) was started again, by job \(now.job) on `\(now.host)`")
    }
    try folder.write(report)
    return .measured
  }

  /// Seconds in which a signal that ended the attempt reaches this process, too.
  private static let signalDelay = 1.0

  private static func measure(
    _ spec: AttemptSpec, claim: AttemptClaim, in folder: AttemptFolder, cancellation: Cancellation
  ) throws -> NodeReport? {
    let sandbox: Sandbox
    do throws(SandboxError) {
      sandbox = try Sandbox.probe(requirement: spec.configuration.sandbox.requirement)
    } catch {
      let failed = AttemptMeasurer.unstarted(
        spec.request, "node `\(claim.host)`: \(describe(error))", level: .none, spec.configuration.refereeLevel)
      return NodeReport(host: claim.host, result: failed, missing: [])
    }
    let measurer = AttemptMeasurer(
      sandbox: sandbox, configuration: spec.configuration,
      scanner: try MetricScanner(rule: spec.configuration.metric),
      curve: try spec.configuration.curve.map { rule throws(GuardError) in try CurveScanner(rule: rule) },
      root: spec.root, hidden: spec.hidden,
      placement: placement(spec))
    var place = spec.place
    let result: AttemptResult?
    do {
      if claim.restarts > 0 { place = try laidAgain(spec, restarts: claim.restarts) }
      result = try measurer.measure(spec.request, in: place, cancellation: cancellation) {}
    } catch {
      result = measurer.failed(spec.request, "node `\(claim.host)`: \(describe(error))")
    }
    return result.map {
      NodeReport(host: claim.host, result: $0, missing: sandbox.findings.filter { !$0.present }.map(\.name))
    }
  }

  /// Lays the folders down afresh, beside those that an earlier start has used and, on a node that is cut off, may still use.
  private static func laidAgain(_ spec: AttemptSpec, restarts: Int) throws -> AttemptPlace {
    let layer = AttemptLayer(
      workspace: try Workspace.open(at: spec.root),
      paths: StudyPaths(root: spec.root, study: spec.configuration.name), configuration: spec.configuration,
      baseline: spec.baseline)
    var place = spec.place
    place.work += ".\(restarts)"
    place.stage += ".\(restarts)"
    layer.remove(place)
    try layer.prepare(spec.request, in: place)
    if spec.configuration.rung(spec.request.rung).evaluate != nil { try layer.layStage(in: place) }
    return place
  }

  /// What the scheduler has set aside.
  private static func placement(_ spec: AttemptSpec) -> [String: String] {
    guard spec.configuration.rung(spec.request.rung).placement.gpus > 0 else { return [:] }
    let names: Set = ["CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK"]
    return ProcessInfo.processInfo.environment.filter { names.contains($0.key) }
  }
}
