import class Foundation.FileManager
import PawlCore
import Testing

@testable import PawlSandbox

/// A folder of its own for one test, and a sandbox to run commands in it.
final class Fixture {
  let place: String
  let sandbox: Sandbox

  init(_ requirement: SandboxPolicy.Requirement = .full, host: Host = .current(), grace: Double = 0.3) throws {
    place = "/var/lib/pawl-sandbox-tests-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: place + "/work", withIntermediateDirectories: true)
    sandbox = try Sandbox.probe(requirement: requirement, host: host, grace: grace)
  }
  deinit { try? FileManager.default.removeItem(atPath: place) }

  var work: String { place + "/work" }
  var log: String { place + "/log" }

  func run(
    _ shell: String, budget: Budget = Budget(wallSeconds: 20), policy: SandboxPolicy = SandboxPolicy(),
    hidden: [String] = [], environment: [String: String] = [:], cancellation: Cancellation = Cancellation(),
    output: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws -> SandboxedRun {
    let command = SandboxedCommand(
      shell: shell, directory: work, environment: environment, policy: policy, hidden: hidden, budget: budget,
      logPath: log)
    return try sandbox.run(command, cancellation: cancellation, output: output)
  }
}
