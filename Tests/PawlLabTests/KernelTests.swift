import Testing

@testable import PawlLab

/// Every variant that this processor runs against the portable one, which the references check.
@Suite struct KernelTests {
  struct Variant: Sendable, CustomTestStringConvertible {
    let name: String
    let precision: Precision
    var kernels: Kernels? { Kernels(named: name, precision) }
    var testDescription: String { "\(name), \(precision)" }
    /// What rounding may move, relative to values of about 1.
    var tolerance: Float { precision == .bfloat16 ? 3e-2 : 2e-5 }
  }

  /// Those that differ: only one variant has loops of its own for bfloat16.
  static let variants = Kernels.names.filter { Kernels(named: $0, .float32) != nil }.flatMap { name in
    Precision.allCases.filter { $0 == .float32 || name == "avx512bf16" }.map { Variant(name: name, precision: $0) }
  }

  @Test func `the portable variant runs everywhere, and the best one is on the list`() {
    #expect(Kernels(named: "portable", .float32) != nil)
    #expect(Kernels(named: "no such processor", .float32) == nil)
    #expect(Kernels.names.contains(Kernels.best.name))
    #expect(Kernels(named: nil, .float32)?.name == Kernels.names.first { Kernels(named: $0, .float32) != nil })
  }

  /// Shapes with and without ends that fill no tile; the inner dimension even, odd, and one.
  static let shapes = [(32, 64, 64), (63, 50, 33), (1, 1, 1), (7, 257, 5), (33, 16, 2), (5, 3, 100)]

  @Test(arguments: variants, shapes)
  func `products of any shape and orientation equal sums of products`(_ variant: Variant, _ shape: (Int, Int, Int))
    throws
  {
    let kernels = try #require(variant.kernels)
    let (rows, columns, inner) = shape
    var generator = Generator(seed: 5)
    let left = Matrix(rows, inner, &generator)
    let right = Matrix(inner, columns, &generator)
    let bias = Matrix(1, columns, &generator)
    for (leftTurned, rightTurned, add) in [
      (false, false, false), (true, false, true), (false, true, true), (true, true, false),
    ] {
      let result = Matrix(rows, columns, &generator)
      var expected = result.values
      for i in 0..<rows {
        for j in 0..<columns {
          let sum = (0..<inner).reduce(Float(0)) { $0 + left[i, $1] * right[$1, j] }
          expected[i * columns + j] = sum + bias[0, j] + (add ? result[i, j] : 0)
        }
      }
      let (a, b) = (leftTurned ? left.turned : left, rightTurned ? right.turned : right)
      a.memory { a, aStep in
        b.memory { b, bStep in
          bias.memory { bias, _ in
            result.memory { result, step in
              kernels.multiply(
                a, step: aStep, leftTurned ? .transposed : .plain, by: b, step: bStep,
                rightTurned ? .transposed : .plain,
                rows: rows, columns: columns, inner: inner, into: result, step: step, add: add, bias: bias, Workspace())
            }
          }
        }
      }
      let scale = Float(inner).squareRoot()
      #expect(largestDifference(result.values, expected) < variant.tolerance * max(1, scale))
    }
  }

  /// A whole model with all that there is, on one tape: its loss and every gradient.
  private func run(_ kernels: Kernels, length: Int, width: Int, heads: Int, keyHeads: Int, window: Int?) -> [[Float]] {
    let parameters = Parameters(seed: 2, crew: Crew(1), kernels: kernels)
    let table = parameters.embedding("table", rows: 256, columns: width, deviation: 1)
    let place = parameters.embedding("place", rows: length, columns: width, deviation: 1)
    let gain = parameters.vector("gain", columns: width, value: 1.1)
    let bias = parameters.vector("bias", columns: width, value: 0.1)
    let keyWidth = width / heads * keyHeads
    let maps = [width, keyWidth, keyWidth, width].enumerated().map {
      parameters.matrix("map\($0)", inputs: width, outputs: $1, deviation: 0.5 / Float(width).squareRoot())
    }
    let up = parameters.matrix("up", inputs: width, outputs: 2 * width, deviation: 0.1)
    let gate = parameters.matrix("gate", inputs: width, outputs: 2 * width, deviation: 0.1)
    let down = parameters.matrix("down", inputs: 2 * width, outputs: width, deviation: 0.1)
    let mix = parameters.scalar("mix", value: 0.7)
    let tape = Tape(kernels: kernels, thread: 0)
    let bytes = Bytes((0..<3 * length).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) })
    let x = tape.embedding(table, bytes).addingPositions(place, length: length).layerNorm(gain, bias)
    let q = x.linear(maps[0]).headNorm(heads: heads).rotary(heads: heads, length: length)
    let k = x.linear(maps[1]).headNorm(heads: keyHeads).rotary(heads: keyHeads, length: length)
    let attended = causalAttention(
      q, k, x.linear(maps[2], bias: nil), heads: heads, keyHeads: keyHeads, length: length, window: window)
    let y = (x.scaled(by: mix) + attended.linear(maps[3])).rmsNorm(gain)
    let hidden = y.linear(gate).swiglu(y.linear(up)) + y.linear(up).gelu() + y.linear(gate).reluSquared() * y.linear(up)
    let scores = (y + hidden.linear(down, bias: bias)).scaled(by: 0.3).linear(table, transposed: true).softCapped(15)
    let loss = scores.crossEntropy(bytes)
    tape.backward(loss)
    return [[loss.item]] + parameters.all.map { $0.tensor.gradientCopy() }
  }

  @Test(arguments: variants) func `what is no number stays none`(_ variant: Variant) throws {
    let kernels = try #require(variant.kernels)
    let operations: [(Tensor) -> Tensor] = [
      { $0.gelu() }, { $0.reluSquared() }, { $0.swiglu($0) }, { $0.softCapped(15) }, { $0.rmsNorm() },
      { $0.scaled(by: 2) },
      { causalAttention($0, $0, $0, heads: 1, length: 1) }, { $0.crossEntropy(Bytes([0])) },
    ]
    for (index, operation) in operations.enumerated() {
      let tape = Tape(kernels: kernels, thread: 0)
      var values = [Float](repeating: 1, count: 256)
      values[index] = .nan
      let result = operation(tape.constant(values, rows: 1, columns: 256)).copy()
      #expect(result.contains { $0.isNaN }, "operation \(index)")
    }
  }

  @Test(arguments: variants)
  func `a whole model has the same loss and gradients on every variant`(_ variant: Variant) throws {
    let kernels = try #require(variant.kernels)
    let portable = try #require(Kernels(named: "portable", .float32))
    for (length, width, heads, keyHeads, window) in [
      (16, 32, 2, 2, nil), (70, 48, 3, 1, nil), (200, 64, 2, 2, 50), (33, 20, 2, 1, 1), (256, 128, 4, 2, 100),
    ] as [(Int, Int, Int, Int, Int?)] {
      let expected = run(portable, length: length, width: width, heads: heads, keyHeads: keyHeads, window: window)
      let found = run(kernels, length: length, width: width, heads: heads, keyHeads: keyHeads, window: window)
      // Each weight's gradient by itself, so that a small one cannot hide behind the others.
      let whole = expected.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (found, expected) in zip(found, expected) {
        let size = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let distance = zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        #expect(distance < variant.tolerance * max(size, 1e-2 * whole), "length \(length): \(distance) of \(size)")
      }
    }
  }
}

/// Rows of numbers for products.
private final class Matrix {
  let rows: Int
  let columns: Int
  var values: [Float]

  init(_ rows: Int, _ columns: Int, _ generator: inout Generator) {
    (self.rows, self.columns) = (rows, columns)
    values = (0..<rows * columns).map { _ in Float(generator.normal()) }
  }

  private init(turning other: Matrix) {
    (rows, columns) = (other.columns, other.rows)
    values = (0..<other.values.count).map { other[$0 % other.rows, $0 / other.rows] }
  }

  var turned: Matrix { Matrix(turning: self) }

  subscript(row: Int, column: Int) -> Float { values[row * columns + column] }

  func memory(_ body: (Floats, Int) -> Void) {
    values.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { body(start, columns) } }
  }
}

private func largestDifference(_ values: [Float], _ expected: [Float]) -> Float {
  zip(values, expected).map { abs($0 - $1) }.max() ?? .infinity
}
