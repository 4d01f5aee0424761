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

  public init() {}

  public func cancel() {
    guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
    guard let writing = pipe?.writing else { return }
    // Never read back: the descriptor stays readable for every run, now and later.
    _ = [UInt8(1)].withUnsafeBytes { writeAll(writing.number, $0) }
  }

  public var isCancelled: Bool { flag.load(ordering: .acquiring) }

  /// Readable once cancelled; -1 where there was no descriptor to be had.
  var descriptor: Int32 { pipe?.reading.number ?? -1 }
}
