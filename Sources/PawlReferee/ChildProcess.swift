#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

internal import CPawlSystem
import PawlRefereeProtocol

/// A started program that is trusted, such as a compiler; its end is waited for once. Candidates run in a sandbox.
package struct ChildProcess {
  /// How a program ended.
  package struct Ending {
    package let status: Int32
    package var succeeded: Bool { status == 0 }
    /// The signal that ended it, or nil when it ended by itself.
    package var signal: Int32? { status & 0x7f == 0 ? nil : status & 0x7f }
    /// The exit code of a program that ended by itself.
    package var code: Int32 { (status >> 8) & 0xff }
    package var words: String { signal.map { "was ended by signal `\($0)`" } ?? "ended with exit code `\(code)`" }
  }

  let id: pid_t

  /// Starts `program`, found by its path.
  ///
  /// - Parameter descriptors: what the child gets, from the parent's number to the child's; no others are inherited.
  package init(
    _ program: String, _ arguments: [String], environment: [String], descriptors: [(from: Int32, to: Int32)]
  ) throws(LabError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (from, to) in descriptors { posix_spawn_file_actions_adddup2(&actions, from, to) }
    var process = pid_t()
    let code = withCStrings([program] + arguments) { argv in
      withCStrings(environment) { envp in posix_spawn(&process, program, &actions, nil, argv, envp) }
    }
    guard code == 0 else { throw LabError(.cannotRun, "cannot start `\(program)`: \(reason(code))") }
    id = process
  }

  /// Waits for the end.
  package func wait() -> Ending {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0 && errno == EINTR {}
    return Ending(status: status)
  }

  /// Ends it at once; ``wait()`` is still due.
  package func stop() { _ = kill(id, SIGKILL) }

  /// Runs a program to its end within `seconds` and returns what it wrote, both streams together, cut at `limit` bytes.
  package static func output(
    _ program: String, _ arguments: [String], environment: [String] = currentEnvironment(),
    seconds: Double, limit: Int = 1 << 16
  ) throws(LabError) -> (ending: Ending, bytes: [UInt8]) {
    let pipe = try Pipe()
    let child = try ChildProcess(
      program, arguments, environment: environment, descriptors: [(pipe.writer, 1), (pipe.writer, 2)])
    close(pipe.writer)
    defer { close(pipe.reader) }
    let deadline = monotonicSeconds() + seconds
    var bytes: [UInt8] = []
    while true {
      let left = deadline - monotonicSeconds()
      if left <= 0 {
        child.stop()
        _ = child.wait()
        throw LabError(.outOfTime, "`\(program)` did not end within `\(Int(seconds))` seconds")
      }
      var watched = pollfd(fd: pipe.reader, events: Int16(POLLIN), revents: 0)
      guard poll(&watched, 1, Int32(min(left * 1000 + 1, 60_000))) > 0 else { continue }
      guard let more = readSome(pipe.reader), !more.isEmpty else { break }
      bytes += more.prefix(limit - min(limit, bytes.count))
    }
    return (child.wait(), bytes)
  }
}

/// Two ends of a pipe with high numbers, out of the way of those that a child gets.
struct Pipe {
  let reader: Int32
  let writer: Int32

  /// Makes room for 1 MiB, so that a writer of megabytes seldom waits for its reader.
  func grow() { _ = pawl_grow_pipe(writer, 1 << 20) }

  init() throws(LabError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw LabError(.cannotRun, "cannot make a pipe: \(reason(errno))") }
    reader = fcntl(ends[0], F_DUPFD_CLOEXEC, 16)
    writer = fcntl(ends[1], F_DUPFD_CLOEXEC, 16)
    close(ends[0])
    close(ends[1])
    guard reader >= 0, writer >= 0 else { throw LabError(.cannotRun, "cannot make a pipe: \(reason(errno))") }
  }
}

/// Seconds of a clock that only goes forward.
package func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The environment as `NAME=value` lines.
package func currentEnvironment() -> [String] {
  var lines: [String] = []
  var next = environ
  while let line = next.pointee {
    lines.append(String(cString: line))
    next += 1
  }
  return lines
}

private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeBufferPointer { buffer in
    var empty: UnsafeMutablePointer<CChar>?
    return withUnsafePointer(to: &empty) { body(buffer.baseAddress ?? $0) }
  }
}
