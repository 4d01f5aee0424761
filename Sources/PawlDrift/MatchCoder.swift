#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a text would take if each repetition were written as where and how long (Ziv and Lempel 1977).
///
/// Nothing is written: code lengths are reckoned, so it is an estimate of entropy from above (Kontoyiannis et al. 1998,
/// IEEE Transactions on Information Theory 44, for estimates by match lengths).
enum MatchCoder {
  private static let tableBits = 15
  /// Earlier places that are tried for a longer match.
  private static let tries = 8
  private static let shortest = 4

  /// Returns the bits a byte of the texts, one after the other with a line break between, up to so many bytes; nil for none.
  static func bitsPerByte(_ texts: some Sequence<[UInt8]>, bytes limit: Int) -> Double? {
    var all: [UInt8] = []
    for text in texts {
      all += text
      all.append(0x0a)
      if all.count >= limit { break }
    }
    if all.count > limit { all.removeLast(all.count - limit) }
    guard !all.isEmpty else { return nil }
    return all.withUnsafeBufferPointer { bits($0) } / Double(all.count)
  }

  private static func bits(_ text: UnsafeBufferPointer<UInt8>) -> Double {
    var newest = [Int32](repeating: -1, count: 1 << tableBits)
    var earlier = [Int32](repeating: -1, count: text.count)
    func key(_ place: Int) -> Int {
      let four =
        UInt32(text[place]) | UInt32(text[place + 1]) << 8 | UInt32(text[place + 2]) << 16
        | UInt32(text[place + 3]) << 24
      return Int((four &* 0x9E37_79B1) >> (32 - UInt32(tableBits)))
    }
    func note(_ place: Int) {
      guard place + shortest <= text.count else { return }
      let slot = key(place)
      earlier[place] = newest[slot]
      newest[slot] = Int32(truncatingIfNeeded: place)
    }
    var literals = [Int](repeating: 0, count: 256)
    var bits = 0.0
    var place = 0
    while place < text.count {
      var longest = 0
      var distance = 0
      if place + shortest <= text.count {
        var candidate = Int(newest[key(place)])
        var left = tries
        while candidate >= 0, left > 0 {
          var length = 0
          while place + length < text.count, text[candidate + length] == text[place + length] { length += 1 }
          if length > longest {
            longest = length
            distance = place - candidate
          }
          candidate = Int(earlier[candidate])
          left -= 1
        }
      }
      guard longest >= shortest else {
        literals[Int(text[place])] += 1
        bits += 1
        note(place)
        place += 1
        continue
      }
      // A flag; the distance among those possible; the length in Elias's gamma code.
      bits += 1 + log2(Double(distance) + 1) + 2 * log2(Double(longest - shortest + 1)) + 1
      for step in 0..<longest { note(place + step) }
      place += longest
    }
    return bits + literalBits(literals)
  }

  /// Returns what the bytes that match nothing take, each by how common it is among them.
  private static func literalBits(_ counts: [Int]) -> Double {
    let total = Double(counts.reduce(0, +))
    return counts.reduce(0.0) { $1 > 0 ? $0 - Double($1) * log2(Double($1) / total) : $0 }
  }
}
