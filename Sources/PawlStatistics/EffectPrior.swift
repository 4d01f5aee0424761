#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is believed of an effect after measuring it; positive is better.
public struct EffectPosterior: Sendable, Codable, Hashable {
  public let mean: Double
  public let deviation: Double
  /// E[max(d, 0)].
  public let gain: Double
  /// E[max(-d, 0)].
  public let loss: Double
  public let probabilityImproves: Double
}

/// The three-part prior of a change's effect d: it improves, does nothing, or hurts.
///
/// Nothing is a point mass at zero. Each side is a mixture of half-normals over a geometric grid of scales, so that the typical
/// size and the tail are learned with the weights (adaptive shrinkage: Stephens 2017, "False discovery rates: a new deal").
/// The weights follow the stream by quasi-Bayes steps (Smith and Makov 1978): each estimate adds its responsibilities to
/// Dirichlet counts. The counts of the start stay in, so no part's mass ever reaches 0 or 1; the memory is bounded, so an
/// old start is forgotten. Improvements are few, so how large they are is learned slowly: until they have shown their own
/// size, they are believed to be about as large as the harms.
public struct EffectPrior: Sendable, Codable, Hashable {
  /// The scales of both sides, ascending, in the metric's unit.
  public let scales: [Double]
  /// Dirichlet counts: nothing, then the improving side by scale, then the hurting side by scale.
  private let start: [Double]
  private var learned: [Double]
  /// The probability of each part, in the same order.
  private var masses: [Double] = []
  /// How many estimates it has learned from.
  public private(set) var observations = 0

  /// How many of the latest estimates weigh in, roughly.
  static let memory = 400.0
  /// How many improvements the sizes of the harms count for.
  static let borrowed = 20.0

  /// Returns the prior of a study that has seen nothing but its noise: most changes hurt, and small effects are likelier.
  ///
  /// The scales run from sigma / 8 to 32 sigma, each 0.45 times as likely as the one below; all of it weighs as much as 12
  /// changes. A `sigma` that is not positive counts as 1: without noise the prior decides nothing.
  public static func weak(sigma: Double) -> EffectPrior {
    let unit = sigma > 0 && sigma.isFinite ? sigma : 1
    let shares = (0..<9).map { pow(0.45, Double($0)) }
    let total = shares.reduce(0, +)
    let strength = 12.0
    return EffectPrior(
      scales: (0..<9).map { unit * 0.125 * pow(2, Double($0)) },
      start: [0.3 * strength] + shares.map { 0.14 * strength * $0 / total }
        + shares.map { 0.56 * strength * $0 / total })
  }

  /// Takes ascending positive scales and positive counts: one for nothing, then one a scale for either side.
  init(scales: [Double], start: [Double]) {
    self.scales = scales
    self.start = start
    learned = Array(repeating: 0, count: start.count)
    weigh()
  }

  /// Turns the counts into masses, the improving side's shape pooled with the hurting side's.
  private mutating func weigh() {
    let counts = zip(start, learned).map { $0 + $1 }
    let total = counts.reduce(0, +)
    let up = counts[1...scales.count].reduce(0, +)
    let down = total - up - counts[0]
    masses = counts.map { $0 / total }
    for index in scales.indices where observations > 0 {
      let harm = counts[1 + scales.count + index] / down
      let pooled = (counts[1 + index] + EffectPrior.borrowed * harm) / (up + EffectPrior.borrowed)
      masses[1 + index] = pooled * up / total
    }
  }

  /// The mass of changes that improve.
  public var improves: Double { masses[1...scales.count].reduce(0, +) }
  /// The mass of changes that do nothing.
  public var nothing: Double { masses[0] }
  /// The mass of changes that hurt.
  public var hurts: Double { masses[(1 + scales.count)...].reduce(0, +) }

  /// E[max(d, 0)] of a change not yet tried: what one attempt at a new idea is worth.
  public var expectedGainOfNewIdea: Double {
    var sum = 0.0
    for (index, scale) in scales.enumerated() { sum += masses[1 + index] * scale }
    return sum * 0.797_884_560_802_865_36
  }

  /// Returns what to believe of d given an unbiased normal `estimate` of it, exactly (truncated normal moments).
  ///
  /// A standard error of zero means that d is known. Both numbers must be finite.
  public func posterior(estimate: Double, standardError: Double) -> EffectPosterior {
    guard standardError > 0 else {
      return EffectPosterior(
        mean: estimate, deviation: 0, gain: max(estimate, 0), loss: max(-estimate, 0),
        probabilityImproves: estimate > 0 ? 1 : 0)
    }
    // Beyond what the prior knows the measurement speaks for itself: shrinking it would make the rest look like the head's error.
    guard abs(estimate) <= 16 * (scales.last ?? 0) else {
      return EffectPosterior(
        mean: estimate, deviation: standardError, gain: max(estimate, 0), loss: max(-estimate, 0),
        probabilityImproves: estimate > 0 ? 1 : 0)
    }
    let weights = responsibilities(estimate: estimate, standardError: standardError)
    var gain = 0.0
    var loss = 0.0
    var square = 0.0
    var improving = 0.0
    let noise = standardError * standardError
    for (index, scale) in scales.enumerated() {
      let shrink = scale * scale / (scale * scale + noise)
      let width = standardError * sqrt(shrink)
      let up = weights[1 + index]
      if up > 1e-300 {
        let part = HalfNormal.positiveMoments(location: estimate * shrink, scale: width)
        gain += up * part.mean
        square += up * part.square
        improving += up
      }
      let down = weights[1 + scales.count + index]
      if down > 1e-300 {
        let part = HalfNormal.positiveMoments(location: -estimate * shrink, scale: width)
        loss += down * part.mean
        square += down * part.square
      }
    }
    let mean = gain - loss
    return EffectPosterior(
      mean: mean, deviation: sqrt(max(0, square - mean * mean)), gain: gain, loss: loss,
      probabilityImproves: min(1, improving))
  }

  /// Learns from the final estimate of one change; an exact one (standard error 0) is learned from as such.
  public mutating func observe(estimate: Double, standardError: Double) {
    guard estimate.isFinite, standardError.isFinite, standardError >= 0 else { return }
    // A known effect still says which scale it came from; the floor keeps its likelihood finite.
    let error = max(standardError, (scales.first ?? 1) * 1e-3)
    let weights = responsibilities(estimate: bounded(estimate, error), standardError: error)
    let kept = 1 - 1 / EffectPrior.memory
    let forgets = Double(observations) >= EffectPrior.memory
    for part in learned.indices { learned[part] = learned[part] * (forgets ? kept : 1) + weights[part] }
    observations += 1
    weigh()
  }

  /// Returns the estimate held where its square is finite: a metric of 1e300 is a number, and one more harm of the largest scale.
  private func bounded(_ estimate: Double, _ standardError: Double) -> Double {
    let limit = 1e9 * ((scales.last ?? 1) + standardError)
    return min(max(estimate, -limit), limit)
  }

  /// The posterior probability of each part, in the order of the counts.
  private func responsibilities(estimate: Double, standardError: Double) -> [Double] {
    let noise = standardError * standardError
    var logs = Array(repeating: 0.0, count: start.count)
    logs[0] = log(masses[0]) - 0.5 * estimate * estimate / noise - 0.5 * log(noise)
    let count = scales.count
    for (index, scale) in scales.enumerated() {
      let spread = scale * scale + noise
      let shared = 0.693_147_180_559_945_31 - 0.5 * estimate * estimate / spread - 0.5 * log(spread)
      let standard = estimate * scale / (standardError * sqrt(spread))
      logs[1 + index] = log(masses[1 + index]) + shared + Normal.logCumulative(standard)
      logs[1 + count + index] = log(masses[1 + count + index]) + shared + Normal.logCumulative(-standard)
    }
    let highest = logs.reduce(-Double.infinity, max)
    var sum = 0.0
    for part in logs.indices {
      logs[part] = exp(logs[part] - highest)
      sum += logs[part]
    }
    for part in logs.indices { logs[part] /= sum }
    return logs
  }
}
