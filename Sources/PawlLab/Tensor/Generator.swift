#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A seeded generator, the same on every platform: SplitMix64 (Steele, Lea and Flood 2014, figure 17).
public struct Generator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03 }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Returns a number drawn uniformly from 0 up to, not including, 1.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Returns a whole number drawn uniformly from 0 up to, not including, `bound`; 0 for a bound below 1.
  public mutating func below(_ bound: Int) -> Int { bound < 1 ? 0 : Int(next() % UInt64(bound)) }

  /// Returns a draw from the standard normal distribution (Box and Muller 1958).
  public mutating func normal() -> Float { normalPair().0 }

  /// Returns two independent draws from the standard normal distribution, for little more than one costs.
  mutating func normalPair() -> (Float, Float) {
    let radius = (-2 * logf(1 - Float(next() >> 40) * 0x1p-24)).squareRoot()
    let angle = 2 * Float.pi * Float(next() >> 40) * 0x1p-24
    return (radius * cosf(angle), radius * sinf(angle))
  }
}
