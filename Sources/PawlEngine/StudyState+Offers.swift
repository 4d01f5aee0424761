public import PawlCore

/// What somebody outside of the study hands in: judged like any proposal, in a session of its own or beside the agents.
extension StudyState {
  /// Returns the events that take in a proposal which nobody was asked for, both to be recorded at once.
  ///
  /// - Parameters:
  ///   - parent: the trial whose code the edits were made for.
  ///   - mark: under which it is found again.
  public func offer(_ proposal: Proposal, on parent: TrialID, at commit: CommitHash, mark: String) -> [Event] {
    let trial = TrialID(rawValue: lastTrial + 1)
    let request = ProposalRequest(
      trial: trial, agent: proposal.agent, parent: parent, parentCommit: commit,
      seed: derivedSeed("proposal", UInt64(trial.rawValue)), offer: mark)
    return [.proposalRequested(request), .proposalReceived(trial, proposal)]
  }

  /// Returns the event that takes in a word to the agents, a person's or another agent's.
  public func hint(_ text: String, by name: String, isByPerson: Bool) -> Event {
    .hintGiven(Hint(number: lastHint + 1, text: text, by: name, isByPerson: isByPerson))
  }

  /// Whether the present session goes on with a trial: one for what is handed in leaves those of agents to the next.
  func isWorkedOn(_ opened: OpenTrial) -> Bool { session?.start.offers == nil || opened.request.offer != nil }

  /// Why a session for what is handed in is over.
  func offersFinish(_ rule: OfferRule) -> Finish? {
    guard rule == .untilJudged, let session, session.offered > 0,
      !open.values.contains(where: { $0.request.offer != nil })
    else { return nil }
    return Finish(.bounded, "what was handed in is judged")
  }
}
