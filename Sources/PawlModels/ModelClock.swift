import PawlTransfer

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Time as a request needs it, so that a test can stand in for it.
public struct ModelClock: Sendable {
  /// Seconds on a clock that only moves forward.
  public var elapsed: @Sendable () -> Double
  /// Seconds since 1970-01-01 UTC: servers say when to come back as a date.
  public var date: @Sendable () -> Double
  /// Returns after so many seconds, or as soon as the closure says that it is cancelled.
  public var wait: @Sendable (_ seconds: Double, _ isCancelled: @Sendable () -> Bool) -> Void
  public init(
    elapsed: @escaping @Sendable () -> Double, date: @escaping @Sendable () -> Double,
    wait: @escaping @Sendable (_ seconds: Double, _ isCancelled: @Sendable () -> Bool) -> Void
  ) {
    self.elapsed = elapsed
    self.date = date
    self.wait = wait
  }

  public static let system = Self(
    elapsed: { now(CLOCK_MONOTONIC) }, date: { now(CLOCK_REALTIME) },
    wait: { seconds, isCancelled in
      let end = now(CLOCK_MONOTONIC) + seconds
      while !isCancelled() {
        let rest = end - now(CLOCK_MONOTONIC)
        guard rest > 0 else { return }
        usleep(UInt32(min(rest, Transfer.pollSeconds) * 1_000_000))
      }
    })
}

private func now(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
