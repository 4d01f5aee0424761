/// A certificate of a simulated study, beside the truth that a real study never learns.
public struct SimulatedCertificate: Sendable, Hashable {
  /// Attempts finished when it was given.
  public let attempt: Int
  /// What the certified step is truly worth.
  public let effect: Double
  /// The reported effect and its interval.
  public let claimed: Double
  public let interval: ClosedRange<Double>
  /// The claim, "this is better", is wrong.
  public var isFalse: Bool { effect <= 0 }
  /// The interval holds the truth.
  public var covers: Bool { interval.contains(effect) }
}

/// What one policy made of one simulated study.
public struct StudyOutcome: Sendable, Hashable {
  /// Candidates tried, and attempts spent on everything.
  public var trials = 0
  public var attempts = 0
  /// What the head is truly worth over the baseline at the end, and what the champion is.
  public var progress = 0.0
  public var certifiedProgress = 0.0
  /// The head's true worth at each checkpoint.
  public var path: [Double] = []
  public var certificates: [SimulatedCertificate] = []

  /// Notes the head's worth for each checkpoint that has been reached.
  mutating func notePath(at checkpoints: [Int], worth: Double) {
    while path.count < checkpoints.count, attempts >= checkpoints[path.count] { path.append(worth) }
  }

  /// The study is over: nothing changes at later checkpoints.
  mutating func completePath(to checkpoints: [Int]) {
    while path.count < checkpoints.count { path.append(progress) }
  }
}
