import Foundation
import PawlCore
import PawlGuard

/// What whoever asked for an attempt wants to hear of it, and says to it, while it runs.
struct AttemptWatch: Sendable {
  /// How far it is, now and then.
  var progressed: (@Sendable (CurvePoint) -> Void)?
  /// Whether its cancellation is its own: then it ends as stopped early.
  var isStopped: @Sendable () -> Bool = { false }
}

/// Follows the curve of one attempt and reports it sparsely: every report is a transaction of the journal.
///
/// At most one point a second is reported, the first after a second, and each by a tenth further than the one before. A point is
/// reported though nothing is printed behind it.
///
/// Sendable unchecked: what changes is only touched while `condition` is locked.
final class CurveFollower: @unchecked Sendable {
  static let growth = 1.1
  private let report: (@Sendable (CurvePoint) -> Void)?
  private let interval: Double
  private let condition = NSCondition()
  private var scanner: CurveScanner
  /// Whether something was printed that nobody looked at.
  private var isFresh = false
  private var hasEnded = false
  private var reported: Double?

  /// - Parameter report: called on a thread of its own, never after ``end()`` has returned; nil where nobody listens.
  init(_ scanner: CurveScanner, every interval: Double = 1, report: (@Sendable (CurvePoint) -> Void)?) {
    self.scanner = scanner
    self.interval = interval
    self.report = report
    guard report != nil else { return }
    let thread = Thread { [self] in watch() }
    thread.name = "curve"
    // Regular expressions need more than the 512 KiB that some systems give.
    thread.stackSize = 4 << 20
    thread.start()
  }

  func scan(_ chunk: UnsafeRawBufferPointer) {
    condition.withLock {
      scanner.scan(chunk)
      if !isFresh { condition.signal() }
      isFresh = true
    }
  }

  private func watch() {
    condition.withLock {
      while !hasEnded {
        let due = Date(timeIntervalSinceNow: interval)
        while !hasEnded, due.timeIntervalSinceNow > 0 { _ = condition.wait(until: due) }
        while !hasEnded, !isFresh { condition.wait() }
        isFresh = false
        guard !hasEnded, let point = scanner.newest(), isFurther(point.step) else { continue }
        reported = point.step
        // Under the lock, so that no report follows the end; it only posts a message.
        report?(point)
      }
    }
  }

  private func isFurther(_ step: Double) -> Bool {
    guard let reported else { return true }
    return reported > 0 ? step >= reported * Self.growth : step > reported
  }

  /// The attempt has ended: nothing is reported any more.
  func end() {
    condition.withLock {
      hasEnded = true
      condition.signal()
    }
  }

  /// Returns the whole curve, thinned.
  func finish() -> [CurvePoint] {
    end()
    return condition.withLock { scanner.finish() }
  }
}
