/// What was decided about a trial's change. A crash is an outcome, not a verdict.
public enum Verdict: String, Sendable, Codable, Hashable { case kept, discarded, inconclusive }

/// What is believed of a candidate's effect on the metric; positive is better, in the metric's unit.
public struct Evidence: Sendable, Codable, Hashable {
  /// Posterior mean of the effect over the head, shrunk by the prior.
  public let effect: Double
  /// Posterior standard deviation of the effect.
  public let deviation: Double
  /// E[max(effect, 0)].
  public let gain: Double
  /// E[max(-effect, 0)].
  public let loss: Double
  /// The candidate's own mean over its measurements.
  public let mean: Double
  public let measurements: Int
  /// Standard deviation of one measurement, pooled over the study.
  public let sigma: Double
  /// The head that it was judged against.
  public let head: TrialID
  /// What the secondary quantities are worth by their prices, against the head's; positive is better. Nil without prices.
  public var offset: Double?
  /// The hard limit that the candidate breaks: it is not kept, whatever its effect.
  public var breach: Breach?
  /// The step at which its one attempt was stopped: there are no measurements then, and `mean` is what was foretold.
  public var stoppedAt: Double?
  public init(
    effect: Double, deviation: Double, gain: Double, loss: Double, mean: Double, measurements: Int, sigma: Double,
    head: TrialID, offset: Double? = nil, breach: Breach? = nil, stoppedAt: Double? = nil
  ) {
    self.stoppedAt = stoppedAt
    self.effect = effect
    self.deviation = deviation
    self.gain = gain
    self.loss = loss
    self.mean = mean
    self.measurements = measurements
    self.sigma = sigma
    self.head = head
    self.offset = offset
    self.breach = breach
  }
}

extension Evidence {
  /// The effect with what the secondary quantities are worth, which together decide.
  public var worth: Double { effect + (offset ?? 0) }

  /// What counted besides the metric, or why there is none, as a lowercase fragment; nil where nothing did.
  public var besides: String? {
    if let stoppedAt {
      let expected = "\(effect < 0 ? "-" : "+")\(effect.magnitude.formatted(digits: 2))"
      let isWhole = stoppedAt.magnitude < 1e15 && stoppedAt == stoppedAt.rounded()
      let step = isWhole ? String(Int64(stoppedAt)) : stoppedAt.formatted(digits: 6)
      return "stopped early at step \(step): expected \(expected) ± "
        + deviation.formatted(digits: 2)
    }
    if let breach { return breach.description }
    guard let offset, offset != 0 else { return nil }
    return "prices add \(offset < 0 ? "-" : "+")\(offset.magnitude.formatted(digits: 3)) to the effect"
  }
}

extension Certificate {
  /// Whether each side gave one and the same number under every seed: the claim then says nothing about other seeds.
  public var ignoresSeeds: Bool {
    candidateValues.count > 1 && Set(candidateValues).count == 1 && Set(championValues).count == 1
  }
}

/// The evidence that moved the champion, from paired attempts that the search never used.
public struct Certificate: Sendable, Codable, Hashable {
  /// Counts certifications of the study from 1, failed ones included.
  public let number: Int
  public let candidate: TrialID
  public let candidateCommit: CommitHash
  public let champion: TrialID
  public let championCommit: CommitHash
  /// Mean paired difference, positive is better, in the metric's unit.
  public let effect: Double
  /// The anytime-valid confidence sequence for the effect, at 1 - alpha.
  public let interval: ClosedRange<Double>
  public let eValue: Double
  /// `1 / alpha_t`: what the e-value had to reach.
  public let threshold: Double
  public let alpha: Double
  public let seeds: [UInt64]
  public let candidateValues: [Double]
  public let championValues: [Double]
  public let referee: RefereeLevel
  public let sandbox: SandboxLevel
  /// Where it was measured; nil for the first rung.
  public let rung: Int?
  public init(
    number: Int, candidate: TrialID, candidateCommit: CommitHash, champion: TrialID, championCommit: CommitHash,
    effect: Double, interval: ClosedRange<Double>, eValue: Double, threshold: Double, alpha: Double, seeds: [UInt64],
    candidateValues: [Double], championValues: [Double], referee: RefereeLevel, sandbox: SandboxLevel, rung: Int? = nil
  ) {
    self.rung = rung
    self.number = number
    self.candidate = candidate
    self.candidateCommit = candidateCommit
    self.champion = champion
    self.championCommit = championCommit
    self.effect = effect
    self.interval = interval
    self.eValue = eValue
    self.threshold = threshold
    self.alpha = alpha
    self.seeds = seeds
    self.candidateValues = candidateValues
    self.championValues = championValues
    self.referee = referee
    self.sandbox = sandbox
  }
}
