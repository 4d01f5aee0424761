import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension SeededGenerator {
  mutating func below(_ bound: Int) -> Int { min(Int(unit() * Double(bound)), bound - 1) }

  /// Returns an index drawn in proportion to the weights, nil where none is positive.
  mutating func index(by weights: [Double]) -> Int? {
    let total = weights.reduce(0, +)
    guard total > 0 else { return nil }
    var rest = unit() * total
    for (index, weight) in weights.enumerated() where weight > 0 {
      rest -= weight
      if rest < 0 { return index }
    }
    return weights.lastIndex { $0 > 0 }
  }

  /// Box and Muller 1958.
  mutating func normal() -> Double {
    (-2 * log(1 - unit())).squareRoot() * cos(2 * Double.pi * unit())
  }

  /// Returns a draw from the gamma distribution of scale 1 (Marsaglia and Tsang 2000).
  mutating func gamma(_ shape: Double) -> Double {
    guard shape >= 1 else { return gamma(shape + 1) * pow(max(unit(), 1e-300), 1 / max(shape, 1e-6)) }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    // One in twenty is refused at worst; the bound is for the proof only.
    for _ in 0..<1_000 {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(max(unit(), 1e-300)) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
    return shape
  }

  /// Returns a draw from the beta distribution.
  mutating func beta(_ alpha: Double, _ beta: Double) -> Double {
    let first = gamma(alpha)
    let second = gamma(beta)
    return first + second > 0 ? first / (first + second) : alpha / (alpha + beta)
  }
}
