internal import CPawlSystem
internal import PawlCore
internal import PawlRefereeProtocol
internal import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A candidate in a sandbox of its own, and somebody for it to talk to.
struct Confinement {
  let candidate: Candidate
  let isolation: TrainingRun.Isolation
  /// The candidate is stopped soon after so many seconds.
  let hardSeconds: Double
  /// Where the candidate's lines go, each marked.
  var output: Int32 = 1
  /// Where warnings go.
  var errors: Int32 = 2

  /// Runs the candidate to its end on the calling thread.
  ///
  /// From then on other processes of this user can read neither this one's memory nor its descriptors, and a broken pipe does not end it.
  func run(_ companion: any Companion) throws(LabError) -> SandboxedRun {
    signal(SIGPIPE, SIG_IGN)
    _ = pawl_refuse_inspection()
    let sandbox = try makeSandbox()
    var lines = LineRelay(target: output)
    defer { lines.finish() }
    do {
      return try sandbox.run(command, cancellation: Cancellation(), companion: companion) { lines.relay($0) }
    } catch {
      throw LabError(.cannotRun, "\(error)", hints: error.hints)
    }
  }

  private func makeSandbox() throws(LabError) -> Sandbox {
    let isFull = isolation == .full
    if !isFull {
      let warning =
        "warning: `--isolation none`: the candidate can read the held-out text, so its score proves nothing\n"
      _ = writeAll(Array(warning.utf8), to: errors)
    }
    let sandbox: Sandbox
    do {
      sandbox = try Sandbox.probe(requirement: isFull ? .available : .none)
    } catch {
      throw LabError(.cannotRun, error.message, hints: error.hints)
    }
    guard !isFull || sandbox.level == .full else {
      let missing = sandbox.findings.filter { !$0.present }
      throw LabError(
        .cannotRun,
        "this host cannot keep a candidate away from the held-out text: "
          + missing.map { "\($0.name): \($0.detail)" }.joined(separator: "; "),
        hints: missing.compactMap(\.remedy) + ["`--isolation none` runs it all the same, and says so beside the score"])
    }
    return sandbox
  }

  private var command: SandboxedCommand {
    let memory = candidate.memoryBytes.map { Bytes(Int64($0)) }
    let limits = PawlCore.Budget(
      // The conversation stops it in time; this is for a candidate that has closed its channel.
      wallSeconds: hardSeconds + 1, memory: memory ?? Bytes(Int64(Self.physicalMemory / 4 * 3)),
      disk: Bytes(Int64(candidate.diskBytes)), processes: candidate.processes)
    var command = SandboxedCommand(
      arguments: candidate.arguments, directory: candidate.directory, environment: candidate.environment,
      budget: limits, threads: candidate.threads, logPath: "/dev/null")
    switch candidate.view {
    case .only(let paths): command.visible = paths
    case .hostWithout(let paths):
      command.hidden = paths
      // A Python environment lies in the home folder as often as not.
      command.policy.readable = [environment("HOME"), "/home", "/root", "/var/tmp"].compactMap { $0 }
    }
    return command
  }

  private static let physicalMemory = max(1 << 28, sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)))

  /// Why a program that ended so gives nothing.
  func failure(of run: SandboxedRun) -> LabError? {
    let notes = run.notes.isEmpty ? "" : ": " + run.notes.joined(separator: "; ")
    switch run.outcome {
    case .exited(code: 0): return nil
    case .exited(let code):
      return LabError(.trainingFailed, "the candidate's program ended with exit code `\(code)`\(notes)")
    case .signalled(let signal):
      return LabError(.trainingFailed, "the candidate's program was ended by signal `\(signal)`\(notes)")
    case .timedOut:
      return LabError(.outOfTime, "the candidate had not ended after `\(fixed(hardSeconds, 0))` seconds")
    case .outOfMemory: return LabError(.trainingFailed, "the candidate ran out of memory\(notes)")
    case .diskFull: return LabError(.trainingFailed, "the candidate filled its disk\(notes)")
    case .stoppedEarly: return LabError(.trainingFailed, "the candidate was stopped before its end")
    case .launchFailed(let reason): return LabError(.cannotRun, "the candidate does not start: \(reason)")
    }
  }
}
