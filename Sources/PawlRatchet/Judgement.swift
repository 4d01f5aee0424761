public import PawlCore

/// What to do next about an open candidate, with what is believed of it.
public enum Judgement: Sendable, Hashable {
  /// Measure the candidate once more.
  case replicateCandidate(Evidence)
  /// Measure the head once more: it is the less sure of the two.
  case replicateHead(Evidence)
  /// Worth going on with, but made from a head that is gone: re-base it onto the present one, and measure it there.
  case rebase(Evidence)
  /// More evidence is wanted and already on its way.
  case wait(Evidence)
  /// Enough is known, or as much as the rule allows.
  case decided(Verdict, Evidence)
}
