#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Logistic regression with an L2 penalty on its weights, not on its intercept: minimises |w|² / 2 + strength * Σ log loss.
///
/// Truncated Newton steps by conjugate gradients with backtracking (Lin, Weng and Keerthi 2008); the same for the same rows.
struct LogisticFit {
  private(set) var weights: [Double]
  private(set) var intercept = 0.0

  /// `rows` says which rows of `matrix` are learnt, `labels` has one for each row of the matrix.
  init(_ matrix: SparseRows, rows: [Int], labels: [Bool], width: Int, strength: Double, tolerance: Double = 1e-4) {
    weights = Array(repeating: 0, count: width)
    guard !rows.isEmpty else { return }
    var probabilities = Array(repeating: 0.0, count: rows.count)
    var loss = evaluate(matrix, rows, labels, strength, &probabilities)
    var firstNorm: Double?
    for _ in 0..<100 {
      var gradient = weights
      var interceptGradient = 0.0
      for (place, row) in rows.enumerated() {
        let slope = strength * (probabilities[place] - (labels[row] ? 1 : 0))
        Self.add(slope, matrix, row, to: &gradient)
        interceptGradient += slope
      }
      let norm = sqrt(Self.dot(gradient, gradient) + interceptGradient * interceptGradient)
      let first = firstNorm ?? norm
      firstNorm = first
      guard norm > tolerance * first, norm > 1e-12 else { break }
      let curvatures = probabilities.map { strength * max(1e-12, $0 * (1 - $0)) }
      let (step, interceptStep) = Self.direction(
        matrix, rows, curvatures, gradient, interceptGradient, limit: min(0.1, sqrt(norm / first)) * norm)
      let slope = Self.dot(gradient, step) + interceptGradient * interceptStep
      guard slope < 0 else { break }
      let (oldWeights, oldIntercept, oldLoss) = (weights, intercept, loss)
      var length = 1.0
      repeat {
        Self.set(&weights, oldWeights, plus: length, step)
        intercept = oldIntercept + length * interceptStep
        loss = evaluate(matrix, rows, labels, strength, &probabilities)
        if loss <= oldLoss + 1e-4 * length * slope { break }
        length *= 0.5
      } while length > 1e-8
      if loss > oldLoss {
        (weights, intercept) = (oldWeights, oldIntercept)
        break
      }
      // Rounding is reached.
      if oldLoss - loss <= 1e-15 * abs(oldLoss) { break }
    }
  }

  /// Returns the log odds of a row.
  func score(_ matrix: SparseRows, _ row: Int) -> Double { intercept + Self.product(matrix, row, weights) }

  private func evaluate(
    _ matrix: SparseRows, _ rows: [Int], _ labels: [Bool], _ strength: Double, _ probabilities: inout [Double]
  ) -> Double {
    var loss = 0.5 * Self.dot(weights, weights)
    for (place, row) in rows.enumerated() {
      let score = score(matrix, row)
      probabilities[place] = logistic(score)
      loss += strength * softplus(labels[row] ? -score : score)
    }
    return loss
  }

  /// Returns what a Newton step is, within `limit`, by conjugate gradients.
  private static func direction(
    _ matrix: SparseRows, _ rows: [Int], _ curvatures: [Double], _ gradient: [Double], _ interceptGradient: Double,
    limit: Double
  ) -> ([Double], Double) {
    var step = Array(repeating: 0.0, count: gradient.count)
    var interceptStep = 0.0
    var residual = gradient.map { -$0 }
    var interceptResidual = -interceptGradient
    var search = residual
    var interceptSearch = interceptResidual
    var square = dot(residual, residual) + interceptResidual * interceptResidual
    for _ in 0..<250 where sqrt(square) > limit {
      var image = search
      var interceptImage = 0.0
      for (place, row) in rows.enumerated() {
        let share = curvatures[place] * (product(matrix, row, search) + interceptSearch)
        add(share, matrix, row, to: &image)
        interceptImage += share
      }
      let curvature = dot(search, image) + interceptSearch * interceptImage
      guard curvature > 0 else { break }
      let length = square / curvature
      add(length, search, to: &step)
      interceptStep += length * interceptSearch
      add(-length, image, to: &residual)
      interceptResidual -= length * interceptImage
      let next = dot(residual, residual) + interceptResidual * interceptResidual
      let ratio = next / square
      scale(&search, by: ratio, plus: residual)
      interceptSearch = interceptResidual + ratio * interceptSearch
      square = next
    }
    return (step, interceptStep)
  }

  private static func product(_ matrix: SparseRows, _ row: Int, _ vector: [Double]) -> Double {
    vector.withUnsafeBufferPointer { vector in
      matrix.columns.withUnsafeBufferPointer { columns in
        matrix.values.withUnsafeBufferPointer { values in
          var sum = 0.0
          for index in matrix.starts[row]..<matrix.starts[row + 1] {
            sum += Double(values[index]) * vector[Int(columns[index])]
          }
          return sum
        }
      }
    }
  }

  private static func add(_ factor: Double, _ matrix: SparseRows, _ row: Int, to vector: inout [Double]) {
    vector.withUnsafeMutableBufferPointer { vector in
      matrix.columns.withUnsafeBufferPointer { columns in
        matrix.values.withUnsafeBufferPointer { values in
          for index in matrix.starts[row]..<matrix.starts[row + 1] {
            vector[Int(columns[index])] += factor * Double(values[index])
          }
        }
      }
    }
  }

  private static func dot(_ first: [Double], _ second: [Double]) -> Double {
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        var sum = 0.0
        for index in first.indices { sum += first[index] * second[index] }
        return sum
      }
    }
  }

  private static func add(_ factor: Double, _ other: [Double], to vector: inout [Double]) {
    vector.withUnsafeMutableBufferPointer { vector in
      other.withUnsafeBufferPointer { other in
        for index in vector.indices { vector[index] += factor * other[index] }
      }
    }
  }

  private static func set(_ vector: inout [Double], _ base: [Double], plus factor: Double, _ other: [Double]) {
    vector = base
    add(factor, other, to: &vector)
  }

  private static func scale(_ vector: inout [Double], by factor: Double, plus other: [Double]) {
    vector.withUnsafeMutableBufferPointer { vector in
      other.withUnsafeBufferPointer { other in
        for index in vector.indices { vector[index] = other[index] + factor * vector[index] }
      }
    }
  }
}

/// Returns 1 / (1 + exp(-x)) without overflow.
func logistic(_ x: Double) -> Double {
  if x >= 0 { return 1 / (1 + exp(-x)) }
  let power = exp(x)
  return power / (1 + power)
}

/// Returns log(1 + exp(x)) without overflow.
func softplus(_ x: Double) -> Double { x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)) }
