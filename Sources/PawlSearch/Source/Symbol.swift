/// What a symbol token says, as one number: comparing two costs neither a String nor an allocation.
struct Symbol: Equatable, ExpressibleByStringLiteral {
  /// The length, then up to two bytes; 0 is no symbol at all, which a NUL byte is not.
  private let code: UInt32

  /// Takes one ASCII character or two, or none.
  init(stringLiteral text: StaticString) {
    let count = text.utf8CodeUnitCount
    code = Self.code(count, count > 0 ? text.utf8Start[0] : 0, count > 1 ? text.utf8Start[1] : 0)
  }

  /// The symbol that stands at `range` of `bytes`.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    code = Self.code(range.count, bytes[range.lowerBound], range.count > 1 ? bytes[range.lowerBound + 1] : 0)
  }

  private static func code(_ count: Int, _ first: UInt8, _ second: UInt8) -> UInt32 {
    UInt32(truncatingIfNeeded: count) << 16 | UInt32(first) << 8 | UInt32(second)
  }
}
