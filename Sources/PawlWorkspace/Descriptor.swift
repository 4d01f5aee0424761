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

  /// Appends what there is to read, at most `limit` bytes, and returns how much it was; 0 at the end.
  func read(into bytes: inout [UInt8], atMost limit: Int) throws(WorkspaceError) -> Int {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: limit))
    var count = -1
    var number = EINTR
    while count < 0 && number == EINTR {
      count = bytes.withUnsafeMutableBytes { buffer in
        systemRead(self.number, buffer.baseAddress.map { $0 + start }, limit)
      }
      number = errno
    }
    bytes.removeLast(limit - max(0, count))
    guard count >= 0 else { throw .system("a pipe could not be read", number) }
    return count
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
