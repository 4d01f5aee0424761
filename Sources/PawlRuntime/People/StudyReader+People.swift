import Foundation
public import PawlCore
import PawlGuard
import PawlJournal
import PawlSearch

/// What people and agents said, and the checks of what they are about to say.
extension StudyReader {
  /// Returns the notebook, claims, pins, bans and approvals as the journal has them.
  public func collaboration() throws -> CollaborationState {
    var state = CollaborationState()
    for recorded in try journal.events(ofKinds: CollaborationState.kinds) {
      state.apply(recorded.event, at: recorded.at)
    }
    return state
  }

  /// Returns what was said and no process has taken in yet, the oldest first.
  public func waiting() -> [ControlMessage] { ControlInbox(folder: paths.inbox).waiting().map(\.message) }

  /// Says something to whoever runs the study: waits until it is taken in, or leaves it for the next session.
  ///
  /// - Returns: whether it was taken in.
  /// - Throws: `RuntimeError.Code.notRunning` where a process holds the study and does not answer.
  public func say(_ message: ControlMessage) throws -> Bool {
    guard runner != nil else {
      try leave(message)
      return false
    }
    try control(message)
    return true
  }

  /// Returns how a test on a higher rung began; nil where the number is none of such a test.
  public func promotion(number: Int) throws -> PromotionStart? {
    for recorded in try journal.events(ofKinds: ["promotionStarted"]) {
      if case .promotionStarted(let start) = recorded.event, start.number == number { return start }
    }
    return nil
  }

  /// Throws unless the trial has code that a proposal can start from.
  public func checkPin(_ trial: TrialID) throws { _ = try commit(of: trial) }

  /// Throws where a ban would never hold: no glob, no such agent, no such constant at the head.
  public func checkBan(_ subject: Ban.Subject) throws {
    switch subject {
    case .path(let glob):
      guard Glob(glob) == nil else { return }
      throw RuntimeError(
        .usage, "`\(glob)` is not a glob of paths in the repository",
        hints: ["write it as in `editable`: `train.py`, `model/**`, `*.yaml`"])
    case .agent(let name):
      let names = try configuration().agents.map(\.name)
      guard !names.contains(name) else { return }
      throw RuntimeError(
        .usage, "the study has no agent `\(name)`",
        hints: ["its agents are \(names.map { "`\($0)`" }.joined(separator: ", "))"])
    case .knob(let name):
      let knobs = KnobFinder.knobs(in: try editableFiles(of: .head).files).map(\.name)
      guard !knobs.contains(where: { Ban.covers(knob: $0, banned: name) }) else { return }
      let shown = knobs.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
      throw RuntimeError(
        .usage, "the head has no constant `\(name)`",
        hints: [knobs.isEmpty ? "no constant to tune was found in its editable files" : "its constants are \(shown)"])
    case .idea: return
    }
  }
}
