import PawlRefereeProtocol
import Testing

@testable import PawlReferee

/// Candidates that take more time than they were given, or say that they took less.
@Suite(.serialized) struct TimeCheatTests {
  private static let burn = """
    import time
    def burn(seconds):
        end = time.process_time() + seconds
        while time.process_time() < end: pass

    """

  @Test func `more processor time than the budget gives no metric, whatever the candidate's own clock says`() throws {
    // The clock is patched in the process: it always reads the same.
    let error = try CandidatePlace().judged(
      python: Self.burn
        + "burn(1.2)\ntime.process_time = time.monotonic = time.time = lambda: 0.0\ntrained(); answer()",
      budget: TrainingBudget(cpuSeconds: 0.5, hardSeconds: 600)
    ).failure()
    #expect(error.code == .outOfTime && error.message.contains("s of processor time, of a budget of `0.50` s"))
  }

  @Test func `processor time of children counts, of those that ended unseen too`() throws {
    let children = """
      import signal
      signal.signal(signal.SIGCHLD, signal.SIG_IGN)
      # Ends when the last process that holds its other end does.
      waiting, held = os.pipe()
      def child():
          if os.fork() == 0:
              if os.fork() == 0: burn(0.6)
              os._exit(0)
      child(); child()
      os.close(held)
      os.read(waiting, 1)
      trained(); answer()
      """
    let error = try CandidatePlace().judged(
      python: Self.burn + children, budget: TrainingBudget(cpuSeconds: 0.5, hardSeconds: 600)
    ).failure()
    #expect(error.code == .outOfTime && error.message.contains("of processor time"))
  }

  @Test func `more wall time than the budget gives no metric`() throws {
    let error = try CandidatePlace().judged(
      python: "import time; time.sleep(3); trained(); answer()",
      budget: TrainingBudget(wallSeconds: 0.5, hardSeconds: 600)
    ).failure()
    #expect(error.code == .outOfTime && error.message.contains("of a budget of `0.50` s"))
  }

  @Test func `saying that it took fewer steps does not help, saying that it took more gives no metric`() throws {
    let budget = TrainingBudget(operations: 1000, steps: 10, cpuSeconds: 0.5, hardSeconds: 600)
    let place = try CandidatePlace()
    let steps = try place.judged(python: "trained(steps=11); answer()", budget: budget).failure()
    #expect(steps.code == .trainingFailed && steps.message.contains("`11` steps of a budget of `10`"))
    let operations = try place.judged(python: "trained(steps=9, operations=1100); answer()", budget: budget).failure()
    #expect(operations.code == .trainingFailed && operations.message.contains("`1100` operations"))
    // Nor is a first step free, for it could be all the training.
    let first = try place.judged(python: "trained(steps=1, operations=1100); answer()", budget: budget).failure()
    #expect(first.code == .trainingFailed && first.hints.contains { $0.contains("smaller batch or model") })
    #expect(throws: Never.self) { try budget.checkClaims(steps: 1, operations: 1020) }
    #expect(throws: LabError.self) { try budget.checkClaims(steps: 0, operations: 1021) }
    let time = try place.judged(python: Self.burn + "burn(1.2); trained(steps=1); answer()", budget: budget).failure()
    #expect(time.code == .outOfTime)
  }

  @Test func `training after the clock, before the first answer, gives no metric`() throws {
    let error = try CandidatePlace().judged(
      python: Self.burn
        + "late = [1.5]\ndef before():\n    burn(late[0]); late[0] = 0\ntrained(); answer(before=before)",
      budget: TrainingBudget(cpuSeconds: 5, hardSeconds: 600)
    ).failure()
    #expect(error.code == .outOfTime && error.message.contains("pace check: the first answer took"))
  }

  @Test func `a slow model that is equally slow all the time is honest`() throws {
    let judged = try CandidatePlace().judged(
      python: Self.burn + "trained(); answer(before=lambda: burn(0.04))",
      budget: TrainingBudget(cpuSeconds: 5, hardSeconds: 600))
    #expect(try judged.result.get().bitsPerByte < 4)
  }

  @Test func `training after the clock is not paid for by slow answers later on`() throws {
    let error = try CandidatePlace().judged(
      python: Self.burn
        + "late = [2.0]\ndef before():\n    burn(late[0]); late[0] = 0.5\ntrained(); answer(before=before)",
      budget: TrainingBudget(cpuSeconds: 5, hardSeconds: 600)
    ).failure()
    #expect(error.code == .outOfTime && error.message.contains("pace check: answering took more than `2.5` s"))
  }

  /// Seconds granted for all answers: a warm-up of 0.5 s and a twentieth of the training, and 2 s or a quarter of it.
  @Test(arguments: [(0.0, 0.0, 2.5), (4, 0, 2.7), (20, 0, 6.5), (20, 30, 36.5)])
  func `all answers together may take a fraction of the training`(training: Double, warmUp: Double, most: Double) {
    func pace() -> AnswerPace {
      AnswerPace(began: training, training: training, extraWarmUp: warmUp, isProcessorTime: true)
    }
    #expect(throws: Never.self) { try pace().check(at: training + most - 0.01) }
    let error = #expect(throws: LabError.self) { try pace().check(at: training + most + 0.01) }
    #expect(error?.code == .outOfTime && error?.message.hasPrefix("pace check") == true)
    // However slow the later ones are, a first one that takes all of it leaves nothing for them.
    #expect(throws: LabError.self) {
      var pace = pace()
      try pace.answered(at: training + most - 0.1)
      for later in 1...5 { try pace.answered(at: training + most - 0.1 + Double(later) * 0.5) }
    }
  }
}
