import Foundation
import PawlCore
import PawlSandbox

/// Whoever makes attempts for the conductor. Calls return at once.
protocol AttemptExecutor: Sendable {
  /// Begins, or takes up again, an attempt that the journal asks for; its end comes by what the executor was made with.
  func start(_ request: AttemptRequest)
  /// Ends an attempt as stopped early; one that does not run, as after a restart, ends so at once.
  func stop(_ request: AttemptRequest)
  /// The journal has the attempt's result: what was kept for it can go.
  func settled(_ attempt: AttemptID)
  /// Returns when nothing runs any more that nobody would collect; the cancellation was set before.
  func finish()
}

/// What an executor tells, from threads of its own.
struct AttemptListener: Sendable {
  /// An attempt ended; nil when it was cancelled, and is to be made again by a later session.
  let ended: @Sendable (AttemptID, AttemptResult?) -> Void
  /// How far an attempt is, now and then, where the study follows curves.
  let progressed: @Sendable (AttemptID, CurvePoint) -> Void
  /// Something that a person should know, and that stops nothing.
  let note: @Sendable (String) -> Void
  /// No attempt can be made: the session cannot go on.
  let failed: @Sendable (any Error) -> Void
}

/// Makes attempts on this machine, a thread each.
///
/// Sendable unchecked: `stops` is only touched while `lock` is held, the rest never changes.
final class LocalExecutor: AttemptExecutor, @unchecked Sendable {
  private let runner: AttemptRunner
  private let threads: WorkerThreads
  private let cancellation: Cancellation
  private let listener: AttemptListener
  private let shares: MachineShares
  private let lock = NSLock()
  /// Of each attempt that was begun and whose result the journal does not have yet, what ends it alone.
  private var stops: [AttemptID: Cancellation] = [:]

  init(
    _ runner: AttemptRunner, on machine: LocalMachine?, workers: Int, cancellation: Cancellation,
    listener: AttemptListener
  ) {
    shares = MachineShares(of: machine)
    self.runner = runner
    self.cancellation = cancellation
    self.listener = listener
    threads = WorkerThreads(name: "attempt", count: workers)
  }

  func start(_ request: AttemptRequest) {
    let stop = Cancellation(under: cancellation)
    lock.withLock { stops[request.id] = stop }
    threads.run { [runner, shares, cancellation, listener] in
      // Where the session ends at the same time it is made again, and stopped then: the journal asks for that.
      let watch = AttemptWatch(
        progressed: { listener.progressed(request.id, $0) },
        isStopped: { stop.isCancelled && !cancellation.isCancelled })
      if stop.isCancelled {
        return listener.ended(request.id, watch.isStopped() ? runner.measurer.stopped(request, .nothing) : nil)
      }
      let share = shares.take(runner.layer.configuration.rung(request.rung).placement)
      let result = runner.run(request, on: share, cancellation: stop, watch: watch)
      shares.give(share)
      listener.ended(request.id, result)
    }
  }

  func stop(_ request: AttemptRequest) {
    if let stop = lock.withLock({ stops[request.id] }) { return stop.cancel() }
    listener.ended(request.id, runner.measurer.stopped(request, .nothing))
  }

  func settled(_ attempt: AttemptID) { lock.withLock { stops[attempt] = nil } }

  func finish() { threads.finish() }
}

extension Usage {
  /// Of an attempt that never began.
  static var nothing: Self { Usage(wallSeconds: 0, cpuSeconds: 0, peakMemory: Bytes(0), output: Bytes(0)) }
}
