import PawlLab

/// A sum of two numbers, written with the least digit first, as Lee et al. 2025 (arXiv 2502.01612) do.
struct Addition: Hashable, Sendable {
  let first: [UInt8]
  let second: [UInt8]

  /// Digits of the longer number.
  var size: Int { max(first.count, second.count) }
  var prompt: String { Self.text(first) + "+" + Self.text(second) + "=" }
  var answer: String { Self.text(Self.sum(first, second)) }

  /// Draws a sum whose longer number has just so many digits; the other has as many in half of the cases.
  init(size: Int, using generator: inout Generator) {
    let size = max(1, size)
    let longer = Self.number(size, using: &generator)
    let shorter = Self.number(generator.below(2) == 0 ? size : 1 + generator.below(size), using: &generator)
    (first, second) = generator.below(2) == 0 ? (longer, shorter) : (shorter, longer)
  }

  /// Reads a sum with its answer, such as `21+43=64`; nil where it is no sum or the answer is wrong.
  init?(_ text: String) {
    let sides = text.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count == 2 else { return nil }
    let numbers = sides[0].split(separator: "+", omittingEmptySubsequences: false).map { Self.digits($0) }
    guard numbers.count == 2, let first = numbers[0], let second = numbers[1],
      Self.digits(sides[1]) == Self.sum(first, second)
    else { return nil }
    (self.first, self.second) = (first, second)
  }

  /// Digits from the least one; the most one is not 0, unless it is alone.
  private static func number(_ count: Int, using generator: inout Generator) -> [UInt8] {
    (0..<count).map { UInt8($0 == count - 1 && count > 1 ? 1 + generator.below(9) : generator.below(10)) }
  }

  private static func digits(_ text: Substring) -> [UInt8]? {
    let digits = text.utf8.map { $0 &- 0x30 }
    return digits.isEmpty || digits.contains { $0 > 9 } ? nil : digits
  }

  private static func text(_ digits: [UInt8]) -> String { String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self) }

  private static func sum(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
    var carry: UInt8 = 0
    var result: [UInt8] = []
    for index in 0..<max(first.count, second.count) {
      let sum = (index < first.count ? first[index] : 0) + (index < second.count ? second[index] : 0) + carry
      result.append(sum % 10)
      carry = sum / 10
    }
    return carry > 0 ? result + [carry] : result
  }
}
