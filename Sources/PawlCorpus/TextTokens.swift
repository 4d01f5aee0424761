/// The words of texts as 64-bit digests: what stands between spaces, lower-cased.
///
/// Each character of a script that puts no spaces (Chinese, Japanese, Thai and their like) is a word of its own, and so is each character of a
/// word beyond 32 bytes, so that a run of words can be found in texts without spaces too. One value serves many texts, so that memory is reused.
package struct TextTokens: Sendable {
  /// Words beyond this are taken apart.
  static let longestWord = 32
  package private(set) var hashes: [UInt64] = []

  package init() {}

  /// Replaces the words by those of a text.
  package mutating func read(_ text: String) {
    hashes.removeAll(keepingCapacity: true)
    add(text)
  }

  /// Adds the words of a text behind those that are there.
  package mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { add($0) }
  }

  private mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
    var index = 0
    while index < bytes.count {
      // A control character or a space.
      if bytes[index] <= 0x20 {
        index += 1
        continue
      }
      let start = index
      var hash = Self.start
      while index < bytes.count, bytes[index] > 0x20, bytes[index] < 0x80 {
        hash = Self.adding(Self.lowered(bytes[index]), to: hash)
        index += 1
      }
      if index == bytes.count || bytes[index] <= 0x20 {
        if index - start <= Self.longestWord { hashes.append(mixed(hash)) } else { split(bytes, start..<index) }
      } else {
        addUnusual(bytes, start, hash, &index)
      }
    }
  }

  /// Goes on with a word that has reached a byte beyond ASCII, up to its end.
  private mutating func addUnusual(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ begun: UInt64, _ index: inout Int
  ) {
    var hash = begun
    while index < bytes.count, bytes[index] > 0x20 {
      let (scalar, length) = Self.scalar(bytes, index)
      let kind = ScalarKind(scalar)
      guard kind == .letter else {
        let end = index
        index += length
        if end > start { end - start <= Self.longestWord ? hashes.append(mixed(hash)) : split(bytes, start..<end) }
        if kind == .word { hashes.append(mixed(Self.adding(scalar, to: Self.start))) }
        return
      }
      Self.add(scalar, to: &hash)
      index += length
    }
    if index - start <= Self.longestWord { hashes.append(mixed(hash)) } else { split(bytes, start..<index) }
  }

  private mutating func split(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    var index = range.lowerBound
    while index < range.upperBound {
      let (scalar, length) = Self.scalar(bytes, index)
      var hash = Self.start
      Self.add(scalar, to: &hash)
      hashes.append(mixed(hash))
      index += length
    }
  }

  // MARK: - Characters

  private static let start: UInt64 = 0xcbf2_9ce4_8422_2325

  @inline(__always)
  private static func adding(_ byte: UInt8, to hash: UInt64) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  private static func adding(_ scalar: Unicode.Scalar, to hash: UInt64) -> UInt64 {
    (hash ^ UInt64(scalar.value)) &* 0x100_0000_01b3
  }

  private static func add(_ scalar: Unicode.Scalar, to hash: inout UInt64) {
    if scalar.value < 0x80 {
      hash = adding(lowered(UInt8(truncatingIfNeeded: scalar.value)), to: hash)
    } else if scalar.properties.changesWhenLowercased {
      for part in scalar.properties.lowercaseMapping.unicodeScalars { hash = adding(part, to: hash) }
    } else {
      hash = adding(scalar, to: hash)
    }
  }

  @inline(__always)
  private static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// The character at an index, which is the first byte of one, and how many bytes it takes: a `String` holds valid UTF-8 only.
  private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> (Unicode.Scalar, Int) {
    let first = UInt32(bytes[index])
    func rest(_ offset: Int) -> UInt32 { index + offset < bytes.count ? UInt32(bytes[index + offset] & 0x3f) : 0 }
    let (value, length): (UInt32, Int) =
      switch first {
      case ..<0x80: (first, 1)
      case ..<0xe0: ((first & 0x1f) << 6 | rest(1), 2)
      case ..<0xf0: ((first & 0x0f) << 12 | rest(1) << 6 | rest(2), 3)
      default: ((first & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3), 4)
      }
    return (Unicode.Scalar(value) ?? "\u{fffd}", length)
  }
}

/// What a character beyond ASCII is within a text.
private enum ScalarKind {
  case letter
  case space
  /// A word by itself.
  case word

  init(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x85, 0xa0, 0x1680, 0x2000...0x200b, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff: self = .space
    // Thai, Lao, Myanmar, Khmer; radicals, kana, ideographs and their punctuation; half and full width forms.
    case 0x0e00...0x0eff, 0x1000...0x109f, 0x1780...0x17ff, 0x2e80...0x9fff, 0xf900...0xfaff, 0xff5f...0xffef,
      0x20000...0x3ffff:
      self = .word
    default: self = .letter
    }
  }
}

/// The finaliser of MurmurHash3: each bit of the result depends on each of the number.
@inline(__always)
func mixed(_ number: UInt64) -> UInt64 {
  var mixed = number
  mixed = (mixed ^ (mixed >> 33)) &* 0xff51_afd7_ed55_8ccd
  mixed = (mixed ^ (mixed >> 33)) &* 0xc4ce_b9fe_1a85_ec53
  return mixed ^ (mixed >> 33)
}
