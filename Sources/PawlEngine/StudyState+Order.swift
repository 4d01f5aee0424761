import PawlCore
import PawlRatchet
import PawlStatistics

/// A session that makes one certification which a person asked for, and nothing else.
///
/// Trials that are open stay open: neither are they judged nor anything proposed, so the head does not move. The study's bounds do not
/// hold here, as the person was told what it costs.
extension StudyState {
  /// The next event of such a session: a test that an earlier session left is decided first.
  func orderedDecision(_ order: CertificationOrder) -> Event? {
    if let event = certificationVerdict() { return event }
    guard stopReason == nil, pausedBy == nil else { return nil }
    if workers > inFlight.count, let request = certificationAttempt() { return .attemptRequested(request) }
    guard certification == nil, canCertify(order), let champion else { return nil }
    return .certificationStarted(
      number: certifications + 1, candidate: order.candidate, champion: champion.trial, alpha: nextAlpha())
  }

  /// Called when nothing is in flight: over as soon as the test is decided, or cannot be made any more.
  func orderedFinish(_ order: CertificationOrder) -> Finish? {
    if isCertificateAwaited, let certification {
      return Finish(.bounded, "certification \(certification.number) waits for a person's approval")
    }
    guard certification == nil, pausedBy == nil, !canCertify(order) else { return nil }
    guard let number = session?.orderedCertification else {
      return Finish(.bounded, "trial \(order.candidate) has nothing left to certify")
    }
    return Finish(.bounded, "certification \(number) is decided")
  }

  private func canCertify(_ order: CertificationOrder) -> Bool {
    session?.orderedCertification == nil && isCalibrated
      && stack.dropFirst().contains { $0.trial == order.candidate }
  }

  /// Notes that the ordered certification began, if it is that one; returns the most pairs that were asked for.
  mutating func beginOrdered(number: Int, candidate: TrialID) -> Int? {
    guard let order = session?.start.order, order.candidate == candidate, session?.orderedCertification == nil else {
      return nil
    }
    session?.orderedCertification = number
    return order.maximumPairs
  }

  /// Notes a test of the ordered candidate that an earlier session left: it is carried on, and no other made.
  mutating func adoptOrdered() {
    guard let order = session?.start.order, let certification, certification.candidate.trial == order.candidate else {
      return
    }
    session?.orderedCertification = certification.number
  }

  /// The least pairs with which the next certification can succeed, however clear the effect: four, or more at a strict level.
  ///
  /// Differences without any spread give the largest e-value that so many pairs can; nil where no thousand of them suffices.
  public var leastPairsOfNextCertification: Int? { Self.leastPairs(level: nextAlpha()) }

  /// The same for a test at one level.
  public static func leastPairs(level: Double) -> Int? {
    let threshold = 1 / level
    var best = PairedEProcess()
    for pairs in 1...1_000 {
      best.add(1)
      if pairs >= 4, best.eValue >= threshold { return pairs }
    }
    return nil
  }

  /// What the e-value of the next certification has to reach.
  public var nextThreshold: Double { 1 / nextAlpha() }
}
