import PawlCore
import PawlEngine

/// What is under way in a simulated swarm: what its workers and agents do, or what a new session asks for.
struct Outstanding: Hashable {
  private var questions: Set<TrialID> = []
  private var candidates: Set<TrialID> = []
  private var rebasings: Set<RebaseRequest> = []
  private var attempts: Set<AttemptRequest> = []

  init(_ happenings: [SimulatedSwarm.Happening]) {
    for happening in happenings {
      switch happening {
      case .answered(let request): questions.insert(request.trial)
      case .made(let trial, _): candidates.insert(trial)
      case .rebased(let request): rebasings.insert(request)
      case .ended(let request, _): attempts.insert(request)
      }
    }
  }

  init(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .propose(let request, _): questions.insert(request.trial)
      case .createCandidate(let trial, _, _, _): candidates.insert(trial)
      case .rebase(let rebasing): rebasings.insert(rebasing.request)
      case .startAttempt(let request): attempts.insert(request)
      case .advanceBranch, .transplant, .stopAttempt, .finish: break
      }
    }
  }

  /// Whether the work that the effect asks for is under way.
  func contains(_ effect: Effect) -> Bool {
    switch effect {
    case .propose(let request, _): questions.contains(request.trial)
    case .createCandidate(let trial, _, _, _): candidates.contains(trial)
    case .rebase(let rebasing): rebasings.contains(rebasing.request)
    case .startAttempt(let request): attempts.contains(request)
    case .advanceBranch, .transplant, .stopAttempt, .finish: false
    }
  }

  func contains(_ other: Outstanding) -> Bool {
    questions.isSuperset(of: other.questions) && candidates.isSuperset(of: other.candidates)
      && rebasings.isSuperset(of: other.rebasings) && attempts.isSuperset(of: other.attempts)
  }
}
