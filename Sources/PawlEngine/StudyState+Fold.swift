public import PawlCore
import PawlRatchet
import PawlSearch
import PawlStatistics

extension StudyState {
  /// Attempts in a row that never ran after which that counts as their own failure.
  static let launchLimit = 3

  /// Folds one event in. Replay and live operation both come through here, so they cannot differ.
  public mutating func apply(_ event: Event, at: Timestamp) {
    if !unweighed.isEmpty { noteWeighed(event) }
    if configuration?.generations != nil || configuration?.buildsOn != nil { generations.apply(event) }
    switch event {
    case .studyStarted(let start): begin(start)
    case .sessionStarted(let session): begin(session, at: at)
    case .sessionEnded:
      closeSession(at: at)
    case .configurationChanged(let configuration):
      // Values of another pattern are of another quantity.
      if configuration.curve?.pattern != self.configuration?.curve?.pattern { forgetCurves() }
      self.configuration = configuration
      reconfigureSearch(configuration)
      extendLadder()
    case .proposalRequested(let request):
      open[request.trial] = OpenTrial(request: request, at: at, isFromPin: isFromPin(request))
      if let reversal = request.reversal { removals.removeAll { $0 == reversal } }
      lastTrial = max(lastTrial, request.trial.rawValue)
      if request.offer != nil { session?.offered += 1 }
      noteAsked(request)
    case .replyReceived(let reply): receive(reply)
    case .proposalReceived(let trial, let proposal): receive(proposal, for: trial, at: at)
    case .proposalFailed(let trial, let reason):
      if let agent = open[trial]?.request.agent { exhaust(agent, reason) }
      end(trial)
      fruitlessInARow += 1
    case .agentFailed(let trial, let failure): fail(trial, failure, at: at)
    case .proposalRefused(let trial, _):
      if abandon(trial) { break }
      // A step that cannot be taken out again says nothing about agents.
      if let opened = open[trial], opened.request.reversal == nil {
        fruitlessInARow += 1
        if case .proposing = opened.stage { agentAnswered(opened, at: at) }
        noteTurnedDown(opened, at: at)
        forgetCode(of: opened)
        noteFruitless(opened)
      }
      ratchet?.drop(trial)
      end(trial)
    case .candidateCreated(let trial, let commit, let size): ready(trial, commit, size)
    case .rebaseRequested(let request): startRebasing(request)
    case .candidateRebased(let candidate): finishRebasing(candidate)
    case .rebaseConflicted(let conflict):
      if conflict.stays != true || !makeWhole(conflict) { abandon(conflict.trial, onto: conflict.onto) }
    case .attemptRequested(let request): ask(request)
    case .attemptFinished(let result): finish(result)
    case .trialJudged(let trial, let verdict, let evidence): close(trial, verdict, evidence)
    case .trialCrashed(let trial, _):
      ratchet?.drop(trial)
      observe(trial, loss: nil, measurements: 0)
      if let opened = open[trial] { noteFruitless(opened) }
      end(trial)
      fruitlessInARow += 1
    // Folded above, into what generations know.
    case .dataTaken, .stageFinished, .generationMade: break
    case .headMoved(let trial, _): moveHead(to: trial)
    case .certificationStarted(let number, let candidate, let champion, let alpha):
      startCertification(number: number, candidate: candidate, champion: champion, alpha: alpha)
    case .certificationFailed: failCertification()
    case .championCertified(let certificate): certify(certificate)
    case .branchAdvanced(let number, let commit):
      awaitingBranch.removeAll { $0.number == number }
      branchTip = commit
    case .branchBlocked(_, let reason): branchBlocked = reason
    case .transplantRequested(let transplant): startTransplant(transplant)
    case .transplantMade(let transplant, let commit): finishTransplant(transplant, commit)
    case .transplantFailed(let transplant, _): failTransplant(transplant)
    case .promotionStarted(let start): startPromotion(start)
    case .promotionFailed(let failure): failPromotion(failure)
    case .promotionCertified(let certificate): climb(certificate)
    case .attemptProgressed(let attempt, let point): note(point, of: attempt)
    case .attemptStopped(let attempt, let stop):
      if inFlight[attempt] != nil { stopping[attempt] = stop }
    case .noteAdded, .noteDropped, .claimed, .claimReleased,
      .pinned, .unpinned, .banned, .banLifted, .approvalRequested, .approvalDecided:
      break
    case .hintGiven(let hint):
      hints.append(hint)
      lastHint = max(lastHint, hint.number)
    case .hintDone(let number, _): hints.removeAll { $0.number == number }
    case .paused(let person): pausedBy = person
    case .resumed: pausedBy = nil
    case .stopRequested(let reason): stopReason = reason
    case .studyFailed(let reason): failure = reason
    }
    collaborate(event, at: at)
    lastEventAt = at
  }

  private mutating func begin(_ start: StudyStart) {
    self.start = start
    configuration = start.configuration
    ratchet = HeadRatchet(direction: start.configuration.metric.direction, rule: start.configuration.ratchet)
    stack = [HeadStep(trial: .baseline, commit: start.baseline)]
    fingerprints = [start.fingerprint]
    beginSearch(start)
    beginLadder(start)
  }

  private mutating func begin(_ session: SessionStart, at: Timestamp) {
    closeSession(at: lastEventAt ?? at)
    // Another machine may measure everything a little higher or lower.
    if let host, host != session.host { ratchet?.changeMachine() }
    host = session.host
    self.session = Session(
      start: session, at: at, endedBefore: ended, computeBefore: computeSeconds, spendBefore: spend)
    stopReason = nil
    pausedBy = nil
    branchBlocked = nil
    failure = nil
    forgetFailures()
    for place in rungs.indices { rungs[place].obstacle = nil }
    promiseAnew()
    fruitlessInARow = 0
    headFailures = 0
    launchFailures = 0
    baselineOutcome = nil
    calibrationRequested = calibrated + inFlight.values.count { $0.purpose == .calibration }
    adoptOrdered()
  }

  private mutating func closeSession(at: Timestamp) {
    guard let session else { return }
    wallSecondsBefore += max(0, at.since(session.at).seconds)
    self.session = nil
  }

  private mutating func ready(_ trial: TrialID, _ commit: CommitHash, _ size: DiffStatistics) {
    // A second report of the same candidate, as after a restart, must not undo a re-basing.
    guard let opened = open[trial], case .proposed = opened.stage else { return }
    open[trial]?.stage = .ready(commit)
    open[trial]?.size = size
    noteCandidate(opened, commit, size)
    let isWhole = open[trial]?.isWhole ?? false
    let parent = isWhole ? head?.trial ?? opened.parent.trial : opened.parent.trial
    ratchet?.open(trial, parent: parent)
  }

  private mutating func receive(_ proposal: Proposal, for trial: TrialID, at: Timestamp) {
    spend += proposal.cost
    let isNewCode = noteCode(of: proposal, trial)
    open[trial]?.isNewCode = isNewCode
    if let opened = open[trial] { agentAnswered(opened, at: at) }
    // They are in the journal; the state need not carry them on.
    open[trial]?.replies = []
    open[trial]?.stage = .proposed(proposal)
    open[trial]?.proposal = proposal
    open[trial]?.knobs = proposal.knobs
  }

  private mutating func ask(_ request: AttemptRequest) {
    if inFlight.updateValue(request, forKey: request.id) == nil { inFlightOnRung[request.rung, default: 0] += 1 }
    disturbances.ask(request)
    lastAttempt = max(lastAttempt, request.id.rawValue)
    switch request.purpose {
    case .calibration:
      calibrationRequested += 1
      calibrationSeeds += 1
    case .search:
      open[request.trial]?.attempts += 1
      open[request.trial]?.running += 1
      if request.trial == head?.trial {
        headAttempts += 1
        headRunning += 1
      }
    case .certification(let number, let pair, let candidate):
      withTest(number) { test in
        test.requested.insert(.init(pair: pair, candidate: candidate))
        test.seeds[pair] = request.seed
      }
    }
  }

  private mutating func finish(_ result: AttemptResult) {
    guard let request = inFlight.removeValue(forKey: result.id) else { return }
    inFlightOnRung[request.rung, default: 1] -= 1
    if request.purpose == .search {
      open[request.trial]?.running -= 1
      if request.trial == head?.trial { headRunning -= 1 }
    }
    learnCurve(of: result, request)
    computeSeconds += result.usage.wallSeconds
    if request.rung == 1 {
      finishedAttempts += 1
      if case .certification = request.purpose { certificationAttempts += 1 }
      // Plans are made of whole attempts.
      if result.outcome != .stoppedEarly {
        meanAttemptSeconds = runningMean(meanAttemptSeconds, result.usage.wallSeconds)
      }
    } else {
      withRung(request.rung) { rung in
        rung.computeSeconds += result.usage.wallSeconds
        rung.meanSeconds = runningMean(rung.meanSeconds, result.usage.wallSeconds)
      }
    }
    if result.sandbox.weakness > weakestSandbox.weakness { weakestSandbox = result.sandbox }
    if result.disturbance == .repeated { return setAside(request) }
    disturbances.accept(result)
    let neverRan = result.outcome.isLaunchFailure
    launchFailures = neverRan ? launchFailures + 1 : 0
    noteSecondary(of: result, request)
    if request.purpose == .search { open[request.trial]?.seconds += result.usage.wallSeconds }
    switch request.purpose {
    case .calibration:
      guard let value = result.measurement else {
        calibrationRequested -= 1
        guard !neverRan || launchFailures >= Self.launchLimit else { return }
        baselineOutcome = result.remark.map { "\(result.outcome), \($0)" } ?? "\(result.outcome)"
        return
      }
      calibrated += 1
      baselineMean = (baselineMean ?? value) + (value - (baselineMean ?? value)) / Double(calibrated)
      ratchet?.record(value, for: request.trial, seed: request.seed, cost: result.usage.wallSeconds)
      doubtCalibration()
      noteCalibrated()
    case .search:
      if let value = result.measurement {
        fruitlessInARow = 0
        // A replicate of a head that has moved on meanwhile has nothing left to say.
        guard isOfPresentCode(request) else { return }
        ratchet?.record(value, for: request.trial, seed: request.seed, cost: result.usage.wallSeconds)
        open[request.trial]?.isMeasured = ratchet?.isMeasured(request.trial) ?? false
        if request.trial == head?.trial { headFailures = 0 }
      } else if isOfPresentCode(request) {
        if result.outcome == .stoppedEarly {
          ratchet?.recordStop(cost: result.usage.wallSeconds)
        } else if !neverRan {
          ratchet?.recordFailure(cost: result.usage.wallSeconds)
        }
        open[request.trial]?.failures += 1
        open[request.trial]?.lastFailure = result.outcome
        if request.trial == head?.trial { headFailures += 1 }
      }
    case .certification(let number, let pair, let candidate):
      let isLaunchedAgain = neverRan && launchFailures < Self.launchLimit
      withTest(number) { running in
        if isLaunchedAgain {
          running.requested.remove(.init(pair: pair, candidate: candidate))
        } else if candidate {
          // A half that did not measure voids its pair; the test itself decides what that means.
          running.test.record(pair: pair, candidate: .some(result.measurement))
        } else {
          running.test.record(pair: pair, champion: .some(result.measurement))
          if result.measurement == nil {
            running.championFailures += 1
            running.championOutcome = result.remark.map { "\(result.outcome), \($0)" } ?? "\(result.outcome)"
          }
        }
      }
    }
  }

  /// A run of the baseline that is absurdly far from the others, as when a disk was full: two more say whether it counts.
  private mutating func doubtCalibration() {
    guard calibrated == calibrationWanted else { return }
    if calibrationExtra == 0 {
      calibrationExtra = ratchet?.absurdCalibration == nil ? 0 : 2
    } else if let value = ratchet?.leaveOutAbsurdCalibration() {
      calibrationLeftOut = value
      baselineMean = ratchet?.moments(of: .baseline)?.mean
    }
  }

  private mutating func close(_ trial: TrialID, _ verdict: Verdict, _ evidence: Evidence) {
    observe(trial, evidence)
    if let opened = open[trial] { noteJudged(opened, verdict, evidence) }
    if evidence.measurements == 0 {
      ratchet?.foresee(trial, evidence: evidence)
    } else {
      ratchet?.close(trial, evidence: evidence)
    }
    if verdict == .kept, let opened = open[trial], let commit = opened.commit {
      stack.append(HeadStep(trial: trial, commit: commit))
      secondary[trial] = opened.secondary
      headAttempts = opened.attempts
      headRunning = 0
      noteStep(opened, evidence)
    }
    end(trial)
    fruitlessInARow = 0
  }

  private mutating func moveHead(to trial: TrialID) {
    ratchet?.moveHead(to: trial)
    endedSinceHeadMoved = 0
    headFailures = 0
    forgetExhaustion()
    followHead(to: trial)
  }

  /// A trial is over: what an agent proposed must not be proposed again, whatever came of it.
  mutating func end(_ trial: TrialID) {
    guard let opened = open.removeValue(forKey: trial) else { return }
    noteYield(opened)
    ended += 1
    endedSinceHeadMoved += 1
  }

  mutating func observe(_ trial: TrialID, _ evidence: Evidence) {
    let isLoss = configuration?.metric.direction ?? .minimize == .minimize
    let loss = (isLoss ? evidence.mean : -evidence.mean) + (open[trial].map { penalty(of: $0) } ?? 0)
    // What was foreseen counts as one measurement.
    observe(trial, loss: evidence.breach == nil ? loss : nil, measurements: max(1, evidence.measurements))
  }

  private mutating func observe(_ trial: TrialID, loss: Double?, measurements: Int) {
    guard let knobs = open[trial]?.knobs, !knobs.isEmpty else { return }
    history.append(KnobObservation(knobs: knobs, loss: loss, measurements: measurements))
    if history.count > Self.historyLimit { history.removeFirst(history.count - Self.historyLimit) }
  }
}

private func runningMean(_ mean: Double?, _ value: Double) -> Double { mean.map { $0 + (value - $0) * 0.1 } ?? value }

extension SandboxLevel {
  /// Greater is weaker.
  fileprivate var weakness: Int {
    switch self {
    case .full: 0
    case .partial: 1
    case .none: 2
    }
  }
}
