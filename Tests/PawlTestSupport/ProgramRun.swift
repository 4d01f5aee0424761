public import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a program ended and what it said.
public struct ProgramRun: Sendable {
  public let code: Int32
  /// 0 unless a signal ended it.
  public let signal: Int32
  public let output: String
  public let messages: String
}

/// A started program, with its output in files so that nobody must read along.
public final class RunningProgram: @unchecked Sendable {
  // Safe: used by the one test that started it.
  public let process: pid_t
  private let outputFile: String
  private let messagesFile: String
  private var ended: ProgramRun?

  /// Starts `path` in a session of its own; nil where it does not start.
  ///
  /// - Parameter input: the file that it reads; a pipe must have a writer already.
  public init?(
    _ path: String, _ arguments: [String], environment: [String], directory: String, captureIn prefix: String,
    input: String = "/dev/null"
  ) {
    outputFile = prefix + ".out"
    messagesFile = prefix + ".err"
    let input = pawl_open(input, O_RDONLY, 0)
    let output = pawl_open(outputFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let messages = pawl_open(messagesFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { for descriptor in [input, output, messages] { close(descriptor) } }
    let words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var request = pawl_spawn_request()
    (request.input, request.output, request.error) = (input, output, messages)
    request.kept = (-1, -1, -1, -1, -1)
    request.cpu_seconds = .max
    request.file_bytes = .max
    var pid: pid_t = 0
    let failure = path.withCString { path in
      directory.withCString { directory in
        words.withUnsafeBufferPointer { words in
          variables.withUnsafeBufferPointer { variables in
            request.path = path
            request.directory = directory
            request.argv = words.baseAddress
            request.envp = variables.baseAddress
            // Out of processes or memory for a moment: the machine is busy with other tests.
            var failure: Int32 = 0
            _ = eventually(seconds: 60) {
              failure = pawl_spawn(&request, &pid)
              return failure != EAGAIN && failure != ENOMEM
            }
            return failure
          }
        }
      }
    }
    guard failure == 0 else { return nil }
    process = pid
  }

  deinit {
    if ended == nil {
      kill(SIGKILL)
      _ = wait()
    }
    unlink(outputFile)
    unlink(messagesFile)
  }

  public func kill(_ signal: Int32) {
    if ended == nil { sendSignal(process, signal) }
  }

  /// What it has said so far.
  public var messages: String { fileText(messagesFile) ?? "" }
  public var output: String { fileText(outputFile) ?? "" }

  /// Whether it has ended; a program that has is reaped.
  public var hasEnded: Bool {
    if ended != nil { return true }
    var (code, signal, cpu, peak): (Int32, Int32, Double, Int64) = (0, 0, 0, 0)
    guard pawl_try_wait(process, &code, &signal, &cpu, &peak) == 0 else { return false }
    ended = ProgramRun(code: code, signal: signal, output: output, messages: messages)
    return true
  }

  /// Returns how it ended; a program that outlives `seconds` is killed, which its signal then shows.
  public func wait(seconds: Double = 600) -> ProgramRun {
    if !eventually(seconds: seconds, { hasEnded }) {
      sendSignal(process, SIGKILL)
      _ = eventually(seconds: 30) { hasEnded }
    }
    return ended ?? ProgramRun(code: -1, signal: -1, output: output, messages: messages)
  }
}

private func sendSignal(_ process: pid_t, _ signal: Int32) { _ = kill(process, signal) }

/// Polls until `condition` holds; returns false when it does not within the time.
public func eventually(seconds: Double = 300, _ condition: () -> Bool) -> Bool {
  let deadline = monotonic() + seconds
  while !condition() {
    if monotonic() > deadline { return false }
    usleep(2_000)
  }
  return true
}

/// Seconds on a clock that only moves forward.
public func monotonic() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}

/// Returns a file's text, or nil where it cannot be read.
public func fileText(_ path: String) -> String? {
  guard let file = fopen(path, "rb") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
  return String(decoding: bytes, as: UTF8.self)
}
