/// The shingles of texts as 64-bit digests: each five words in a row, or five bytes in a row of a text with fewer words than that.
///
/// One value serves many texts, so that memory is reused.
package struct Shingles: Sendable {
  package static let length = 5
  /// In the order of the text; one that comes twice is there twice.
  package private(set) var hashes: [UInt64] = []
  /// The words of the text that was read last.
  package private(set) var tokens = TextTokens()

  package init() {}

  /// Replaces the shingles by those of a text; one without words has none.
  package mutating func read(_ text: String) {
    tokens.read(text)
    hashes.removeAll(keepingCapacity: true)
    if tokens.hashes.count >= Self.length {
      RollingWindows.forEach(of: Self.length, in: tokens.hashes) { hash, _ in hashes.append(hash) }
      return
    }
    guard !tokens.hashes.isEmpty else { return }
    var text = text
    text.withUTF8 { bytes in
      let windows = max(1, bytes.count - Self.length + 1)
      for start in 0..<windows {
        var window: UInt64 = 0
        for byte in bytes[start..<min(bytes.count, start + Self.length)] { window = window << 8 | UInt64(byte) }
        hashes.append(mixed(window &+ 0x9e37_79b9_7f4a_7c15))
      }
    }
  }

  /// The shingles, each once, in the order of their digests.
  package var distinct: [UInt64] {
    var sorted = hashes.sorted()
    var count = 0
    for index in sorted.indices where index == 0 || sorted[index] != sorted[index - 1] {
      sorted[count] = sorted[index]
      count += 1
    }
    sorted.removeLast(sorted.count - count)
    return sorted
  }

  /// Returns how alike two texts are: shingles in both by shingles in either, 0...1; 1 for two without any.
  package static func likeness(_ first: String, _ second: String) -> Double {
    var (left, right) = (Shingles(), Shingles())
    left.read(first)
    right.read(second)
    let (some, others) = (Set(left.hashes), Set(right.hashes))
    let either = some.union(others).count
    return either == 0 ? 1 : Double(some.intersection(others).count) / Double(either)
  }
}

/// Digests of so many numbers in a row, each from the one before (Karp and Rabin 1987).
enum RollingWindows {
  private static let base: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// Calls `body` with each window's digest and where it begins; not at all where the numbers are fewer.
  @inline(__always)
  static func forEach(of length: Int, in numbers: [UInt64], _ body: (UInt64, Int) -> Void) {
    guard length > 0, numbers.count >= length else { return }
    var power: UInt64 = 1
    for _ in 0..<length { power = power &* base }
    var sum: UInt64 = 0
    numbers.withUnsafeBufferPointer { numbers in
      for index in 0..<numbers.count {
        sum = sum &* base &+ numbers[index]
        if index >= length { sum = sum &- numbers[index - length] &* power }
        if index >= length - 1 { body(mixed(sum), index - length + 1) }
      }
    }
  }
}
