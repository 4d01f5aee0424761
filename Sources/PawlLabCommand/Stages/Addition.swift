import PawlLab

/// A sum of two numbers, written with the least digit first, as Lee et al. 2025 (arXiv 2502.01612) do: `210+430=6400` is 12 + 34 = 46.
///
/// Both numbers have as many digits as the longer one, the answer one more, so that nothing but the length changes with the length.
struct Addition: Hashable, Sendable {
  let first: [UInt8]
  let second: [UInt8]

  /// Digits of each of the numbers.
  var size: Int { first.count }
  var prompt: String { Self.text(first) + "+" + Self.text(second) + "=" }
  var answer: String {
    var carry: UInt8 = 0
    let digits = zip(first, second).map { first, second in
      let sum = first + second + carry
      carry = sum / 10
      return sum % 10
    }
    return Self.text(digits + [carry])
  }

  /// Draws a sum whose longer number has just so many digits; the other has as many in half of the cases.
  init(size: Int, using generator: inout Generator) {
    let size = max(1, size)
    let shorter = generator.below(2) == 0 ? size : 1 + generator.below(size)
    let longest = Self.number(size, of: size, using: &generator)
    let other = Self.number(shorter, of: size, using: &generator)
    (first, second) = generator.below(2) == 0 ? (longest, other) : (other, longest)
  }

  /// Reads a sum with its answer; nil where it is no sum or the answer is wrong.
  init?(_ text: String) {
    let sides = text.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count == 2 else { return nil }
    let numbers = sides[0].split(separator: "+", omittingEmptySubsequences: false).map { $0.utf8.map { $0 &- 0x30 } }
    guard numbers.count == 2, !numbers[0].isEmpty, numbers[0].count == numbers[1].count,
      numbers.allSatisfy({ $0.allSatisfy { $0 < 10 } })
    else { return nil }
    (first, second) = (numbers[0], numbers[1])
    guard answer == sides[1] else { return nil }
  }

  /// So many digits from the least one, the most one not 0 unless it is alone, filled up with zeros.
  private static func number(_ count: Int, of size: Int, using generator: inout Generator) -> [UInt8] {
    (0..<size).map { index in
      if index >= count { return 0 }
      return UInt8(index == count - 1 && count > 1 ? 1 + generator.below(9) : generator.below(10))
    }
  }

  private static func text(_ digits: [UInt8]) -> String { String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self) }
}
