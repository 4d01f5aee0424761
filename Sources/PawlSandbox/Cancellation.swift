import CPawlSystem
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A way to stop runs from another thread; it wakes every run that waits on it at once, and stays cancelled.
public final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)
  /// Without descriptors left a run still sees the flag, at its next look.
  private let pipe = Pipe()
  private let parent: Cancellation?

  /// - Parameter parent: what is cancelled by it is cancelled by this, too.
  public init(under parent: Cancellation? = nil) { self.parent = parent }

  public func cancel() {
    guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
    guard let writing = pipe?.writing else { return }
    // Never read back: the descriptor stays readable for every run, now and later.
    _ = [UInt8(1)].withUnsafeBytes { writeAll(writing.number, $0) }
  }

  public var isCancelled: Bool { flag.load(ordering: .acquiring) || parent?.isCancelled == true }

  /// Of this and what it is under, each readable once cancelled; -1 where there was no descriptor to be had.
  var descriptors: [Int32] { [pipe?.reading.number ?? -1] + (parent?.descriptors ?? []) }
}
