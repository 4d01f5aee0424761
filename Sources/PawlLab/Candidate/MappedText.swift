#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file's bytes, mapped and not read, so that a text of any size takes no memory of its own.
final class MappedText: @unchecked Sendable {
  // Safe to share: the bytes are read only.
  let bytes: UnsafeBufferPointer<UInt8>

  init(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      refuse("cannot read the text `\(path)`: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    let count = Int(status.st_size)
    guard count > 0, let memory = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
      refuse("cannot map the text `\(path)` of `\(count)` bytes")
    }
    bytes = UnsafeBufferPointer(start: memory.assumingMemoryBound(to: UInt8.self), count: count)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
