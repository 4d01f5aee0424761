#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Tensor {
  /// Returns queries or keys with each pair of channels turned by an angle that grows with the position (Su et al. 2021).
  ///
  /// Channel `i` of a head is paired with channel `i + width / 2`; the frequencies are `base^(-2i / width)`.
  public func rotary(heads: Int, length: Int, base: Double = 10_000) -> Tensor {
    let tape = activeTape
    guard heads > 0, columns % (2 * heads) == 0, length > 0, rows % length == 0 else {
      refuse("`rotary` cannot split `\(columns)` columns over `\(heads)` heads in pairs, with sequences of `\(length)`")
    }
    let width = columns / heads
    let half = width / 2
    let cosines = tape.arena.allocate(length * half)
    let sines = tape.arena.allocate(length * half)
    for pair in 0..<half {
      let frequency = pow(base, -2 * Double(pair) / Double(width))
      for position in 0..<length {
        cosines[position * half + pair] = Float(cos(Double(position) * frequency))
        sines[position * half + pair] = Float(sin(Double(position) * frequency))
      }
    }
    let result = tape.tensor(rows, columns)
    let (rows, columns) = (rows, columns)
    func turn(_ input: Floats, _ output: Floats, direction: Float, add: Bool) {
      Meter.charge(3 * rows * columns)
      let sign = Vector(repeating: direction)
      for row in 0..<rows {
        let table = row % length &* half
        for head in 0..<heads {
          let start = row &* columns &+ head &* width
          for index in stride(from: 0, to: half, by: 16) {
            let first = load(input + start, index, half)
            let second = load(input + start + half, index, half)
            let cosine = load(cosines + table, index, half)
            let sine = load(sines + table, index, half) * sign
            var low = first * cosine + second * sine
            var high = second * cosine - first * sine
            if add {
              low += load(output + start, index, half)
              high += load(output + start + half, index, half)
            }
            store(low, output + start, index, half)
            store(high, output + start + half, index, half)
          }
        }
      }
    }
    turn(values, result.values, direction: 1, add: false)
    tape.record { [self] in
      guard let flow = result.gradient else { return }
      let (own, factor) = gradientToAdd()
      turn(flow, own, direction: -1, add: factor != 0)
    }
    return result
  }
}
