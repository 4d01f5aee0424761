internal import CPawlKernels

/// Momentum whose update is made orthogonal by Newton-Schulz iteration (Jordan et al. 2024), for matrices.
public final class Muon {
  private let weights: [Weight]
  private let momenta: [FloatBuffer]
  private let momentum: Float
  private let weightDecay: Float
  private let crew: Crew
  private let kernels: Kernels
  /// Which matrices each thread works on, and the memory that it works in.
  private let shares: [[Int]]
  private let benches: [(arena: Arena, workspace: Workspace)]

  /// - Parameter parameters: matrices of linear maps; tables and vectors belong to ``AdamW``.
  public convenience init(_ parameters: [Parameter], momentum: Float = 0.95, weightDecay: Float = 0.1) {
    self.init(parameters, momentum: momentum, weightDecay: weightDecay, crew: .shared, kernels: .best)
  }

  init(
    _ parameters: [Parameter], momentum: Float = 0.95, weightDecay: Float = 0.1, crew: Crew, kernels: Kernels
  ) {
    weights = parameters.map(\.weight)
    momenta = parameters.map { FloatBuffer(count: $0.weight.count) }
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.crew = crew
    self.kernels = kernels
    benches = (0..<crew.count).map { _ in (Arena(), Workspace()) }
    // The dearest first, each to the thread with the least to do.
    let costs = weights.map { $0.count * min($0.rows, $0.columns) }
    var shares = [[Int]](repeating: [], count: crew.count)
    var loads = [Int](repeating: 0, count: crew.count)
    for index in costs.indices.sorted(by: { (costs[$1], $0) < (costs[$0], $1) }) {
      let thread = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
      shares[thread].append(index)
      loads[thread] += costs[index]
    }
    self.shares = shares
  }

  /// Moves the weights, and clears the gradients.
  public func update(rate: Float) {
    crew.run { thread in
      for index in shares[thread] { update(index, rate: rate, benches[thread].arena, benches[thread].workspace) }
    }
    for weight in weights { weight.finishUpdate() }
  }

  private func update(_ index: Int, rate: Float, _ arena: Arena, _ workspace: Workspace) {
    arena.rewind()
    let weight = weights[index]
    let (count, rows) = (weight.count, kernels.rows)
    let (gradient, memory) = (weight.gradients[0], momenta[index].memory)
    let direction = arena.allocate(count)
    Meter.charge(10 * count)
    let fresh = (1 - momentum) * weight.gradientScale
    rows.combine(memory, momentum, gradient, fresh, memory, count)
    rows.combine(memory, momentum, gradient, fresh, direction, count)  // Nesterov
    gradient.update(repeating: 0, count: count)
    let orthogonal = orthogonalise(direction, weight.rows, weight.columns, arena, workspace)
    let step = rate * max(1, Float(weight.columns) / Float(weight.rows)).squareRoot()
    rows.combine(weight.values, 1 - rate * weightDecay, orthogonal, -step, weight.values, count)
  }

  /// Returns `matrix` with its singular values moved to about 1, by five steps of a quintic iteration.
  private func orthogonalise(
    _ matrix: Floats, _ rows: Int, _ columns: Int, _ arena: Arena, _ workspace: Workspace
  ) -> Floats {
    let (count, small) = (rows * columns, min(rows, columns))
    let loops = kernels.rows
    let norm = Float(loops.dot(matrix, matrix, count).squareRoot())
    loops.combine(matrix, 1 / (norm + 1e-7), matrix, 0, matrix, count)
    var (current, next) = (matrix, arena.allocate(count))
    let gram = arena.allocate(small * small)
    let squared = arena.allocate(small * small)
    let isWide = columns >= rows
    for _ in 0..<5 {
      kernels.multiply(
        current, step: columns, isWide ? .plain : .transposed, by: current, step: columns,
        isWide ? .transposed : .plain,
        rows: small, columns: small, inner: max(rows, columns), into: gram, step: small, workspace)
      kernels.multiply(
        gram, step: small, by: gram, step: small, rows: small, columns: small, inner: small, into: squared, step: small,
        workspace)
      loops.combine(gram, -4.775, squared, 2.0315, squared, small * small)
      for index in 0..<small { squared[index * small + index] += 3.4445 }
      if isWide {
        kernels.multiply(
          squared, step: small, by: current, step: columns, rows: rows, columns: columns, inner: rows, into: next,
          step: columns, workspace)
      } else {
        kernels.multiply(
          current, step: columns, by: squared, step: small, rows: rows, columns: columns, inner: columns, into: next,
          step: columns, workspace)
      }
      swap(&current, &next)
    }
    return current
  }
}
