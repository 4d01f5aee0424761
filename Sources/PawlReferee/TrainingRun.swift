internal import CPawlSystem
internal import PawlCore
internal import PawlRefereeProtocol
internal import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One run of a candidate: keeps it in, relays what it prints, holds the clock, questions the trained model.
package struct TrainingRun {
  /// What came of a candidate that was judged.
  package struct Result: Sendable {
    /// Measured by the referee.
    package var bitsPerByte = 0.0
    /// From the first instruction to the `trained` message.
    package var trainingSeconds = 0.0
    /// The same on the clock of the processors; nil where it cannot be measured.
    package var trainingCPUSeconds: Double?
    package var peakMemoryBytes = 0
    package var isolation = Isolation.full
    /// As the candidate says.
    package var steps = 0
    package var tokens = 0
    package var operations = 0
    package var parameters = 0

    package init() {}
  }

  /// Whether a candidate is kept away from the held-out text.
  package enum Isolation: String, Sendable {
    /// By a sandbox of its own.
    case full
    /// By nothing: it can read the text, so its score proves nothing about honesty.
    case none
  }

  package var candidate: Candidate
  package var examination: Examination
  package var budget: TrainingBudget
  package var seed: UInt64
  package var isolation: Isolation
  /// Granted for the first answer, for candidates that compile their model then.
  package var extraWarmUpSeconds = 0.0
  /// Where the candidate's lines and its progress go.
  package var output: Int32 = 1
  /// Told of each report of the candidate's that is printed.
  package var report: (Progress) -> Void = { _ in }
  /// Where warnings go.
  package var errors: Int32 = 2

  package init(
    _ candidate: Candidate, examination: Examination, budget: TrainingBudget, seed: UInt64, isolation: Isolation
  ) {
    self.candidate = candidate
    self.examination = examination
    self.budget = budget
    self.seed = seed
    self.isolation = isolation
  }

  /// Runs the candidate to its end on the calling thread.
  ///
  /// From then on other processes of this user can read neither this one's memory nor its descriptors, and a broken pipe does not end it.
  /// - Throws: `LabError` whenever there is no measurement, with the reason.
  package func execute() throws(LabError) -> Result {
    signal(SIGPIPE, SIG_IGN)
    _ = pawl_refuse_inspection()
    let sandbox = try makeSandbox()
    let judge = try Judge(
      Conversation(examination, budget: budget, extraWarmUp: extraWarmUpSeconds), hello: hello.frame,
      largestAnswer: examination.largestAnswer
    ) { [output, report] progress in
      _ = writeAll(Array((progress.line + "\n").utf8), to: output)
      report(progress)
    }
    var lines = LineRelay(target: output)
    let run: SandboxedRun
    do {
      run = try sandbox.run(command, cancellation: Cancellation(), companion: judge) { lines.relay($0) }
    } catch {
      throw LabError(.cannotRun, "\(error)", hints: error.hints)
    }
    lines.finish()
    if let failure = judge.failure { throw failure }
    if let failure = failure(of: run) { throw failure }
    var result = try judge.result()
    result.peakMemoryBytes = Int(clamping: run.usage.peakMemory.count)
    result.isolation = isolation
    return result
  }

  private var hello: Hello {
    var hello = Hello(context: examination.context, windows: examination.batch, seed: seed)
    func micros(_ seconds: Double?) -> UInt64 { UInt64(exactly: ((seconds ?? 0) * 1e6).rounded()) ?? 0 }
    hello.operations = UInt64(clamping: budget.operations ?? 0)
    hello.steps = UInt64(clamping: budget.steps ?? 0)
    hello.cpuMicroseconds = micros(budget.cpuSeconds)
    hello.wallMicroseconds = micros(budget.wallSeconds)
    return hello
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
      wallSeconds: budget.hardSeconds + 1, memory: memory ?? Bytes(Int64(Self.physicalMemory / 4 * 3)),
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

  /// Why a program that ended so gives no measurement.
  private func failure(of run: SandboxedRun) -> LabError? {
    let notes = run.notes.isEmpty ? "" : ": " + run.notes.joined(separator: "; ")
    switch run.outcome {
    case .exited(code: 0): return nil
    case .exited(let code):
      return LabError(.trainingFailed, "the candidate's program ended with exit code `\(code)`\(notes)")
    case .signalled(let signal):
      return LabError(.trainingFailed, "the candidate's program was ended by signal `\(signal)`\(notes)")
    case .timedOut:
      return LabError(.outOfTime, "the candidate had not ended after `\(fixed(budget.hardSeconds, 0))` seconds")
    case .outOfMemory: return LabError(.trainingFailed, "the candidate ran out of memory\(notes)")
    case .diskFull: return LabError(.trainingFailed, "the candidate filled its disk\(notes)")
    case .launchFailed(let reason): return LabError(.cannotRun, "the candidate does not start: \(reason)")
    }
  }
}
