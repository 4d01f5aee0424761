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
    /// From the `trained` message to the last answer.
    package var answeringSeconds = 0.0
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
    let judge = try Judge(
      Conversation(examination, budget: budget, extraWarmUp: extraWarmUpSeconds), hello: hello.frame,
      largestAnswer: examination.largestAnswer
    ) { [output, report] progress in
      _ = writeAll(Array((progress.line + "\n").utf8), to: output)
      report(progress)
    }
    let confinement = Confinement(
      candidate: candidate, isolation: isolation, hardSeconds: budget.hardSeconds, output: output, errors: errors)
    let run = try confinement.run(judge)
    if let failure = judge.failure { throw failure }
    if let failure = confinement.failure(of: run) { throw failure }
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
}
