/// Finds the ends of lines (`\n` or `\r`) eight bytes at a time: lines are short, where a call of memchr for each costs more.
enum LineBreaks {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f

  /// Returns the place of the first break at or behind `position`, the count of bytes where there is none.
  static func next(in bytes: UnsafeRawBufferPointer, from position: Int) -> Int {
    var index = position
    while index + 8 <= bytes.count {
      let found = marks(bytes, index)
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < bytes.count, bytes[index] != 0x0a, bytes[index] != 0x0d { index += 1 }
    return index
  }

  /// Returns where the line that holds `position` starts, `from` where no break lies in between.
  static func start(of bytes: UnsafeRawBufferPointer, at position: Int, from: Int) -> Int {
    var index = position
    while index - 8 >= from {
      let found = marks(bytes, index - 8)
      if found != 0 { return index - found.leadingZeroBitCount / 8 }
      index -= 8
    }
    while index > from, bytes[index - 1] != 0x0a, bytes[index - 1] != 0x0d { index -= 1 }
    return index
  }

  /// The high bit of each byte that is a break; exact, as no carry leaves a byte (Warren, Hacker's Delight, section 6-1).
  private static func marks(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
    let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    return zeros(word ^ (ones &* 0x0a)) | zeros(word ^ (ones &* 0x0d))
  }

  private static func zeros(_ word: UInt64) -> UInt64 { ~(((word & low) &+ low) | word | low) }
}
