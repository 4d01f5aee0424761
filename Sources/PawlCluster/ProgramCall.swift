import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One run of a program that is trusted and ends by itself.
struct ProgramCall {
  /// By its path.
  let program: String
  let arguments: [String]
  /// As `NAME=value`.
  let environment: [String]
  var input = ""
  /// After so long it is killed.
  var seconds = 60.0

  struct Answer {
    /// The exit code, or 128 plus the signal that ended it.
    let code: Int32
    let output: String
    let messages: String
    let isLate: Bool
  }

  /// Why there is no answer.
  struct Failure: Error, CustomStringConvertible {
    let number: Int32
    var description: String { String(cString: strerror(number)) }
  }

  /// Runs it and returns all that it printed.
  func run() throws(Failure) -> Answer {
    // Files in memory rather than pipes: nobody has to read along, and a child of the child that lives on holds up nothing.
    let files = try (Self.file(), Self.file(), Self.file())
    defer { for file in [files.0, files.1, files.2] { close(file) } }
    guard Self.write(input, to: files.0) else { throw Failure(number: errno) }
    let child = try start(files)
    let deadline = Self.now() + seconds
    let handle = pawl_pidfd_open(child)
    defer { if handle >= 0 { close(handle) } }
    var isLate = false
    while true {
      var (code, signal, cpu, peak): (Int32, Int32, Double, Int64) = (0, 0, 0, 0)
      let state = pawl_try_wait(child, &code, &signal, &cpu, &peak)
      if state == 0 {
        return Answer(
          code: signal == 0 ? code : 128 + signal, output: Self.text(of: files.1), messages: Self.text(of: files.2),
          isLate: isLate)
      }
      guard state == EAGAIN else { throw Failure(number: state) }
      let left = deadline - Self.now()
      if left <= 0, !isLate {
        isLate = true
        kill(child, SIGKILL)
      }
      var waiting = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
      let patience = isLate ? 100 : max(1, min(1_000, Int32(left * 1_000)))
      // Where the kernel has no handle of a process, look often.
      _ = handle >= 0 ? poll(&waiting, 1, patience) : poll(nil, 0, 5)
    }
  }

  private func start(_ files: (Int32, Int32, Int32)) throws(Failure) -> pid_t {
    let words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var request = pawl_spawn_request()
    (request.input, request.output, request.error) = files
    request.kept = (-1, -1, -1, -1, -1)
    request.cpu_seconds = .max
    request.file_bytes = .max
    var child: pid_t = 0
    let number = program.withCString { path in
      words.withUnsafeBufferPointer { words in
        variables.withUnsafeBufferPointer { variables in
          request.path = path
          request.argv = words.baseAddress
          request.envp = variables.baseAddress
          return pawl_spawn(&request, &child)
        }
      }
    }
    guard number == 0 else { throw Failure(number: number) }
    return child
  }

  private static func file() throws(Failure) -> Int32 {
    let file = pawl_memory_file("pawl-program")
    guard file >= 0 else { throw Failure(number: errno) }
    return file
  }

  private static func write(_ text: String, to file: Int32) -> Bool {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(file, $0.baseAddress.map { $0 + sent }, bytes.count - sent, off_t(sent))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// At most 64 MiB: tens of thousands of jobs.
  private static func text(of file: Int32) -> String {
    var status = stat()
    guard fstat(file, &status) == 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: max(0, min(Int(status.st_size), 64 << 20)))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(file, $0.baseAddress.map { $0 + filled }, $0.count - filled, off_t(filled))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      filled += count
    }
    return String(decoding: bytes.prefix(filled), as: UTF8.self)
  }

  private static func now() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }
}
