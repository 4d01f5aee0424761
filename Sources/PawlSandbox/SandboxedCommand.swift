public import PawlCore

/// One shell command, where it runs and what it may use.
public struct SandboxedCommand: Sendable {
  /// Run by `/bin/sh -c`.
  public var shell: String
  /// Absolute; the attempt's own writable folder, and its working directory.
  public var directory: String
  /// Added to the clean environment that the sandbox makes: PATH, HOME (the real path of the home folder, with a private
  /// folder there), TMPDIR and LANG.
  public var environment: [String: String]
  /// What it may reach; `readable` are absolute paths, already expanded.
  public var policy: SandboxPolicy
  /// Absolute folders that look empty from inside; `directory` may lie within one and stays reachable.
  public var hidden: [String]
  public var budget: Budget
  /// Absolute; standard output and error in one stream, the first `budget.log` bytes and the last 64 KiB.
  public var logPath: String

  public init(
    shell: String, directory: String, environment: [String: String] = [:], policy: SandboxPolicy = SandboxPolicy(),
    hidden: [String] = [], budget: Budget = Budget(), logPath: String
  ) {
    self.shell = shell
    self.directory = directory
    self.environment = environment
    self.policy = policy
    self.hidden = hidden
    self.budget = budget
    self.logPath = logPath
  }
}

/// What came of a command.
public struct SandboxedRun: Sendable {
  public let outcome: Outcome
  public let usage: Usage
  /// The last lines of the output, at most 4 KiB, cut at a line, invalid UTF-8 repaired, control characters left out.
  public let tail: String
  public let level: SandboxLevel
  /// Stopped by its `Cancellation`; the outcome then says nothing about the command.
  public let cancelled: Bool
  /// What happened besides, as lowercase fragments: the limit that ended it, output that was not kept.
  public let notes: [String]
}

/// One thing that the sandbox needs or can use, and whether it is here; for `pawl doctor`.
public struct SandboxFinding: Sendable {
  public let name: String
  public let present: Bool
  public let detail: String
  /// How to get it; nil when it is present or nothing can be done.
  public let remedy: String?
}
