/// Finds what a text has in common with another: runs of bytes in both, whatever their case, line breaks and spacing.
///
/// Every run of ``surely`` bytes, as compared, is found; none shorter than ``window`` is. Windows of the known text that begin at
/// multiples of a stride are put into a table by a rolling hash (Karp and Rabin 1987); every window of the other is looked up and
/// compared.
struct TextOverlap {
  /// Bytes in a window: shorter runs are what any two texts in one language share.
  static let window = 48
  /// Every run of so many bytes is found.
  static let surely = 64

  private let known: FoldedText
  private let window: Int
  /// An open hash table of windows: their starts and 1; 0 is an empty place.
  private var places: [UInt32]
  private let shift: UInt64

  /// Indexes a text; a stride of 1 finds every run of `window` bytes.
  init(_ text: [UInt8], window: Int = window, stride: Int = surely - window + 1) {
    known = FoldedText(text)
    self.window = window
    let windows = max(0, (known.bytes.count - window) / stride + 1)
    var bits: UInt64 = 10
    while 1 << bits < 2 * windows { bits += 1 }
    shift = 64 - bits
    places = [UInt32](repeating: 0, count: 1 << bits)
    var next = 0
    known.forEachWindow(of: window) { start, hash in
      guard start == next else { return }
      next += stride
      insert(start, hash)
    }
  }

  private mutating func insert(_ start: Int, _ hash: UInt64) {
    var place = firstPlace(hash)
    while places[place] != 0 {
      // One of many equal windows is enough.
      if known.isEqual(at: Int(places[place]) - 1, to: known, at: start, count: window) { return }
      place = (place + 1) & (places.count - 1)
    }
    places[place] = UInt32(truncatingIfNeeded: start + 1)
  }

  private func firstPlace(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: (hash &* 0x9e37_79b9_7f4a_7c15) >> shift) }

  /// Returns the ranges of `text` that stand in the known text too, in order and apart from one another.
  func ranges(in text: [UInt8]) -> [Range<Int>] {
    let other = FoldedText(text)
    var ranges: [Range<Int>] = []
    other.forEachWindow(of: window) { start, hash in
      var place = firstPlace(hash)
      while places[place] != 0 {
        if known.isEqual(at: Int(places[place]) - 1, to: other, at: start, count: window) {
          let found = Int(other.offsets[start])..<Int(other.offsets[start + window - 1]) + 1
          if let last = ranges.last, last.upperBound >= found.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, found.upperBound)
          } else {
            ranges.append(found)
          }
          return
        }
        place = (place + 1) & (places.count - 1)
      }
    }
    return ranges
  }
}

/// A text as it is compared: small letters, one space where there is white space, and where each byte comes from.
struct FoldedText {
  private(set) var bytes: [UInt8] = []
  private(set) var offsets: [UInt32] = []

  init(_ text: [UInt8]) {
    bytes.reserveCapacity(text.count)
    offsets.reserveCapacity(text.count)
    var isAfterSpace = false
    for (offset, byte) in text.enumerated() {
      let isSpace = byte == 0x20 || (0x09...0x0d).contains(byte)
      if isSpace && isAfterSpace { continue }
      isAfterSpace = isSpace
      bytes.append(isSpace ? 0x20 : (0x41...0x5a).contains(byte) ? byte + 0x20 : byte)
      offsets.append(UInt32(truncatingIfNeeded: offset))
    }
  }

  /// Calls `body` with each window's start and hash.
  @inline(__always)
  func forEachWindow(of count: Int, _ body: (Int, UInt64) -> Void) {
    guard bytes.count >= count else { return }
    let base: UInt64 = 0x100_0000_01b3
    let leaving = (1..<count).reduce(UInt64(1)) { power, _ in power &* base }
    var hash: UInt64 = 0
    for index in bytes.indices {
      if index >= count { hash &-= (UInt64(bytes[index - count]) &+ 1) &* leaving }
      hash = hash &* base &+ UInt64(bytes[index]) &+ 1
      if index >= count - 1 { body(index - count + 1, hash) }
    }
  }

  func isEqual(at start: Int, to other: FoldedText, at place: Int, count: Int) -> Bool {
    for index in 0..<count where bytes[start + index] != other.bytes[place + index] { return false }
    return true
  }
}
