public import PawlCore

/// One command, where it runs and what it may use.
public struct SandboxedCommand: Sendable {
  /// The program and its arguments; the program is found by its path, or by its name on PATH.
  public var arguments: [String]
  /// Absolute; the attempt's own writable folder, and its working directory.
  public var directory: String
  /// Added to the clean environment that the sandbox makes: PATH, HOME (the real path of the home folder, with a private
  /// folder there), TMPDIR and LANG.
  public var environment: [String: String]
  /// What it may reach; `readable` are absolute paths, already expanded.
  public var policy: SandboxPolicy
  /// Absolute folders and files that look empty from inside; `directory` may lie within one and stays reachable.
  public var hidden: [String]
  /// Absolute paths that are all it sees of the host, read-only, `directory` aside; nil for the host's whole root.
  public var visible: [String]?
  public var budget: Budget
  /// The most threads of all its processes together.
  public var threads: Int?
  /// Numbers of the cores that it is bound to, with all that it starts (Linux); empty for those of this process.
  public var cores: [Int] = []
  /// Absolute; standard output and error in one stream, the first `budget.log` bytes and the last 64 KiB.
  public var logPath: String

  /// Makes a command that `/bin/sh -c` runs.
  public init(
    shell: String, directory: String, environment: [String: String] = [:], policy: SandboxPolicy = SandboxPolicy(),
    hidden: [String] = [], budget: Budget = Budget(), logPath: String
  ) {
    self.init(
      arguments: ["/bin/sh", "-c", shell], directory: directory, environment: environment, policy: policy,
      hidden: hidden,
      budget: budget, logPath: logPath)
  }

  public init(
    arguments: [String], directory: String, environment: [String: String] = [:],
    policy: SandboxPolicy = SandboxPolicy(), hidden: [String] = [], visible: [String]? = nil, budget: Budget = Budget(),
    threads: Int? = nil, logPath: String
  ) {
    self.arguments = arguments
    self.directory = directory
    self.environment = environment
    self.policy = policy
    self.hidden = hidden
    self.visible = visible
    self.budget = budget
    self.threads = threads
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
