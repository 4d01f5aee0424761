import Foundation
import PawlCluster
import PawlCore

/// The cluster that a study's attempts run on.
struct ClusterAccess: Sendable {
  let scheduler: any ClusterScheduler
  /// Seconds between two looks.
  let poll: Double
  let grace: Double
  /// The nodes' `pawl`.
  let program: String

  /// Wall time that a job may take besides the budgets of what runs in it: starting, and ending what does not want to end.
  private static let margin = 120.0
  /// Memory that is used around the attempt.
  private static let overhead = Bytes.mebibytes(256)

  /// Returns nil for a study whose attempts run on this machine.
  init?(_ configuration: StudyConfiguration, environment: [String: String] = ProcessInfo.processInfo.environment) {
    let own: String?
    let passed = configuration.sandbox.environment.filter { !$0.contains("=") }
    switch configuration.executor {
    case .local: return nil
    case .slurm(let rule):
      scheduler = SlurmScheduler(rule, environment: environment, passed: Set(passed))
      (poll, grace, own) = (rule.pollSeconds, rule.graceSeconds, rule.program)
    case .ray(let rule):
      scheduler = RayScheduler(rule, environment: environment, passed: Set(passed))
      (poll, grace, own) = (rule.pollSeconds, rule.graceSeconds, rule.program)
    }
    program = own ?? Self.ownPath
  }

  /// Where this program lies.
  static let ownPath: String = {
    guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments.first ?? "pawl" }
    defer { free(path) }
    return String(cString: path)
  }()

  /// What a job of a rung asks for: the budget, with room around it. The sandbox's budget is the rule, the scheduler's a net below.
  static func resources(of rung: RungSettings) -> ClusterResources {
    let runs = rung.evaluate == nil ? 1.0 : 2.0
    return ClusterResources(
      gpus: rung.placement.gpus, cores: rung.placement.cores,
      memory: rung.budget.memory.map { Bytes($0.count.addingReportingOverflow(overhead.count).partialValue) },
      wallSeconds: rung.budget.wallSeconds.map { $0 * runs + margin })
  }

  /// Fails where the cluster is down, or cannot take jobs of some rung.
  static func check(_ configuration: StudyConfiguration) throws {
    guard let access = ClusterAccess(configuration) else { return }
    for rung in 1...configuration.rungCount {
      try access.scheduler.check(resources(of: configuration.rung(rung)))
    }
  }

  /// What `pawl doctor` shows of the cluster; nothing where there is none.
  static func findings(_ configuration: StudyConfiguration) -> [Doctor.Finding] {
    guard let access = ClusterAccess(configuration) else { return [] }
    return access.scheduler.findings(resources(of: configuration.rung(configuration.rungCount))).map { finding in
      Doctor.Finding(
        name: finding.name,
        state: finding.state == .good ? .good : finding.state == .warning ? .warning : .missing,
        detail: finding.detail, remedy: finding.remedy)
    }
  }
}
