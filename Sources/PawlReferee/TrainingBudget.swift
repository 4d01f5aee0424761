/// What a candidate may spend on training, each limit nil where there is none, and when it is stopped in any case.
package struct TrainingBudget: Equatable, Sendable {
  /// Floating-point operations, which the candidate's own library counts.
  package var operations: Int?
  /// Steps, which it counts too.
  package var steps: Int?
  /// Processor time of all its processes up to its `trained` message, measured by the frozen side.
  package var cpuSeconds: Double?
  /// Time from its first instruction to its `trained` message, measured by the frozen side.
  package var wallSeconds: Double?
  /// Time from its first instruction to the end of the judging, whatever it does.
  package var hardSeconds: Double

  package init(
    operations: Int? = nil, steps: Int? = nil, cpuSeconds: Double? = nil, wallSeconds: Double? = nil,
    hardSeconds: Double
  ) {
    self.operations = operations
    self.steps = steps
    self.cpuSeconds = cpuSeconds
    self.wallSeconds = wallSeconds
    self.hardSeconds = hardSeconds
  }

  /// Returns a limit with the grace that an honest candidate needs, which its own clock cannot see: the kernel counts processor
  /// time in ticks of 10 ms a thread; loading the program comes before its first look at a clock and the message after its last;
  /// and the last step is longer than was foreseen on a loaded machine.
  static func withGrace(_ seconds: Double) -> Double { seconds * 1.02 + 0.25 }

  /// Throws when the time spent is more than was given; `spent` is nil where it cannot be measured.
  func checkClock(wall: Double, cpu: Double?) throws(LabError) {
    if let most = cpuSeconds, let cpu, cpu > Self.withGrace(most) {
      throw Self.late("training took `\(fixed(cpu, 2))` s of processor time, of a budget of `\(fixed(most, 2))` s")
    }
    if let most = wallSeconds, wall > Self.withGrace(most) {
      throw Self.late("training took `\(fixed(wall, 2))` s, of a budget of `\(fixed(most, 2))` s")
    }
  }

  private static func late(_ message: String) -> LabError {
    LabError(
      .outOfTime, message,
      hints: ["the clock runs from the first instruction to the `trained` message; stop in time for it"]
    )
  }

  /// Throws when the candidate itself says that it spent more than was given.
  func checkClaims(steps claimedSteps: Int, operations claimed: Int) throws(LabError) {
    if let most = steps, claimedSteps > most {
      throw LabError(.trainingFailed, "training took `\(claimedSteps)` steps of a budget of `\(most)`")
    }
    // No first step is free: one that trained for long would be all that a candidate takes.
    if let most = operations, Double(claimed) > 1.02 * Double(most) {
      throw LabError(
        .trainingFailed, "training spent `\(claimed)` operations of a budget of `\(most)`",
        hints: [
          "a step is too dear for this budget, or grew at the end: take a smaller batch or model, or raise the budget"
        ])
    }
  }

  /// Seconds until a clock may have run out, when so much is spent.
  func secondsToNextLook(wall: Double, cpu: Double?, cores: Int) -> Double {
    var next = hardSeconds - wall
    if let most = wallSeconds { next = min(next, Self.withGrace(most) - wall) }
    if let most = cpuSeconds {
      // Processor time runs at most as fast as all cores together.
      next = min(next, max(0.02, (Self.withGrace(most) - (cpu ?? 0)) / Double(max(1, cores))))
    }
    return max(0.001, next)
  }
}
