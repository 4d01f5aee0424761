public import PawlCore
import PawlGuard
import PawlRatchet

/// What people decide about a study while it runs, and what its agents tell one another.
///
/// `CollaborationState` folds what was said; here is what the study does about it.
extension StudyState {
  // MARK: approvals

  /// Where the question stands whether something may happen; what is `wanted` is to be emitted as a decision.
  public func approval(of subject: ApprovalRequest.Subject) -> ApprovalState {
    var isAlarmed = false
    if case .certificate(let number) = subject, let certification, certification.number == number {
      isAlarmed = !alarms(of: certification).isEmpty
    }
    return collaboration.approval(of: subject, isAlarmed: isAlarmed)
  }

  /// Whether the first rung's certification has its evidence, and only a person's word is missing.
  var isCertificateAwaited: Bool { certification.map(isAwaited) ?? false }

  /// Whether a test, on whichever rung, has its evidence, and only a person's word is missing.
  func isAwaited(_ certification: RunningCertification) -> Bool {
    guard certification.test.state == .certified else { return false }
    if case .awaited = approval(of: .certificate(certification.number)) { return true }
    return false
  }

  /// Whether a person turned down what a test showed.
  func isDenied(_ certification: RunningCertification) -> Bool {
    if case .denied = approval(of: .certificate(certification.number)) { return certification.test.state == .certified }
    return false
  }

  /// US dollars that agents may cost yet before a person is asked; nil where nobody asks.
  var approvedSpendLeft: Double? { collaboration.approvedSpend.map { $0 - spend } }

  /// Where the question for more money stands.
  var spendApproval: ApprovalState { collaboration.nextSpend.map { approval(of: $0) } ?? .notNeeded }

  /// Whether an agent that costs money waits for a person, and not for the study's own bound.
  var isSpendAwaited: Bool {
    if case .awaited = spendApproval { return true }
    return false
  }

  /// The question for more money: a fifth of a step before it is used up, so that nobody waits while a person reads it, or when an
  /// agent's next answer may cost more than is left.
  func spendQuestion() -> Event? {
    guard case .wanted(let question) = spendApproval, session?.start.offers == nil, let left = approvedSpendLeft,
      let step = collaboration.rule.spend, spendLeft.map({ $0 > left }) ?? true
    else { return nil }
    let paid = (configuration?.agents ?? []).filter { rule in
      rule.dearestProposal != nil && collaboration.ban(ofAgent: rule.name) == nil
        && agents[rule.name]?.failure == nil && agents[rule.name]?.exhausted == nil
        && rule.maximumSpend.map { agents[rule.name]?.spend ?? 0 < $0 } ?? true
    }
    guard !paid.isEmpty else { return nil }
    let isShort = promised == 0 && paid.contains { agents[$0.name]?.isShortOfMoney == true || spendLimit(of: $0) == 0 }
    return left <= step / 5 || isShort ? question : nil
  }

  // MARK: bans

  /// Why edits go against what people do not want touched; nil where they do not.
  public func banRefusal(of edits: [FileEdit]) -> String? {
    for ban in collaboration.bans {
      guard case .path(let pattern) = ban.subject, let glob = Glob(pattern) else { continue }
      if let edit = edits.first(where: { glob.matches($0.path) }) {
        return "`\(edit.path)` is not to be touched: \(ban.words) is banned by \(ban.by) (ban \(ban.number))"
      }
    }
    return nil
  }

  /// A question to an agent that was banned after an earlier session had asked it: nobody asks again.
  func bannedQuestion() -> Event? {
    guard let session, session.start.offers == nil, collaboration.isAnyAgentBanned else { return nil }
    let asked = open.filter { $0.value.requestedAt < session.at && isQuestionToBanned($0.value) }.keys.min()
    return asked.map {
      .agentFailed($0, AgentFailure(.transient, reason: "`\(open[$0]?.request.agent ?? "")` is banned"))
    }
  }

  /// Whether the trial waits for a first answer of an agent that is banned now.
  func isQuestionToBanned(_ opened: OpenTrial) -> Bool {
    opened.stage == .proposing && opened.replies.isEmpty && opened.request.choice != nil
      && collaboration.ban(ofAgent: opened.request.agent) != nil
  }

  // MARK: pins

  /// Pinned candidates whose code is known, the oldest pin first.
  var pinnedTrials: [TrialID] {
    collaboration.pins.map(\.trial).filter { trial in
      commits[trial] != nil || stack.contains { $0.trial == trial }
    }
  }

  /// Whether the search chose a pinned candidate to start from in place of the head.
  func isFromPin(_ request: ProposalRequest) -> Bool {
    request.choice != nil && request.parent != head?.trial && isPinned(request.parent)
  }

  func isPinned(_ trial: TrialID) -> Bool { collaboration.pins.contains { $0.trial == trial } }

  // MARK: notes

  /// The finding that came with a proposal, for the notebook; nil where it has none, or the notebook has it.
  func finding(in observation: Event) -> Event? {
    guard case .proposalReceived(let trial, let proposal) = observation, let text = proposal.note,
      open[trial] != nil, !collaboration.notes.contains(where: { $0.text == text })
    else { return nil }
    return .noteAdded(
      Note(number: collaboration.lastNote + 1, text: text, by: proposal.agent, isByPerson: false, trial: trial))
  }

  /// Returns the observation with what a proposal cites held against what the study has.
  func checkingCitations(of observation: Event) -> Event {
    guard case .proposalReceived(let trial, var proposal) = observation, let cites = proposal.cites else {
      return observation
    }
    proposal.cites = cites.checked(
      isNote: { $0 >= 1 && $0 <= collaboration.lastNote },
      isTrial: { $0.rawValue >= 0 && $0.rawValue <= lastTrial && $0 != trial })
    return .proposalReceived(trial, proposal)
  }

  // MARK: folding

  /// Takes in what people and agents said, after everything else that the event means.
  mutating func collaborate(_ event: Event, at: Timestamp) {
    collaboration.apply(event, at: at)
    switch event {
    case .pinned(let trial, let commit, _): if let commit { commits[trial] = commit }
    case .approvalDecided(let decision):
      if decision.isGranted { freeMoney() }
    case .banLifted: forgetExhaustion()
    default: break
    }
  }
}
