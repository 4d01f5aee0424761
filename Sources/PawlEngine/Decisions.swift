import PawlCore
import PawlRatchet

extension StudyState {
  /// The next event that follows from the state alone, or nil when the engine waits for the world.
  func nextDecision(at now: Timestamp, _ docket: inout Docket) -> Event? {
    guard failure == nil, session != nil, let ratchet else { return nil }
    if let order = session?.start.order { return orderedDecision(order) }
    if let head, head.trial != ratchet.head { return .headMoved(to: head.trial, from: ratchet.head) }
    if let event = baselineFailure() ?? baselineBreach() ?? certificationVerdict() ?? promotionVerdict()
      ?? judgedTrial(ratchet, &docket)
    {
      return event
    }
    if let event = unaffordableQuestion() ?? bannedQuestion() { return event }
    guard stopReason == nil, pausedBy == nil else { return nil }
    if let event = spendQuestion() ?? fidelityStop() { return event }
    if let event = nextStop(ratchet) { return event }
    let limit = limitReached(at: now)
    if isSpent(at: now) { return nil }
    if let event = nextRebase(ratchet, &docket) { return event }
    // What is kept back for the last certificate must not go into candidates that are still open.
    if isShort(at: now), let event = certificationStart(finishing: true) ?? nextPromotion(finishing: true) {
      return event
    }
    let free = workers - inFlight.count
    if free > 0, let request = nextAttempt(ratchet, &docket) { return .attemptRequested(request) }
    let finishing = limit != nil && open.isEmpty && session?.start.offers == nil
    if let event = certificationStart(finishing: finishing) { return event }
    let isTesting = certification != nil && !isCertificateAwaited
    if let event = nextPromotion(finishing: finishing && !isTesting) { return event }
    return limit == nil ? nextProposal(freeWorkers: free, at: now) : nil
  }

  /// Why the session is over: nothing runs and nothing may be started; nil while there is work.
  func finish(at now: Timestamp) -> Finish? {
    guard session != nil, inFlight.isEmpty, awaitingBranch.isEmpty || branchBlocked != nil else { return nil }
    if let failure { return Finish(.failed, failure) }
    if let stopReason { return Finish(.stopped, stopReason) }
    if let order = session?.start.order { return orderedFinish(order) }
    guard let limit = limitReached(at: now) else { return nil }
    if isSpent(at: now) { return limit }
    guard pausedBy == nil else { return nil }
    if session?.start.offers == .untilJudged { return limit }
    return open.isEmpty && (certification == nil || isCertificateAwaited) && !isPromoting ? limit : nil
  }

  private func baselineFailure() -> Event? {
    guard !isCalibrated, let outcome = baselineOutcome else { return nil }
    return .studyFailed(reason: "the baseline gave no measurement: \(outcome)")
  }

  // MARK: verdicts

  private func judgedTrial(_ ratchet: HeadRatchet, _ docket: inout Docket) -> Event? {
    guard let head else { return nil }
    if let trial = tooManySpares.first {
      return .proposalRefused(trial, reason: "it conflicts with what the head took in since, and newer ones went first")
    }
    let mayRefuse = refusesUntried
    for entry in open.roster where entry.isIdle && (mayRefuse || !entry.isUntouched) {
      let trial = entry.trial
      guard let opened = open[trial], let commit = opened.commit else { continue }
      if opened.attempts == 0, let reason = refusal(of: opened) { return .proposalRefused(trial, reason: reason) }
      if !entry.isMeasured {
        if let verdict = stoppedVerdict(trial, opened) { return verdict }
        // The sandbox may fail for reasons of its own; anything else that a candidate does wrong is a crash.
        if opened.failures >= 1, let outcome = opened.lastFailure,
          opened.failures >= Self.launchLimit || !outcome.isLaunchFailure
        {
          return .trialCrashed(trial, outcome)
        }
        continue
      }
      guard isCalibrated else { continue }
      if opened.failures >= 2, let outcome = opened.lastFailure, opened.failures * 2 > opened.attempts {
        return .trialCrashed(trial, outcome)
      }
      switch docket.judgement(of: trial, opened, by: ratchet, in: self) {
      case .decided(let verdict, let evidence):
        return verdict == .kept && commit == head.commit
          ? .trialJudged(trial, .discarded, evidence) : .trialJudged(trial, verdict, evidence)
      case .replicateHead(let evidence) where headFailures >= 3 && opened.parent.trial == head.trial:
        let isWorthIt = evidence.worth + favour(of: opened) > 0
        return .trialJudged(trial, isWorthIt ? .kept : .discarded, evidence)
      case .replicateCandidate, .replicateHead, .rebase, .wait: continue
      }
    }
    return nil
  }

  // MARK: attempts

  /// The most useful attempt now: calibration, then certification, replicates, and new candidates in their order.
  private func nextAttempt(_ ratchet: HeadRatchet, _ docket: inout Docket) -> AttemptRequest? {
    guard let champion, let head, configuration != nil else { return nil }
    if let again = disturbances.waiting.first(where: { isWanted($0.request) && hasRoom(on: $0.request.rung) }) {
      return repetition(of: again.request)
    }
    if stack.count == 1, champion.trial == .baseline, calibrationRequested < calibrationWanted {
      return request(champion, .calibration)
    }
    if let half = certificationAttempt() ?? promotionAttempt() { return half }
    guard hasRoom(on: 1) else { return nil }
    var (fresh, spare): (HeadStep?, HeadStep?)
    for entry in open.roster where entry.isIdle {
      // Of those that nothing is known of the first is wanted, and that only where no other attempt is.
      if entry.isUntouched, fresh != nil || (entry.isIdleSpare && spare != nil) { continue }
      let trial = entry.trial
      guard let opened = open[trial], let commit = opened.commit, isWorkedOn(opened) else { continue }
      let step = HeadStep(trial: trial, commit: commit)
      guard entry.isMeasured, isCalibrated else {
        if opened.attempts == opened.failures {
          if opened.isSpare { spare = spare ?? step } else { fresh = fresh ?? step }
        }
        continue
      }
      switch docket.judgement(of: trial, opened, by: ratchet, in: self) {
      case .replicateCandidate: return request(step, .search)
      case .replicateHead where !isInFlight(head.trial): return request(head, .search)
      case .replicateHead, .rebase, .wait, .decided: continue
      }
    }
    return (fresh ?? spare).map { request($0, .search) }
  }

  /// The next half of a pair of the certification that is under way.
  func certificationAttempt() -> AttemptRequest? {
    guard let certification, hasRoom(on: 1), let half = nextHalf(of: certification) else { return nil }
    return attempt(half, of: certification)
  }

  /// One half of a pair, on the rung of its test.
  func attempt(_ half: RunningCertification.Half, of test: RunningCertification) -> AttemptRequest {
    request(
      half.candidate ? test.candidate : test.champion,
      .certification(test.number, pair: half.pair, candidate: half.candidate),
      seed: derivedSeed("certification", UInt64(test.number), UInt64(half.pair)), rung: test.promotion?.rung ?? 1)
  }

  private func request(
    _ step: HeadStep, _ purpose: AttemptPurpose, seed: UInt64? = nil, rung: Int = 1
  ) -> AttemptRequest {
    let id = lastAttempt + 1
    let keepsModel = keepsModel(of: step.trial, purpose)
    return AttemptRequest(
      id: AttemptID(rawValue: id), trial: step.trial, commit: step.commit,
      seed: seed ?? derivedSeed("replicate", UInt64(replicate(of: step.trial))), purpose: purpose, rung: rung,
      keepsModel: keepsModel, baselineAnswers: keepsModel ? generations.baselineAnswers?.digest : nil)
  }

  /// How many measurements of the trial were asked for: the first of all trials share a seed, and so do the second ones.
  ///
  /// What a seed does to every candidate alike then cancels (common random numbers; Law and Kelton 2000, chapter 11).
  private func replicate(of trial: TrialID) -> Int {
    if let opened = open[trial] { return opened.attempts }
    return headAttempts + (trial == .baseline ? calibrationSeeds : 0)
  }

  /// A 31-bit seed, so that it fits every library's; certification draws from a stream of its own.
  func derivedSeed(_ stream: String, _ numbers: UInt64...) -> UInt64 {
    var hash = StableHash()
    hash.add(configuration?.seed ?? 0)
    hash.add(stream)
    for number in numbers { hash.add(number) }
    return hash.value & 0x7fff_ffff
  }

  // MARK: certification and proposals

  private func certificationStart(finishing: Bool) -> Event? {
    guard let champion, let target = certificationTarget(finishing: finishing) else { return nil }
    return .certificationStarted(
      number: certifications + 1, candidate: target, champion: champion.trial, alpha: nextAlpha())
  }

  /// A proposal is asked for when a worker is free for it, and earlier where proposals are slow beside attempts.
  private func nextProposal(freeWorkers: Int, at now: Timestamp) -> Event? {
    // Nothing is asked of anybody before the baseline has shown that a measurement can be had at all.
    guard calibrated > 0, session?.start.offers == nil, let head else { return nil }
    if let event = nextRemoval() { return event }
    guard let choice = nextChoice(at: now, head: head, freeWorkers: freeWorkers), let rule = rule(of: choice.agent)
    else { return nil }
    let trial = TrialID(rawValue: lastTrial + 1)
    let parent = parent(of: choice, head: head)
    return .proposalRequested(
      ProposalRequest(
        trial: trial, agent: choice.agent, parent: parent.trial, parentCommit: parent.commit,
        seed: derivedSeed("proposal", UInt64(trial.rawValue)), choice: choice, spendLimit: spendLimit(of: rule)))
  }
}

extension Outcome {
  /// Whether the process never ran.
  var isLaunchFailure: Bool {
    if case .launchFailed = self { return true }
    return false
  }
}
