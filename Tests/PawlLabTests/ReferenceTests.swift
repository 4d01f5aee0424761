import Foundation
import Testing

@testable import PawlLab

/// Figures made by `References/make_references.py` with NumPy in 64 bits.
@Suite struct ReferenceTests {
  struct Matrix: Decodable {
    let rows: Int
    let columns: Int
    let values: [Float]
  }
  struct Operation: Decodable {
    let inputs: [Matrix]
    let output: Matrix
    let flow: Matrix
    let gradients: [Matrix]
  }
  struct Optimiser: Decodable {
    let weight: Matrix
    let gradients: [Matrix]
    let after: Matrix
  }

  static func read<Content: Decodable>(_ name: String) throws -> [String: Content] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("References")
    return try JSONDecoder().decode([String: Content].self, from: Data(contentsOf: folder.appendingPathComponent(name)))
  }

  static let operations: [String: @Sendable ([Tensor]) -> Tensor] = [
    "linear": { $0[0].linear($0[1], bias: $0[2]) },
    "linearTransposed": { $0[0].linear($0[1], transposed: true) },
    "layerNorm": { $0[0].layerNorm($0[1], $0[2]) },
    "rmsNorm": { $0[0].rmsNorm($0[1]) },
    "gelu": { $0[0].gelu() },
    "reluSquared": { $0[0].reluSquared() },
    "swiglu": { $0[0].swiglu($0[1]) },
    "softCap": { $0[0].softCapped(3) },
    "rotary": { $0[0].rotary(heads: 2, length: 6) },
    "attention": { causalAttention($0[0], $0[1], $0[2], heads: 2, length: 6) },
    "crossEntropy": { $0[0].crossEntropy([7, 0, 255]) },
  ]

  @Test(arguments: operations.keys.sorted()) func `an operation and its gradients equal the reference`(_ name: String)
    throws
  {
    let references: [String: Operation] = try Self.read("operations.json")
    #expect(references.count == Self.operations.count)
    let reference = try #require(references[name])
    let run = try #require(Self.operations[name])
    let tape = Tape(precision: .float32)
    let inputs = reference.inputs.map { tape.constant($0.values, rows: $0.rows, columns: $0.columns) }
    let output = run(inputs)
    #expect(largestError(output.copy(), reference.output.values) < 2e-5)
    tape.backward(output, flow: reference.flow.values)
    for (input, gradient) in zip(inputs, reference.gradients) {
      #expect(largestError(input.gradientCopy(), gradient.values) < 5e-5)
    }
  }

  @Test(arguments: ["adamw", "muonWide", "muonTall"]) func `three steps of an optimiser equal the reference`(
    _ name: String
  ) throws {
    let references: [String: Optimiser] = try Self.read("optimisers.json")
    let reference = try #require(references[name])
    let parameters = Parameters(seed: 0)
    let weight = parameters.matrix(
      "weight", inputs: reference.weight.rows, outputs: reference.weight.columns, deviation: 0)
    for (index, value) in reference.weight.values.enumerated() { weight.values[index] = value }
    let adamW = AdamW(parameters.all)
    let muon = Muon(parameters.all, crew: Crew(1), kernels: Kernels.best.with(.float32))
    for gradient in reference.gradients {
      let memory = try #require(weight.weight?.gradients[0])
      for (index, value) in gradient.values.enumerated() { memory[index] = value }
      if name == "adamw" { adamW.update(rate: 0.01) } else { muon.update(rate: 0.02) }
      #expect(weight.gradientCopy().allSatisfy { $0 == 0 })
    }
    #expect(largestError(weight.copy(), reference.after.values) < 2e-5)
  }

  /// The largest difference, relative to values above 1.
  private func largestError(_ values: [Float], _ reference: [Float]) -> Float {
    guard values.count == reference.count else { return .infinity }
    return zip(values, reference).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
  }
}
