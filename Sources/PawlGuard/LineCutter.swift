#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Cuts a stream of chunks, which may end anywhere, into whole lines.
///
/// Lines end at `\n` or `\r` (a progress bar overwrites itself). Memory is bounded by the start of one line.
struct LineCutter: Sendable {
  /// How much is kept of a line that chunks cut in two.
  static let lineLimit = 64 << 10
  /// The start of a line whose end has not come yet.
  private var carried: [UInt8] = []

  /// Hands whole lines on, many at a time; the last one of each time may lack its break.
  mutating func feed(_ chunk: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Void) {
    var rest = chunk[...]
    if !carried.isEmpty {
      let end = Self.firstBreak(in: rest) ?? rest.endIndex
      carry(rest[..<end])
      guard end < rest.endIndex else { return }
      finish(take)
      rest = rest[(end + 1)...]
    }
    guard let last = Self.lastBreak(in: rest) else { return carry(rest) }
    take(UnsafeRawBufferPointer(rebasing: rest[...last]))
    carry(rest[(last + 1)...])
  }

  /// Hands on the line that has no end yet.
  mutating func finish(_ take: (UnsafeRawBufferPointer) -> Void) {
    guard !carried.isEmpty else { return }
    carried.withUnsafeBytes { take($0) }
    carried.removeAll(keepingCapacity: true)
  }

  private mutating func carry(_ bytes: Slice<UnsafeRawBufferPointer>) {
    carried.append(contentsOf: bytes.prefix(max(0, Self.lineLimit - carried.count)))
  }

  private static func isBreak(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d }

  private static func firstBreak(in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard let base = bytes.base.baseAddress, !bytes.isEmpty else { return nil }
    let start = base + bytes.startIndex
    let feed = memchr(start, 0x0a, bytes.count).map { UnsafeRawPointer($0) - base }
    // What lies behind the line feed needs no second search.
    let length = (feed ?? bytes.endIndex) - bytes.startIndex
    return memchr(start, 0x0d, length).map { UnsafeRawPointer($0) - base } ?? feed
  }

  private static func lastBreak(in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    // Only where there is a break does the slow search from the end get far.
    guard let first = firstBreak(in: bytes) else { return nil }
    return bytes[first...].lastIndex(where: isBreak)
  }
}
