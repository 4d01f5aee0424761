import PawlCore
import PawlGuard
import PawlSandbox

/// One attempt's output through the real sandbox, log and scanner; prints bytes, seconds, metric and peak memory.
enum LogReading {
  static func run(folder: String, command: String) throws {
    let sandbox = try Sandbox.probe(requirement: .available)
    var scanner = try MetricScanner(
      rule: MetricRule(name: "val_bpb", pattern: #"^val_bpb:\s*([-+0-9.eE]+)"#, direction: .minimize))
    let run = try sandbox.run(
      SandboxedCommand(
        shell: command, directory: folder, budget: Budget(), logPath: "\(folder).log"),
      cancellation: Cancellation()
    ) { scanner.scan($0) }
    let metric = scanner.finish().value.map { "\($0)" } ?? "none"
    print(
      run.usage.output.count, run.usage.wallSeconds, metric, Main.peakResidentKiB(), run.level.rawValue, run.outcome)
  }
}
