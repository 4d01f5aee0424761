import Foundation
import PawlCore
import PawlRuntime

/// Follows what was handed in until it is judged.
struct OfferWatch {
  let reader: StudyReader
  let mark: String

  /// Returns the trial once it is over, or as it stands when `isEnough` says so; nil where nobody has taken it in by then.
  ///
  /// - Throws: `RuntimeError.Code.notRunning` when nothing runs the study any more.
  func wait(isEnough: (TrialSummary?) -> Bool, changed: (TrialSummary?) -> Void) throws -> TrialSummary? {
    var shown: String?
    var idle = 0
    while true {
      let trial = try reader.trial(offeredAs: mark)
      if let trial, TrialText.isOver(trial) { return trial }
      if isEnough(trial) { return trial }
      let words = TrialText.progress(trial)
      if words != shown { changed(trial) }
      shown = words
      // Between two sessions the lock is free for a moment.
      idle = reader.runner == nil ? idle + 1 : 0
      if idle > 10 {
        throw RuntimeError(
          .notRunning, "the study stopped before \(trial.map { "trial \($0.id)" } ?? "what was handed in") was judged",
          hints: ["`pawl run` carries on and judges it", "`pawl log` shows where it stands"])
      }
      Thread.sleep(forTimeInterval: 0.2)
    }
  }
}
