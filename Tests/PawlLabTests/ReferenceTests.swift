import Foundation
import Testing

@testable import PawlLab

/// Figures made by `References/make_torch_references.py` with PyTorch, most of them in 64 bits.
@Suite struct ReferenceTests {
  struct Matrix: Decodable {
    let rows: Int
    let columns: Int
    /// Some are too small for 32 bits, and then 0.
    var values: [Float] { exact.map { Float($0) } }
    private let exact: [Double]
    enum CodingKeys: String, CodingKey { case rows, columns, exact = "values" }
  }
  struct Operation: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let operation: String
    let integers: [String: Int]
    let numbers: [String: Float]
    let indices: [UInt8]
    let inputs: [Matrix]
    let output: Matrix
    let flow: Matrix
    let gradients: [Matrix]
    var testDescription: String { name }
  }
  struct Optimiser: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let rule: String
    let numbers: [String: Float]
    let weight: Matrix
    let gradients: [Matrix]
    let after: [Matrix]
    var testDescription: String { name }
  }
  struct Model: Decodable {
    struct Weight: Decodable {
      let name: String
      let kind: String
      let tensor: Matrix
    }
    let integers: [String: Int]
    let numbers: [String: Float]
    let weights: [Weight]
    let inputs: [[UInt8]]
    let targets: [[UInt8]]
    let losses: [Float]
    let norms: [Float]
    let logits: Matrix
  }
  struct File: Decodable {
    let operations: [Operation]
    let optimisers: [Optimiser]
    let models: [Model]
  }

  static let file: Result<File, any Error> = Result {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("References")
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: folder.appendingPathComponent("torch.json")))
  }
  static var operations: [Operation] { (try? file.get().operations) ?? [] }
  static var optimisers: [Optimiser] { (try? file.get().optimisers) ?? [] }

  /// The best variant and the one that all processors have.
  static let variants = [nil, "portable"] as [String?]

  @Test func `the reference file is there and covers every operation`() throws {
    let file = try Self.file.get()
    #expect(Set(file.operations.map(\.operation)).count == 15)
    #expect(file.optimisers.count == 5 && file.models.count == 1)
  }

  /// Calls the operation of a reference.
  private func run(_ reference: Operation, _ tape: Tape, _ inputs: [Tensor]) throws -> Tensor {
    func integer(_ name: String) throws -> Int { try #require(reference.integers[name]) }
    let first = inputs[0]
    switch reference.operation {
    case "linear": return first.linear(inputs[1], bias: inputs.count > 2 ? inputs[2] : nil)
    case "linearTransposed": return first.linear(inputs[1], transposed: true)
    case "embedding": return tape.embedding(first, Bytes(reference.indices))
    case "addingPositions": return first.addingPositions(inputs[1], length: try integer("length"))
    case "layerNorm": return first.layerNorm(inputs[1], inputs[2])
    case "rmsNorm": return first.rmsNorm(inputs[1])
    case "headNorm": return first.headNorm(heads: try integer("heads"))
    case "rotary": return first.rotary(heads: try integer("heads"), length: try integer("length"))
    case "attention":
      let window = try integer("window")
      return causalAttention(
        first, inputs[1], inputs[2], heads: try integer("heads"), keyHeads: try integer("keyHeads"),
        length: try integer("length"), window: window > 0 ? window : nil)
    case "gelu": return first.gelu()
    case "reluSquared": return first.reluSquared()
    case "swiglu": return first.swiglu(inputs[1])
    case "softCap": return first.softCapped(try #require(reference.numbers["cap"]))
    case "crossEntropy": return first.crossEntropy(Bytes(reference.indices))
    case "residual": return first.scaled(by: inputs[2]) + inputs[1].scaled(by: inputs[3])
    default: throw Missing(name: reference.operation)
    }
  }

  struct Missing: Error { let name: String }

  @Test(arguments: operations, variants)
  func `an operation and its gradients equal PyTorch's`(_ reference: Operation, _ variant: String?) throws {
    let kernels = try #require(Kernels(named: variant, .float32))
    let tape = Tape(kernels: kernels, thread: 0)
    let inputs = reference.inputs.map { tape.constant($0.values, rows: $0.rows, columns: $0.columns) }
    let output = try run(reference, tape, inputs)
    #expect(largestError(output.copy(), reference.output.values) < 2e-5)
    tape.backward(output, flow: reference.flow.values)
    for (input, gradient) in zip(inputs, reference.gradients) {
      #expect(largestError(input.gradientCopy(), gradient.values) < 5e-5)
    }
  }

  @Test(arguments: optimisers) func `five steps of an optimiser equal PyTorch's`(_ reference: Optimiser) throws {
    let parameters = Parameters(seed: 0)
    let weight = try #require(
      parameters.matrix("weight", inputs: reference.weight.rows, outputs: reference.weight.columns, deviation: 0).weight
    )
    weight.values.update(from: reference.weight.values, count: weight.count)
    let decay = try #require(reference.numbers["decay"])
    let rate = try #require(reference.numbers["rate"])
    let kernels = Kernels.best.with(.float32)
    let adamW = AdamW(
      parameters.all, beta1: reference.numbers["beta1"] ?? 0, beta2: reference.numbers["beta2"] ?? 0, weightDecay: decay
    )
    let muon = Muon(
      parameters.all, momentum: reference.numbers["momentum"] ?? 0, weightDecay: decay, crew: Crew(1), kernels: kernels)
    for (gradient, after) in zip(reference.gradients, reference.after) {
      weight.gradients[0].update(from: gradient.values, count: weight.count)
      if reference.rule == "adamw" { adamW.update(rate: rate) } else { muon.update(rate: rate) }
      let values = Array(UnsafeBufferPointer(start: weight.values, count: weight.count))
      #expect(largestError(values, after.values) < 3e-5)
      #expect((0..<weight.count).allSatisfy { weight.gradients[0][$0] == 0 })
    }
  }

  @Test func `five steps of a whole model lose what PyTorch's loses`() throws {
    let reference = try #require(try Self.file.get().models.first)
    func integer(_ name: String) throws -> Int { try #require(reference.integers[name]) }
    let (heads, length) = (try integer("heads"), try integer("length"))
    let parameters = Parameters(seed: 0)
    for weight in reference.weights {
      let (rows, columns) = (weight.tensor.rows, weight.tensor.columns)
      let tensor =
        switch weight.kind {
        case "embedding": parameters.embedding(weight.name, rows: rows, columns: columns, deviation: 0)
        case "vector": parameters.vector(weight.name, columns: columns, value: 0)
        default: parameters.matrix(weight.name, inputs: rows, outputs: columns, deviation: 0)
        }
      tensor.values.update(from: weight.tensor.values, count: tensor.count)
    }
    let named = Dictionary(uniqueKeysWithValues: parameters.all.map { ($0.name, $0.tensor) })
    func weight(_ name: String) throws -> Tensor { try #require(named[name]) }
    let tape = Tape(precision: .float32)
    func logits(_ bytes: [UInt8]) throws -> Tensor {
      var x = tape.embedding(try weight("table"), Bytes(bytes)).addingPositions(try weight("place"), length: length)
      for block in 0..<(try integer("depth")) {
        func part(_ name: String) throws -> Tensor { try weight("block\(block).\(name)") }
        let y = x.layerNorm(try part("norm1.gain"), try part("norm1.bias"))
        let attended = causalAttention(
          y.linear(try part("query")), y.linear(try part("key")), y.linear(try part("value")), heads: heads,
          length: length)
        x = x + attended.linear(try part("project"))
        let z = x.layerNorm(try part("norm2.gain"), try part("norm2.bias"))
        x = x + z.linear(try part("up")).gelu().linear(try part("down"))
      }
      return x.layerNorm(try weight("norm.gain"), try weight("norm.bias")).linear(try weight("table"), transposed: true)
    }
    let first = try logits(reference.inputs[0]).copy()
    #expect(largestError(Array(first[..<256] + first.suffix(256)), reference.logits.values) < 1e-4)
    tape.reset()
    let adamW = AdamW(
      parameters.all, beta1: try #require(reference.numbers["beta1"]), beta2: try #require(reference.numbers["beta2"]),
      weightDecay: try #require(reference.numbers["decay"]))
    var losses: [Float] = []
    for (step, norm) in reference.norms.enumerated() {
      let loss = try logits(reference.inputs[step]).crossEntropy(Bytes(reference.targets[step]))
      losses.append(loss.item)
      tape.backward(loss)
      #expect(abs(parameters.clipGradients(to: try #require(reference.numbers["clip"])) / norm - 1) < 1e-4)
      adamW.update(rate: try #require(reference.numbers["rate"]))
      tape.reset()
    }
    let last = reference.norms.count - 1
    losses.append(try logits(reference.inputs[last]).crossEntropy(Bytes(reference.targets[last])).item)
    #expect(largestError(losses, reference.losses) < 2e-4)
  }

  /// The largest difference, relative to values above 1.
  private func largestError(_ values: [Float], _ reference: [Float]) -> Float {
    guard values.count == reference.count else { return .infinity }
    return zip(values, reference).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
  }
}
