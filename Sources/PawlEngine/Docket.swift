import PawlCore
import PawlRatchet

/// The judgements that follow from the state as it is, so that none is made twice; no part of the state.
struct Docket: Sendable {
  private var court: Court?
  private var judgements: [TrialID: Judgement] = [:]

  /// Returns what `state` says of an open candidate that was measured.
  mutating func judgement(of trial: TrialID, _ opened: OpenTrial, by ratchet: HeadRatchet, in state: StudyState)
    -> Judgement
  {
    if let known = judgements[trial] { return known }
    let court = self.court ?? Court(ratchet)
    self.court = court
    let judgement = state.judgement(of: trial, opened, by: court)
    judgements[trial] = judgement
    return judgement
  }

  /// Forgets what the event may change; called before it is folded in, so that nothing is held that the fold would have to copy.
  mutating func note(_ event: Event) {
    switch event {
    // What is asked for says nothing about any candidate.
    case .proposalRequested, .replyReceived, .proposalReceived, .rebaseRequested, .attemptRequested: break
    default:
      court = nil
      judgements.removeAll(keepingCapacity: true)
    }
  }
}
