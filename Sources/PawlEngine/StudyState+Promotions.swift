public import PawlCore
import PawlRatchet
import PawlStatistics

/// Rungs above the first: what is tried there next, and when.
extension StudyState {
  /// The least chance of a certificate for which a change is tried on the next rung.
  public static let leastChance = 0.25
  /// Attempts of a rung's champion without a measurement, and none with one, after which the rung itself is at fault.
  static let championFailureLimit = 2

  /// The event that begins or prepares the next test on a higher rung; nil where none is worth it now.
  ///
  /// Lower rungs go first: what they keep is what the higher ones are asked about.
  func nextPromotion(finishing: Bool) -> Event? {
    guard isCalibrated, climbs, !rungs.isEmpty else { return nil }
    for number in 2...(rungs.count + 1) {
      guard let rung = rung(number), rung.test == nil, rung.obstacle == nil else { continue }
      if let transplant = rung.transplant {
        guard let commit = rung.transplanted else { continue }
        return started(transplant.promotion, commit, on: rung)
      }
      // First what is known without looking through all parts, as this is asked at every turn.
      let isAffordable = isAffordable(number, rung)
      guard isAffordable || finishing, let promotion = nextPart(of: number, rung),
        isAffordable || isLastChance(of: promotion, rung)
      else { continue }
      switch approval(of: .promotion(promotion)) {
      case .notNeeded, .granted: break
      case .wanted(let question): return question
      case .awaited, .denied: continue
      }
      if promotion.before == rung.top.commit { return started(promotion, promotion.after, on: rung) }
      return .transplantRequested(Transplant(promotion: promotion, onto: rung.top.commit))
    }
    return nil
  }

  /// Whether the session works on higher rungs: one that somebody waits for does not.
  private var climbs: Bool { session?.start.order == nil && session?.start.offers == nil }

  /// Whether something is under way on a higher rung that a session should not end in the middle of.
  var isPromoting: Bool {
    rungs.contains { rung in rung.transplant != nil || rung.test.map { !isAwaited($0) } ?? false }
  }

  /// Whether something is under way on a rung, or the one below took in what was not tried there.
  func isWaiting(for number: Int) -> Bool {
    guard let rung = rung(number), rung.obstacle == nil else { return false }
    return rung.test != nil || rung.transplant != nil || line(of: number - 1).count - 1 > rung.reached
  }

  private func started(_ promotion: Promotion, _ candidate: CommitHash, on rung: RungState) -> Event {
    .promotionStarted(
      PromotionStart(
        number: certifications + 1, promotion: promotion, candidate: candidate, champion: rung.top.trial,
        championCommit: rung.top.commit, alpha: nextAlpha(), effectBelow: effect(of: promotion),
        steps: stepCount(of: promotion), chance: chance(of: promotion)))
  }

  /// The first part that waits and is worth it, or else all that the rung below took in since, where that is.
  private func nextPart(of number: Int, _ rung: RungState) -> Promotion? {
    let below = line(of: number - 1)
    func promotion(_ part: LinePart) -> Promotion? {
      guard below.indices.contains(part.first), below.indices.contains(part.last) else { return nil }
      return Promotion(
        rung: number, first: part.first, last: part.last, through: below[part.last].trial,
        before: below[part.first].commit, after: below[part.last].commit)
    }
    let isNew = below.count - 1 > rung.reached
    let parts = rung.parts + (isNew ? [LinePart(first: rung.reached, last: below.count - 1)] : [])
    return parts.lazy.compactMap(promotion).first { isWorthIt($0, rung) }
  }

  /// Whether a test is likely enough to certify the change, by what is known of how effects carry over.
  ///
  /// Where ranks on the two rungs are seen to have nothing to do with each other, only whole stacks are tried.
  private func isWorthIt(_ promotion: Promotion, _ rung: RungState) -> Bool {
    guard rung.transfer.mayPredict || promotion.last > rung.reached else { return false }
    return chance(of: promotion) >= Self.leastChance
  }

  /// The probability that a test on the promotion's rung certifies it.
  public func chance(of promotion: Promotion) -> Double {
    guard let rung = rung(promotion.rung), let rule = configuration?.ratchet else { return 0 }
    // Before the rung has shown its own noise, that of the first is taken.
    let deviation = rung.pairDeviation ?? (ratchet?.sigma ?? 0) * 2.0.squareRoot()
    return rung.transfer.chance(
      below: effect(of: promotion), steps: stepCount(of: promotion), deviation: deviation, pairs: rule.maximumPairs,
      alpha: nextAlpha())
  }

  /// Whether the rungs below used as much as a test costs since the last one: no rung starves the search.
  private func isAffordable(_ number: Int, _ rung: RungState) -> Bool {
    computeSeconds(below: number) - rung.computeBelowAtTest >= testSeconds(on: number)
  }

  /// Whether a study that ends tries the change although nothing was saved up for it: what is new as a whole, and parts of it as long
  /// as the rung used less than twice what all below it did.
  private func isLastChance(of promotion: Promotion, _ rung: RungState) -> Bool {
    promotion.last > rung.reached || rung.computeSeconds < 2 * computeSeconds(below: promotion.rung)
  }

  /// Wall time of the attempts of a short test on a rung: measured there, or by what the rungs are said to compute.
  func testSeconds(on number: Int) -> Double {
    let attempts = 2 * Double(Certification.leastPairs)
    guard let rung = rung(number) else { return attempts * (meanAttemptSeconds ?? 0) }
    if let measured = rung.meanSeconds { return attempts * measured }
    guard let first = meanAttemptSeconds, let configuration else { return 0 }
    let ratio = configuration.rung(number).compute.flatMap { above in
      configuration.rung(1).compute.map { above / $0 }
    }
    return attempts * first * (ratio ?? 10)
  }

  /// The next attempt of a test on a higher rung, where a worker of that rung is free.
  func promotionAttempt() -> AttemptRequest? {
    guard climbs else { return nil }
    for number in stride(from: rungs.count + 1, to: 1, by: -1) {
      guard let test = rung(number)?.test, hasRoom(on: number), let half = nextHalf(of: test) else { continue }
      return attempt(half, of: test)
    }
    return nil
  }

  /// Whether one more attempt fits on a rung: its own workers, and what the machine has.
  func hasRoom(on number: Int) -> Bool {
    guard let configuration else { return false }
    let settings = configuration.rung(number)
    if let most = settings.workers, inFlightOnRung[number, default: 0] >= most { return false }
    guard let capacity = session?.start.capacity else { return true }
    var (gpus, cores) = (settings.placement.gpus, settings.placement.cores ?? 0)
    for (rung, count) in inFlightOnRung {
      let used = configuration.rung(rung).placement
      gpus += count * used.gpus
      cores += count * (used.cores ?? 0)
    }
    return gpus <= capacity.gpus && cores <= capacity.cores
  }

  /// Returns the event that ends a test on a higher rung, when it is over.
  func promotionVerdict() -> Event? {
    guard let configuration else { return nil }
    for rung in rungs {
      guard let running = rung.test, let promotion = running.promotion else { continue }
      let test = running.test
      if test.pairs.isEmpty, running.championFailures >= Self.championFailureLimit,
        let outcome = running.championOutcome
      {
        return .promotionFailed(
          PromotionFailure(
            number: running.number, promotion: promotion, eValue: test.eValue, pairs: 0, effect: nil,
            standardError: nil,
            championValues: [], obstacle: "the champion there gave no measurement: \(outcome)"))
      }
      switch test.state {
      case .running: continue
      case .certified:
        let approval = approval(of: .certificate(running.number))
        if case .wanted(let question) = approval { return question }
        if case .awaited = approval { continue }
        if let effect = test.effect, let interval = test.interval, !isDenied(running) {
          return .promotionCertified(
            certificate(running, effect, interval, configuration, rung: promotion.rung))
        }
      case .failed: break
      }
      let differences = Moments(
        test.pairs.map { configuration.metric.direction.improvement(of: $0.candidate, over: $0.champion) })
      return .promotionFailed(
        PromotionFailure(
          number: running.number, promotion: promotion, eValue: test.eValue, pairs: test.pairs.count,
          effect: test.effect,
          standardError: differences.variance.map { ($0 / Double(differences.count)).squareRoot() },
          championValues: test.pairs.map(\.champion)))
    }
    return nil
  }
}
