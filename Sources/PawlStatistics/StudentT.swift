#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Functions that the distributions are made of.
public enum Special {
  /// Returns log |Gamma(x)| (the C library's `lgamma_r`, which keeps the sign out of a global).
  public static func logGamma(_ x: Double) -> Double {
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
  }

  /// Returns the regularised incomplete beta function I_x(a, b) for a, b > 0, by Lentz's continued fraction (DLMF 8.17.22).
  public static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return x == 0 ? 0 : .nan }
    guard x < 1 else { return x == 1 ? 1 : .nan }
    if x > (a + 1) / (a + b + 2) { return 1 - betaFraction(1 - x, b, a) }
    return betaFraction(x, a, b)
  }

  private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    let logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)
    var c = 1.0
    var d = 1 - (a + b) * x / (a + 1)
    d = 1 / (abs(d) < tiny ? tiny : d)
    var fraction = d
    for index in 1...500 {
      let m = Double(index)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 + even * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + even / c
      c = abs(c) < tiny ? tiny : c
      fraction *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 + odd * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + odd / c
      c = abs(c) < tiny ? tiny : c
      let step = d * c
      fraction *= step
      if abs(step - 1) < 1e-16 { break }
    }
    return exp(logFront) * fraction / a
  }
}

/// Student's t distribution (DLMF 8.17 for the relation to the incomplete beta function).
public struct StudentT: Sendable, Hashable {
  public let degreesOfFreedom: Double
  /// Takes any positive number of degrees of freedom; a smaller one makes every result NaN.
  public init(degreesOfFreedom: Double) {
    self.degreesOfFreedom = degreesOfFreedom > 0 ? degreesOfFreedom : .nan
  }

  /// Returns the density at `t`.
  public func density(_ t: Double) -> Double {
    let freedom = degreesOfFreedom
    return exp(
      Special.logGamma((freedom + 1) / 2) - Special.logGamma(freedom / 2) - 0.5 * log(freedom * .pi)
        - (freedom + 1) / 2 * log1p(t * t / freedom))
  }

  /// Returns P(T <= t).
  public func cumulative(_ t: Double) -> Double {
    let freedom = degreesOfFreedom
    guard freedom > 0, !t.isNaN else { return .nan }
    let square = t * t
    let tail: Double
    if square < freedom {
      tail = 0.5 - 0.5 * Special.incompleteBeta(square / (freedom + square), 0.5, freedom / 2)
    } else {
      tail = 0.5 * Special.incompleteBeta(freedom / (freedom + square), freedom / 2, 0.5)
    }
    return t > 0 ? 1 - tail : tail
  }

  /// Returns the t with P(T <= t) = `probability`, by bisection; infinite at 0 and 1, NaN outside.
  public func quantile(_ probability: Double) -> Double {
    guard probability > 0, probability < 1 else {
      return probability == 0 ? -.infinity : probability == 1 ? .infinity : .nan
    }
    guard degreesOfFreedom > 0 else { return .nan }
    if probability == 0.5 { return 0 }
    let lower = min(probability, 1 - probability)
    var near = 0.0
    var far = -1.0
    while cumulative(far) > lower, far > -1e300 {
      near = far
      far *= 2
    }
    while true {
      let middle = 0.5 * (near + far)
      guard middle < near, middle > far else { break }
      if cumulative(middle) > lower { near = middle } else { far = middle }
    }
    return probability < 0.5 ? far : -far
  }
}
