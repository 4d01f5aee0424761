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
/// Sendable unchecked: what changes is only touched while `lock` is held.
final class CurveFollower: @unchecked Sendable {
  static let growth = 1.1
  private let report: (@Sendable (CurvePoint) -> Void)?
  private let interval: Double
  private let lock = NSLock()
  private var scanner: CurveScanner
  /// When the next report may be made, on the clock of `DispatchTime`.
  private var due: DispatchTime
  private var isScheduled = false
  private var hasEnded = false
  private var reported: Double?

  /// - Parameter report: called on a thread of its own, never after ``end()`` has returned; nil where nobody listens.
  init(_ scanner: CurveScanner, every interval: Double = 1, report: (@Sendable (CurvePoint) -> Void)?) {
    self.scanner = scanner
    self.interval = interval
    self.report = report
    due = .now() + interval
  }

  func scan(_ chunk: UnsafeRawBufferPointer) {
    lock.withLock {
      scanner.scan(chunk)
      guard report != nil, !isScheduled, !hasEnded else { return }
      isScheduled = true
      DispatchQueue.global().asyncAfter(deadline: max(due, .now())) { [weak self] in self?.look() }
    }
  }

  private func look() {
    lock.withLock {
      isScheduled = false
      guard !hasEnded else { return }
      due = .now() + interval
      guard let point = scanner.newest(), isFurther(point.step) else { return }
      reported = point.step
      // Under the lock, so that no report follows the end; it only posts a message.
      report?(point)
    }
  }

  private func isFurther(_ step: Double) -> Bool {
    guard let reported else { return true }
    return reported > 0 ? step >= reported * Self.growth : step > reported
  }

  /// The attempt has ended: nothing is reported any more.
  func end() { lock.withLock { hasEnded = true } }

  /// Returns the whole curve, thinned.
  func finish() -> [CurvePoint] {
    lock.withLock {
      hasEnded = true
      return scanner.finish()
    }
  }
}
