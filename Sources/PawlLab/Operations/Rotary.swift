internal import CPawlKernels

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
    let table = tape.angles(length: length, width: columns / heads, base: base)
    let result = tape.tensor(rows, columns)
    Meter.charge(3 * count)
    tape.kernels.rows.rotate(
      values, result.values, table.cosines, table.sines, rows, heads, columns / heads, length, 1, 0)
    var node = Node(result, self) { node, flow, tape in
      guard let cosines = node.kept.0, let sines = node.kept.1 else { return }
      Meter.charge(3 * node.input.count)
      let (own, isFresh) = node.input.gradientToAdd(tape)
      let (heads, length) = (node.numbers.0, node.numbers.1)
      tape.kernels.rows.rotate(
        flow, own, cosines, sines, node.input.rows, heads, node.input.columns / heads, length, -1, isFresh ? 0 : 1)
    }
    node.kept = (table.cosines, table.sines)
    node.numbers = (heads, length, 0, 0)
    tape.record(node)
    return result
  }
}

/// Cosines and sines for each position (rows) and pair of channels, made once for a tape.
final class AngleTable {
  let length: Int
  let width: Int
  let base: Double
  private let memory: FloatBuffer
  var cosines: Floats { memory.memory }
  var sines: Floats { memory.memory + length * width / 2 }

  init(length: Int, width: Int, base: Double) {
    (self.length, self.width, self.base) = (length, width, base)
    memory = FloatBuffer(count: length * width)
    for pair in 0..<width / 2 {
      let frequency = pow(base, -2 * Double(pair) / Double(width))
      for position in 0..<length {
        cosines[position * width / 2 + pair] = Float(cos(Double(position) * frequency))
        sines[position * width / 2 + pair] = Float(sin(Double(position) * frequency))
      }
    }
  }
}
