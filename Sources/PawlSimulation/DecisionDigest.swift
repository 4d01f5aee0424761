import PawlCore

/// A number over the engine's decisions in their order, and one over the verdicts of all trials: equal for equal studies, on every machine.
struct DecisionDigest: Sendable, Hashable {
  private(set) var decisions = StableHash()
  private(set) var verdicts = StableHash()
  private(set) var judged = 0

  mutating func add(_ event: Event) {
    switch event {
    case .proposalRequested(let request):
      add("ask", request.trial, UInt64(request.parent.rawValue))
      decisions.add(request.agent)
    case .attemptRequested(let request):
      add("attempt", request.trial, UInt64(request.id.rawValue))
      decisions.add(request.seed)
    case .rebaseRequested(let request): add("rebase", request.trial, UInt64(request.onto.rawValue))
    case .trialJudged(let trial, let verdict, let evidence): note(trial, verdict.rawValue, evidence.effect)
    case .trialCrashed(let trial, _): note(trial, "crashed", 0)
    case .proposalRefused(let trial, _): note(trial, "refused", 0)
    case .headMoved(let trial, let from): add("head", trial, UInt64(from.rawValue))
    case .certificationStarted(let number, let candidate, _, _): add("test", candidate, UInt64(number))
    case .certificationFailed(let number, let value, _, _): add("failed", .baseline, UInt64(number) ^ value.bitPattern)
    case .championCertified(let certificate): add("champion", certificate.candidate, certificate.eValue.bitPattern)
    default: break
    }
  }

  private mutating func note(_ trial: TrialID, _ word: String, _ effect: Double) {
    judged += 1
    add(word, trial, effect.bitPattern)
    verdicts.add(UInt64(trial.rawValue))
    verdicts.add(word)
  }

  private mutating func add(_ word: String, _ trial: TrialID, _ number: UInt64) {
    decisions.add(word)
    decisions.add(UInt64(trial.rawValue))
    decisions.add(number)
  }
}
