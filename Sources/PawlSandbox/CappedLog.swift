import CPawlSystem
package import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A log file that keeps the head of a stream up to a cap, and its last 64 KiB; memory does not grow with the stream.
package struct CappedLog {
  static let tailBytes = 64 << 10

  private let file: Descriptor
  private let cap: Int64
  private(set) var total: Int64 = 0
  private var kept: Int64 = 0
  private var ring = [UInt8]()
  /// Where the next byte goes in a full ring.
  private var cursor = 0
  /// The errno of the first failed write; from then on nothing more is written.
  private(set) var failure: Int32 = 0

  package init(path: String, cap: Bytes) throws(SandboxError) {
    guard let file = Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644) else {
      throw SandboxError(
        .log, "the log `\(path)` cannot be written", hints: ["see what is missing with `pawl doctor`"], errno: errno)
    }
    self.file = file
    self.cap = max(0, cap.count)
    ring.reserveCapacity(Self.tailBytes)
  }

  /// Takes the next bytes of the stream.
  package mutating func append(_ chunk: UnsafeRawBufferPointer) {
    total &+= Int64(chunk.count)
    let room = Int(min(Int64(chunk.count), cap - kept))
    if room > 0 && failure == 0 {
      failure = writeAll(file.number, UnsafeRawBufferPointer(rebasing: chunk.prefix(room)))
      kept += Int64(room)
    }
    remember(UnsafeRawBufferPointer(rebasing: chunk.suffix(Self.tailBytes)))
  }

  private mutating func remember(_ bytes: UnsafeRawBufferPointer) {
    if bytes.count == Self.tailBytes {
      ring.replaceSubrange(ring.indices, with: bytes)
      cursor = 0
      return
    }
    let growth = min(bytes.count, Self.tailBytes - ring.count)
    ring.append(contentsOf: bytes.prefix(growth))
    var rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(growth))
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.tailBytes - cursor))
      ring.withUnsafeMutableBytes { space in
        UnsafeMutableRawBufferPointer(rebasing: space[cursor..<cursor + part.count]).copyMemory(from: part)
      }
      cursor = (cursor + part.count) % Self.tailBytes
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
    }
  }

  /// The last bytes of the stream, at most 64 KiB, oldest first.
  private var lastBytes: [UInt8] {
    ring.count < Self.tailBytes ? ring : Array(ring[cursor...] + ring[..<cursor])
  }

  /// Appends what the cap cut off of the end, and says how much is missing. Returns how many bytes were not kept.
  package mutating func finish() -> Int64 {
    let beyond = total - kept
    guard beyond > 0, failure == 0 else { return beyond }
    let tail = lastBytes.suffix(Int(min(beyond, Int64(Self.tailBytes))))
    let dropped = beyond - Int64(tail.count)
    let line = dropped > 0 ? Array("\n[… \(dropped) bytes not kept …]\n".utf8) : []
    failure = (line + tail).withUnsafeBytes { writeAll(file.number, $0) }
    return dropped
  }

  /// Returns the last lines, at most `limit` bytes, cut at a line where there is one, with invalid UTF-8
  /// repaired and nothing in it that acts on a terminal.
  func tail(limit: Int = 4096) -> String {
    // A repaired byte takes three, so a cut that fits must be looked for.
    var bytes = lastBytes.suffix(limit)
    let whole = Int64(bytes.count) == total
    if !whole, let line = bytes.dropLast().firstIndex(of: UInt8(ascii: "\n")) { bytes = bytes[(line + 1)...] }
    var text = String(decoding: bytes, as: UTF8.self)
    while text.utf8.count > limit {
      let line = bytes.dropLast().firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
      bytes = bytes[(line ?? min(bytes.endIndex, bytes.startIndex + (text.utf8.count - limit + 2) / 3))...]
      text = String(decoding: bytes, as: UTF8.self)
    }
    return text.withoutControls
  }
}
