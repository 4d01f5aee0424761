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
/// Dirichlet counts. The counts of the start fade but stay in, so that a wrong start is outgrown and no part's mass ever
/// reaches 0 or 1; the memory is bounded, so what is long past is forgotten too. Improvements are few, so how large they are is learned slowly: until they have shown their own
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
  /// After this many estimates the start counts for half of what it did; never for less than a tenth.
  static let fading = 50.0

  /// Returns the prior of a study that has seen nothing but its noise: most changes hurt, and small effects are likelier.
  ///
  /// The scales run from sigma / 8 to 32 sigma, each 0.65 times as likely as the one below; all of it weighs as much as 12
  /// changes. A `sigma` that is not positive counts as 1: without noise the prior decides nothing.
  public static func weak(sigma: Double) -> EffectPrior {
    let unit = sigma > 0 && sigma.isFinite ? sigma : 1
    let shares = (0..<9).map { pow(0.65, Double($0)) }
    let total = shares.reduce(0, +)
    let strength = 12.0
    return EffectPrior(
      scales: (0..<9).map { unit * 0.125 * pow(2, Double($0)) },
      start: [0.3 * strength] + shares.map { 0.1 * strength * $0 / total }
        + shares.map { 0.6 * strength * $0 / total })
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
    let fade = max(0.1, 1 / (1 + Double(observations) / EffectPrior.fading))
    let counts = zip(start, learned).map { $0 * fade + $1 }
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

  /// E[|d|] of a change that does something.
  public var typicalSize: Double {
    var sum = 0.0
    for (index, scale) in scales.enumerated() { sum += (masses[1 + index] + masses[1 + scales.count + index]) * scale }
    return sum * 0.797_884_560_802_865_36 / (1 - masses[0])
  }

  /// E[max(d, 0)] of a change not yet tried: what one attempt at a new idea is worth.
  public var expectedGainOfNewIdea: Double {
    var sum = 0.0
    for (index, scale) in scales.enumerated() { sum += masses[1 + index] * scale }
    return sum * 0.797_884_560_802_865_36
  }

  /// Returns what to believe of d given an unbiased normal `estimate` of it, exactly (truncated normal moments).
  ///
  /// A standard error of zero means that d is known. All numbers must be finite. `offset` is what the change is worth besides
  /// d, in the metric's unit: gain and loss are those of d + offset, everything else is of d alone.
  public func posterior(estimate: Double, standardError: Double, offset: Double = 0) -> EffectPosterior {
    // Beyond what the prior knows the measurement speaks for itself: shrinking it would make the rest look like the head's error.
    guard standardError > 0, abs(estimate) <= 16 * (scales.last ?? 0) else {
      return EffectPosterior(
        mean: estimate, deviation: max(0, standardError), gain: max(estimate + offset, 0),
        loss: max(-estimate - offset, 0), probabilityImproves: estimate > 0 ? 1 : 0)
    }
    let weights = responsibilities(estimate: estimate, standardError: standardError)
    var mean = 0.0
    var gain = weights[0] * max(offset, 0)
    var loss = weights[0] * max(-offset, 0)
    var square = 0.0
    var improving = 0.0
    let noise = standardError * standardError
    for (index, scale) in scales.enumerated() {
      let shrink = scale * scale / (scale * scale + noise)
      let width = standardError * sqrt(shrink)
      let up = weights[1 + index]
      if up > 1e-300 {
        let part = HalfNormal.positiveMoments(location: estimate * shrink, scale: width)
        mean += up * part.mean
        let excess = HalfNormal.excess(location: estimate * shrink, scale: width, mean: part.mean, over: -offset)
        gain += up * excess
        // E[max(t - x, 0)] is E[max(x - t, 0)] less E[x] - t.
        loss += up * max(0, excess - part.mean - offset)
        square += up * part.square
        improving += up
      }
      let down = weights[1 + scales.count + index]
      if down > 1e-300 {
        let part = HalfNormal.positiveMoments(location: -estimate * shrink, scale: width)
        mean -= down * part.mean
        let excess = HalfNormal.excess(location: -estimate * shrink, scale: width, mean: part.mean, over: offset)
        loss += down * excess
        gain += down * max(0, excess - part.mean + offset)
        square += down * part.square
      }
    }
    return EffectPosterior(
      mean: mean, deviation: sqrt(max(0, square - mean * mean)), gain: gain, loss: loss,
      probabilityImproves: min(1, improving))
  }

  /// Returns the log density of an `estimate` before it is seen: what the prior and its error make likely.
  public func logEvidence(estimate: Double, standardError: Double) -> Double {
    guard standardError > 0 else { return 0 }
    let (logs, highest) = logWeights(estimate: bounded(estimate, standardError), standardError: standardError)
    return highest + log(logs.reduce(0.0) { $0 + exp($1 - highest) }) - 0.918_938_533_204_672_74
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
    var (logs, highest) = logWeights(estimate: estimate, standardError: standardError)
    var sum = 0.0
    for part in logs.indices {
      logs[part] = exp(logs[part] - highest)
      sum += logs[part]
    }
    for part in logs.indices { logs[part] /= sum }
    return logs
  }

  /// Log of mass times density of the estimate under each part, but for the factor 1 / sqrt(2 pi), and the highest of them.
  private func logWeights(estimate: Double, standardError: Double) -> (logs: [Double], highest: Double) {
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
    return (logs, logs.reduce(-Double.infinity, max))
  }
}
