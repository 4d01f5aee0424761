import PawlCore

/// What a text is but for its spaces: those at its ends do not count, and several in a row count as one.
///
/// A digest of 64 bits: among a million texts two different ones share one with a chance of 3e-8.
package struct TextDigest: Sendable, Hashable {
  package let value: UInt64

  package init(_ text: some StringProtocol) {
    var text = String(text)
    value = text.withUTF8 { bytes in
      var (word, filled): (UInt64, UInt64) = (0, 0)
      var hash: UInt64 = 0x243f_6a88_85a3_08d3
      var (hasText, hasSpace) = (false, false)
      @inline(__always) func add(_ byte: UInt8) {
        word = word << 8 | UInt64(byte)
        filled &+= 1
        if filled & 7 == 0 { hash = Self.folded(hash ^ word) }
      }
      for byte in bytes {
        if byte == 0x20 || byte &- 0x09 < 5 {
          hasSpace = hasText
        } else {
          if hasSpace { add(0x20) }
          (hasText, hasSpace) = (true, false)
          add(byte)
        }
      }
      return mixed(Self.folded(hash ^ (filled & 7 == 0 ? 0 : word)) ^ filled)
    }
  }

  /// Both halves of a product, folded: no bit of the number is lost.
  @inline(__always)
  private static func folded(_ number: UInt64) -> UInt64 {
    let product = (number ^ 0x1319_8a2e_0370_7344).multipliedFullWidth(by: 0xa409_3822_299f_31d1)
    return product.high ^ product.low
  }
}
