#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Reads messages off a pipe into one buffer that is used again and again: answers are megabytes, and come by the hundred.
package struct FrameReader: ~Copyable {
  /// What a read brought.
  package enum Progress { case more, end, failed }
  /// A message that is all there; its bytes are valid until the next ``fill(from:)``.
  package struct Message {
    package let kind: Frame.Kind
    package let payload: UnsafeRawBufferPointer

    /// The payload as 8-byte numbers.
    package var numbers: [UInt64] {
      (0..<payload.count / 8).map {
        UInt64(littleEndian: payload.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
  }

  private var space: UnsafeMutableRawBufferPointer
  /// Where the bytes that are not taken yet begin and end.
  private var begin = 0
  private var end = 0
  private let largest: Int

  /// - Parameter largest: the longest payload that anybody has reason to send.
  package init(largest: Int) {
    self.largest = min(largest, Frame.limit)
    // Room for the rest of one message and the beginning of the next.
    space = .allocate(byteCount: 2 * (self.largest + Frame.headerBytes), alignment: 64)
  }

  deinit { space.deallocate() }

  /// Reads once, as much as there is room for.
  package mutating func fill(from descriptor: Int32) -> Progress {
    if begin == end { (begin, end) = (0, 0) }
    if end > space.count / 2, begin > 0, let base = space.baseAddress {
      base.copyMemory(from: base + begin, byteCount: end - begin)
      (begin, end) = (0, end - begin)
    }
    while true {
      let got = read(descriptor, space.baseAddress.map { $0 + end }, space.count - end)
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { return got == 0 ? .end : .failed }
      end += got
      return .more
    }
  }

  /// Takes the next message; nil when it is not all there yet.
  package mutating func next() throws(ProtocolError) -> Message? {
    guard end - begin >= Frame.headerBytes else { return nil }
    let header = UnsafeRawBufferPointer(rebasing: space[begin..<begin + Frame.headerBytes])
    let kind = Frame.Kind(rawValue: UInt32(littleEndian: header.loadUnaligned(as: UInt32.self)))
    let count = Int(UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    guard let kind else { throw .notAMessage }
    guard count <= largest else {
      throw ProtocolError("a message of `\(count)` bytes came, where none has more than `\(largest)`")
    }
    let start = begin + Frame.headerBytes
    guard end - start >= count else { return nil }
    begin = start + count
    return Message(kind: kind, payload: UnsafeRawBufferPointer(rebasing: space[start..<start + count]))
  }
}
