import CPawlSystem
import Foundation

/// Calls back on a thread of its own for each SIGINT, SIGTERM and SIGHUP that the process gets.
enum SignalWatcher {
  static func start(_ body: @escaping @Sendable (Int32) -> Void) throws(RuntimeError) {
    let descriptor = pawl_signal_pipe()
    guard descriptor >= 0 else {
      throw RuntimeError(.system, "cannot watch signals: \(String(cString: strerror(errno)))")
    }
    let thread = Thread {
      var number: UInt8 = 0
      while true {
        let count = read(descriptor, &number, 1)
        if count == 1 { body(Int32(number)) } else if count == 0 || errno != EINTR { return }
      }
    }
    thread.name = "signals"
    thread.start()
  }
}
