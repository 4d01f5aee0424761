/// Momentum whose update is made orthogonal by Newton-Schulz iteration (Jordan et al. 2024), for matrices.
public final class Muon {
  private let parameters: [Parameter]
  private let momenta: [FloatBuffer]
  private let momentum: Float
  private let weightDecay: Float
  private let arena = Arena()

  /// - Parameter parameters: matrices of linear maps; tables and vectors belong to ``AdamW``.
  public init(_ parameters: [Parameter], momentum: Float = 0.95, weightDecay: Float = 0.1) {
    self.parameters = parameters
    momenta = parameters.map { FloatBuffer(count: $0.tensor.count) }
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  /// Moves the weights, and clears the gradients.
  public func update(rate: Float) {
    for (slot, parameter) in parameters.enumerated() {
      arena.rewind()
      let tensor = parameter.tensor
      guard let gradient = tensor.gradient else { continue }
      let (rows, columns, count, weights) = (tensor.rows, tensor.columns, tensor.count, tensor.values)
      let direction = arena.allocate(count)
      Meter.charge(10 * count)
      let (old, new) = (Vector(repeating: momentum), Vector(repeating: 1 - momentum))
      let memory = momenta[slot].memory
      for index in stride(from: 0, to: count, by: 16) {
        let g = load(gradient, index, count) * new
        let m = load(memory, index, count) * old + g
        store(m, memory, index, count)
        store(m * old + g, direction, index, count)  // Nesterov
        store(.zero, gradient, index, count)
      }
      let orthogonal = orthogonalise(direction, rows, columns)
      let step = Vector(repeating: rate * max(1, Float(columns) / Float(rows)).squareRoot())
      let keep = Vector(repeating: 1 - rate * weightDecay)
      for index in stride(from: 0, to: count, by: 16) {
        let moved = load(weights, index, count) * keep - load(orthogonal, index, count) * step
        store(moved, weights, index, count)
      }
    }
  }

  /// Returns `matrix` with its singular values moved to about 1, by five steps of a quintic iteration.
  private func orthogonalise(_ matrix: Floats, _ rows: Int, _ columns: Int) -> Floats {
    let count = rows * columns
    let small = min(rows, columns)
    var squares = Vector.zero
    for index in stride(from: 0, to: count, by: 16) {
      let value = load(matrix, index, count)
      squares += value * value
    }
    let inverse = Vector(repeating: 1 / (squares.total.squareRoot() + 1e-7))
    for index in stride(from: 0, to: count, by: 16) {
      store(load(matrix, index, count) * inverse, matrix, index, count)
    }
    var (current, next) = (matrix, arena.allocate(count))
    let gram = arena.allocate(small * small)
    let polynomial = arena.allocate(small * small)
    for _ in 0..<5 {
      let wide = columns >= rows
      multiply(
        current, columns, wide ? .plain : .transposed, current, columns, wide ? .transposed : .plain,
        into: gram, small, m: small, n: small, k: max(rows, columns))
      polynomial.update(from: gram, count: small * small)
      multiply(
        gram, small, .plain, gram, small, .plain, into: polynomial, small, m: small, n: small, k: small,
        alpha: 2.0315, beta: -4.775)
      for index in 0..<small { polynomial[index * small + index] += 3.4445 }
      if wide {
        multiply(
          polynomial, small, .plain, current, columns, .plain, into: next, columns, m: rows, n: columns, k: rows)
      } else {
        multiply(
          current, columns, .plain, polynomial, small, .plain, into: next, columns, m: rows, n: columns, k: columns)
      }
      swap(&current, &next)
    }
    return current
  }
}
