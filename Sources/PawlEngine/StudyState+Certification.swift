import PawlCore
import PawlRatchet
import PawlSearch
import PawlStatistics

extension StudyState {
  mutating func startCertification(number: Int, candidate: TrialID, champion: TrialID, alpha: Double) {
    certifications = max(certifications, number)
    guard let configuration, let from = stack.first, let to = stack.first(where: { $0.trial == candidate }) else {
      return
    }
    var rule = configuration.ratchet
    let ordered = beginOrdered(number: number, candidate: candidate)
    if let ordered { rule.maximumPairs = ordered }
    certification = RunningCertification(
      test: Certification(
        number: number, candidate: candidate, champion: champion, alpha: alpha, rule: rule,
        direction: configuration.metric.direction),
      number: number, candidate: to, champion: from, orderedPairs: ordered)
  }

  /// A stack that fails is halved: its older half is tried next, down to a single step.
  mutating func failCertification() {
    guard let failed = certification else { return }
    let isDenied = isDenied(failed)
    certification = nil
    failedTargets.insert(failed.candidate.trial)
    // The evidence was there, so nothing is said against any step; and nobody is asked again for a part of it.
    if isDenied {
      retryTarget = nil
      return
    }
    let covered = stack.prefix { $0.trial != failed.candidate.trial }.dropFirst().map(\.trial)
    search?.certificationFailed(covered + [failed.candidate.trial])
    let position = stack.firstIndex { $0.trial == failed.candidate.trial } ?? 0
    stackAtFailure = max(stackAtFailure, position + 1)
    let half = stack[position / 2].trial
    let isWorth = position >= 2 && !failedTargets.contains(half) && isClaim(stack[1...(position / 2)])
    retryTarget = isWorth ? half : nil
    if position == 1 { doubt(stack[1]) }
  }

  /// The champion moves forward; what the stack holds beyond it stays on trial.
  mutating func certify(_ certificate: Certificate) {
    certification = nil
    certificates += 1
    retryTarget = nil
    failedTargets = []
    stackAtFailure = 0
    if rungs.isEmpty {
      awaitingBranch.append(certificate)
      branchBlocked = nil
    }
    if let position = stack.firstIndex(where: { $0.trial == certificate.candidate }) {
      doubtSmallSteps(of: stack[...position].dropFirst())
      extendLine(with: stack[...position].dropFirst(), effect: certificate.effect)
      search?.certified(stack[...position].dropFirst().map(\.trial), effect: certificate.effect)
      stack.removeFirst(position)
      for step in steps.keys where !stack.dropFirst().contains(where: { $0.trial == step }) { steps[step] = nil }
      forgetSecondary()
    }
  }

  /// What to certify next, if it is worth its attempts: the head, or half of a stack that failed.
  ///
  /// `finishing` lifts the demands that search has settled and that it can be afforded: at the end of a study there is nothing
  /// better to spend on.
  func certificationTarget(finishing: Bool) -> TrialID? {
    guard certification == nil, isCalibrated, let head, isClaim(stack.dropFirst()),
      configuration?.ratchet.policy == .evidence
    else { return nil }
    guard finishing || isCertificationAffordable, hasPairsEnough else { return nil }
    if let retryTarget { return retryTarget }
    if failedTargets.contains(head.trial) { return nil }
    if finishing { return head.trial }
    // A tall stack is tried while search still moves, and again only when it has grown by half since it failed.
    let settled = endedSinceHeadMoved >= 10 || stack.count > max(8, stackAtFailure + stackAtFailure / 2)
    return settled ? head.trial : nil
  }

  /// Whether the next certificate can be reached with the pairs that the study allows: otherwise attempts are worth more in search.
  public var hasPairsEnough: Bool {
    guard let most = configuration?.ratchet.maximumPairs, let least = leastPairsOfNextCertification else {
      return false
    }
    return least <= most
  }

  /// Whether one more certificate keeps to its share of the attempts.
  ///
  /// A study that ends by itself certifies the whole stack then, which costs as little as certifying one step of it: before
  /// that it spends a hundredth on certificates. One without an end spends up to a tenth.
  private var isCertificationAffordable: Bool {
    let share = hasBound ? 0.01 : 0.1
    let next = 2 * Certification.leastPairs
    return Double(certificationAttempts + next) <= share * Double(finishedAttempts - certificationAttempts)
  }

  /// The share of alpha that the next certification may spend (e-LOND).
  func nextAlpha() -> Double {
    let rule = configuration?.ratchet ?? RatchetRule()
    return AlphaSchedule(alpha: rule.alpha).level(test: certifications - testsNotMade + 1, discoveries: certificates)
  }

  /// The next half of a pair that has not been asked for; several pairs are in flight at once to use all workers.
  func nextHalf(of certification: RunningCertification) -> RunningCertification.Half? {
    guard case .running(let nextPair) = certification.test.state else { return nil }
    let limit = certification.orderedPairs ?? configuration?.ratchet.maximumPairs ?? 0
    let ahead = max(1, workers / 2)
    for pair in nextPair..<max(nextPair, min(nextPair + ahead, limit)) {
      // Which half goes first is drawn, so that a machine that grows slower or faster favours neither.
      let first = derivedSeed("order", UInt64(certification.number), UInt64(pair)) % 2 == 0
      for candidate in [first, !first] {
        let half = RunningCertification.Half(pair: pair, candidate: candidate)
        if !certification.requested.contains(half) { return half }
      }
    }
    return nil
  }

  /// Returns the event that ends the running certification, when its test is over.
  func certificationVerdict() -> Event? {
    guard let certification, let configuration else { return nil }
    let test = certification.test
    if test.state != .failed, let breach = certification.breach(of: configuration.constraints) {
      return .certificationFailed(
        number: certification.number, eValue: test.eValue, pairs: test.pairs.count, breach: breach)
    }
    switch test.state {
    case .running: return nil
    case .failed:
      return .certificationFailed(number: certification.number, eValue: test.eValue, pairs: test.pairs.count)
    case .certified:
      guard let effect = test.effect, let interval = test.interval else {
        return .certificationFailed(number: certification.number, eValue: test.eValue, pairs: test.pairs.count)
      }
      switch approval(of: .certificate(certification.number)) {
      case .notNeeded, .granted: break
      case .wanted(let question): return question
      case .awaited: return nil
      case .denied:
        return .certificationFailed(number: certification.number, eValue: test.eValue, pairs: test.pairs.count)
      }
      return .championCertified(certificate(certification, effect, interval, configuration, rung: nil))
    }
  }

  func certificate(
    _ running: RunningCertification, _ effect: Double, _ interval: ClosedRange<Double>,
    _ configuration: StudyConfiguration, rung: Int?
  ) -> Certificate {
    let pairs = running.test.pairs
    return Certificate(
      number: running.number, candidate: running.candidate.trial, candidateCommit: running.candidate.commit,
      champion: running.champion.trial, championCommit: running.champion.commit, effect: effect, interval: interval,
      eValue: running.test.eValue, threshold: running.test.threshold, alpha: configuration.ratchet.alpha,
      seeds: pairs.map { running.seeds[$0.index] ?? 0 }, candidateValues: pairs.map(\.candidate),
      championValues: pairs.map(\.champion), referee: configuration.refereeLevel, sandbox: weakestSandbox, rung: rung)
  }
}
