import PawlCore
import PawlRatchet
import PawlStatistics

/// Stopping attempts that no longer matter.
///
/// Only first attempts of candidates on the first rung are stopped: a replicate decides, and a certificate's pairs must all be whole. One in
/// ten is let go on although it looks hopeless, so that curves which cross are seen.
extension StudyState {
  static let auditShare = 10

  mutating func note(_ point: CurvePoint, of attempt: AttemptID) {
    guard inFlight[attempt] != nil else { return }
    progress[attempt] = point
  }

  /// The next attempt to stop, if one is not worth its rest.
  func nextStop(_ ratchet: HeadRatchet) -> Event? {
    guard configuration?.curve?.stopsEarly == true, isCalibrated, !progress.isEmpty, curves.crossing == nil else {
      return nil
    }
    for (attempt, point) in progress.sorted(by: { $0.key < $1.key }) where stopping[attempt] == nil {
      guard let request = inFlight[attempt], mayStop(request), let stop = earlyStop(at: point, ratchet) else {
        continue
      }
      return .attemptStopped(attempt, stop)
    }
    return nil
  }

  private func mayStop(_ request: AttemptRequest) -> Bool {
    guard request.purpose == .search, request.rung == 1, request.trial != head?.trial, let opened = open[request.trial],
      opened.commit == request.commit, opened.attempts == 1
    else { return false }
    return derivedSeed("audit", UInt64(request.id.rawValue)) % UInt64(Self.auditShare) != 0
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
    guard gain < price else { return nil }
    return EarlyStop(point: point, expected: effect, deviation: deviation, gain: gain, price: price)
  }

  mutating func learnCurve(of result: AttemptResult, _ request: AttemptRequest) {
    progress[result.id] = nil
    let stopped = stopping.removeValue(forKey: result.id)
    guard request.rung == 1, request.purpose.split == .search else { return }
    if let stopped, result.outcome == .stoppedEarly { open[request.trial]?.stopped = stopped }
    guard let value = result.measurement, let curve = result.curve, !curve.isEmpty else { return }
    curves.record(curve, final: value, sigma: ratchet?.sigma)
  }

  /// The verdict on a trial whose attempt was stopped.
  func stoppedVerdict(_ trial: TrialID, _ opened: OpenTrial) -> Event? {
    guard let stop = opened.stopped, opened.failures == opened.attempts, let head = ratchet?.headEstimate,
      let direction = configuration?.metric.direction
    else { return nil }
    let mean = direction == .minimize ? head.mean - stop.expected : head.mean + stop.expected
    return .trialJudged(
      trial, .discarded,
      Evidence(
        effect: stop.expected, deviation: stop.deviation, gain: stop.gain, loss: stop.gain - stop.expected, mean: mean,
        measurements: 0, sigma: ratchet?.sigma ?? 0, head: self.head?.trial ?? .baseline))
  }
}
