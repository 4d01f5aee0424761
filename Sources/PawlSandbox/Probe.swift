import CPawlSystem
public import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Sandbox {
  /// Finds out what this host allows, by really running a child, and returns a sandbox that uses it.
  ///
  /// From then on orphaned descendants of this process become its children (`PR_SET_CHILD_SUBREAPER`).
  /// - Throws: `SandboxError.Code.unavailable` when `requirement` is `full` and less is there.
  public static func probe(requirement: SandboxPolicy.Requirement) throws(SandboxError) -> Sandbox {
    try probe(requirement: requirement, host: .current())
  }

  static func probe(
    requirement: SandboxPolicy.Requirement, host: Host, grace: Double = 2
  ) throws(SandboxError) -> Sandbox {
    Leftovers.end()
    let adopts = pawl_adopt_orphans() == 0
    let groups = ControlGroups.find()
    let program = host.program("bwrap")
    var isolation = Isolation.session
    var complaints = [String]()
    if let program, requirement != .none {
      for bubblewrap in choices(program, isRoot: host.isRoot) {
        let attempt = Isolation.bubblewrap(bubblewrap)
        guard let complaint = complaint(of: attempt, host: host) else {
          isolation = attempt
          break
        }
        complaints.append(complaint)
      }
    }
    let level: SandboxLevel =
      switch isolation {
      case .bubblewrap(let bubblewrap): bubblewrap.network ? .full : .partial
      case .session: .none
      }
    let findings = Findings(
      host: host, program: program, isolation: isolation, groups: groups, adopts: adopts,
      complaint: complaints.first, isWanted: requirement != .none
    ).list
    if requirement == .full && level != .full {
      let missing = findings.filter { !$0.present }
      throw SandboxError(
        .unavailable, "this host gives a `\(level.rawValue)` sandbox, and the study asks for `full`",
        hints: missing.compactMap(\.remedy) + [
          "see what is missing with `pawl doctor`, or set `sandbox.level: available` in pawl.yaml"
        ])
    }
    return Sandbox(
      host: host, isolation: isolation, groups: groups, level: level, findings: findings, grace: grace)
  }

  /// The ways to run `bwrap`, best first.
  private static func choices(_ program: String, isRoot: Bool) -> [Bubblewrap] {
    [true, false].flatMap { network in
      [true, false].flatMap { processes in
        (isRoot ? [true, false] : [false]).map { unprivileged in
          Bubblewrap(program: program, network: network, processes: processes, unprivileged: unprivileged)
        }
      }
    }
  }

  /// Runs `true` under an isolation; returns what went wrong, or nil.
  private static func complaint(of isolation: Isolation, host: Host) -> String? {
    let place = "\(host.temporary)/pawl-probe-\(getpid())-\(UInt64.random(in: .min ... .max))"
    guard mkdir(place, 0o700) == 0 else { return "no folder can be made in `\(host.temporary)`" }
    defer {
      unlink(place + "/log")
      rmdir(place)
    }
    let nothing = ControlGroups(processes: nil, memory: nil, isUnified: false)
    let sandbox = Sandbox(host: host, isolation: isolation, groups: nothing, level: .none, findings: [])
    let command = SandboxedCommand(
      shell: "exit 0", directory: place, budget: Budget(wallSeconds: 10), logPath: place + "/log")
    do {
      let run = try sandbox.run(command, cancellation: Cancellation()) { _ in }
      return run.outcome == .exited(code: 0) ? nil : "\(run.outcome)"
    } catch {
      return error.message
    }
  }
}

/// Puts what a probe found into words.
struct Findings {
  let host: Host
  let program: String?
  let isolation: Isolation
  let groups: ControlGroups
  let adopts: Bool
  let complaint: String?
  let isWanted: Bool

  var list: [SandboxFinding] {
    guard isWanted else {
      return [
        SandboxFinding(
          name: "sandbox", present: false, detail: "turned off by `sandbox.level: none`",
          remedy: "set `sandbox.level: available` in pawl.yaml")
      ] + limits
    }
    return [bubblewrap, namespaces, network] + limits
  }

  private var runs: Bool { isolation != .session }
  private var hasTable: Bool { if case .bubblewrap(let bubblewrap) = isolation { bubblewrap.processes } else { true } }

  private var bubblewrap: SandboxFinding {
    SandboxFinding(
      name: "bubblewrap", present: program != nil, detail: program ?? "`bwrap` is not on PATH",
      remedy: program == nil ? "install the `bubblewrap` package, then run `pawl doctor`" : nil)
  }

  private var namespaces: SandboxFinding {
    SandboxFinding(
      name: "namespaces", present: runs,
      detail: runs
        ? "own processes, mounts, IPC and host name\(hasTable ? "" : "; /proc is empty")"
        : (complaint ?? "not tried, since `bwrap` is not on PATH"),
      remedy: runs || program == nil
        ? nil : "allow user namespaces: `sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000`")
  }

  private var network: SandboxFinding {
    let own = if case .bubblewrap(let bubblewrap) = isolation { bubblewrap.network } else { false }
    return SandboxFinding(
      name: "network", present: own,
      detail: own ? "cut off unless `sandbox.network` is set" : (complaint ?? "attempts can use the host's network"),
      remedy: own || !runs ? nil : "run outside of a container that forbids network namespaces")
  }

  private var limits: [SandboxFinding] {
    [
      SandboxFinding(
        name: "memory limit", present: true,
        detail: groups.memory == nil || !runs ? "by a watcher, ten times a second" : "by control group, and a watcher",
        remedy: nil),
      SandboxFinding(
        name: "process limit", present: true,
        detail: groups.processes != nil && runs
          ? "by control group, and a watcher"
          : (host.isRoot || !runs ? "by a watcher, fifty times a second" : "by RLIMIT_NPROC, and a watcher"),
        remedy: nil),
      SandboxFinding(
        name: "daemons", present: runs || adopts,
        detail: runs
          ? "end with the process namespace"
          : (adopts ? "are adopted and killed" : "may outlive their attempt, as this system has no subreaper"),
        remedy: nil),
    ]
  }
}
