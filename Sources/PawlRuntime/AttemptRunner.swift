import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlWorkspace

/// Turns a request into a result on this machine: a fresh folder, the measurement in it, and the folder gone again.
///
/// Blocks its thread; everything that can go wrong becomes an outcome, so that no attempt is ever without a result.
struct AttemptRunner: Sendable {
  let layer: AttemptLayer
  let measurer: AttemptMeasurer
  /// What attempts of a generations study learn from; nil in one of code.
  let snapshots: SnapshotAccess?

  /// - Parameter hidden: what the workspace says that attempts must never see.
  init(
    workspace: Workspace, sandbox: Sandbox, paths: StudyPaths, configuration: StudyConfiguration, baseline: CommitHash,
    scanner: MetricScanner, curve: CurveScanner? = nil, snapshots: SnapshotAccess? = nil, hidden: [String]
  ) {
    self.snapshots = snapshots
    layer = AttemptLayer(workspace: workspace, paths: paths, configuration: configuration, baseline: baseline)
    measurer = AttemptMeasurer(
      sandbox: sandbox, configuration: configuration, scanner: scanner, curve: curve, root: workspace.root,
      hidden: [workspace.root, paths.folder] + hidden)
  }

  /// Returns nil when it was cancelled and not stopped: the attempt is then made again, with the same seed, by a later session.
  ///
  /// - Parameter share: what the attempt has to itself.
  func run(
    _ request: AttemptRequest, on share: MachineShare, cancellation: Cancellation, watch: AttemptWatch = AttemptWatch()
  ) -> AttemptResult? {
    var measurer = measurer
    measurer.placement = share.variables
    measurer.cores = share.cores
    let place = layer.paths.place(of: request.id)
    // What a killed session left is in the way; one that finishes leaves nothing.
    layer.remove(place)
    defer { layer.remove(place) }
    do {
      try layer.prepare(request, in: place)
      if let grant = try snapshots?.grant(in: place.work, aside: place.aside) {
        measurer.placement.merge(grant.variables) { $1 }
        measurer.granted = grant.readable
      }
      var result = try measurer.measure(request, in: place, cancellation: cancellation, watch: watch) {
        try layer.layStage(in: place)
      }
      if let snapshots, result != nil {
        try ModelKeeper(rule: snapshots.rule, access: snapshots)
          .keep(&result, of: request, in: place.work, by: self, cancellation: cancellation)
      }
      return result
    } catch {
      return measurer.failed(request, describe(error))
    }
  }
}

/// Where one attempt runs and what it leaves; all paths are absolute.
struct AttemptPlace: Sendable, Codable, Hashable {
  /// Where the command runs.
  var work: String
  /// Where what it left is scored.
  var stage: String
  /// What it is shown besides its folder.
  var aside: String { work + ".in" }
  let log: String
  /// What the study's `evaluate` printed.
  let stageLog: String
}

/// Lays down the folders that attempts run in.
struct AttemptLayer: Sendable {
  let workspace: Workspace
  let paths: StudyPaths
  let configuration: StudyConfiguration
  let baseline: CommitHash

  /// Makes everything that the attempt's command needs; nothing is at `place.work` before.
  func prepare(_ request: AttemptRequest, in place: AttemptPlace) throws {
    try paths.createFolder((place.log as NSString).deletingLastPathComponent)
    try paths.createFolder((place.work as NSString).deletingLastPathComponent)
    // One of an earlier, cancelled try would pass for this one's.
    unlink(place.stageLog)
    let policy = EditPolicy(configuration)
    try workspace.materialise(
      request.commit, frozenFrom: baseline, isEditable: { policy.isEditable($0) }, in: place.work)
    try checkout.link(into: place.work)
  }

  /// Makes the folder for `evaluate`: the baseline, with nothing that agents changed.
  func layStage(in place: AttemptPlace) throws {
    try workspace.materialise(baseline, frozenFrom: baseline, isEditable: { _ in false }, in: place.stage)
    try checkout.link(into: place.stage)
  }

  func remove(_ place: AttemptPlace) {
    workspace.remove(place.work)
    workspace.remove(place.stage)
    workspace.remove(place.aside)
  }

  var checkout: CheckoutLinks {
    CheckoutLinks(entries: configuration.sandbox.readable, root: workspace.root, home: HomeFolder.path)
  }
}
