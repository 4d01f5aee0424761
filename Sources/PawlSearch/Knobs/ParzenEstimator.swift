import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A density over the unit interval from points seen there, with a uniform-like prior (Bergstra et al. 2011, section 4.2).
struct ParzenEstimator {
  private struct Component {
    let mean: Double
    let deviation: Double
    let inverse: Double
    /// Weight over the deviation and the mass inside of the interval.
    let height: Double
  }
  private var components: [Component] = []
  /// Categorical only: the probability of each value.
  private var shares: [Double] = []

  /// `count` is the number of values of an unordered dimension, nil for an ordered one; `widening` is a factor for the
  /// points' deviations.
  init(points: [Double], categories count: Int?, widening: Double = 1) {
    if let count {
      var counts = [Double](repeating: 1, count: count)
      for point in points { counts[min(Int(point * Double(count)), count - 1)] += 1 }
      shares = counts.map { $0 / (Double(points.count) + Double(count)) }
      return
    }
    // The prior stands among the points at the middle; each deviation is the distance to the farther neighbour.
    let means = (points + [0.5]).sorted()
    let prior = means.firstIndex(of: 0.5) ?? 0
    let least = 1 / min(100, 1 + Double(means.count))
    let weight = 1 / Double(means.count)
    components.reserveCapacity(means.count)
    for (index, mean) in means.enumerated() {
      let left = mean - (index > 0 ? means[index - 1] : 0)
      let right = (index + 1 < means.count ? means[index + 1] : 1) - mean
      let deviation = index == prior ? 1 : min(max(left, right, least) * widening, 1)
      let scale = deviation * 2.0.squareRoot()
      let mass = 0.5 * (erf((1 - mean) / scale) - erf(-mean / scale))
      components.append(
        Component(
          mean: mean, deviation: deviation, inverse: 1 / deviation,
          height: weight / (deviation * max(mass, 1e-12) * 2.5066282746310002)))
    }
  }

  func density(_ unit: Double) -> Double {
    if !shares.isEmpty { return shares[min(Int(unit * Double(shares.count)), shares.count - 1)] }
    var sum = 0.0
    for component in components {
      let distance = (unit - component.mean) * component.inverse
      if distance.magnitude < 6 { sum += component.height * exp(-0.5 * distance * distance) }
    }
    return max(sum, 1e-12)
  }

  func draw(using generator: inout SeededGenerator) -> Double {
    if !shares.isEmpty {
      var rest = generator.unit()
      for (index, share) in shares.enumerated() {
        rest -= share
        if rest < 0 { return (Double(index) + 0.5) / Double(shares.count) }
      }
      return 1 - 0.5 / Double(shares.count)
    }
    let component = components[min(Int(generator.unit() * Double(components.count)), components.count - 1)]
    for _ in 0..<16 {
      // Box and Muller 1958.
      let radius = (-2 * log(1 - generator.unit())).squareRoot()
      let unit = component.mean + component.deviation * radius * cos(2 * Double.pi * generator.unit())
      if unit >= 0, unit <= 1 { return unit }
    }
    return generator.unit()
  }
}
