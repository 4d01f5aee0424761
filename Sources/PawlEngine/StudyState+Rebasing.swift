import PawlCore
import PawlRatchet
import PawlStatistics

/// A candidate is a change of the head that it was made from. When the head has moved, its code lacks what the head took in since,
/// so it is put onto the present head before it is measured for the first time, and before it may be kept.
extension StudyState {
  /// The next candidate whose change is to be made again on the present head: not measured yet, or worth to be kept over its parent.
  ///
  /// Each re-basing takes a head that moved, so there is an end to it. None is begun while an attempt of the trial is in flight.
  func nextRebase(_ ratchet: HeadRatchet, _ docket: inout Docket) -> Event? {
    guard let head else { return nil }
    for entry in open.roster where entry.isIdle && entry.parent != head.trial && !entry.isWhole {
      let trial = entry.trial
      guard let opened = open[trial], isWorkedOn(opened) else { continue }
      var evidence: Evidence?
      if entry.isMeasured {
        guard isCalibrated else { continue }
        switch docket.judgement(of: trial, opened, by: ratchet, in: self) {
        case .rebase(let believed): evidence = believed
        // The head moved again while the candidate was re-based: the new commit was never measured, and need not be.
        case .replicateCandidate(let believed), .replicateHead(let believed), .wait(let believed):
          guard opened.attempts == 0 else { continue }
          evidence = believed
        case .decided: continue
        }
      }
      return .rebaseRequested(
        RebaseRequest(trial: trial, onto: head.trial, ontoCommit: head.commit, evidence: evidence))
    }
    return nil
  }

  func isInFlight(_ trial: TrialID) -> Bool {
    open[trial].map { $0.running > 0 } ?? (trial == head?.trial && headRunning > 0)
  }

  /// What the runtime needs for a re-basing that was asked for; nil where none is under way.
  func rebasing(of trial: TrialID) -> Rebasing? {
    guard let opened = open[trial], case .rebasing(let commit, let request) = opened.stage,
      let proposal = opened.proposal
    else { return nil }
    return Rebasing(
      request: request, parent: opened.parent, commit: commit, proposal: proposal,
      writtenFor: opened.request.parentCommit, at: opened.requestedAt)
  }

  mutating func startRebasing(_ request: RebaseRequest) {
    guard case .ready(let commit) = open[request.trial]?.stage else { return }
    open[request.trial]?.stage = .rebasing(commit, request)
  }

  /// The candidate is new code from here on: its attempts are counted anew.
  mutating func finishRebasing(_ candidate: RebasedCandidate) {
    let trial = candidate.trial
    guard case .rebasing(_, let request) = open[trial]?.stage, request.onto == candidate.onto else { return }
    fingerprints.insert(candidate.fingerprint)
    noteRebased(candidate)
    open[trial]?.stage = .ready(candidate.commit)
    open[trial]?.parent = HeadStep(trial: candidate.onto, commit: candidate.ontoCommit)
    open[trial]?.knobs = candidate.knobs
    open[trial]?.size = candidate.size
    open[trial]?.secondary = SecondaryMeans()
    open[trial]?.attempts = 0
    open[trial]?.failures = 0
    open[trial]?.lastFailure = nil
    // Where the head has moved again, what was measured still speaks of the older parent.
    if candidate.onto == head?.trial { ratchet?.rebase(trial) }
    open[trial]?.isMeasured = ratchet?.isMeasured(trial) ?? false
  }

  /// Ends a trial whose change cannot be put on the head; what was measured of it still says something about effects and knobs.
  ///
  /// Returns false, and does nothing, where the trial is not being re-based, or onto another head.
  @discardableResult
  mutating func abandon(_ trial: TrialID, onto: TrialID? = nil) -> Bool {
    guard case .rebasing(_, let request) = open[trial]?.stage, onto ?? request.onto == request.onto else {
      return false
    }
    if let evidence = request.evidence {
      observe(trial, evidence)
      if let opened = open[trial] { noteJudged(opened, .discarded, evidence) }
      ratchet?.close(trial, evidence: evidence)
    } else {
      if let opened = open[trial] { noteFruitless(opened) }
      ratchet?.drop(trial)
    }
    end(trial)
    return true
  }

  /// Whether a candidate that cannot be put onto the head looks better than the head as it is.
  func isWorthWhole(_ conflict: RebaseConflict) -> Bool {
    guard let opened = open[conflict.trial], case .rebasing(_, let request) = opened.stage,
      request.onto == conflict.onto, let ratchet, opened.request.reversal == nil
    else { return false }
    // What somebody thought about for long, or was paid for, is not thrown away unseen.
    guard let own = ratchet.moments(of: conflict.trial)?.mean else {
      return !isQuick(opened.request.agent)
    }
    guard let head = ratchet.headEstimate?.mean else { return false }
    return configuration?.metric.direction == .maximize ? own > head : own < head
  }

  /// Spares beyond those that workers may come to, the oldest first.
  var tooManySpares: [TrialID] {
    guard open.tally.idleSpares > 2 * workers else { return [] }
    return open.roster.filter(\.isIdleSpare).dropLast(2 * workers).map(\.trial)
  }

  /// What takes in less than the head did may still be the better program: it is compared with the head as it is.
  ///
  /// Returns false, and does nothing, where the trial is not being re-based onto that head.
  mutating func makeWhole(_ conflict: RebaseConflict) -> Bool {
    guard case .rebasing(let commit, let request) = open[conflict.trial]?.stage, request.onto == conflict.onto else {
      return false
    }
    open[conflict.trial]?.stage = .ready(commit)
    open[conflict.trial]?.isWhole = true
    open[conflict.trial]?.isSpare = ratchet?.moments(of: conflict.trial) == nil
    // In the ratchet it is a change of the head that it was made from.
    if open[conflict.trial]?.isSpare == true, let head { ratchet?.open(conflict.trial, parent: head.trial) }
    ratchet?.compareWithHead([conflict.trial])
    return true
  }

  /// Whether the attempt ran the code that its trial stands for now, as an open candidate or as the head.
  func isOfPresentCode(_ request: AttemptRequest) -> Bool {
    if let opened = open[request.trial] { return opened.code == request.commit }
    return head?.trial == request.trial && head?.commit == request.commit
  }
}
