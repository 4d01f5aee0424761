/// One row of somebody's results, as an audit takes it.
public struct AuditRow: Sendable, Hashable {
  /// In the file, from 1.
  public let line: Int
  public let commit: String?
  /// Nil where there was no measurement.
  public let value: Double?
  /// Whether the row's change was kept; nil where the file does not say.
  public let kept: Bool?
  public let description: String
  public init(line: Int, commit: String?, value: Double?, kept: Bool?, description: String) {
    self.line = line
    self.commit = commit
    self.value = value
    self.kept = kept
    self.description = description
  }
}

/// Where an audit takes the noise of one measurement from.
public enum AuditNoiseSource: Sendable, Hashable {
  /// The standard deviation is known.
  case given(sigma: Double)
  /// Measurements of one unchanged code.
  case runs([Double])
  /// Rows of the file that measured the same code again, where there are any.
  case rows
}

/// The noise of one measurement, and how it is known.
public struct AuditNoise: Sendable, Hashable, Encodable {
  public enum Source: String, Sendable, Hashable, Encodable { case given, runs, rows }
  public let source: Source
  /// The standard deviation of one measurement, in the metric's unit.
  public let sigma: Double
  /// The 95 % interval of sigma; nil where it was given.
  public let low: Double?
  public let high: Double?
  /// Nil where sigma was given.
  public let degreesOfFreedom: Int?
  /// The rows that measured the same code again, by line; empty where other runs told.
  public let lines: [Int]
  public init(
    source: Source, sigma: Double, low: Double? = nil, high: Double? = nil, degreesOfFreedom: Int? = nil,
    lines: [Int] = []
  ) {
    self.source = source
    self.sigma = sigma
    self.low = low
    self.high = high
    self.degreesOfFreedom = degreesOfFreedom
    self.lines = lines
  }
}

/// What a kept row comes to.
public enum AuditVerdict: String, Sendable, Hashable, Encodable {
  /// It improves with a probability of at least 95 %.
  case evidence
  /// More likely than not, but not sure.
  case doubtful
  /// It does nothing, or hurts, as likely as not.
  case noise
}

/// One row of the replay: a change against the code that was kept before it. Differences are improvements: positive is better.
public struct AuditStep: Sendable, Hashable, Encodable {
  public let line: Int
  public let commit: String?
  public let value: Double
  public let kept: Bool
  /// The line of the code that it was compared with.
  public let against: Int
  /// Measured, against that line.
  public let difference: Double
  /// Believed: the posterior mean and its standard deviation; nil where the noise is unknown.
  public var effect: Double?
  public var deviation: Double?
  public var probabilityImproves: Double?
  /// Nil for rows that were not kept, and where the noise is unknown.
  public var verdict: AuditVerdict?
  /// Paired runs, of this code and of the one it is compared with, that are expected to make it evidence if it does improve.
  ///
  /// Zero for evidence; nil for never (no better, or more than 10,000), for rows that were not kept, and where the noise is
  /// unknown.
  public var pairs: Int?
  /// The largest sigma at which it would be evidence; only where the noise is unknown, nil where there is none.
  public var evidenceUpToSigma: Double?
  public let description: String
  public init(
    line: Int, commit: String?, value: Double, kept: Bool, against: Int, difference: Double, description: String
  ) {
    self.line = line
    self.commit = commit
    self.value = value
    self.kept = kept
    self.against = against
    self.difference = difference
    self.description = description
  }
}

/// What the file as a whole comes to at one level of noise.
public struct AuditSummary: Sendable, Hashable, Encodable {
  public let sigma: Double
  public let keeps: Int
  public let evidence: Int
  public let doubtful: Int
  public let noise: Int
  /// Rows that were not kept although they improve with a probability of at least 95 %.
  public let missed: Int
  /// The last kept value less the first row's, positive is better.
  public let claimed: Double
  /// The same as it is believed, with its 95 % interval.
  public let believed: Double
  public let believedLow: Double
  public let believedHigh: Double
  /// The row that the whole claim is about: the last kept.
  public let finalLine: Int
  public let finalValue: Double
  /// What one new measurement of its code should give, and where 95 % of such measurements lie.
  public let again: Double
  public let againLow: Double
  public let againHigh: Double
  /// Paired runs of the final and the first code that are expected to certify the whole claim; nil for more than 1,000.
  public let pairs: Int?
  public init(
    sigma: Double, keeps: Int, evidence: Int, doubtful: Int, noise: Int, missed: Int, claimed: Double, believed: Double,
    believedInterval: ClosedRange<Double>, finalLine: Int, finalValue: Double, again: Double,
    againInterval: ClosedRange<Double>, pairs: Int?
  ) {
    self.sigma = sigma
    self.keeps = keeps
    self.evidence = evidence
    self.doubtful = doubtful
    self.noise = noise
    self.missed = missed
    self.claimed = claimed
    self.believed = believed
    believedLow = believedInterval.lowerBound
    believedHigh = believedInterval.upperBound
    self.finalLine = finalLine
    self.finalValue = finalValue
    self.again = again
    againLow = againInterval.lowerBound
    againHigh = againInterval.upperBound
    self.pairs = pairs
  }
}

/// Somebody's results, replayed: which keeps are evidence and which are noise.
public struct AuditReport: Sendable, Hashable, Encodable {
  /// Nil where the file tells nothing of the noise.
  public let noise: AuditNoise?
  /// Every row that was compared with a code before it, in file order.
  public let steps: [AuditStep]
  /// One where the noise is known; otherwise two: at the least and at the largest noise that the file allows.
  public let summaries: [AuditSummary]
  /// What had to be assumed, or looks odd.
  public let notes: [String]
  public init(noise: AuditNoise?, steps: [AuditStep], summaries: [AuditSummary], notes: [String]) {
    self.noise = noise
    self.steps = steps
    self.summaries = summaries
    self.notes = notes
  }
}
