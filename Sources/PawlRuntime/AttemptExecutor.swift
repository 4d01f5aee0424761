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
  /// Something that a person should know, and that stops nothing.
  let note: @Sendable (String) -> Void
  /// No attempt can be made: the session cannot go on.
  let failed: @Sendable (any Error) -> Void
}

/// Makes attempts on this machine, a thread each.
final class LocalExecutor: AttemptExecutor {
  private let runner: AttemptRunner
  private let threads: WorkerThreads
  private let cancellation: Cancellation
  private let listener: AttemptListener
  private let shares: MachineShares

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
    threads.run { [runner, shares, cancellation, listener] in
      let share = shares.take(runner.layer.configuration.rung(request.rung).placement)
      let result = cancellation.isCancelled ? nil : runner.run(request, on: share, cancellation: cancellation)
      shares.give(share)
      listener.ended(request.id, result)
    }
  }

  func stop(_ request: AttemptRequest) {}

  /// It kept nothing.
  func settled(_ attempt: AttemptID) {}

  func finish() { threads.finish() }
}
