import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Percentile bootstrap intervals (Efron 1979; Efron and Tibshirani 1993, chapter 13), the same for the same seed.
public enum BootstrapInterval {
  /// Returns the interval of mean(`first`) - mean(`second`), the two resampled independently with replacement.
  ///
  /// Percentile intervals of few values are too narrow: with three a side, 95 % covers about 80 %. Nil below two finite values
  /// a side, and for a confidence outside (0, 1). What is not finite is left out.
  public static func difference(
    of first: [Double], less second: [Double], confidence: Double = 0.95, resamples: Int = 2_000, seed: UInt64
  ) -> ClosedRange<Double>? {
    let first = first.filter(\.isFinite)
    let second = second.filter(\.isFinite)
    guard first.count > 1, second.count > 1, confidence > 0, confidence < 1 else { return nil }
    var generator = SeededGenerator(seed: seed)
    var differences: [Double] = []
    differences.reserveCapacity(max(1, resamples))
    for _ in 0..<max(1, resamples) {
      differences.append(resampledMean(first, &generator) - resampledMean(second, &generator))
    }
    differences.sort()
    let tail = 0.5 * (1 - confidence)
    let lower = Quantiles.quantile(tail, ofSorted: differences)
    let upper = Quantiles.quantile(1 - tail, ofSorted: differences)
    guard lower.isFinite, upper.isFinite, lower <= upper else { return nil }
    return lower...upper
  }

  private static func resampledMean(_ values: [Double], _ generator: inout SeededGenerator) -> Double {
    let count = Double(values.count)
    var sum = 0.0
    // Divided before summing: values near the largest double must not overflow.
    for _ in values { sum += values[min(values.count - 1, Int(generator.unit() * count))] / count }
    return sum
  }
}

/// Empirical quantiles.
package enum Quantiles {
  /// Returns the quantile of ascending values by linear interpolation (Hyndman and Fan 1996, type 7, NumPy's default).
  ///
  /// Infinite values are values: an interpolation with one is infinite. NaN for no values.
  package static func quantile(_ probability: Double, ofSorted values: [Double]) -> Double {
    guard let first = values.first, let last = values.last else { return .nan }
    let place = max(0, min(1, probability)) * Double(values.count - 1)
    let index = Int(place)
    guard index + 1 < values.count else { return last }
    let share = place - Double(index)
    let lower = index == 0 ? first : values[index]
    guard share > 0 else { return lower }
    // Two equal infinities would subtract to NaN.
    return lower == values[index + 1] ? lower : lower + share * (values[index + 1] - lower)
  }
}
