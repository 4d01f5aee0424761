import CPawlSystem
import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Follows one started attempt to the end of its last descendant, on the calling thread.
final class Supervision {
  struct Ending {
    var code: Int32 = 0
    var signal: Int32 = 0
    var cpuSeconds = 0.0
    var peakBytes: Int64 = 0
  }

  let command: SandboxedCommand
  let grace: Double
  let isBubblewrap: Bool
  var launched: Launched
  var log: CappedLog
  private(set) var watcher: Watcher?
  private(set) var reason: StopReason?
  let load: MachineLoad.Mark
  private let started: Double
  /// Bytes in the attempt's folder before it began.
  private let folderBefore: Int64
  private var killAt: Double?
  private var nextLook: Double
  private let companion: (any Companion)?
  /// When the companion wants to be called, whether there is something to read or not.
  private var attendAt: Double
  private let buffer: UnsafeMutableRawBufferPointer

  init(
    command: SandboxedCommand, grace: Double, isBubblewrap: Bool, launched: Launched,
    log: CappedLog, folderBefore: Int64, load: MachineLoad.Mark, companion: (any Companion)? = nil
  ) {
    self.load = load
    self.companion = companion
    self.folderBefore = folderBefore
    self.command = command
    self.grace = grace
    self.isBubblewrap = isBubblewrap
    self.launched = launched
    self.log = log
    started = monotonicSeconds()
    attendAt = companion == nil ? .infinity : started
    let limits = self.launched.group?.limitsProcesses ?? false
    nextLook = started + Watcher.firstLook(command.budget, limitsProcesses: limits)
    buffer = .allocate(byteCount: 1 << 20, alignment: 4096)
  }

  deinit { buffer.deallocate() }

  var wallSeconds: Double { monotonicSeconds() - started }

  /// Reads, watches and stops until our own child has ended and every descendant is gone.
  func follow(
    output: Descriptor, cancellation: Cancellation, deliver: (UnsafeRawBufferPointer) -> Void
  ) -> Ending {
    var isOpen = true
    var ending: Ending?
    while ending == nil {
      let now = monotonicSeconds()
      act(now: now, cancelled: cancellation.isCancelled)
      var waits = [
        pollfd(fd: isOpen ? output.number : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: launched.childHandle.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: reason == nil ? companion?.descriptor ?? -1 : -1, events: Int16(POLLIN), revents: 0),
      ]
      if reason != .cancelled {
        waits += cancellation.descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      }
      _ = poll(&waits, nfds_t(waits.count), pollMilliseconds(now: now, cancellation))
      if waits[0].revents != 0 { isOpen = receive(output.number, deliver) }
      let isReady = waits[2].revents != 0
      if reason == nil, isReady || monotonicSeconds() >= attendAt { attend(isReady: isReady) }
      if waits[1].revents != 0 || launched.childHandle.number < 0 { ending = reap() }
    }
    var end = ending ?? Ending()
    finishDescendants(&end)
    // Every writer is gone, so this ends; what a pipe still holds is the end of the log.
    _ = pawl_set_nonblocking(output.number)
    while isOpen { isOpen = receive(output.number, deliver) }
    while reason == nil, let companion, companion.descriptor >= 0 { attend(isReady: true) }
    return end
  }

  private func attend(isReady: Bool) {
    guard let companion else { return }
    let again = companion.attend(isReady: isReady) {
      Spent(wallSeconds: wallSeconds, cpuSeconds: usageTree().map { $0.look().cpuSeconds })
    }
    if let again {
      attendAt = again.isFinite ? monotonicSeconds() + max(0, again) : .infinity
    } else {
      stop(.companion, now: monotonicSeconds())
    }
  }

  private func usageTree() -> ProcessTree? {
    if tree == nil { tree = makeTree() }
    return tree
  }

  private func pollMilliseconds(now: Double, _ cancellation: Cancellation) -> Int32 {
    var next = nextLook
    if let killAt { next = min(next, killAt) }
    if reason == nil { next = min(next, attendAt) }
    if reason == nil, let wall = command.budget.wallSeconds { next = min(next, started + wall) }
    var milliseconds = max(0, min(60_000, ((next - now) * 1000).rounded(.up)))
    // Without something to wake it up a look now and then must do.
    if launched.childHandle.number < 0 || cancellation.descriptors.contains(-1) { milliseconds = min(milliseconds, 10) }
    return Int32(milliseconds)
  }

  /// Reads once; returns false at the end of the stream.
  private func receive(_ output: Int32, _ deliver: (UnsafeRawBufferPointer) -> Void) -> Bool {
    let count = read(output, buffer.baseAddress, buffer.count)
    if count < 0 { return errno == EINTR }
    guard count > 0 else { return false }
    let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    log.append(chunk)
    deliver(chunk)
    return true
  }

  private func act(now: Double, cancelled: Bool) {
    if cancelled { stop(.cancelled, now: now) }
    if let wall = command.budget.wallSeconds, now >= started + wall { stop(.wall, now: now) }
    if let deadline = killAt, now >= deadline {
      kill()
      // Again, should the tree have been out of reach for a moment.
      killAt = now + 0.1
    }
    guard now >= nextLook else { return }
    if watcher == nil { watcher = makeWatcher(now: now) }
    if let used = watcher?.look(now: now) { stop(used, now: now) }
    if let watcher { MachineLoad.shared.report(load, cpuSeconds: watcher.cpuSeconds) }
    nextLook = watcher?.nextLook ?? now + 0.02
  }

  private func makeWatcher(now: Double) -> Watcher? {
    let limits = launched.group?.limitsProcesses ?? false
    guard let tree = usageTree() else { return nil }
    return Watcher(
      tree: tree, root: launched.initial.map { "/proc/\($0)/root" }, home: launched.home,
      budget: command.budget, threads: command.threads, directory: command.directory, baseline: folderBefore,
      limitsProcesses: limits, now: now)
  }

  private var tree: ProcessTree?
  private lazy var hostTree = ProcessTree.descendants(of: launched.child, mark: launched.mark)

  private func makeTree() -> ProcessTree? {
    guard isBubblewrap else { return hostTree }
    guard launched.isLaidOut else { return nil }
    return launched.initial.flatMap { ProcessTree.sandbox(of: $0, ownsTable: launched.ownsTable) }
  }

  /// Time that ran out is asked to end, with a grace; everything else does harm, and ends at once.
  private func stop(_ why: StopReason, now: Double) {
    if why == .cancelled && reason != .cancelled {
      reason = .cancelled
      killAt = now
      kill()
      return
    }
    guard reason == nil else { return }
    reason = why
    guard why == .wall || why == .cpu, grace > 0 else {
      killAt = now
      kill()
      return
    }
    killAt = now + grace
    if watcher == nil { watcher = makeWatcher(now: now) }
    watcher?.signalAll(SIGTERM)
  }

  private func kill() {
    if isBubblewrap {
      // Behind a thousand runnable forks it would wait for seconds before it dies, while they go on; root can help that.
      if let initial = launched.initial { pawl_favor(initial) }
      // Process 1 takes its whole namespace with it, whatever forked, daemonised or changed its session.
      if launched.initialHandle.number >= 0 {
        _ = pawl_pidfd_send_signal(launched.initialHandle.number, SIGKILL)
      } else {
        Self.signal(launched.child, SIGKILL)
      }
    } else {
      Self.signal(-launched.child, SIGKILL)
      hostTree?.signalAll(SIGKILL)
    }
  }

  private static func signal(_ process: pid_t, _ number: Int32) {
    #if canImport(Glibc)
      _ = Glibc.kill(process, number)
    #else
      _ = Darwin.kill(process, number)
    #endif
  }

  private func reap() -> Ending? {
    var end = Ending()
    let number = pawl_try_wait(launched.child, &end.code, &end.signal, &end.cpuSeconds, &end.peakBytes)
    // ECHILD: somebody else reaped it, and how it ended is lost.
    return number == EAGAIN ? nil : end
  }

  private func finishDescendants(_ end: inout Ending) {
    guard isBubblewrap else {
      Self.signal(-launched.child, SIGKILL)
      end.cpuSeconds += hostTree?.killAll() ?? 0
      return
    }
    // The child's own figure holds this process's memory, from before it became `bwrap`.
    end.peakBytes = 0
    guard let initial = launched.initial, launched.initialHandle.number >= 0 else { return }
    _ = pawl_pidfd_send_signal(launched.initialHandle.number, SIGKILL)
    var gone = pollfd(fd: launched.initialHandle.number, events: Int16(POLLIN), revents: 0)
    while poll(&gone, 1, -1) < 0 && errno == EINTR {}
    // An orphan of `bwrap`, so ours by adoption: it has waited for all others, and its usage is theirs.
    var adopted = Ending()
    guard pawl_wait(initial, &adopted.code, &adopted.signal, &adopted.cpuSeconds, &adopted.peakBytes) == 0 else {
      return
    }
    end.cpuSeconds += adopted.cpuSeconds
    end.peakBytes = adopted.peakBytes
  }
}
