/// A seeded generator, the same on every platform and in every release: SplitMix64 (Steele, Lea and Flood 2014, figure 17).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
  /// Returns a number drawn uniformly from 0 up to, not including, 1.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// A 64-bit digest that never changes between runs or releases (FNV-1a with SplitMix64's finaliser); not for adversaries.
public struct StableHash: Hashable, Sendable {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325
  public init() {}
  /// Adds a string, with its length, so that two fields never run into one another.
  public mutating func add(_ text: String) {
    for byte in text.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
    add(UInt64(text.utf8.count))
  }
  public mutating func add(_ number: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      state = (state ^ ((number >> UInt64(shift)) & 0xff)) &* 0x100_0000_01b3
    }
  }
  public var value: UInt64 {
    var generator = SeededGenerator(seed: state)
    return generator.next()
  }
}
