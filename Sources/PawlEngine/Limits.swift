public import PawlCore

extension StudyState {
  /// Trials in a row without any measurement after which a person should look.
  static let fruitlessLimit = 25

  /// Why no new trial is begun any more, or nil while the study goes on; open trials are still finished.
  public func limitReached(at now: Timestamp) -> Finish? {
    if let rule = session?.start.offers { return offersFinish(rule) }
    if let finish = agentsFinish() { return finish }
    if fruitlessInARow >= Self.fruitlessLimit {
      return Finish(.stalled, "the last \(Self.fruitlessLimit) trials gave no measurement")
    }
    if let bound = trialBound, ended + open.count >= bound { return Finish(.bounded, "\(ended) trials are done") }
    if isWallTimeShort(at: now) { return Finish(.bounded, "its time is used up") }
    if isComputeShort { return Finish(.bounded, "its compute is used up") }
    if let left = spendLeft, left <= 0 { return Finish(.bounded, "its money is spent") }
    return nil
  }

  /// Whether what is left of time or compute is kept back for a last certificate.
  func isShort(at now: Timestamp) -> Bool { isWallTimeShort(at: now) || isComputeShort }

  private func isWallTimeShort(at now: Timestamp) -> Bool {
    secondsLeft(at: now).map { $0 <= reservedSeconds(of: wallBound, workers: workers) } ?? false
  }

  private var isComputeShort: Bool {
    computeLeft.map { $0 <= reservedSeconds(of: computeBound, workers: 1) } ?? false
  }

  /// Why not even a started trial may cost more, or nil.
  func isSpent(at now: Timestamp) -> Bool {
    (secondsLeft(at: now) ?? 1) <= 0 || (computeLeft ?? 1) <= 0
  }

  /// Trials that may have ended before the study stops: the nearer of the study's and the session's bound.
  public var trialBound: Int? {
    let ofSession = session.flatMap { session in session.start.stop.trials.map { session.endedBefore + $0 } }
    return [ownStop?.trials, ofSession].compactMap(\.self).min()
  }

  /// Wall time left at `now`, in seconds, or nil without a bound.
  public func secondsLeft(at now: Timestamp) -> Double? {
    guard let session else { return nil }
    let elapsed = max(0, now.since(session.at).seconds)
    let ofStudy = ownStop?.wallSeconds.map { $0 - wallSecondsBefore - elapsed }
    let ofSession = session.start.stop.wallSeconds.map { $0 - elapsed }
    return [ofStudy, ofSession].compactMap(\.self).min()
  }

  /// Whether the study, or this session of it, ends by itself.
  var hasBound: Bool {
    trialBound != nil || wallBound != nil || computeBound != nil
  }

  private var computeLeft: Double? {
    guard let session else { return nil }
    let ofStudy = ownStop?.computeSeconds.map { $0 - computeSeconds }
    let ofSession = session.start.stop.computeSeconds.map { $0 - computeSeconds + session.computeBefore }
    return [ofStudy, ofSession].compactMap(\.self).min()
  }

  /// The study's own bounds; what a person hands in is judged after these are reached, too.
  private var ownStop: StopRule? { session?.start.offers == nil ? configuration?.stop : nil }

  /// US dollars left, or nil without a bound.
  public var spendLeft: Double? {
    guard let session else { return nil }
    let ofStudy = configuration?.stop.spend.map { $0 - spend }
    let ofSession = session.start.stop.spend.map { $0 - spend + session.spendBefore }
    return [ofStudy, ofSession].compactMap(\.self).min()
  }

  private var wallBound: Double? {
    [ownStop?.wallSeconds, session?.start.stop.wallSeconds].compactMap(\.self).min()
  }

  private var computeBound: Double? {
    [ownStop?.computeSeconds, session?.start.stop.computeSeconds].compactMap(\.self).min()
  }

  /// Wall time kept back for certifying the head before time runs out: about six pairs, a quarter of the bound at most.
  ///
  /// With rungs above, as many pairs on each that this, or what it waits for, would be promoted to, and half of the bound at most.
  /// Nothing is kept back where nothing can be certified: search goes on to the end then.
  private func reservedSeconds(of bound: Double?, workers: Int) -> Double {
    guard let bound, let attempt = meanAttemptSeconds else { return 0 }
    let certifies = certification != nil || certificationTarget(finishing: true) != nil
    var seconds = certifies ? 12 * attempt : 0
    for place in rungs.indices where certifies || isWaiting(for: place + 2) {
      seconds += 1.5 * testSeconds(on: place + 2)
    }
    return min(seconds / Double(workers), bound / (rungs.isEmpty ? 4 : 2))
  }
}
