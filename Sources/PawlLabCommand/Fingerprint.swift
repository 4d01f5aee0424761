/// A hash of 128 bits that finds things again by their content; it is no defence against someone who looks for a collision.
struct Fingerprint: Equatable {
  private var first: UInt64 = 0xcbf2_9ce4_8422_2325
  private var second: UInt64 = 0x9e37_79b9_7f4a_7c15

  init(_ bytes: [UInt8]) { mix(bytes) }

  /// Takes eight bytes at a time, each through the multiplier of FNV and a rotation.
  private mutating func mix(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { all in
      var offset = 0
      while offset < all.count {
        var word: UInt64 = 0
        if offset + 8 <= all.count {
          word = UInt64(littleEndian: all.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        } else {
          for index in offset..<all.count { word = word << 8 | UInt64(all[index]) }
        }
        first = (first ^ word) &* 0x0000_0100_0000_01b3
        first ^= first >> 29
        second = (second &+ word) &* 0xff51_afd7_ed55_8ccd
        second ^= second >> 32
        offset += 8
      }
      first = (first ^ UInt64(all.count)) &* 0x0000_0100_0000_01b3
      second = (second ^ first) &* 0xff51_afd7_ed55_8ccd
      second ^= second >> 32
    }
  }

  /// 32 digits.
  var text: String {
    [first, second].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
