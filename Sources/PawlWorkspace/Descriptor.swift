import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An open file descriptor that is closed when it is no longer held.
///
/// `@unchecked Sendable`: `number` changes only in `close()`, which its one owner calls, or the last reference in `deinit`.
final class Descriptor: @unchecked Sendable {
  private(set) var number: Int32
  init(_ number: Int32) { self.number = number }
  deinit { close() }

  func close() {
    if number >= 0 { _ = systemClose(number) }
    number = -1
  }

  static func anonymousFile() throws(WorkspaceError) -> Descriptor {
    let number = pawl_workspace_anonymous_file()
    guard number >= 0 else { throw .system("a scratch file could not be made") }
    return Descriptor(number)
  }

  static func pipe() throws(WorkspaceError) -> (reading: Descriptor, writing: Descriptor) {
    var ends: [Int32] = [-1, -1]
    guard pawl_workspace_pipe(&ends) == 0 else { throw .system("a pipe could not be made") }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  /// Returns our end and the child's end of a stream that raises no SIGPIPE.
  static func stream() throws(WorkspaceError) -> (ours: Descriptor, theirs: Descriptor) {
    var ends: [Int32] = [-1, -1]
    guard pawl_workspace_stream(&ends) == 0 else { throw .system("a pipe could not be made") }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  static func open(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(WorkspaceError) -> Descriptor {
    let number = openRetrying(path, flags | O_CLOEXEC, mode)
    guard number >= 0 else { throw .system("`\(path)` could not be opened") }
    return Descriptor(number)
  }

  /// Fills the front of the buffer with what there is to read, and returns how much it was; 0 at the end.
  func read(into buffer: inout [UInt8]) throws(WorkspaceError) -> Int {
    while true {
      let count = buffer.withUnsafeMutableBytes { systemRead(number, $0.baseAddress, $0.count) }
      if count >= 0 { return count }
      guard errno == EINTR else { throw .system("a pipe could not be read") }
    }
  }

  /// Returns everything up to the end.
  func readAll() throws(WorkspaceError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 32_768)
    while true {
      let count = try read(into: &buffer)
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }
}

func openRetrying(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
  while true {
    let number = open(path, flags, mode)
    if number >= 0 || errno != EINTR { return number }
  }
}

extension WorkspaceError {
  /// A failed system call on files, with `errno` as its cause.
  static func system(_ message: String, _ number: Int32 = errno) -> WorkspaceError {
    let hints = number == ENOSPC ? ["free some disk space: `pawl doctor` shows what there is"] : []
    return WorkspaceError(.fileSystem, message, hints: hints, cause: SystemError(number: number))
  }
}
