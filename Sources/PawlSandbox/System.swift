import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Returns the system's text for an errno, as in `No such file or directory`.
func systemMessage(_ number: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
  return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Seconds on a clock that never goes back.
func monotonicSeconds() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}

/// An open file descriptor that closes itself.
final class Descriptor: Sendable {
  let number: Int32
  init(_ number: Int32) { self.number = number }
  deinit { if number >= 0 { close(number) } }

  /// Opens a path, or returns nil with `errno` set.
  static func open(_ path: String, _ flags: Int32, mode: mode_t = 0) -> Descriptor? {
    let number = pawl_open(path, flags, mode)
    return number < 0 ? nil : Descriptor(number)
  }
}

/// Both ends of a pipe.
struct Pipe {
  let reading: Descriptor
  var writing: Descriptor?

  init?() {
    var ends: (Int32, Int32) = (-1, -1)
    let made = withUnsafeMutablePointer(to: &ends) { pointer in
      pointer.withMemoryRebound(to: Int32.self, capacity: 2) { pawl_pipe($0) }
    }
    guard made == 0 else { return nil }
    reading = Descriptor(ends.0)
    writing = Descriptor(ends.1)
  }

  /// Closes the writing end, so that the reader sees the end of the stream.
  mutating func closeWriting() { writing = nil }
}

/// Returns a small file's bytes, at most `limit`; nil when it cannot be read.
func contents(of descriptor: Int32, limit: Int = 1 << 16) -> [UInt8]? {
  var bytes = [UInt8](repeating: 0, count: limit)
  var filled = 0
  while filled < limit {
    let count = bytes.withUnsafeMutableBytes { space -> Int in
      guard let base = space.baseAddress else { return 0 }
      return read(descriptor, base + filled, limit - filled)
    }
    if count < 0 && errno == EINTR { continue }
    if count < 0 { return nil }
    if count == 0 { break }
    filled += count
  }
  return Array(bytes.prefix(filled))
}

/// Returns a small text file, or nil.
func text(at path: String) -> String? {
  guard let file = Descriptor.open(path, O_RDONLY), let bytes = contents(of: file.number) else { return nil }
  return String(decoding: bytes, as: UTF8.self)
}

/// Writes all bytes, through EINTR; returns 0 or errno.
func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
  var rest = bytes
  while let base = rest.baseAddress, !rest.isEmpty {
    let count = write(descriptor, base, rest.count)
    if count < 0 {
      if errno == EINTR { continue }
      return errno
    }
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
  }
  return 0
}

/// The size of the machine's memory.
func physicalMemoryBytes() -> Int64 {
  Int64(sysconf(Int32(_SC_PHYS_PAGES))) &* Int64(sysconf(Int32(_SC_PAGESIZE)))
}
