import CPawlSystem
public import PawlCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs commands that nobody trusts: without network, secrets or history, and never beyond their budget.
public final class Sandbox: Sendable {
  /// How strongly attempts are kept in here.
  public let level: SandboxLevel
  /// What was found when the host was probed, in the order of importance.
  public let findings: [SandboxFinding]

  let host: Host
  let isolation: Isolation
  let groups: ControlGroups
  /// Seconds between SIGTERM and SIGKILL when time runs out.
  let grace: Double
  private let cores: Int
  /// Names marks and control groups, so it is one for the process, however many sandboxes there are.
  private static let serial = Atomic<UInt64>(0)

  init(
    host: Host, isolation: Isolation, groups: ControlGroups, level: SandboxLevel, findings: [SandboxFinding],
    grace: Double = 2
  ) {
    self.host = host
    self.isolation = isolation
    self.groups = groups
    self.level = level
    self.findings = findings
    self.grace = grace
    cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Runs one command; blocks the calling thread until every descendant is gone.
  ///
  /// The thread must live as long as the run: the kernel kills the command when the thread that started it ends.
  /// - Parameters:
  ///   - companion: talks with the command over its descriptors 3 and 4, on this thread.
  ///   - output: called on this thread with each chunk read (at most 1 MiB), in order, all bytes, kept or not.
  /// - Throws: `SandboxError` when the sandbox has no descriptors or no log; how the command ends is never an error.
  public func run(
    _ command: SandboxedCommand, cancellation: Cancellation, companion: (any Companion)? = nil,
    output: (UnsafeRawBufferPointer) -> Void
  ) throws(SandboxError) -> SandboxedRun {
    let began = monotonicSeconds()
    let killsBefore = kernelMemoryKills()
    guard command.directory.hasPrefix("/"), let directory = resolved(command.directory), directory != "/" else {
      return failed("`\(command.directory)` is no folder that an attempt can run in", began: began)
    }
    var command = command
    command.directory = directory
    let log = try CappedLog(path: command.logPath, cap: command.budget.log)
    guard var pipe = Pipe() else { throw .noDescriptors(errno) }
    _ = pawl_grow_pipe(pipe.reading.number, 1 << 20)
    let launch = Launch(
      host: host, isolation: isolation, groups: groups,
      serial: Self.serial.wrappingAdd(1, ordering: .relaxed).newValue, cores: cores)
    // Before it can write: a fast writer would else be part of what was there.
    let folderBefore = command.budget.disk == nil ? 0 : DiskUse.bytes(below: directory)
    let launched: Launched
    switch try launch.start(
      command, output: pipe.writing?.number ?? -1, channel: companion?.channel ?? (-1, -1))
    {
    case .launched(let value): launched = value
    case .failed(let why): return failed(why, began: began)
    }
    pipe.closeWriting()
    let isBubblewrap = isolation != .session
    let supervision = Supervision(
      command: command, grace: grace, isBubblewrap: isBubblewrap, launched: launched, log: log,
      folderBefore: folderBefore, load: MachineLoad.shared.begin(), companion: companion)
    companion?.commandHasBegun()
    let ending = supervision.follow(output: pipe.reading, cancellation: cancellation, deliver: output)
    return conclude(supervision, ending, killsBefore: killsBefore)
  }

  private func failed(_ why: String, began: Double) -> SandboxedRun {
    let usage = Usage(
      wallSeconds: monotonicSeconds() - began, cpuSeconds: 0, peakMemory: Bytes(0), output: Bytes(0))
    return SandboxedRun(
      outcome: .launchFailed(reason: why), usage: usage, tail: "", level: level, cancelled: false, notes: [])
  }

  /// - Parameter killsBefore: what `kernelMemoryKills` said before the command began; an earlier kill was another's.
  private func conclude(
    _ supervision: Supervision, _ ending: Supervision.Ending, killsBefore: Int64
  ) -> SandboxedRun {
    let wall = supervision.wallSeconds
    let cpuSeconds = max(ending.cpuSeconds, supervision.watcher?.cpuSeconds ?? 0)
    let foreignLoad = MachineLoad.shared.end(supervision.load, wallSeconds: wall, cpuSeconds: cpuSeconds)
    let tail = supervision.log.tail()
    let dropped = supervision.log.finish()
    var notes = [String]()
    if dropped > 0 { notes.append("\(dropped) bytes of output were not kept") }
    if supervision.log.failure != 0 {
      notes.append("the log could not be written: \(systemMessage(supervision.log.failure))")
    }
    let outcome = outcome(of: supervision, ending, tail: tail, killsBefore: killsBefore, notes: &notes)
    var peak = ending.peakBytes
    if isolation == .session && peak <= pawl_own_peak_bytes() { peak = 0 }
    let usage = Usage(
      wallSeconds: wall, cpuSeconds: cpuSeconds, peakMemory: Bytes(max(peak, supervision.watcher?.peakBytes ?? 0)),
      output: Bytes(supervision.log.total), foreignLoad: foreignLoad)
    return SandboxedRun(
      outcome: outcome, usage: usage, tail: tail, level: level, cancelled: supervision.reason == .cancelled,
      notes: notes)
  }

  private func outcome(
    of supervision: Supervision, _ ending: Supervision.Ending, tail: String, killsBefore: Int64,
    notes: inout [String]
  ) -> Outcome {
    let budget = supervision.command.budget
    switch supervision.reason {
    case .wall:
      notes.append("stopped after \((budget.wallSeconds ?? 0).formatted(digits: 3)) s of wall time")
      return .timedOut
    case .cpu:
      notes.append("stopped after \((budget.cpuSeconds ?? 0).formatted(digits: 3)) s of CPU time")
      return .timedOut
    case .memory:
      notes.append("used more than \(budget.memory ?? Bytes(0)) of memory")
      return .outOfMemory
    case .disk:
      notes.append("wrote more than \(budget.disk ?? Bytes(0)) to disk")
      return .diskFull
    case .processes:
      notes.append("started more than \(budget.processes ?? 0) processes")
      return .signalled(signal: SIGKILL)
    case .threads:
      notes.append("started more than \(supervision.command.threads ?? 0) threads")
      return .signalled(signal: SIGKILL)
    case .cancelled, .companion: return .signalled(signal: SIGKILL)
    case nil: break
    }
    var code = ending.code
    if isolation != .session {
      let report = StatusReport(parsing: supervision.launched.report + supervision.launched.restOfReport())
      guard let said = report.exitCode else {
        if ending.signal != 0 { return .signalled(signal: ending.signal) }
        return .launchFailed(reason: Self.complaint(in: tail))
      }
      code = said
    }
    let signal = ending.signal != 0 ? ending.signal : Self.signal(of: code)
    let endedWell = signal == 0 && code == 0
    if !endedWell && (supervision.launched.group?.sawOutOfMemory ?? false) {
      notes.append("the kernel killed it at \(budget.memory ?? Bytes(0)) of memory")
      return .outOfMemory
    }
    if signal == SIGKILL, kernelMemoryKills() > killsBefore {
      notes.append("the kernel killed a process for lack of memory on this machine")
      return .outOfMemory
    }
    if !endedWell && (supervision.watcher?.temporaryIsFull ?? false) {
      notes.append("its private /tmp or home folder is full")
      return .diskFull
    }
    switch signal {
    case 0: return .exited(code: code)
    case SIGXCPU: return .timedOut
    case SIGXFSZ:
      notes.append("wrote a file of more than \(budget.disk ?? Bytes(0))")
      return .diskFull
    default: return .signalled(signal: signal)
    }
  }

  /// The signal behind a shell's exit code, by its convention of 128 + n; 0 for none.
  static func signal(of code: Int32) -> Int32 { (129...192).contains(code) ? code - 128 : 0 }

  /// What `bwrap` wrote before it gave up.
  static func complaint(in tail: String) -> String {
    let line = tail.split(separator: "\n").last { $0.hasPrefix("bwrap: ") }
    return line.map { "bwrap: \($0.dropFirst(7))" } ?? "bwrap ended before the command was started"
  }
}

/// Returns the kernel's count of out-of-memory kills since boot, or 0 where it does not tell.
func kernelMemoryKills() -> Int64 {
  guard let line = text(at: "/proc/vmstat")?.split(separator: "\n").first(where: { $0.hasPrefix("oom_kill ") })
  else { return 0 }
  return Int64(line.dropFirst(9)) ?? 0
}
