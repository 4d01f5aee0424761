#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Special {
  /// Returns the regularised lower incomplete gamma function P(a, x), for a > 0 and x >= 0; NaN outside.
  ///
  /// A series below x = a + 1 (DLMF 8.11.4), the complement above. Good to 1e-10 for a up to 1e6.
  public static func lowerIncompleteGamma(_ a: Double, _ x: Double) -> Double {
    guard a > 0, x > 0, a.isFinite else { return a > 0 && a.isFinite && x == 0 ? 0 : .nan }
    return x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x)
  }

  /// Returns the regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x), without cancellation in the tail.
  ///
  /// A continued fraction above x = a + 1 (DLMF 8.9.2), the complement below.
  public static func upperIncompleteGamma(_ a: Double, _ x: Double) -> Double {
    guard a > 0, x > 0, a.isFinite else { return a > 0 && a.isFinite && x == 0 ? 1 : .nan }
    return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x)
  }

  /// Enough terms for a up to 1e7: both expansions need a few times sqrt(a).
  private static let mostTerms = 100_000

  /// Returns x^a exp(-x) / Gamma(a + 1) as a Poisson density: cancellation-free around x = a (Loader 2000).
  private static func poissonFront(_ a: Double, _ x: Double) -> Double {
    if a < 16 { return exp(a * log(x) - x - logGamma(a + 1)) }
    let excess = (x - a) / a
    let inverse = 1 / a
    let square = inverse * inverse
    let stirling = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)))
    return exp(-a * (excess - log1p(excess)) - stirling) / sqrt(2 * .pi * a)
  }

  private static func gammaSeries(_ a: Double, _ x: Double) -> Double {
    var term = 1.0
    var sum = 1.0
    for index in 1...mostTerms {
      term *= x / (a + Double(index))
      sum += term
      if term < sum * 1e-17 { break }
    }
    return min(1, poissonFront(a, x) * sum)
  }

  private static func gammaFraction(_ a: Double, _ x: Double) -> Double {
    guard x.isFinite else { return 0 }
    let tiny = 1e-300
    var b = x + 1 - a
    var c = 1 / tiny
    var d = 1 / b
    var fraction = d
    for index in 1...mostTerms {
      let n = Double(index)
      let numerator = -n * (n - a)
      b += 2
      d = numerator * d + b
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = b + numerator / c
      c = abs(c) < tiny ? tiny : c
      let step = d * c
      fraction *= step
      if abs(step - 1) < 1e-16 { break }
    }
    return min(1, poissonFront(a, x) * a * fraction)
  }
}

/// The chi-squared distribution (DLMF 8.2 for its relation to the incomplete gamma function).
public struct ChiSquared: Sendable, Hashable {
  public let degreesOfFreedom: Double
  /// Takes any positive finite number of degrees of freedom; anything else makes every result NaN.
  public init(degreesOfFreedom: Double) {
    self.degreesOfFreedom = degreesOfFreedom > 0 && degreesOfFreedom.isFinite ? degreesOfFreedom : .nan
  }

  /// Returns P(X <= x).
  public func cumulative(_ x: Double) -> Double {
    x <= 0 ? 0 : Special.lowerIncompleteGamma(degreesOfFreedom / 2, x / 2)
  }

  /// Returns P(X > x).
  public func survival(_ x: Double) -> Double {
    x <= 0 ? 1 : Special.upperIncompleteGamma(degreesOfFreedom / 2, x / 2)
  }

  /// Returns the x with P(X <= x) = `probability`, by bisection; 0 and infinite at 0 and 1, NaN outside.
  public func quantile(_ probability: Double) -> Double {
    guard probability > 0, probability < 1 else {
      return probability == 0 ? 0 : probability == 1 ? .infinity : .nan
    }
    guard degreesOfFreedom > 0 else { return .nan }
    // The smaller tail is compared, so that no digits are lost near 1.
    func isBelow(_ x: Double) -> Bool {
      probability < 0.5 ? cumulative(x) < probability : survival(x) > 1 - probability
    }
    var near = degreesOfFreedom
    while near > 1e-300, !isBelow(near) { near *= 0.5 }
    var far = max(near, 1e-300) * 2
    while isBelow(far), far < 1e300 {
      near = far
      far *= 2
    }
    while true {
      let middle = 0.5 * (near + far)
      guard middle > near, middle < far else { return middle }
      if isBelow(middle) { near = middle } else { far = middle }
    }
  }
}
