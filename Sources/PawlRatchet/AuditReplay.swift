import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is believed of the first code and of the one built upon last: jointly normal, turned so that larger is better.
///
/// A kept code was chosen for its number, so it inherits the belief in the code before it plus the posterior of the effect, never
/// its own lucky value (see docs/design/ratchet.md, what is believed of the head).
private struct AuditBelief {
  var first: Double
  var head: Double
  private var firstVariance: Double
  var headVariance: Double
  private var covariance: Double

  init(_ value: Double, variance: Double) {
    (first, head) = (value, value)
    (firstVariance, headVariance, covariance) = (variance, variance, variance)
  }

  var progress: Double { head - first }
  var progressVariance: Double { max(0, firstVariance + headVariance - 2 * covariance) }

  /// Moves the belief in the head by `share` of what the effect (mean, variance) leaves of the difference; the first code follows.
  mutating func inform(by difference: Double, share: Double, effect: Double, variance: Double) {
    let slope = headVariance > 0 ? covariance / headVariance : 0
    let shift = share * (difference - effect)
    let next = (1 - share) * headVariance + share * share * variance
    head += shift
    first += slope * shift
    firstVariance += slope * slope * (next - headVariance)
    covariance = slope * next
    headVariance = next
  }

  /// Builds upon the code that was `difference` better than the head, by `effect` as it is believed.
  mutating func adopt(_ difference: Double, share: Double, effect: Double, variance: Double) {
    let slope = headVariance > 0 ? covariance / headVariance : 0
    let old = headVariance
    inform(by: difference, share: share, effect: effect, variance: variance)
    head += effect
    headVariance = (1 - share) * old + (1 - share) * (1 - share) * variance
    covariance = slope * ((1 - share) * old - share * (1 - share) * variance)
  }
}

/// The rows of one file, replayed at one level of noise.
struct AuditReplay {
  /// What was made of one step.
  struct Judged {
    let posterior: EffectPosterior
    var pairs: Int?
  }

  /// The probability at which a keep counts as evidence.
  static let sure = 0.95
  /// Candidates after which half of what the prior says of the head is believed, as in `HeadRatchet`.
  private static let trustAfter = 20.0
  /// No more runs than this settle anything.
  private static let mostPairs = 10_000
  private static let mostStackPairs = 1_000

  private(set) var judged: [Judged] = []
  private let course: AuditCourse
  private let sigma: Double
  private let inflation: Double
  private var belief: AuditBelief
  private var prior: EffectPrior

  /// `inflation` widens errors where sigma itself is estimated. Without `settling` the runs that would settle steps are left out.
  init(_ course: AuditCourse, sigma: Double, inflation: Double, settling: Bool) {
    self.course = course
    self.sigma = sigma
    self.inflation = inflation
    // What the whole file teaches of effects, then every row in its light: early keeps are no harder to believe than late ones.
    prior = AuditReplay(learningFrom: course, sigma: sigma, inflation: inflation).prior
    belief = AuditBelief(course.baseline, variance: sigma * sigma)
    run(learning: false, settling: settling)
  }

  private init(learningFrom course: AuditCourse, sigma: Double, inflation: Double) {
    self.course = course
    self.sigma = sigma
    self.inflation = inflation
    prior = EffectPrior.weak(sigma: sigma)
    belief = AuditBelief(course.baseline, variance: sigma * sigma)
    run(learning: true, settling: false)
  }

  private mutating func run(learning: Bool, settling: Bool) {
    for event in course.events {
      switch event {
      case .again(let value):
        let share = belief.headVariance / (belief.headVariance + sigma * sigma)
        belief.inform(by: value - belief.head, share: share, effect: 0, variance: 0)
      case .step(let index, let value):
        judge(course.steps[index], value, learning: learning, settling: settling)
      }
    }
  }

  private mutating func judge(_ step: AuditStep, _ value: Double, learning: Bool, settling: Bool) {
    let noise = sigma * sigma
    let estimate = value - belief.head
    let error = sqrt(noise + belief.headVariance) * inflation
    let posterior = prior.posterior(estimate: estimate, standardError: error)
    var result = Judged(posterior: posterior, pairs: nil)
    if settling, step.kept {
      result.pairs = pairs(step: step, estimate: estimate, error: error, posterior: posterior)
    }
    judged.append(result)
    if learning { prior.observe(estimate: estimate, standardError: error) }
    let share = belief.headVariance / (belief.headVariance + noise)
    let variance = posterior.deviation * posterior.deviation
    if step.kept {
      belief.adopt(estimate, share: share, effect: posterior.mean, variance: variance)
    } else {
      let seen = Double(prior.observations)
      belief.inform(
        by: estimate, share: share * (seen + 1) / (seen + AuditReplay.trustAfter), effect: posterior.mean,
        variance: variance)
    }
  }

  /// Returns how many pairs are expected to make it sure that the step improves, if it does; nil for never.
  private func pairs(step: AuditStep, estimate: Double, error: Double, posterior: EffectPosterior) -> Int? {
    if posterior.probabilityImproves >= AuditReplay.sure { return 0 }
    guard step.difference > 0, posterior.probabilityImproves > 0 else { return nil }
    let expected = posterior.gain / posterior.probabilityImproves
    return AuditReplay.least(from: 1, to: AuditReplay.mostPairs) { count in
      // What is known now, and the mean of new pairs as expected, weighed by their precision.
      let known = 1 / (error * error)
      let fresh = Double(count) / (2 * sigma * sigma * inflation * inflation)
      let then = prior.posterior(
        estimate: (known * estimate + fresh * expected) / (known + fresh), standardError: 1 / sqrt(known + fresh))
      return then.probabilityImproves >= AuditReplay.sure
    }
  }

  /// Returns a count at which `holds` begins to hold, by doubling and bisection; nil where it does not up to `limit`.
  private static func least(from start: Int, to limit: Int, _ holds: (Int) -> Bool) -> Int? {
    var near = start - 1
    var far = start
    while !holds(far) {
      guard far < limit else { return nil }
      near = far
      far = min(limit, far * 2)
    }
    while far - near > 1 {
      let middle = (near + far) / 2
      if holds(middle) { far = middle } else { near = middle }
    }
    return far
  }

  /// Returns what the whole file comes to, in the metric's own direction.
  func summary(direction: Direction) -> AuditSummary {
    var counts: [AuditVerdict: Int] = [:]
    var missed = 0
    for (step, judged) in zip(course.steps, judged) {
      if step.kept {
        counts[AuditReplay.verdict(judged.posterior), default: 0] += 1
      } else if judged.posterior.probabilityImproves >= AuditReplay.sure {
        missed += 1
      }
    }
    let margin = 1.959_963_984_540_054 * inflation
    let progress = margin * sqrt(belief.progressVariance)
    let spread = margin * sqrt(belief.headVariance + sigma * sigma)
    let again = direction == .minimize ? -belief.head : belief.head
    return AuditSummary(
      sigma: sigma, keeps: counts.values.reduce(0, +), evidence: counts[.evidence] ?? 0,
      doubtful: counts[.doubtful] ?? 0, noise: counts[.noise] ?? 0, missed: missed, claimed: course.claimed,
      believed: belief.progress, believedInterval: (belief.progress - progress)...(belief.progress + progress),
      finalLine: course.final.line, finalValue: course.final.value, again: again,
      againInterval: (again - spread)...(again + spread), pairs: stackPairs())
  }

  static func verdict(_ posterior: EffectPosterior) -> AuditVerdict {
    if posterior.probabilityImproves >= sure { return .evidence }
    return posterior.probabilityImproves > 0.5 ? .doubtful : .noise
  }

  /// Returns the pairs of final and first code after which a certificate's e-value is expected to reach its first threshold.
  private func stackPairs() -> Int? {
    guard belief.progress > 0 else { return nil }
    let threshold = 1 / AlphaSchedule(alpha: RatchetRule().alpha).level(test: 1, discoveries: 0)
    let deviation = sigma * 1.414_213_562_373_095_1
    return AuditReplay.least(from: 4, to: AuditReplay.mostStackPairs) { count in
      // Differences with exactly the expected mean and deviation.
      let even = count / 2 * 2
      let reach = deviation * sqrt(Double(count - 1) / Double(even))
      var evidence = PairedEProcess()
      for pair in 0..<count {
        evidence.add(belief.progress + (pair == even ? 0 : pair % 2 == 0 ? reach : -reach))
      }
      return evidence.eValue >= threshold
    }
  }
}
