/// Sixteen lanes: one AVX-512 register, or two or four of the smaller ones, as the compiler sees fit.
typealias Vector = SIMD16<Float>
typealias Floats = UnsafeMutablePointer<Float>

extension Vector {
  /// Lane numbers 0...15, to mask the end of a row.
  @inline(__always) static var lanes: SIMD16<Int32> {
    SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  }

  /// Returns the sum of the lanes, always in the same order.
  @inline(__always) var total: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// Returns the greatest lane.
  @inline(__always) var greatest: Float {
    let eight = lowHalf.replacing(with: highHalf, where: lowHalf .< highHalf)
    let four = eight.lowHalf.replacing(with: eight.highHalf, where: eight.lowHalf .< eight.highHalf)
    return Swift.max(Swift.max(four.x, four.y), Swift.max(four.z, four.w))
  }

  @inline(__always) func atLeast(_ other: Vector) -> Vector { replacing(with: other, where: self .< other) }
  @inline(__always) func atMost(_ other: Vector) -> Vector { replacing(with: other, where: self .> other) }
}

/// Reads the lanes at `index`; past `count` they are `fill`.
@inline(__always) func load(_ p: Floats, _ index: Int, _ count: Int, fill: Float = 0) -> Vector {
  if index &+ 16 <= count { return UnsafeRawPointer(p + index).loadUnaligned(as: Vector.self) }
  return loadEnd(p + index, count &- index, fill)
}

/// Writes the lanes at `index` that lie before `count`.
@inline(__always) func store(_ value: Vector, _ p: Floats, _ index: Int, _ count: Int) {
  if index &+ 16 <= count {
    UnsafeMutableRawPointer(p + index).storeBytes(of: value, as: Vector.self)
  } else {
    storeEnd(value, p + index, count &- index)
  }
}

@inline(never) private func loadEnd(_ p: Floats, _ count: Int, _ fill: Float) -> Vector {
  var value = Vector(repeating: fill)
  for lane in 0..<max(0, count) { value[lane] = p[lane] }
  return value
}

@inline(never) private func storeEnd(_ value: Vector, _ p: Floats, _ count: Int) {
  for lane in 0..<max(0, count) { p[lane] = value[lane] }
}

/// Returns e to the power of each lane, clamped to -87...88: the relative error is below 4e-6 near 0, 8e-6 at the ends.
///
/// x = n ln 2 + r ln 2 with r in -0.5...0.5; a polynomial for 2^r, and n added to the exponent bits.
@inline(__always) func exponential(_ x: Vector) -> Vector {
  let clamped = x.atLeast(Vector(repeating: -87)).atMost(Vector(repeating: 88))
  let scaled = clamped * Vector(repeating: 1.442_695_04)
  let magic = Vector(repeating: 12_582_912)  // 1.5 x 2^23: adding it rounds to a whole number
  let shifted = scaled + magic
  let r = scaled - (shifted - magic)
  var p = Vector(repeating: 1.333_355_8e-3)
  p = p * r + Vector(repeating: 9.618_129_1e-3)
  p = p * r + Vector(repeating: 5.550_410_9e-2)
  p = p * r + Vector(repeating: 2.402_265_1e-1)
  p = p * r + Vector(repeating: 6.931_471_8e-1)
  p = p * r + Vector(repeating: 1)
  let exponent = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &<< SIMD16<Int32>(repeating: 23)
  return unsafeBitCast(unsafeBitCast(p, to: SIMD16<Int32>.self) &+ exponent, to: Vector.self)
}

/// Returns 1 / (1 + e^-x) of each lane.
@inline(__always) func sigmoid(_ x: Vector) -> Vector {
  Vector(repeating: 1) / (Vector(repeating: 1) + exponential(Vector.zero - x))
}
