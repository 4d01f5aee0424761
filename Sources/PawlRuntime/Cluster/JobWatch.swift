import PawlCluster
import PawlCore

/// What is known of one attempt's job, and what follows from the next look: pure, so that it can be tested without a cluster.
///
/// Times are seconds on this machine's monotonic clock; nothing is compared with what a node calls the time.
struct JobWatch: Sendable, Hashable {
  enum Phase: Sendable, Hashable {
    /// Its folder is laid down; surely not handed in.
    case ready
    /// It may have been handed in, under which id nobody knows: by an earlier session, or in a call whose answer was lost.
    case inDoubt
    case submitted(id: String)
  }
  enum Action: Sendable, Hashable {
    case wait
    /// The result is there.
    case collect
    /// Surely nothing runs, and there is no result: lay it down and hand it in again.
    case again(reason: String)
    /// It would end the same way again.
    case give(Outcome, remark: String)
  }

  /// Starts that came to nothing after which no further one is tried.
  static let mostStarts = 3

  var phase: Phase
  /// When it was first seen to have ended, or to be unknown to the scheduler.
  private(set) var missingSince: Double?
  /// Starts that came to nothing for a reason that may come again.
  private(set) var failures = 0
  /// Why it waits, as the scheduler says, where that is more than its turn.
  private(set) var reason: String?

  init(_ phase: Phase) { self.phase = phase }

  /// Notes that it is to be handed in again.
  mutating func reset() {
    phase = .ready
    missingSince = nil
    reason = nil
  }

  /// The submission that is still in the queue; nil where none is known to be.
  func live(in records: [JobRecord]) -> JobRecord? {
    switch phase {
    case .ready: nil
    case .inDoubt: records.last { !$0.state.hasEnded }
    case .submitted(let id): records.last { $0.id == id && !$0.state.hasEnded }
    }
  }

  /// Takes in one look.
  ///
  /// - Parameters:
  ///   - records: nil where the scheduler could not be asked: then only a result says anything.
  ///   - words: what the job printed last.
  mutating func look(
    hasResult: Bool, records: [JobRecord]?, words: @autoclosure () -> String?, grace: Double, now: Double
  ) -> Action {
    if hasResult { return .collect }
    guard phase != .ready, let records else { return .wait }
    if let live = live(in: records) {
      phase = .submitted(id: live.id)
      missingSince = nil
      reason = nil
      if case .queued(let why) = live.state { reason = why }
      return .wait
    }
    reason = nil
    let since = missingSince ?? now
    missingSince = since
    let end = end(in: records)
    // These never came so far as to write anything; all others may have, and the file system may be slow to show it.
    let neverBegan =
      end == .exited(code: JobExit.noFolder) || end == .exited(code: JobExit.noProgram) || end == .gaveUpWaiting
    guard neverBegan || now - since >= grace else { return .wait }
    return verdict(on: end, words())
  }

  private func end(in records: [JobRecord]) -> JobEnd? {
    guard case .submitted(let id) = phase, case .ended(let end)? = records.last(where: { $0.id == id })?.state else {
      return nil
    }
    return end
  }

  private mutating func verdict(on end: JobEnd?, _ words: String?) -> Action {
    let said = words.map { ": \($0)" } ?? ""
    switch end {
    case nil: return failed("its job is gone from the queue, as one that somebody cancelled may be, and left no result")
    case .nodeFailed, .preempted, .gaveUpWaiting: return .again(reason: "its job was \(end.map { "\($0)" } ?? "")")
    case .timedOut:
      return .give(.timedOut, remark: "the scheduler stopped it at its own time limit, before the budget's")
    case .outOfMemory: return .give(.outOfMemory, remark: "the scheduler stopped it at its own memory limit")
    case .exited(code: JobExit.noFolder):
      return failed("the node does not see the study's folder, or cannot write there")
    case .exited(code: JobExit.noProgram), .exited(code: JobExit.notExecutable):
      return failed("the node has no `pawl` that it can run\(said)")
    case .cancelled: return failed("its job was cancelled by somebody else")
    case .completed: return failed("its job ended and left no result\(said)")
    case .exited, .signalled, .other: return failed("its job \(end.map { "\($0)" } ?? "")\(said)")
    }
  }

  private mutating func failed(_ reason: String) -> Action {
    failures += 1
    return failures < Self.mostStarts
      ? .again(reason: reason) : .give(.launchFailed(reason: "\(reason), \(failures) times"), remark: "")
  }
}
