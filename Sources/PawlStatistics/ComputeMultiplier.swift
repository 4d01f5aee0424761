import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How many times the compute the baseline needs to reach what the champion reaches at some compute.
///
/// Two curves (`ScalingFit`) give it: `C' / C` with `L_baseline(C') = L_champion(C)`. The interval is a parametric bootstrap of
/// both fits: every point is drawn anew from its curve with its own standard error, and both curves are fitted again.
public struct ComputeMultiplier: Sendable, Codable, Hashable {
  /// The compute that the champion is given.
  public let compute: Double
  public let value: Double
  public let lower: Double
  /// Nil where the data allow that no compute suffices.
  public let upper: Double?
  /// The share of resampled data sets from which no number came; each widens the interval on both sides.
  public let failures: Double

  /// Returns the multiplier at `compute`, or says why there is none.
  ///
  /// - Throws: `outOfReach` where the champion is below the baseline's asymptote, and what `ScalingFit` throws.
  public init(
    baseline: [ScalingPoint], champion: [ScalingPoint], at compute: Double, confidence: Double = 0.95,
    resamples: Int = 1_000, seed: UInt64
  ) throws(StatisticsError) {
    let baseline = try ScalingFit(baseline)
    let champion = try ScalingFit(champion)
    guard compute > 0, compute.isFinite else {
      throw StatisticsError(.badPoint, "a compute of `\(compute)` is not a positive number")
    }
    guard let value = ComputeMultiplier.value(baseline, champion, at: compute) else {
      throw StatisticsError(
        .outOfReach,
        "no compute takes the baseline to `\(champion.loss(at: compute).formatted(digits: 6))`: its curve ends at `\(baseline.asymptote.formatted(digits: 6))`"
      )
    }
    var generator = SeededGenerator(seed: seed)
    var low: [Double] = []
    var high: [Double] = []
    var failed = 0
    let count = max(1, resamples)
    for _ in 0..<count {
      let first = ComputeMultiplier.resampled(baseline, &generator)
      let second = ComputeMultiplier.resampled(champion, &generator)
      if let first = try? ScalingFit(first), let second = try? ScalingFit(second) {
        let drawn = ComputeMultiplier.value(first, second, at: compute) ?? .infinity
        low.append(drawn)
        high.append(drawn)
      } else {
        failed += 1
        low.append(0)
        high.append(.infinity)
      }
    }
    low.sort()
    high.sort()
    let tail = 0.5 * (1 - max(0, min(1, confidence)))
    let upper = Quantiles.quantile(1 - tail, ofSorted: high)
    self.compute = compute
    self.value = value
    lower = Quantiles.quantile(tail, ofSorted: low)
    self.upper = upper.isFinite ? upper : nil
    failures = Double(failed) / Double(count)
  }

  /// Nil where no compute suffices, or so much that it is no number.
  private static func value(_ baseline: ScalingFit, _ champion: ScalingFit, at compute: Double) -> Double? {
    let above = champion.loss(at: compute) - baseline.asymptote
    guard above > 0, above.isFinite else { return nil }
    let multiplier = exp((log(baseline.coefficient) - log(above)) / baseline.exponent - log(compute))
    return multiplier.isFinite ? multiplier : nil
  }

  private static func resampled(_ fit: ScalingFit, _ generator: inout SeededGenerator) -> [ScalingPoint] {
    fit.points.map { point in
      let noise = Normal.quantile(max(1e-16, generator.unit()))
      return ScalingPoint(
        compute: point.compute, loss: fit.loss(at: point.compute) + point.standardError * noise,
        standardError: point.standardError)
    }
  }
}
