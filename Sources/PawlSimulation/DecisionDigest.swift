import PawlCore

/// A number over the engine's decisions in their order, equal for equal studies on every machine, and what became of each trial.
struct DecisionDigest: Sendable, Hashable {
  private enum Verdict: UInt8 { case none, kept, discarded, inconclusive, crashed, refused }

  private(set) var decisions = StableHash()
  /// By the trial's number.
  private var verdicts: [Verdict] = []

  /// Trials with a verdict in both, and those of them with the same one.
  func agreement(with other: DecisionDigest) -> (compared: Int, same: Int) {
    let both = zip(verdicts, other.verdicts).filter { $0 != .none && $1 != .none }
    return (both.count, both.count { $0 == $1 })
  }

  mutating func add(_ event: Event) {
    switch event {
    case .proposalRequested(let request):
      add("ask", request.trial, UInt64(request.parent.rawValue))
      decisions.add(request.agent)
    case .attemptRequested(let request):
      add("attempt", request.trial, UInt64(request.id.rawValue))
      decisions.add(request.seed)
    case .rebaseRequested(let request): add("rebase", request.trial, UInt64(request.onto.rawValue))
    case .trialJudged(let trial, .kept, let evidence): note(trial, .kept, evidence.effect)
    case .trialJudged(let trial, .discarded, let evidence): note(trial, .discarded, evidence.effect)
    case .trialJudged(let trial, .inconclusive, let evidence): note(trial, .inconclusive, evidence.effect)
    case .trialCrashed(let trial, _): note(trial, .crashed, 0)
    case .proposalRefused(let trial, _): note(trial, .refused, 0)
    case .headMoved(let trial, let from): add("head", trial, UInt64(from.rawValue))
    case .certificationStarted(let number, let candidate, _, _): add("test", candidate, UInt64(number))
    case .certificationFailed(let number, let value, _, _): add("failed", .baseline, UInt64(number) ^ value.bitPattern)
    case .championCertified(let certificate): add("champion", certificate.candidate, certificate.eValue.bitPattern)
    default: break
    }
  }

  private mutating func note(_ trial: TrialID, _ verdict: Verdict, _ effect: Double) {
    add("verdict", trial, effect.bitPattern)
    decisions.add(UInt64(verdict.rawValue))
    while verdicts.count <= trial.rawValue { verdicts.append(.none) }
    verdicts[trial.rawValue] = verdict
  }

  private mutating func add(_ word: String, _ trial: TrialID, _ number: UInt64) {
    decisions.add(word)
    decisions.add(UInt64(trial.rawValue))
    decisions.add(number)
  }
}
