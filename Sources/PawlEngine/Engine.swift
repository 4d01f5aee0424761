public import PawlCore
import PawlRatchet

/// The loop itself: `(state, observation) -> (events, effects)`, without I/O, clock or randomness of its own.
///
/// Every change goes through ``StudyState/apply(_:at:)``, so that a replay of the journal gives the live state.
public struct Engine: Sendable {
  public private(set) var state: StudyState
  private var docket = Docket()

  public init(state: StudyState = StudyState()) { self.state = state }

  /// Folds in an event that is already in the journal.
  public mutating func replay(_ recorded: RecordedEvent) {
    docket.note(recorded.event)
    state.apply(recorded.event, at: recorded.at)
  }

  /// Folds in what was observed and decides what follows; empty `observations` only look at the clock.
  public mutating func handle(_ observations: [Event], at now: Timestamp) -> Step {
    var step = Step()
    for var observation in observations {
      if case .attemptFinished(var result) = observation {
        result.disturbance = state.disturbance(of: result)
        observation = .attemptFinished(result)
      }
      if case .rebaseConflicted(var conflict) = observation, state.isWorthWhole(conflict) {
        conflict.stays = true
        observation = .rebaseConflicted(conflict)
      }
      observation = state.checkingCitations(of: observation)
      let finding = state.finding(in: observation)
      let refusal = duplicateRefusal(of: observation) ?? banRefusal(of: observation)
      take(observation, into: &step, at: now)
      if let finding { take(finding, into: &step, at: now) }
      if let refusal { take(refusal, into: &step, at: now) }
    }
    while let decision = state.nextDecision(at: now, &docket) { take(decision, into: &step, at: now) }
    // Answers that came together are read once, with the newest of them.
    var asked: Set<TrialID> = []
    step.effects = step.effects.reversed().filter { effect in
      guard case .propose(let request, _) = effect else { return true }
      return asked.insert(request.trial).inserted
    }.reversed()
    // A proposal that was refused in the same step never becomes a candidate.
    step.effects.removeAll { effect in
      if case .createCandidate(let trial, _, _, _) = effect { return state.open[trial] == nil }
      return false
    }
    if let finish = state.finish(at: now) { step.effects.append(.finish(finish)) }
    return step
  }

  private mutating func take(_ event: Event, into step: inout Step, at now: Timestamp) {
    docket.note(event)
    state.apply(event, at: now)
    step.events.append(event)
    step.effects += effects(of: event)
  }

  private func duplicateRefusal(of observation: Event) -> Event? {
    guard case .proposalReceived(let trial, let proposal) = observation,
      // The head without a step may well be code that was measured on the way.
      state.open[trial]?.request.reversal == nil, let reason = state.duplication(of: proposal)
    else { return nil }
    return .proposalRefused(trial, reason: reason)
  }

  private func banRefusal(of observation: Event) -> Event? {
    guard case .proposalReceived(let trial, let proposal) = observation,
      let reason = state.banRefusal(of: proposal.edits)
    else { return nil }
    return .proposalRefused(trial, reason: reason)
  }

  private func effects(of event: Event) -> [Effect] {
    switch event {
    case .proposalRequested(let request): request.offer == nil ? state.open[request.trial].map { asked($0) } ?? [] : []
    case .stageFinished(let result): state.open[result.trial].map { asked($0) } ?? []
    case .replyReceived(let reply): state.open[reply.trial].map { asked($0) } ?? []
    case .proposalReceived(let trial, let proposal):
      state.open[trial].map {
        [.createCandidate(trial, parent: $0.request.parentCommit, proposal, at: $0.requestedAt)]
      } ?? []
    case .rebaseRequested(let request): state.rebasing(of: request.trial).map { [.rebase($0)] } ?? []
    case .transplantRequested(let transplant): [.transplant(transplant)]
    case .attemptRequested(let request): [.startAttempt(request)]
    case .attemptStopped(let attempt, _): state.inFlight[attempt].map { [.stopAttempt($0)] } ?? []
    case .championCertified, .promotionCertified:
      state.awaitingBranch.isEmpty ? [] : [.advanceBranch(state.awaitingBranch)]
    case .sessionStarted: recovery()
    default: []
    }
  }

  private func asked(_ opened: OpenTrial) -> [Effect] {
    guard case .proposing = opened.stage else { return [] }
    return [.propose(opened.request.limited(to: opened.spendLimit), replies: opened.replies)]
  }

  /// What was under way when the last session ended: asked for again, with the same seeds and parents.
  private func recovery() -> [Effect] {
    var effects: [Effect] = state.awaitingBranch.isEmpty ? [] : [.advanceBranch(state.awaitingBranch)]
    // A session that only certifies leaves proposals to the next one, and one for what is handed in those of agents.
    let open = state.session?.start.order == nil ? state.open.filter { state.isWorkedOn($0.value) } : [:]
    for (trial, opened) in open.sorted(by: { $0.key < $1.key }) {
      switch opened.stage {
      case .proposing: effects += state.isQuestionToBanned(opened) ? [] : asked(opened)
      case .proposed(let proposal):
        effects.append(
          .createCandidate(trial, parent: opened.request.parentCommit, proposal, at: opened.requestedAt))
      case .rebasing: effects += state.rebasing(of: trial).map { [.rebase($0)] } ?? []
      case .ready: break
      }
    }
    for rung in state.rungs where rung.transplanted == nil {
      effects += rung.transplant.map { [.transplant($0)] } ?? []
    }
    effects += state.inFlight.values.sorted { $0.id < $1.id }.map {
      state.stopping[$0.id] == nil ? .startAttempt($0) : .stopAttempt($0)
    }
    return effects
  }
}
