import PawlCore
import PawlJournal
import PawlReport

/// The trials of a study as a report can show them, read page by page: memory does not grow with the study.
struct TrialDigest {
  /// Dots of trials that are neither kept nor new; more could not be told apart in the picture.
  static let mostDots = 10_000
  /// The newest trials, which the report's table shows.
  static let newest = 500
  private static let page = 1_000

  private(set) var trials: [TrialSummary] = []
  private(set) var totals = TrialTotals()
  /// Of the trials that were neither kept nor new, those are here whose number this divides.
  private(set) var stride = 1

  /// `headPath` is kept whole.
  init(_ journal: JournalReader, headPath: [TrialID]) throws {
    guard let last = try journal.trials(TrialFilter(limit: 1)).first?.id.rawValue else { return }
    let heads = Set(headPath)
    stride = max(1, (last + Self.mostDots) / Self.mostDots)
    var first = 0
    while first <= last {
      let end = min(last, first + Self.page - 1)
      let range = TrialID(rawValue: first)...TrialID(rawValue: end)
      for var trial in try journal.trials(TrialFilter(ids: range)) {
        totals.add(trial)
        let number = trial.id.rawValue
        let whole = stride == 1 || number > last - Self.newest || trial.verdict == .kept || heads.contains(trial.id)
        guard whole || number % stride == 0 else { continue }
        // Such a trial is a dot among thousands: nobody can point at it.
        if !whole { (trial.hypothesis, trial.agent, trial.remark, trial.commit) = (nil, nil, nil, nil) }
        trials.append(trial)
      }
      first = end + 1
    }
  }
}
