/// Why a text is none that a model should learn from.
package enum TextFault: Sendable, Hashable, CustomStringConvertible {
  case empty
  /// A control character other than tabs, line feed, form feed and carriage return, by its number.
  case control(UInt32)
  /// U+FFFD, which stands for bytes that are no UTF-8.
  case replaced

  /// Returns the first fault of a text; nil where there is none.
  package init?(_ text: String) {
    var text = text
    let fault = text.withUTF8 { bytes -> TextFault? in
      var isEmpty = true
      var index = -1
      while index + 1 < bytes.count {
        index += 1
        // Nearly all of most texts is plain: eight bytes at a time.
        while !isEmpty, index + 8 <= bytes.count, Self.isPlain(UnsafeRawBufferPointer(bytes), index) { index += 8 }
        guard index < bytes.count else { break }
        let byte = bytes[index]
        if byte > 0x20, byte < 0x7f {
          isEmpty = false
        } else if byte < 0x20 || byte == 0x7f {
          if byte &- 0x09 < 5 { continue }
          return .control(UInt32(byte))
        } else if byte >= 0x80 {
          isEmpty = false
          // The controls of ISO 6429 but for U+0085, which ends a line.
          if byte == 0xc2, index + 1 < bytes.count, bytes[index + 1] < 0xa0, bytes[index + 1] != 0x85 {
            return .control(UInt32(bytes[index + 1]))
          }
          if byte == 0xef, index + 2 < bytes.count, bytes[index + 1] == 0xbf, bytes[index + 2] == 0xbd {
            return .replaced
          }
        }
      }
      return isEmpty ? .empty : nil
    }
    guard let fault else { return nil }
    self = fault
  }

  /// Whether eight bytes are all from 0x20 to 0x7e.
  @inline(__always)
  private static func isPlain(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
    let eight = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    let ones: UInt64 = 0x0101_0101_0101_0101
    // Of bytes below 0x80 neither sum nor difference carries into the next before one of them has shown.
    return (eight | (eight &- ones &* 0x20) | (eight &+ ones)) & (ones &* 0x80) == 0
  }

  package var description: String {
    switch self {
    case .empty: return "it is empty"
    case .control(let number):
      let digits = String(number, radix: 16, uppercase: true)
      return "it holds the control character U+" + String(repeating: "0", count: 4 - digits.count) + digits
    case .replaced: return "it holds U+FFFD, which stands for bytes that are no UTF-8"
    }
  }
}
