#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Texts as points of few dimensions, in which a register shows: how often single bytes, pairs of bytes and words are used.
///
/// A thousand texts cannot teach more than some hundred weights. Each column is a share's square root, less its mean among the
/// reference texts, in standard deviations and at most ten of these: what they never have weighs much, but
/// is not all that counts.
struct StyledTexts: Sendable {
  private static let single = 128
  private static let pairs = 256
  private static let words = 128
  private static let most: Float = 10
  static let width = single + pairs + words
  /// One text after the other.
  private(set) var points: [Float]
  let count: Int

  init(_ texts: [[UInt8]], words: [[UInt64]], reference: Range<Int>) {
    count = texts.count
    points = [Float](repeating: 0, count: texts.count * Self.width)
    for (place, (text, words)) in zip(texts, words).enumerated() {
      let row = place * Self.width
      func add(_ column: Int, _ share: Float) { points[row + column] += share }
      let byteShare = 1 / Float(max(1, text.count))
      for byte in text { add(Int(byte < 0x80 ? byte : byte & 0x1f), byteShare) }
      for (first, second) in zip(text, text.dropFirst()) {
        let pair = UInt32(first) << 8 | UInt32(second)
        add(Self.single + Int((pair &* 0x9E37_79B1) >> 24), byteShare)
      }
      let wordShare = 1 / Float(max(1, words.count))
      for word in words { add(Self.single + Self.pairs + Int((word &* 0x9E37_79B9_7F4A_7C15) >> 57), wordShare) }
      for column in 0..<Self.width { points[row + column] = points[row + column].squareRoot() }
    }
    standardise(by: reference)
  }

  private mutating func standardise(by reference: Range<Int>) {
    for column in 0..<Self.width {
      var sums: (Float, Float) = (0, 0)
      for text in reference { sums.0 += points[text * Self.width + column] }
      let mean = sums.0 / Float(max(1, reference.count))
      for text in reference {
        let gap = points[text * Self.width + column] - mean
        sums.1 += gap * gap
      }
      let deviation = max(0.001, (sums.1 / Float(max(1, reference.count))).squareRoot())
      for text in 0..<count {
        let place = text * Self.width + column
        points[place] = max(-Self.most, min(Self.most, (points[place] - mean) / deviation))
      }
    }
  }

  /// Returns the inner product of a text's point and a vector.
  func product(_ text: Int, _ vector: [SIMD16<Float>]) -> Float {
    points.withUnsafeBytes { points in
      var sums = SIMD16<Float>.zero
      let row = text * Self.width * 4
      for block in 0..<Self.blocks {
        sums += points.loadUnaligned(fromByteOffset: row + block * 64, as: SIMD16<Float>.self) * vector[block]
      }
      return sums.sum()
    }
  }

  /// Adds a text's point, so many times, to a vector.
  func add(_ text: Int, times: Float, to vector: inout [SIMD16<Float>]) {
    points.withUnsafeBytes { points in
      let row = text * Self.width * 4
      for block in 0..<Self.blocks {
        vector[block] += times * points.loadUnaligned(fromByteOffset: row + block * 64, as: SIMD16<Float>.self)
      }
    }
  }

  /// A vector as wide as a text's point is blocks of 16.
  static let blocks = width / 16

  func sum(_ texts: [Int]) -> [Double] {
    var sum = [SIMD16<Float>](repeating: .zero, count: Self.blocks)
    for text in texts { add(text, times: 1, to: &sum) }
    return sum.flatMap { block in block.indices.map { Double(block[$0]) } }
  }
}
