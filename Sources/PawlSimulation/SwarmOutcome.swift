import PawlCore
import PawlEngine

/// What a simulated swarm came to.
public struct SwarmOutcome: Sendable, Hashable {
  /// How long a part of the study took, and how busy its workers were in it.
  public struct Part: Sendable, Hashable {
    /// Of simulated time.
    public let seconds: Double
    /// Time of busy workers over the time of all; 0 where no time passed.
    public let utilisation: Double

    init(_ milliseconds: Int64, busy: Int64, workers: Int) {
      seconds = Double(milliseconds) / 1_000
      utilisation = milliseconds > 0 ? Double(busy) / (Double(milliseconds) * Double(workers)) : 0
    }
  }

  /// From the first event to the end of the baseline's calibration.
  public let calibration: Part
  /// From there until a bound is reached.
  public let search: Part
  /// From there to the end: open trials are finished, and the head is certified.
  public let ending: Part
  /// Calibration and search: while there was work for every worker.
  public let working: Part
  /// From the first event to the last.
  public let whole: Part
  /// The same attempts in the same order, had no worker ever waited.
  public let perfect: Part
  /// The share of the workers' time that failed nodes took with them.
  public let lost: Double

  public let events: Int
  public let turns: Int
  public let trials: Int
  public let attempts: Int
  public let kept: Int
  public let rebasings: Int
  public let certificates: Int
  /// Trials that were open at the same time, at most.
  public let mostOpen: Int
  /// What the head is truly worth over the baseline, in typical changes.
  public let progress: Double
  /// US dollars.
  public let spend: Double

  /// Of all turns together, divided by their events; of one turn in a hundred, at least; and of the longest, in microseconds.
  public let eventMicroseconds: Double
  public let turnMicroseconds99: Double
  public let longestTurnMicroseconds: Double

  /// A digest of all decisions in their order.
  public let decisions: UInt64
  /// Whether a fresh state that only folded the events came out equal.
  public let isReplayed: Bool

  init(record: SwarmRecord, state: StudyState, isReplayed: Bool, milliseconds: Int64, truth: Double) {
    func part(_ phases: SwarmRecord.Phase...) -> Part {
      let indices = phases.map(\.rawValue)
      return Part(
        indices.reduce(0) { $0 + record.passed[$1] }, busy: indices.reduce(0) { $0 + record.busy[$1] },
        workers: record.workers)
    }
    calibration = part(.calibration)
    search = part(.search)
    ending = part(.ending)
    working = part(.calibration, .search)
    whole = part(.calibration, .search, .ending)
    let busy = record.busy.reduce(0, +)
    perfect = Part(record.perfectEnd, busy: busy, workers: record.workers)
    lost = busy > 0 ? Double(record.lost) / Double(busy) : 0
    events = record.events
    turns = record.nanoseconds.count
    trials = state.ended
    attempts = state.finishedAttempts
    kept = record.kept
    rebasings = record.rebasings
    certificates = record.certificates
    mostOpen = record.mostOpen
    progress = truth
    spend = state.spend
    eventMicroseconds = Double(record.engineNanoseconds) / 1e3 / Double(max(1, record.events))
    let sorted = record.nanoseconds.sorted()
    turnMicroseconds99 = sorted.isEmpty ? 0 : Double(sorted[(sorted.count * 99) / 100]) / 1e3
    longestTurnMicroseconds = Double(sorted.last ?? 0) / 1e3
    decisions = record.digest.decisions.value
    self.isReplayed = isReplayed
  }
}
