public import PawlCore

extension StudyState {
  /// Trials in a row without any measurement after which a person should look.
  static let crashLimit = 25

  /// Whether so many trials in a row crashed that no more are begun, and neither the agent nor anybody else ended it before.
  public var isStalled: Bool {
    crashesInARow >= Self.crashLimit && exhausted == nil && stopReason == nil && failure == nil
  }

  /// Why no new trial is begun any more, or nil while the study goes on; open trials are still finished.
  public func limitReached(at now: Timestamp) -> String? {
    if let exhausted { return "the agent has nothing left to propose: \(exhausted)" }
    if isStalled { return "the last \(Self.crashLimit) trials all crashed" }
    if let bound = trialBound, ended + open.count >= bound { return "\(ended) trials are done" }
    if let left = secondsLeft(at: now), left <= reservedSeconds { return "its time is used up" }
    if let left = computeLeft, left <= reservedSeconds * Double(workers) { return "its compute is used up" }
    if let left = spendLeft, left <= 0 { return "its money is spent" }
    return nil
  }

  /// Why not even a started trial may cost more, or nil.
  func isSpent(at now: Timestamp) -> Bool {
    (secondsLeft(at: now) ?? 1) <= 0 || (computeLeft ?? 1) <= 0
  }

  /// Trials that may have ended before the study stops: the nearer of the study's and the session's bound.
  public var trialBound: Int? {
    let ofSession = session.flatMap { session in session.start.stop.trials.map { session.endedBefore + $0 } }
    return [configuration?.stop.trials, ofSession].compactMap(\.self).min()
  }

  /// Wall time left at `now`, in seconds, or nil without a bound.
  public func secondsLeft(at now: Timestamp) -> Double? {
    guard let session else { return nil }
    let elapsed = max(0, now.since(session.at).seconds)
    let ofStudy = configuration?.stop.wallSeconds.map { $0 - wallSecondsBefore - elapsed }
    let ofSession = session.start.stop.wallSeconds.map { $0 - elapsed }
    return [ofStudy, ofSession].compactMap(\.self).min()
  }

  private var computeLeft: Double? {
    guard let session else { return nil }
    let ofStudy = configuration?.stop.computeSeconds.map { $0 - computeSeconds }
    let ofSession = session.start.stop.computeSeconds.map { $0 - computeSeconds + session.computeBefore }
    return [ofStudy, ofSession].compactMap(\.self).min()
  }

  private var spendLeft: Double? {
    guard let session else { return nil }
    let ofStudy = configuration?.stop.spend.map { $0 - spend }
    let ofSession = session.start.stop.spend.map { $0 - spend + session.spendBefore }
    return [ofStudy, ofSession].compactMap(\.self).min()
  }

  /// Wall time kept back for certifying the head before time runs out: about eight pairs.
  private var reservedSeconds: Double {
    guard head?.trial != champion?.trial, let attempt = meanAttemptSeconds else { return 0 }
    return 16 * attempt / Double(workers)
  }
}
