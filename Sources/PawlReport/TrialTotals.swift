public import PawlCore

/// Sums over a study's trials, kept while they pass by; the baseline is in none of the counts, but in all other sums.
public struct TrialTotals: Sendable, Hashable {
  public private(set) var trials = 0
  public private(set) var kept = 0
  public private(set) var discarded = 0
  public private(set) var inconclusive = 0
  public private(set) var crashed = 0
  public private(set) var refused = 0
  /// Trials whose agent had nothing to propose.
  public private(set) var failed = 0
  public private(set) var attempts = 0
  /// Trials whose attempt was stopped before its end.
  public private(set) var stoppedEarly = 0
  /// Wall time of all attempts, in seconds.
  public private(set) var wallSeconds = 0.0
  public private(set) var peakMemory: Bytes?
  public private(set) var firstProposedAt: Timestamp?
  public private(set) var lastEndedAt: Timestamp?

  public init(_ trials: [TrialSummary] = []) { for trial in trials { add(trial) } }

  public mutating func add(_ trial: TrialSummary) {
    // A count that was tampered with cannot overflow the sum.
    attempts += min(max(0, trial.attempts), 1 << 32)
    wallSeconds += trial.wallSeconds.isFinite ? trial.wallSeconds : 0
    peakMemory = [peakMemory, trial.peakMemory].compactMap(\.self).max()
    firstProposedAt = min(firstProposedAt ?? trial.proposedAt, trial.proposedAt)
    lastEndedAt = [lastEndedAt, trial.endedAt].compactMap(\.self).max()
    guard trial.id != .baseline else { return }
    trials += 1
    switch trial.state {
    case .crashed: crashed += 1
    case .refused: refused += 1
    case .failed: failed += 1
    case .judged:
      if trial.evidence?.stoppedAt != nil { stoppedEarly += 1 }
      switch trial.verdict {
      case .kept: kept += 1
      case .discarded: discarded += 1
      case .inconclusive: inconclusive += 1
      case nil: break
      }
    case .proposing, .proposed, .ready, .measuring: break
    }
  }

  /// Trials that were judged, crashed or refused.
  var finished: Int { kept + discarded + inconclusive + crashed + refused }

  /// How trials ended, as in `3 kept, 12 discarded`.
  var words: String {
    let counts = [
      (kept, "kept"), (discarded, "discarded"), (inconclusive, "inconclusive"), (crashed, "crashed"),
      (refused, "refused"), (failed, "without a proposal"),
    ]
    let said = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return said.isEmpty ? "none judged yet" : said.joined(separator: ", ")
  }
}
