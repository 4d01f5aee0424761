import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What one rung says of a scaling curve.
public struct ScalingPoint: Sendable, Codable, Hashable {
  /// In any unit that is the same on all rungs, positive.
  public let compute: Double
  /// Less is better: a metric that is maximized is negated, or taken from its best value, beforehand.
  public let loss: Double
  /// Of `loss`; zero where it is exact.
  public let standardError: Double
  public init(compute: Double, loss: Double, standardError: Double) {
    self.compute = compute
    self.loss = loss
    self.standardError = standardError
  }
}

/// Loss against compute, `L(C) = E + A C^-a` with E >= 0, A > 0 and a > 0, by weighted least squares.
///
/// The form is that of Kaplan et al. 2020, "Scaling laws for neural language models" (E = 0), and Hoffmann et al. 2022, "Training
/// compute-optimal large language models" (E > 0). For a given exponent the best E and A are exact, so only the exponent is
/// searched, over its whole range: no starting values, no local minima. Two rungs cannot tell E: it is then assumed to be 0.
public struct ScalingFit: Sendable, Codable, Hashable {
  /// E: what no compute gets below.
  public let asymptote: Double
  /// A, in loss at compute 1.
  public let coefficient: Double
  /// a.
  public let exponent: Double
  /// Whether E was assumed to be zero, because there were only two rungs.
  public let asymptoteIsAssumed: Bool
  /// The weighted sum of squared residuals: about the number of rungs less three where the curve fits and errors are known.
  public let residual: Double
  /// By compute, ascending.
  public let points: [ScalingPoint]

  /// Exponents above this are no power law that was ever seen; metrics on different scales look like one.
  static let largestExponent = 3.0
  /// Below this the loss falls by less than 0.01 % from one rung to one of a thousand times the compute.
  static let smallestExponent = 1e-5
  /// Rises between neighbours are taken for noise up to this many of their standard errors.
  static let toleratedRise = 4.0

  /// Returns the loss expected at `compute`.
  public func loss(at compute: Double) -> Double { asymptote + coefficient * pow(compute, -exponent) }

  /// Fits the curve. Exact points (standard error 0) among uncertain ones weigh as if a thousandth of the smallest error.
  public init(_ points: [ScalingPoint]) throws(StatisticsError) {
    self.points = try ScalingFit.checked(points)
    let problem = Problem(self.points)
    // At the flattest exponent the curve is a constant: nothing falls.
    guard let best = problem.solve(withAsymptote: points.count > 2), best.exponent > ScalingFit.smallestExponent * 1.01
    else {
      throw StatisticsError(
        .lossDoesNotFall, "more compute does not lower the loss: the rungs' metrics are not on one scale")
    }
    guard best.exponent < ScalingFit.largestExponent * 0.999 else {
      throw StatisticsError(
        .noPowerLaw,
        "the loss falls faster than compute to the power `-\(ScalingFit.largestExponent)`, then not at all: are the rungs' metrics on one scale?"
      )
    }
    exponent = best.exponent
    asymptote = best.asymptote
    // Scaled back from the compute that it was solved at.
    coefficient = best.coefficient * exp(best.exponent * problem.centre)
    residual = best.residual
    asymptoteIsAssumed = points.count == 2
    guard coefficient.isFinite, coefficient > 0 else {
      throw StatisticsError(.noPowerLaw, "the losses do not follow a power of the compute")
    }
  }

  private static func checked(_ points: [ScalingPoint]) throws(StatisticsError) -> [ScalingPoint] {
    for point in points {
      guard point.compute > 0, point.compute.isFinite else {
        throw StatisticsError(.badPoint, "a rung's compute of `\(point.compute)` is not a positive number")
      }
      guard point.loss.isFinite, abs(point.loss) < 1e150 else {
        throw StatisticsError(.badPoint, "the loss `\(point.loss)` at compute `\(point.compute)` is out of range")
      }
      guard point.standardError >= 0, point.standardError < 1e150 else {
        throw StatisticsError(
          .badPoint, "the standard error `\(point.standardError)` at compute `\(point.compute)` is out of range")
      }
    }
    guard points.count > 1 else {
      throw StatisticsError(.tooFewRungs, "`\(points.count)` rungs are no curve: at least 2 are needed")
    }
    let sorted = points.sorted { $0.compute < $1.compute }
    for (lower, upper) in zip(sorted, sorted.dropFirst()) {
      guard lower.compute < upper.compute else {
        throw StatisticsError(.duplicateCompute, "two rungs have the same compute of `\(lower.compute)`")
      }
      let noise = hypot(lower.standardError, upper.standardError)
      guard upper.loss - lower.loss <= toleratedRise * noise else {
        throw StatisticsError(
          .lossDoesNotFall,
          "the loss rises from `\(lower.loss.formatted(digits: 6))` to `\(upper.loss.formatted(digits: 6))` between compute `\(lower.compute.formatted(digits: 6))` and `\(upper.compute.formatted(digits: 6))`"
        )
      }
    }
    return sorted
  }
}

/// The least squares behind a fit, with computes centred on their geometric mean.
private struct Problem {
  struct Solution {
    let exponent: Double
    let asymptote: Double
    let coefficient: Double
    let residual: Double
  }
  /// The mean of log compute.
  let centre: Double
  private let logs: [Double]
  private let losses: [Double]
  private let weights: [Double]
  private let total: Double
  /// What the weights were divided by.
  private let scale: Double

  init(_ points: [ScalingPoint]) {
    let all = points.map { log($0.compute) }
    let middle = all.reduce(0, +) / Double(all.count)
    centre = middle
    logs = all.map { $0 - middle }
    losses = points.map(\.loss)
    let least = points.map(\.standardError).filter { $0 > 0 }.min()
    // All exact: weighed alike.
    weights = points.map { point in
      guard let least else { return 1 }
      let error = max(point.standardError, least * 1e-3)
      return (least / error) * (least / error)
    }
    total = weights.reduce(0, +)
    scale = least.map { 1 / ($0 * $0) } ?? 1
  }

  /// Returns the best curve that falls; nil where no falling one beats a constant.
  func solve(withAsymptote: Bool) -> Solution? {
    // The residual can have two valleys (E = 0 and E > 0), so the whole range is looked at before one is refined.
    let steps = 64
    let low = log(ScalingFit.smallestExponent)
    let high = log(ScalingFit.largestExponent)
    func at(_ step: Double) -> Solution? {
      solve(exponent: exp(low + (high - low) * step / Double(steps)), withAsymptote: withAsymptote)
    }
    var best: (step: Int, residual: Double)?
    for step in 0...steps {
      guard let solution = at(Double(step)) else { continue }
      if best.map({ solution.residual < $0.residual }) ?? true { best = (step, solution.residual) }
    }
    guard let best else { return nil }
    let golden = 0.618_033_988_749_894_85
    var lower = Double(max(0, best.step - 1))
    var upper = Double(min(steps, best.step + 1))
    func residual(_ step: Double) -> Double { at(step)?.residual ?? .infinity }
    var left = upper - golden * (upper - lower)
    var right = lower + golden * (upper - lower)
    var leftResidual = residual(left)
    var rightResidual = residual(right)
    for _ in 0..<40 {
      if leftResidual <= rightResidual {
        (upper, right, rightResidual) = (right, left, leftResidual)
        left = upper - golden * (upper - lower)
        leftResidual = residual(left)
      } else {
        (lower, left, leftResidual) = (left, right, rightResidual)
        right = lower + golden * (upper - lower)
        rightResidual = residual(right)
      }
    }
    return at(0.5 * (lower + upper)) ?? at(Double(best.step))
  }

  /// Returns the exact best E >= 0 and A for one exponent; nil where A is not positive.
  private func solve(exponent: Double, withAsymptote: Bool) -> Solution? {
    var powers = logs
    var powerMean = 0.0
    var lossMean = 0.0
    for index in logs.indices {
      powers[index] = exp(-exponent * logs[index])
      powerMean += weights[index] * powers[index]
      lossMean += weights[index] * losses[index]
    }
    powerMean /= total
    lossMean /= total
    // Two passes, because products of means would cancel where the curve is nearly flat.
    var covariance = 0.0
    var variance = 0.0
    for index in powers.indices {
      let deviation = powers[index] - powerMean
      covariance += weights[index] * deviation * (losses[index] - lossMean)
      variance += weights[index] * deviation * deviation
    }
    var coefficient = variance > 0 ? covariance / variance : 0
    var asymptote = lossMean - coefficient * powerMean
    if asymptote <= 0 || !withAsymptote {
      asymptote = 0
      coefficient =
        (covariance + total * powerMean * lossMean) / (variance + total * powerMean * powerMean)
    }
    guard coefficient > 0, coefficient.isFinite else { return nil }
    var residual = 0.0
    for index in powers.indices {
      let error = losses[index] - asymptote - coefficient * powers[index]
      residual += weights[index] * error * error
    }
    return Solution(
      exponent: exponent, asymptote: asymptote, coefficient: coefficient, residual: residual * scale)
  }
}
