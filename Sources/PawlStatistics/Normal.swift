#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The standard normal distribution.
public enum Normal {
  /// Returns E[max(x, 0)] of a normal x.
  public static func expectedPositive(mean: Double, deviation: Double) -> Double {
    guard deviation > 0 else { return max(0, mean) }
    let standard = mean / deviation
    return max(0, deviation * (standard * cumulative(standard) + density(standard)))
  }

  /// Returns the density at `x`.
  public static func density(_ x: Double) -> Double { exp(-0.5 * x * x) * 0.398_942_280_401_432_68 }

  /// Returns P(X <= x), accurate in relative terms in the lower tail too (`erfc` of the C library).
  public static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x * 0.707_106_781_186_547_52) }

  /// Returns log P(X <= x), finite far below where the probability itself underflows.
  public static func logCumulative(_ x: Double) -> Double {
    if x > 0 { return log1p(-cumulative(-x)) }
    guard x < -6 else { return log(cumulative(x)) }
    return -0.5 * x * x - 0.918_938_533_204_672_74 - log(-x + HalfNormal.tailMean(beyond: -x))
  }

  /// Returns the x with P(X <= x) = `probability`; infinite at 0 and 1, NaN outside.
  ///
  /// Started by Abramowitz and Stegun 26.2.23 (error below 4.5e-4), then refined by Halley's method to machine accuracy.
  public static func quantile(_ probability: Double) -> Double {
    guard probability > 0, probability < 1 else {
      return probability == 0 ? -.infinity : probability == 1 ? .infinity : .nan
    }
    if probability > 0.5 { return -lowerQuantile(1 - probability) }
    return lowerQuantile(probability)
  }

  private static func lowerQuantile(_ probability: Double) -> Double {
    let t = sqrt(-2 * log(probability))
    let top = 2.515517 + t * (0.802853 + t * 0.010328)
    let bottom = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    var x = top / bottom - t
    for _ in 0..<3 {
      let error = (cumulative(x) - probability) / density(x)
      guard error.isFinite else { return x }
      x -= error / (1 + 0.5 * x * error)
    }
    return x
  }
}

/// Moments of a normal distribution cut off below zero, by Laplace's continued fraction where subtraction would cancel.
enum HalfNormal {
  /// Returns E[X - x | X > x] of a standard normal for `x >= 3`: the reciprocal of Mills' ratio, less x.
  static func tailMean(beyond x: Double) -> Double { 1 / (x + tailFraction(x)) }

  /// Returns 2 / (x + 3 / (x + 4 / (x + ...))), evaluated backwards (Abramowitz and Stegun 26.2.14).
  private static func tailFraction(_ x: Double) -> Double {
    var fraction = 0.0
    for term in stride(from: 60.0, through: 2, by: -1) { fraction = term / (x + fraction) }
    return fraction
  }

  /// Returns mean and second moment of N(`location`, `scale`²) given that it is positive.
  static func positiveMoments(location: Double, scale: Double) -> (mean: Double, square: Double) {
    let x = -location / scale
    if x < 4 {
      let hazard = Normal.density(x) / Normal.cumulative(-x)
      let mean = location + scale * hazard
      return (mean, scale * scale + location * mean)
    }
    let fraction = tailFraction(x)
    let mean = 1 / (x + fraction)
    return (scale * mean, scale * scale * fraction * mean)
  }

  /// Returns E[max(x - threshold, 0)] for x of N(`location`, `scale`²) given that it is positive, and has `mean` then.
  static func excess(location: Double, scale: Double, mean: Double, over threshold: Double) -> Double {
    guard threshold > 0 else { return mean - threshold }
    let above = Normal.logCumulative((location - threshold) / scale) - Normal.logCumulative(location / scale)
    return exp(above) * positiveMoments(location: location - threshold, scale: scale).mean
  }
}
