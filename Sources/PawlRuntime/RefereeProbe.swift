import Foundation
import PawlCore
import PawlSandbox

/// Whether a referee can put the candidate into a sandbox of its own: `bwrap` inside of an attempt's sandbox.
enum RefereeProbe {
  /// A fresh /proc cannot be mounted where the outer sandbox covers parts of its own (user_namespaces(7)), so it stays empty.
  static let command = "bwrap --unshare-all --die-with-parent --ro-bind / / --dev /dev --tmpfs /proc true"

  /// Returns what came of trying it, by really running it as an attempt would.
  static func finding(_ requirement: SandboxPolicy.Requirement) -> Doctor.Finding {
    let name = "referee"
    // The sandbox's own lines say what is wrong with it where it is refused.
    guard let sandbox = try? Sandbox.probe(requirement: requirement == .none ? .none : .available) else {
      return Doctor.Finding(name: name, state: .warning, detail: "not tried without a sandbox", remedy: nil)
    }
    let place = NSTemporaryDirectory() + "pawl-referee-\(UUID().uuidString)"
    let files = FileManager.default
    defer { try? files.removeItem(atPath: place) }
    do {
      try files.createDirectory(atPath: place + "/work", withIntermediateDirectories: true)
      let run = try sandbox.run(
        SandboxedCommand(
          shell: command, directory: place + "/work", budget: Budget(wallSeconds: 10), logPath: place + "/log"),
        cancellation: Cancellation()
      ) { _ in }
      guard run.outcome == .exited(code: 0) else { return missing(name, reason(run)) }
      return Doctor.Finding(
        name: name, state: .good,
        detail: "can keep the candidate in a sandbox of its own (`bwrap` inside of an attempt)",
        remedy: nil)
    } catch {
      return missing(name, describe(error))
    }
  }

  private static func reason(_ run: SandboxedRun) -> String {
    run.tail.split(separator: "\n").last.map(String.init) ?? run.outcome.description
  }

  private static func missing(_ name: String, _ reason: String) -> Doctor.Finding {
    Doctor.Finding(
      name: name, state: .warning,
      detail: "cannot keep the candidate in a sandbox of its own: \(reason)",
      remedy: geteuid() == 0
        ? "run Pawl as a user other than root, which cannot map itself once an attempt has taken its capabilities"
        : "allow user namespaces inside of others: `sysctl user.max_user_namespaces=10000`")
  }
}
