import Testing

@testable import PawlLab

/// Attention over many blocks of queries and keys against its definition, written out in 64 bits.
@Suite struct AttentionTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    let sequences: Int
    let length: Int
    let heads: Int
    let keyHeads: Int
    let width: Int
    let window: Int?
    var testDescription: String {
      "length \(length), \(heads) and \(keyHeads) heads of \(width), window \(window ?? 0)"
    }
  }

  static let shapes = [
    Shape(sequences: 1, length: 200, heads: 2, keyHeads: 2, width: 8, window: nil),
    Shape(sequences: 2, length: 131, heads: 4, keyHeads: 2, width: 12, window: 50),
    Shape(sequences: 1, length: 300, heads: 2, keyHeads: 1, width: 5, window: 140),
    Shape(sequences: 2, length: 65, heads: 1, keyHeads: 1, width: 40, window: 1),
  ]

  /// Returns the output, and the gradients of queries, keys and values for the flow `flow`.
  private func reference(_ shape: Shape, _ q: [Float], _ k: [Float], _ v: [Float], _ flow: [Float]) -> [[Double]] {
    let (width, queryStep, keyStep) = (shape.width, shape.heads * shape.width, shape.keyHeads * shape.width)
    var output = [Double](repeating: 0, count: q.count)
    var dq = output
    var dk = [Double](repeating: 0, count: k.count)
    var dv = dk
    let scale = 1 / Double(width).squareRoot()
    for sequence in 0..<shape.sequences {
      for head in 0..<shape.heads {
        let keyHead = head / (shape.heads / shape.keyHeads)
        func query(_ i: Int) -> Int { (sequence * shape.length + i) * queryStep + head * width }
        func key(_ j: Int) -> Int { (sequence * shape.length + j) * keyStep + keyHead * width }
        for i in 0..<shape.length {
          let seen = max(0, i - (shape.window ?? shape.length) + 1)...i
          let scores = seen.map { j in
            (0..<width).reduce(0.0) { $0 + Double(q[query(i) + $1]) * Double(k[key(j) + $1]) } * scale
          }
          let top = scores.max() ?? 0
          let powers = scores.map { exponent($0 - top) }
          let sum = powers.reduce(0, +)
          let p = powers.map { $0 / sum }
          let dp = seen.map { j in (0..<width).reduce(0.0) { $0 + Double(flow[query(i) + $1]) * Double(v[key(j) + $1]) }
          }
          let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
          for (index, j) in seen.enumerated() {
            let ds = p[index] * (dp[index] - mean) * scale
            for c in 0..<width {
              output[query(i) + c] += p[index] * Double(v[key(j) + c])
              dv[key(j) + c] += p[index] * Double(flow[query(i) + c])
              dq[query(i) + c] += ds * Double(k[key(j) + c])
              dk[key(j) + c] += ds * Double(q[query(i) + c])
            }
          }
        }
      }
    }
    return [output, dq, dk, dv]
  }

  private func exponent(_ x: Double) -> Double {
    // 2^(x / ln 2) by halving: (1 + x / 2^20)^(2^20) to well below what 32 bits show.
    var result = 1 + x / 1_048_576 + x * x / 2_199_023_255_552
    for _ in 0..<20 { result *= result }
    return result
  }

  @Test(arguments: shapes, [Precision.float32, .bfloat16])
  func `attention and its gradients are what the definition says`(_ shape: Shape, _ precision: Precision) throws {
    var generator = Generator(seed: 11)
    func draw(_ count: Int) -> [Float] { (0..<count).map { _ in generator.normal() } }
    let rows = shape.sequences * shape.length
    let (wide, narrow) = (shape.heads * shape.width, shape.keyHeads * shape.width)
    let (q, k, v, flow) = (draw(rows * wide), draw(rows * narrow), draw(rows * narrow), draw(rows * wide))
    let expected = reference(shape, q, k, v, flow)
    let tape = Tape(precision: precision)
    let inputs = [(q, wide), (k, narrow), (v, narrow)].map { tape.constant($0.0, rows: rows, columns: $0.1) }
    let output = causalAttention(
      inputs[0], inputs[1], inputs[2], heads: shape.heads, keyHeads: shape.keyHeads, length: shape.length,
      window: shape.window)
    let values = output.copy()
    tape.backward(output, flow: flow)
    // A window of one leaves queries and keys without a gradient: then nothing but rounding is left, of what flows.
    let flowing = flow.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    for (found, expected) in zip([values] + inputs.map { $0.gradientCopy() }, expected) {
      let size = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let distance = zip(found, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }.squareRoot()
      #expect(distance < (precision == .bfloat16 ? 2e-2 : 1e-5) * max(1e-1 * flowing, size), "\(distance) of \(size)")
    }
  }
}
