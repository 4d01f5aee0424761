import PawlCore

/// How a text is told from others by the least digests of its shingles (Broder 1997; 16 bits of each: Li and König 2010, arXiv 0910.3349).
///
/// Two texts agree in each of the numbers of their signatures with a chance of their Jaccard likeness.
package struct MinHash: Sendable {
  /// Numbers in a signature: an estimate of the likeness J has the deviation sqrt(J (1 - J) / 128), at most 0.044.
  package static let size = 128
  private typealias Lanes = SIMD16<Int32>
  private var factors: [Lanes] = []
  private var shifts: [Lanes] = []

  package init() {
    // Any seed serves, but it must stay: signatures are compared between runs.
    var generator = SeededGenerator(seed: 0x6d69_6e68_6173_6821)
    for _ in 0..<(Self.size / Lanes.scalarCount) {
      var (factor, shift) = (Lanes(), Lanes())
      for lane in 0..<Lanes.scalarCount {
        factor[lane] = Int32(truncatingIfNeeded: generator.next() | 1)
        shift[lane] = Int32(truncatingIfNeeded: generator.next())
      }
      factors.append(factor)
      shifts.append(shift)
    }
  }

  /// Adds a text's signature, 128 numbers, to `signatures`; that of a text without shingles is all zeros.
  package func add(_ shingles: [UInt64], to signatures: inout [UInt16]) {
    guard !shingles.isEmpty else {
      signatures.append(contentsOf: repeatElement(0, count: Self.size))
      return
    }
    for group in factors.indices {
      let (factor, shift) = (factors[group], shifts[group])
      var least = Lanes(repeating: .max)
      for shingle in shingles {
        let hash = Lanes(repeating: Int32(truncatingIfNeeded: shingle >> 32)) &* factor &+ shift
        least.replace(with: hash, where: hash .< least)
      }
      // The high bits of a minimum are nearly the same for all; the low ones of a product depend on few bits of the shingle.
      for lane in 0..<Lanes.scalarCount {
        signatures.append(UInt16(truncatingIfNeeded: mixed(UInt64(UInt32(bitPattern: least[lane])))))
      }
    }
  }

  /// Returns the share of numbers that two signatures have in common.
  package static func likeness(_ first: ArraySlice<UInt16>, _ second: ArraySlice<UInt16>) -> Double {
    guard first.count == second.count, !first.isEmpty else { return 0 }
    return first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        var same = 0
        for index in 0..<first.count { same &+= first[index] == second[index] ? 1 : 0 }
        return Double(same) / Double(first.count)
      }
    }
  }
}

/// How a signature is cut into bands, of which two alike texts share one (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4).
package struct Banding: Sendable, Hashable {
  package let bands: Int
  package let rows: Int

  /// Takes the longest bands, thus the fewest texts to compare, with which two texts as alike as `threshold` are missed once in 500 times at most.
  /// Throws `.badSetting` outside of 0.05...1.
  package init(threshold: Double) throws(CorpusError) {
    guard threshold >= 0.05, threshold <= 1 else {
      throw CorpusError(
        .badSetting, "`near` is \(threshold)",
        hints: ["it is a likeness from 0.05 to 1, as 0.8; leave `near` out for none"])
    }
    var best = (bands: MinHash.size, rows: 1)
    for rows in 2...16 {
      let bands = MinHash.size / rows
      let missed = Self.power(1 - Self.power(threshold, rows), bands)
      if missed <= 0.002 { best = (bands, rows) }
    }
    (bands, rows) = best
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  /// The digest of a band of a signature.
  @inline(__always)
  func key(_ signature: UnsafeBufferPointer<UInt16>, _ band: Int) -> UInt32 {
    var hash: UInt64 = 0
    for row in 0..<rows { hash = (hash ^ UInt64(signature[band * rows + row])) &* 0x9fb2_1c65_1e98_df25 }
    return UInt32(truncatingIfNeeded: mixed(hash))
  }
}
