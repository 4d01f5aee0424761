import class Foundation.FileManager
import PawlCore
import Testing

@testable import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Folders of their own for one test, and a sandbox to run commands in them.
final class Fixture: Sendable {
  let place: String
  let sandbox: Sandbox

  /// - Parameter grouped: false to do without control groups, where the host has them.
  init(_ requirement: SandboxPolicy.Requirement = .full, grouped: Bool = true, grace: Double = 0.3) throws {
    // Not under /tmp, which every sandbox hides: what a test hides must be hidden by what it tests.
    place = FileManager.default.currentDirectoryPath + "/.build/sandbox-\(UInt64.random(in: .min ... .max))"
    for folder in ["work", "home", "repository/.git", "repository/.pawl/attempts/1", "repository/.pawl/attempts/2"] {
      try FileManager.default.createDirectory(atPath: "\(place)/\(folder)", withIntermediateDirectories: true)
    }
    let found = Host.current()
    let home = try #require(resolved(place + "/home"))
    let host = Host(
      isRoot: found.isRoot, path: found.path, home: home, temporary: found.temporary, memoryBytes: found.memoryBytes,
      hidden: found.hidden + [home], secrets: found.secrets, devices: found.devices)
    let probed = try Sandbox.probe(requirement: requirement, host: host, grace: grace)
    sandbox =
      grouped
      ? probed
      : Sandbox(
        host: host, isolation: probed.isolation,
        groups: ControlGroups(processes: nil, memory: nil, isUnified: false), level: probed.level,
        findings: probed.findings, grace: grace)
  }

  deinit { try? FileManager.default.removeItem(atPath: place) }

  var work: String { place + "/work" }
  var log: String { place + "/log" }

  func write(_ text: String, to path: String) throws {
    let isMade = FileManager.default.createFile(atPath: "\(place)/\(path)", contents: .init(Array(text.utf8)))
    try #require(isMade)
  }

  func run(
    _ shell: String, in folder: String = "work", budget: Budget = Budget(wallSeconds: 300),
    policy: SandboxPolicy = SandboxPolicy(), hidden: [String] = [], environment: [String: String] = [:],
    cancellation: Cancellation = Cancellation(), log: String = "log",
    output: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws -> SandboxedRun {
    let command = SandboxedCommand(
      shell: shell, directory: "\(place)/\(folder)", environment: environment, policy: policy, hidden: hidden,
      budget: budget, logPath: "\(place)/\(log)")
    return try sandbox.run(command, cancellation: cancellation, output: output)
  }
}

extension Fixture {
  /// Runs a command that prints `ready` and is then stopped by its wall time; gives it longer where it was not ready by then.
  func runUntilReady(_ shell: String) throws -> SandboxedRun {
    for wall in [0.3, 2, 10, 60] {
      let run = try run(shell, budget: Budget(wallSeconds: wall))
      if run.tail.contains("ready") { return run }
    }
    return try run(shell, budget: Budget(wallSeconds: 300))
  }
}

/// Whether a process with this word in its command line runs anywhere on the host.
func isRunning(_ word: String) -> Bool {
  entries(of: "/proc").contains { name in
    guard name.first?.isNumber == true, let line = text(at: "/proc/\(name)/cmdline") else { return false }
    return line.contains(word)
  }
}
