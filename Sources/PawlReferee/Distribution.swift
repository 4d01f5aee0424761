#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The 256 natural logarithms of probabilities that a candidate predicts for one byte, as they lie in its answer.
struct Distribution {
  static let count = 256
  static let bytes = 1024
  /// How far the probabilities may sum up from 1: above what f32 and bf16 softmaxes lose, below what would pay, for the sum is
  /// divided out besides.
  static let tolerance: Float = 1e-3

  /// As many as the oldest processor of this kind has registers for.
  typealias Lanes = SIMD8<Float>

  /// Not aligned: a message begins anywhere.
  let row: UnsafeRawPointer

  subscript(byte: UInt8) -> Float { row.loadUnaligned(fromByteOffset: 4 * Int(byte), as: Float.self) }

  /// Returns the sum of the probabilities, which are also written to `target`; not a number where a logarithm is not finite.
  func sum(writingTo target: UnsafeMutablePointer<Float>? = nil) -> Float {
    var sum = Lanes.zero
    // x - x is 0, but not for an infinity or what is not a number.
    var blemish = Lanes.zero
    for part in 0..<Self.count / 8 {
      let logs = row.loadUnaligned(fromByteOffset: 32 * part, as: Lanes.self)
      let values = Self.exponential(logs)
      sum += values
      blemish += logs - logs
      if let target {
        UnsafeMutableRawPointer(target).storeBytes(of: values, toByteOffset: 32 * part, as: Lanes.self)
      }
    }
    return sum.sum() + blemish.sum()
  }

  /// e to the power of each lane, within 3e-7 of it; 0 below -87, where a float has no more digits.
  @inline(__always)
  static func exponential(_ x: Lanes) -> Lanes {
    // Not `clamped`, `min` or `max`: those of SIMD types go lane by lane.
    let low = x.replacing(with: -87.3, where: x .< -87.3)
    let clamped = low.replacing(with: 88.3, where: low .> 88.3)
    // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
    let magic = Lanes(repeating: 12_582_912)
    let shifted = clamped * 1.442_695_04 + magic
    let whole = shifted - magic
    // The logarithm of 2 in two parts, so that the first product is exact (Cody and Waite).
    let rest = (clamped - whole * 0.693_359_375) - whole * -2.121_944_4e-4
    var power = Lanes(repeating: 1.987_569_1e-4)
    power = power * rest + 1.398_199_9e-3
    power = power * rest + 8.333_452e-3
    power = power * rest + 4.166_579_6e-2
    power = power * rest + 1.666_666_5e-1
    power = power * rest + 0.5
    let fraction = power * (rest * rest) + rest + 1
    let bits =
      SIMD8<UInt32>(truncatingIfNeeded: unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- 0x4b40_0000 &+ 127) &<< 23
    return (fraction * unsafeBitCast(bits, to: Lanes.self)).replacing(with: 0, where: x .< -87.3)
  }

  /// Returns the largest excess of the difference between two distributions over what is tolerated; at most 0 when they agree.
  ///
  /// In probabilities, since logarithms of what hardly ever happens mean nothing. The same model in bf16 moves a logit by one unit in
  /// the last place, which is 0.06 for logits of 8 to 16, when a batch of another shape takes another kernel; p then moves by
  /// 0.06 p (1 - p). A model in f32 moves by 1e-5. What a candidate could gain in here on purpose is caught on the average
  /// (``Examiner``).
  static func excess(_ one: UnsafePointer<Float>, _ other: UnsafePointer<Float>) -> Float {
    var worst = Lanes(repeating: -1)
    for part in 0..<count / 8 {
      let a = UnsafeRawPointer(one).loadUnaligned(fromByteOffset: 32 * part, as: Lanes.self)
      let b = UnsafeRawPointer(other).loadUnaligned(fromByteOffset: 32 * part, as: Lanes.self)
      let difference = a - b
      let size = difference.replacing(with: -difference, where: difference .< 0)
      // Of p (1 - p) the mean of both.
      let beyond = size - ((a - a * a + b - b * b) * 0.04 + 1e-3)
      worst.replace(with: beyond, where: beyond .> worst)
    }
    return worst.max()
  }
}
