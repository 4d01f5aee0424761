#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The descriptors that a candidate's process finds open.
package enum Channel {
  /// Where it reads the questions.
  package static let requests: Int32 = 3
  /// Where it writes its messages.
  package static let answers: Int32 = 4
}

/// Returns what can be read now, empty at the end, nil on an error.
package func readSome(_ descriptor: Int32) -> [UInt8]? {
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let got = read(descriptor, &chunk, chunk.count)
    if got < 0 && errno == EINTR { continue }
    if got < 0 { return nil }
    return Array(chunk[..<got])
  }
}

/// Writes all bytes; false when the other end is gone.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
}

/// Writes all bytes; false when the other end is gone.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
  var done = 0
  while done < bytes.count {
    guard let start = bytes.baseAddress else { return true }
    let written = write(descriptor, start + done, bytes.count - done)
    if written < 0 && errno == EINTR { continue }
    if written <= 0 { return false }
    done += written
  }
  return true
}
