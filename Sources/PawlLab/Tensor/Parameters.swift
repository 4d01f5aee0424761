/// What a weight is for: optimisers treat the kinds differently.
public enum ParameterKind: Sendable, Hashable {
  /// A matrix of a linear map: decayed, and what Muon works on.
  case matrix
  /// A table with a row for each byte or position, also an output head: decayed, never given to Muon.
  case embedding
  /// A gain or a bias: not decayed.
  case vector
}

/// A weight with its name and kind.
public struct Parameter {
  public let name: String
  public let kind: ParameterKind
  public let tensor: Tensor
}

/// All weights of a model, drawn from one seed in the order in which they are asked for.
public final class Parameters {
  public private(set) var all: [Parameter] = []
  private var generator: Generator

  public init(seed: UInt64) { generator = Generator(seed: seed) }

  /// The number of weights.
  public var count: Int { all.reduce(0) { $0 + $1.tensor.count } }

  /// Returns a matrix for `linear`, from `inputs` to `outputs`, drawn from a normal distribution.
  public func matrix(_ name: String, inputs: Int, outputs: Int, deviation: Float) -> Tensor {
    add(name, .matrix, inputs, outputs) { _ in deviation * self.generator.normal() }
  }

  /// Returns a table of `rows` vectors, drawn from a normal distribution.
  public func embedding(_ name: String, rows: Int, columns: Int, deviation: Float) -> Tensor {
    add(name, .embedding, rows, columns) { _ in deviation * self.generator.normal() }
  }

  /// Returns a gain or a bias, every element `value`.
  public func vector(_ name: String, columns: Int, value: Float) -> Tensor {
    add(name, .vector, 1, columns) { _ in value }
  }

  private func add(
    _ name: String, _ kind: ParameterKind, _ rows: Int, _ columns: Int, _ value: (Int) -> Float
  ) -> Tensor {
    let count = rows.multipliedReportingOverflow(by: columns)
    guard rows > 0, columns > 0, !count.overflow, count.partialValue < 1 << 40 else {
      refuse("parameter `\(name)` cannot be `\(rows)` x `\(columns)`")
    }
    let padded = (count.partialValue + 15) & ~15
    let values = allocateFloats(padded)
    let gradient = allocateFloats(padded)
    values.update(repeating: 0, count: padded)
    gradient.update(repeating: 0, count: padded)
    for index in 0..<count.partialValue { values[index] = value(index) }
    let tensor = Tensor(rows: rows, columns: columns, values: values, gradient: gradient, tape: nil)
    all.append(Parameter(name: name, kind: kind, tensor: tensor))
    return tensor
  }

  /// Returns the length of all gradients as one vector.
  public func gradientNorm() -> Float {
    var sum = 0.0
    for parameter in all {
      guard let gradient = parameter.tensor.gradient else { continue }
      let count = parameter.tensor.count
      var lanes = Vector.zero
      for index in stride(from: 0, to: count, by: 16) {
        let value = load(gradient, index, count)
        lanes += value * value
      }
      sum += Double(lanes.total)
    }
    return Float(sum.squareRoot())
  }

  /// Scales all gradients down so that their length is at most `limit`; 0 or less means no limit. Returns the length before.
  @discardableResult
  public func clipGradients(to limit: Float) -> Float {
    let norm = gradientNorm()
    guard limit > 0, norm > limit else { return norm }
    let factor = Vector(repeating: limit / norm)
    for parameter in all {
      guard let gradient = parameter.tensor.gradient else { continue }
      let count = parameter.tensor.count
      for index in stride(from: 0, to: count, by: 16) {
        store(load(gradient, index, count) * factor, gradient, index, count)
      }
    }
    return norm
  }
}
