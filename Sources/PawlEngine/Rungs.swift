public import PawlCore
public import PawlRatchet
public import PawlStatistics

/// One place in the line of champions of a rung, the baseline's first.
public struct LineStep: Sendable, Codable, Hashable {
  /// The newest trial whose change is in it.
  public let trial: TrialID
  public let commit: CommitHash
  /// What the step is worth on that rung, over the place before it; positive is better.
  public let effect: Double
}

/// A range of the line of the rung below: the change from place `first` to place `last`.
struct LinePart: Sendable, Codable, Hashable {
  let first: Int
  let last: Int
}

/// What is known on one rung above the first.
public struct RungState: Sendable, Codable, Hashable {
  /// Its champions, the baseline first.
  public internal(set) var line: [LineStep]
  /// The place in the line of the rung below up to which everything was tried here, or waits as a part.
  var reached = 0
  /// Halves of what did not transfer as a whole, the oldest first.
  var parts: [LinePart] = []
  public internal(set) var test: RunningCertification?
  /// What is being put onto the champion, or waits there for its test.
  var transplant: Transplant?
  var transplanted: CommitHash?
  /// Changes that came as far as a test here, and those that passed it.
  public internal(set) var tested = 0
  public internal(set) var certified = 0
  /// Changes, down to single steps, that gained nothing here.
  public internal(set) var lost: [TrialID] = []
  /// How effects on the rung below foretell those on this one.
  public internal(set) var transfer = TransferRecord()
  /// What the unchanged baseline measured in tests, and what the champion did in those since it is the champion.
  public internal(set) var baseline = Moments()
  public internal(set) var champion = Moments()
  /// Why nothing can be tested here in this session: its champion gives no measurement.
  public internal(set) var obstacle: String?
  /// Squared deviations of paired differences from their tests' means, and how many of them are free.
  var pairScatter = 0.0
  var pairFreedom = 0
  /// A running mean over attempts.
  public internal(set) var meanSeconds: Double?
  public internal(set) var computeSeconds = 0.0
  /// What the rungs below had used when the last test here began.
  var computeBelowAtTest = 0.0

  init(baseline: CommitHash) {
    line = [LineStep(trial: .baseline, commit: baseline, effect: 0)]
  }

  /// The rung's champion.
  public var top: LineStep { line[line.count - 1] }

  /// Of one paired difference; nil before there were two in one test.
  var pairDeviation: Double? {
    pairFreedom > 0 ? (pairScatter / Double(pairFreedom)).squareRoot() : nil
  }
}
