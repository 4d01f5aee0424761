internal import CPawlKernels

/// What a weight is for: optimisers treat the kinds differently.
public enum ParameterKind: Sendable, Hashable {
  /// A matrix of a linear map: decayed, and what Muon works on.
  case matrix
  /// A table with a row for each byte or position, also an output head: decayed, never given to Muon.
  case embedding
  /// A gain, a bias or a scale: not decayed.
  case vector
}

/// A weight with its name and kind.
public struct Parameter {
  public let name: String
  public let kind: ParameterKind
  public let tensor: Tensor
  let weight: Weight
}

/// All weights of a model, drawn from one seed in the order in which they are asked for.
public final class Parameters {
  public private(set) var all: [Parameter] = []
  private var generator: Generator
  let crew: Crew
  let kernels: Kernels

  public convenience init(seed: UInt64) { self.init(seed: seed, crew: .shared, kernels: .best) }

  init(seed: UInt64, crew: Crew, kernels: Kernels) {
    generator = Generator(seed: seed)
    self.crew = crew
    self.kernels = kernels
  }

  /// The number of weights.
  public var count: Int { all.reduce(0) { $0 + $1.tensor.count } }

  /// Returns a matrix for `linear`, from `inputs` to `outputs`, drawn from a normal distribution.
  public func matrix(_ name: String, inputs: Int, outputs: Int, deviation: Float) -> Tensor {
    add(name, .matrix, inputs, outputs) { draw($0, deviation) }
  }

  /// Returns a table of `rows` vectors, drawn from a normal distribution.
  public func embedding(_ name: String, rows: Int, columns: Int, deviation: Float) -> Tensor {
    add(name, .embedding, rows, columns) { draw($0, deviation) }
  }

  /// Returns a gain or a bias, every element `value`.
  public func vector(_ name: String, columns: Int, value: Float) -> Tensor {
    add(name, .vector, 1, columns) { $0.values.update(repeating: value, count: $0.count) }
  }

  /// Returns one learned number, for ``Tensor/scaled(by:)-(Tensor)``.
  public func scalar(_ name: String, value: Float) -> Tensor { vector(name, columns: 1, value: value) }

  private func draw(_ weight: Weight, _ deviation: Float) {
    for index in stride(from: 0, to: weight.count, by: 2) {
      let (first, second) = generator.normalPair()
      weight.values[index] = deviation * first
      if index + 1 < weight.count { weight.values[index + 1] = deviation * second }
    }
  }

  private func add(
    _ name: String, _ kind: ParameterKind, _ rows: Int, _ columns: Int, _ fill: (Weight) -> Void
  ) -> Tensor {
    let count = rows.multipliedReportingOverflow(by: columns)
    guard rows > 0, columns > 0, !count.overflow, count.partialValue < 1 << 40 else {
      refuse("parameter `\(name)` cannot be `\(rows)` x `\(columns)`")
    }
    guard !all.contains(where: { $0.name == name }) else { refuse("two parameters are called `\(name)`") }
    let weight = Weight(rows: rows, columns: columns, threads: crew.count)
    fill(weight)
    let tensor = Tensor(rows: rows, columns: columns, values: weight.values, tape: nil, weight: weight, slot: nil)
    all.append(Parameter(name: name, kind: kind, tensor: tensor, weight: weight))
    return tensor
  }

  /// Adds the gradients of the other threads to the first one's, and clears them.
  func gatherGradients() {
    guard crew.count > 1 else { return }
    crew.run { thread in
      for parameter in all {
        let (sum, others) = (parameter.weight.gradients[0], parameter.weight.gradients.dropFirst())
        let share = crew.share(of: parameter.weight.count, thread)
        for other in others { kernels.rows.take_in(sum + share.lowerBound, other + share.lowerBound, share.count) }
      }
    }
  }

  /// Packs the weights again for the products that used them before.
  func refreshPacks(_ kernels: Kernels) {
    crew.run { thread in
      for index in stride(from: thread, to: all.count, by: crew.count) { all[index].weight.refreshPacks(kernels) }
    }
  }

  /// Returns the length of all gradients as one vector.
  public func gradientNorm() -> Float {
    let rows = kernels.rows
    return Float(
      all.reduce(0) { $0 + rows.dot($1.weight.gradients[0], $1.weight.gradients[0], $1.weight.count) }.squareRoot())
  }

  /// Scales all gradients down so that their length is at most `limit`; 0 or less means no limit. Returns the length before.
  @discardableResult
  public func clipGradients(to limit: Float) -> Float {
    let norm = gradientNorm()
    let factor = limit > 0 && norm > limit ? limit / norm : 1
    // The optimisers multiply by it when they read the gradients.
    for parameter in all { parameter.weight.gradientScale = factor }
    return norm
  }
}
