import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One measurement of the search, turned so that larger is better, with the shared seed it was made under.
struct Observation: Sendable, Codable, Hashable {
  /// The place of its seed among the seeds that several trials share; nil for a seed of its own.
  let seed: Int?
  let value: Double
}

/// What one measurement is made of: noise of its own, and what all measurements under its seed share (variances).
struct MeasurementNoise: Sendable, Hashable {
  let own: Double
  let shared: Double
  var total: Double { own + shared }
}

/// What is believed of the head and of the shared seeds: jointly normal, as in a Kalman filter.
///
/// The state is the head's true metric and one offset a shared seed: a measurement of a trial under seed s is
/// `head + effect + offset of s + own noise`. A seed under which all trials look good then flatters none of them.
struct HeadFilter: Sendable, Codable, Hashable {
  /// The head's metric, then the offset of each shared seed.
  private var mean: [Double]
  /// Row by row.
  private var covariance: [Double]

  /// Takes a belief about the head alone.
  init(mean: Double, variance: Double) {
    self.mean = [mean]
    covariance = [variance]
  }

  var head: Double { mean[0] }
  var variance: Double { covariance[0] }
  private var dimension: Int { mean.count }

  /// Makes room for `seeds` shared seeds; a new one's offset is believed to be zero give or take `variance`.
  mutating func extend(to seeds: Int, variance: Double) {
    while dimension < seeds + 1 {
      let old = dimension
      var wider = [Double](repeating: 0, count: (old + 1) * (old + 1))
      for row in 0..<old {
        for column in 0..<old { wider[row * (old + 1) + column] = covariance[row * old + column] }
      }
      wider[old * (old + 1) + old] = variance
      covariance = wider
      mean.append(0)
    }
  }

  /// Time has passed: the metric of every trial may have moved by a common amount of this variance.
  mutating func drift(by variance: Double) { covariance[0] += variance }

  /// What a few measurements of one trial say of its effect over the head, and how they bear on the state.
  struct Comparison: Sendable {
    /// The least-squares estimate of the effect, and its variance.
    let estimate: Double
    let variance: Double
    /// The part of `variance` that more measurements of the trial would remove.
    let candidateVariance: Double
    /// Covariance of the state with each measurement: `dimension` rows.
    fileprivate let cross: [Double]
    /// What each measurement is above the belief, and the inverse covariance of the measurements times ones.
    fileprivate let residuals: [Double]
    fileprivate let ones: [Double]
    /// The Cholesky factor of that covariance.
    fileprivate let lower: [Double]
    fileprivate let count: Int
  }

  /// Returns nil where nothing was measured, or where neither noise nor doubt is left to weigh with.
  func compare(_ observations: [Observation], noise: MeasurementNoise) -> Comparison? {
    let count = observations.count
    guard count > 0 else { return nil }
    var cross = [Double](repeating: 0, count: dimension * count)
    var lower = [Double](repeating: 0, count: count * count)
    var residuals = [Double](repeating: 0, count: count)
    for (index, observation) in observations.enumerated() {
      let seed = observation.seed.map { $0 + 1 } ?? 0
      for row in 0..<dimension {
        cross[row * count + index] = covariance[row * dimension] + (seed > 0 ? covariance[row * dimension + seed] : 0)
      }
      residuals[index] = observation.value - mean[0] - (seed > 0 ? mean[seed] : 0)
    }
    for (row, observation) in observations.enumerated() {
      let seed = observation.seed.map { $0 + 1 } ?? 0
      for column in 0..<count {
        lower[row * count + column] = cross[column] + (seed > 0 ? cross[seed * count + column] : 0)
      }
      lower[row * count + row] += seed > 0 ? noise.own : noise.total
    }
    guard HeadFilter.factor(&lower, count) else { return nil }
    let ones = HeadFilter.solve(lower, [Double](repeating: 1, count: count))
    let solved = HeadFilter.solve(lower, residuals)
    let precision = ones.reduce(0, +)
    guard precision > 0, precision.isFinite else { return nil }
    let own = observations.reduce(0.0) { $0 + ($1.seed == nil ? noise.total : noise.own) }
    return Comparison(
      estimate: solved.reduce(0, +) / precision, variance: 1 / precision,
      candidateVariance: own / Double(count * count), cross: cross, residuals: residuals, ones: ones, lower: lower,
      count: count)
  }

  /// Returns the belief after the trial of `comparison` was judged, exactly to second moments.
  ///
  /// Given its effect d the measurements are those of a linear model, so the state moves by the gain times what d leaves
  /// unexplained; d itself has the mean and deviation of `effect`. An adopted trial becomes the head: the state's first
  /// component is then head + d. `trust` (0 to 1) scales the gain while the prior behind `effect` is young.
  func settled(_ comparison: Comparison, effect: (mean: Double, deviation: Double), adopted: Bool, trust: Double)
    -> HeadFilter
  {
    let count = comparison.count
    var next = self
    // What differs from the head by so much says nothing of the head.
    if comparison.estimate * comparison.estimate > 1e12 * comparison.variance {
      guard adopted else { return self }
      next.mean[0] += effect.mean
      for index in 0..<dimension {
        next.covariance[index] = 0
        next.covariance[index * dimension] = 0
      }
      next.covariance[0] = effect.deviation * effect.deviation
      return next
    }
    var whitened = [Double](repeating: 0, count: dimension * count)
    var direction = [Double](repeating: 0, count: dimension)
    let unexplained = HeadFilter.solve(comparison.lower, comparison.residuals.map { $0 - effect.mean })
    for row in 0..<dimension {
      let crossRow = Array(comparison.cross[(row * count)..<((row + 1) * count)])
      var move = 0.0
      var ones = 0.0
      for column in 0..<count {
        move += crossRow[column] * unexplained[column]
        ones += crossRow[column] * comparison.ones[column]
      }
      next.mean[row] += trust * move
      direction[row] = -trust * ones
      let forward = HeadFilter.forward(comparison.lower, crossRow)
      for column in 0..<count { whitened[row * count + column] = forward[column] }
    }
    if adopted {
      next.mean[0] += effect.mean
      direction[0] += 1
    }
    let spread = effect.deviation * effect.deviation
    for row in 0..<dimension {
      for column in 0..<dimension {
        var explained = 0.0
        for index in 0..<count { explained += whitened[row * count + index] * whitened[column * count + index] }
        next.covariance[row * dimension + column] +=
          spread * direction[row] * direction[column] - trust * explained
      }
    }
    for row in 0..<dimension where next.covariance[row * dimension + row] < 0 {
      next.covariance[row * dimension + row] = 0
    }
    return next
  }

  /// Returns the belief after measurements of the head itself.
  func updated(by observations: [Observation], noise: MeasurementNoise) -> HeadFilter {
    guard let comparison = compare(observations, noise: noise) else { return self }
    return settled(comparison, effect: (0, 0), adopted: false, trust: 1)
  }

  // MARK: the few lines of linear algebra (Golub and Van Loan, Matrix Computations, 4.2); at most a dozen rows

  /// Replaces the lower triangle by its Cholesky factor; false where the matrix is not positive definite.
  private static func factor(_ matrix: inout [Double], _ count: Int) -> Bool {
    for row in 0..<count {
      for column in 0...row {
        var sum = matrix[row * count + column]
        for index in 0..<column { sum -= matrix[row * count + index] * matrix[column * count + index] }
        if row == column {
          guard sum > 0, sum.isFinite else { return false }
          matrix[row * count + row] = sqrt(sum)
        } else {
          matrix[row * count + column] = sum / matrix[column * count + column]
        }
      }
    }
    return true
  }

  private static func forward(_ lower: [Double], _ right: [Double]) -> [Double] {
    let count = right.count
    var result = right
    for row in 0..<count {
      for column in 0..<row { result[row] -= lower[row * count + column] * result[column] }
      result[row] /= lower[row * count + row]
    }
    return result
  }

  private static func solve(_ lower: [Double], _ right: [Double]) -> [Double] {
    let count = right.count
    var result = forward(lower, right)
    for row in (0..<count).reversed() {
      for column in (row + 1)..<max(count, row + 1) { result[row] -= lower[column * count + row] * result[column] }
      result[row] /= lower[row * count + row]
    }
    return result
  }
}
