import Testing

@testable import PawlLab

/// Gradients by the tape against central differences of the same 32-bit forward pass.
@Suite struct GradientTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// Rows and columns of the activations and weights that the operation takes.
    let shapes: [(Int, Int)]
    let run: @Sendable ([Tensor]) -> Tensor
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "linear", shapes: [(5, 6), (6, 19)]) { $0[0].linear($0[1]) },
    Case(name: "linear with bias", shapes: [(5, 6), (6, 19), (1, 19)]) { $0[0].linear($0[1], bias: $0[2]) },
    Case(name: "linear transposed", shapes: [(5, 6), (3, 6)]) { $0[0].linear($0[1], transposed: true) },
    Case(name: "layerNorm", shapes: [(4, 20), (1, 20), (1, 20)]) { $0[0].layerNorm($0[1], $0[2]) },
    Case(name: "rmsNorm", shapes: [(4, 20), (1, 20)]) { $0[0].rmsNorm($0[1]) },
    Case(name: "gelu", shapes: [(4, 5)]) { $0[0].gelu() },
    Case(name: "reluSquared", shapes: [(4, 5)]) { $0[0].reluSquared() },
    Case(name: "swiglu", shapes: [(4, 5), (4, 5)]) { $0[0].swiglu($0[1]) },
    Case(name: "softCapped", shapes: [(4, 5)]) { $0[0].softCapped(2) },
    Case(name: "scaled", shapes: [(4, 5)]) { $0[0].scaled(by: -1.5) },
    Case(name: "a sum of one tensor with itself", shapes: [(4, 5)]) { $0[0] + $0[0] },
    Case(name: "addingPositions", shapes: [(6, 5), (4, 5)]) { $0[0].addingPositions($0[1], length: 3) },
    Case(name: "rotary", shapes: [(6, 12)]) { $0[0].rotary(heads: 3, length: 3) },
    Case(name: "attention over two sequences", shapes: [(10, 6), (10, 6), (10, 6)]) {
      causalAttention($0[0], $0[1], $0[2], heads: 2, length: 5)
    },
    Case(name: "attention over two blocks of queries", shapes: [(70, 2), (70, 2), (70, 2)]) {
      causalAttention($0[0], $0[1], $0[2], heads: 1, length: 70)
    },
    Case(name: "crossEntropy", shapes: [(3, 256)]) { $0[0].crossEntropy([1, 200, 255]) },
  ]

  @Test(arguments: cases) func `a gradient equals the central difference`(_ example: Case) {
    var generator = Generator(seed: 1)
    let inputs = example.shapes.map { shape in (0..<shape.0 * shape.1).map { _ in generator.normal() } }
    /// Runs the operation; every input is an activation, so that its gradient can be read.
    func run(_ values: [[Float]]) -> (tape: Tape, inputs: [Tensor], output: Tensor) {
      let tape = Tape(precision: .float32)
      let tensors = zip(values, example.shapes).map { tape.constant($0, rows: $1.0, columns: $1.1) }
      return (tape, tensors, example.run(tensors))
    }
    let (tape, tensors, output) = run(inputs)
    let flow = (0..<output.count).map { _ in generator.normal() }
    tape.backward(output, flow: flow)
    func objective(_ values: [[Float]]) -> Double {
      zip(run(values).output.copy(), flow).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    for (slot, tensor) in tensors.enumerated() {
      let gradient = tensor.gradientCopy()
      for _ in 0..<12 {
        let index = generator.below(gradient.count)
        var (up, down) = (inputs, inputs)
        up[slot][index] += 1e-2
        down[slot][index] -= 1e-2
        let difference = (objective(up) - objective(down)) / 2e-2
        #expect(abs(difference - Double(gradient[index])) < 4e-3 + 6e-3 * abs(difference), "input \(slot) at \(index)")
      }
    }
  }

  @Test func `a table's gradient adds up over repeated bytes`() {
    let parameters = Parameters(seed: 0)
    let table = parameters.embedding("table", rows: 256, columns: 3, deviation: 1)
    let tape = Tape(precision: .float32)
    let rows = tape.embedding(table, [7, 9, 7])
    tape.backward(rows, flow: [1, 2, 3, 10, 20, 30, 100, 200, 300])
    let gradient = table.gradientCopy()
    #expect(Array(gradient[21..<24]) == [101, 202, 303])
    #expect(Array(gradient[27..<30]) == [10, 20, 30])
    #expect(gradient.reduce(0, +) == 666)
    #expect(rows[2, 1] == table[7, 1])
  }

  @Test func `gradients of two passes add up in a weight`() {
    let parameters = Parameters(seed: 3)
    let weight = parameters.matrix("weight", inputs: 2, outputs: 1, deviation: 1)
    let tape = Tape(precision: .float32)
    for _ in 0..<2 {
      let output = tape.constant([3, 5], rows: 1, columns: 2).linear(weight)
      tape.backward(output)
      tape.reset()
    }
    #expect(weight.gradientCopy() == [6, 10])
  }

  @Test func `a tape that is dropped in the middle of a pass is freed`() {
    final class Witness {
      weak var tape: Tape?
      func look() {
        let tape = Tape(precision: .float32)
        self.tape = tape
        _ = tape.constant([1, 2], rows: 1, columns: 2).gelu().softCapped(3)
      }
    }
    let witness = Witness()
    witness.look()
    #expect(witness.tape == nil)
  }

  @Test func `a step after the first allocates nothing big`() {
    let parameters = Parameters(seed: 3)
    let weight = parameters.matrix("weight", inputs: 64, outputs: 64, deviation: 1)
    let tape = Tape(precision: .float32)
    var held: [Int] = []
    for _ in 0..<3 {
      let input = tape.constant([Float](repeating: 1, count: 64 * 64), rows: 64, columns: 64)
      tape.backward(input.linear(weight), flow: [Float](repeating: 1, count: 64 * 64))
      tape.reset()
      held.append(tape.arena.heldBytes)
    }
    #expect(held[0] > 0 && held[2] == held[0])
  }
}
