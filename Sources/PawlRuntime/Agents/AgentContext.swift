import PawlBriefing
import PawlCore
import PawlEngine
import PawlRatchet

/// What an agent is told that only the engine knows, as it was when the agent was asked.
struct AgentContext: Sendable {
  let hints: [Hint]
  /// The notebook, bans and pins.
  let people: CollaborationState
  /// Those of others that hold.
  let claims: [Claim]
  let inFlight: [WorkInFlight]
  let budget: BudgetLeft
  let standing: Standing
  private let state: StudyState

  init(_ state: StudyState, for request: ProposalRequest, at now: Timestamp) {
    self.state = state
    hints = state.hints
    people = state.collaboration
    claims = people.claims(at: now).filter { $0.by != request.agent }
    let head = state.head?.trial ?? .baseline
    inFlight = state.open.sorted { $0.key < $1.key }.compactMap { trial, opened in
      guard trial != request.trial else { return nil }
      return WorkInFlight(trial: trial, agent: opened.request.agent, hypothesis: opened.proposal?.hypothesis)
    }
    let left = state.trialBound.map { max(0, $0 - state.ended) }
    budget = BudgetLeft(
      attemptSeconds: state.configuration?.budget.wallSeconds, trials: left, seconds: state.secondsLeft(at: now),
      spend: state.spendLeft)
    standing = Standing(
      baseline: state.baselineMean, parent: request.parent == head ? state.ratchet?.headEstimate?.mean : nil,
      sigma: state.ratchet?.sigma)
  }

  /// Why the edits go against a ban, as far as was known when the agent was asked; the engine looks at paths again.
  func banRefusal(of edits: [FileEdit], on files: [String: String]) -> String? {
    state.banRefusal(of: edits) ?? CandidateCode.banRefusal(of: edits, on: files, people: people)
  }

  /// Why the proposal is no new code, as far as was known when the agent was asked; the engine looks again.
  func duplication(of proposal: Proposal) -> String? { state.duplication(of: proposal) }
}
