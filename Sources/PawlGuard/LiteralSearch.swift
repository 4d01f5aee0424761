#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Remembers where a word comes next, so that every byte is searched once.
struct LiteralSearch {
  private let word: [UInt8]?
  private let bytes: UnsafeRawBufferPointer
  /// The place in `word` of its rarest byte, the one that is searched for.
  private let rarest: Int
  private var known = -1

  /// Without a word every position is a hit.
  init(_ word: [UInt8]?, in bytes: UnsafeRawBufferPointer) {
    self.word = word
    self.bytes = bytes
    rarest = word.map(Self.rarest) ?? 0
  }

  /// Returns the first hit at or behind `position`, the count of bytes where there is none; positions must not fall.
  mutating func next(from position: Int) -> Int {
    guard word != nil else { return min(position, bytes.count) }
    if known < position { known = search(from: position) }
    return known
  }

  private func search(from position: Int) -> Int {
    guard let word, let base = bytes.baseAddress else { return bytes.count }
    // C's memchr runs at the speed of memory; memmem does not, and hides behind _GNU_SOURCE.
    var cursor = position + rarest
    let end = bytes.count - (word.count - 1 - rarest)
    while cursor < end {
      guard let hit = memchr(base + cursor, Int32(word[rarest]), end - cursor) else { break }
      let start = UnsafeRawPointer(hit) - base - rarest
      if memcmp(base + start, word, word.count) == 0 { return start }
      cursor = start + rarest + 1
    }
    return bytes.count
  }

  /// Bytes of program output, the most common first; those that are missing are rarer still.
  private static let common = Array(" e0ta1oins.r-=hl2d:c5um3fpgwyb4v6789,kxjqz".utf8)

  private static func rarest(in word: [UInt8]) -> Int {
    word.indices.max { left, right in
      (common.firstIndex(of: word[left]) ?? common.count) < (common.firstIndex(of: word[right]) ?? common.count)
    } ?? 0
  }
}
