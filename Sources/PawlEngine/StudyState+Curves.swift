import PawlCore
import PawlRatchet
import PawlStatistics

/// Stopping attempts that no longer matter.
///
/// Only first attempts of candidates on the first rung are stopped: a replicate decides, and a certificate's pairs must all be whole. What a
/// person handed in is measured whole, and so is the head without one of its steps, which is not tried for its gain. One in ten is let go
/// on although it looks hopeless, so that curves which cross are seen.
extension StudyState {
  static let auditShare = 10

  mutating func note(_ point: CurvePoint, of attempt: AttemptID) {
    guard inFlight[attempt] != nil, point.step.isFinite, point.value.isFinite else { return }
    progress[attempt] = point
    unweighed.insert(attempt)
  }

  /// A point is looked at once, right after it came: a thousand attempts in flight cost no more than one.
  mutating func noteWeighed(_ event: Event) {
    switch event {
    case .attemptProgressed: break
    case .attemptStopped(let attempt, _): unweighed.remove(attempt)
    default: unweighed = []
    }
  }

  mutating func forgetCurves() {
    curves = CurveBook()
    progress = [:]
  }

  /// The next attempt to stop, if one is not worth its rest.
  func nextStop(_ ratchet: HeadRatchet) -> Event? {
    guard !unweighed.isEmpty, configuration?.curve?.stopsEarly == true, isCalibrated, curves.crossing == nil else {
      return nil
    }
    for attempt in unweighed.sorted() where stopping[attempt] == nil {
      guard let point = progress[attempt], let request = inFlight[attempt], mayStop(request),
        let stop = earlyStop(at: point, ratchet)
      else { continue }
      return .attemptStopped(attempt, stop)
    }
    return nil
  }

  private func mayStop(_ request: AttemptRequest) -> Bool {
    guard request.purpose == .search, request.rung == 1, request.trial != head?.trial, let opened = open[request.trial],
      opened.commit == request.commit, opened.attempts == 1, opened.request.offer == nil, opened.request.reversal == nil
    else { return false }
    // A change of a former head is judged against that one, and is put on the present one if it is good.
    return opened.parent.trial == head?.trial && !isAudit(request)
  }

  /// Whether the attempt runs to its end whatever its curve says.
  func isAudit(_ request: AttemptRequest) -> Bool {
    derivedSeed("audit", UInt64(request.id.rawValue)) % UInt64(Self.auditShare) == 0
  }

  /// Returns why the attempt is not worth its rest, or nil where it is, by the head's own rule: what it may still gain is held
  /// against what a new idea gains in the same time.
  private func earlyStop(at point: CurvePoint, _ ratchet: HeadRatchet) -> EarlyStop? {
    guard let forecast = curves.forecast(point), let head = ratchet.headEstimate,
      let direction = configuration?.metric.direction
    else { return nil }
    let effect = direction.improvement(of: forecast.measurement, over: head.mean)
    let deviation = (forecast.deviation * forecast.deviation + head.deviation * head.deviation).squareRoot()
    let gain = Normal.expectedPositive(mean: effect, deviation: deviation)
    let price = ratchet.prior.expectedGainOfNewIdea * forecast.rest
    guard gain < price, effect < 0, effect.isFinite, deviation.isFinite else { return nil }
    return EarlyStop(
      point: point, measurement: forecast.measurement, expected: effect, deviation: deviation, gain: gain, price: price)
  }

  mutating func learnCurve(of result: AttemptResult, _ request: AttemptRequest) {
    progress[result.id] = nil
    let stop = stopping.removeValue(forKey: result.id)
    if let stop, result.outcome == .stoppedEarly {
      stopped += 1
      if isOfPresentCode(request) { open[request.trial]?.stopped = stop }
    }
    guard request.rung == 1, request.purpose.split == .search, let direction = configuration?.metric.direction,
      let value = result.measurement, let curve = result.curve, !curve.isEmpty
    else { return }
    curves.record(curve, final: value, sigma: ratchet?.sigma, direction: direction)
  }

  /// The verdict on a trial whose attempt was stopped.
  func stoppedVerdict(_ trial: TrialID, _ opened: OpenTrial) -> Event? {
    guard let stop = opened.stopped, opened.failures == opened.attempts else { return nil }
    return .trialJudged(
      trial, .discarded,
      Evidence(
        effect: stop.expected, deviation: stop.deviation, gain: stop.gain, loss: stop.gain - stop.expected,
        mean: stop.measurement, measurements: 0, sigma: ratchet?.sigma ?? 0, head: opened.parent.trial,
        stoppedAt: stop.point.step))
  }
}
