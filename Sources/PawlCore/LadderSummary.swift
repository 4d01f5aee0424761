/// The ladder as a reader sees it: rungs, how effects carry over, loss over compute, and what was certified when.
///
/// Levels and effects come from tests on the sealed split alone, never from the runs that selected a change. Effects are in the
/// metric's unit, positive is better; levels are the metric itself.
public struct LadderSummary: Sendable, Codable, Hashable {
  /// From the first one on; one where the study has no `rungs`.
  public var rungs: [Rung]
  /// One for each rung above the first: what the rung below foretells of it.
  public var transfers: [Transfer]
  /// Nil where there is one rung.
  public var scaling: Scaling?
  /// Every certificate of every rung, the oldest first.
  public var gains: [Gain]
  public init(rungs: [Rung], transfers: [Transfer], scaling: Scaling?, gains: [Gain]) {
    self.rungs = rungs
    self.transfers = transfers
    self.scaling = scaling
    self.gains = gains
  }

  /// Whether there is a ladder at all.
  public var climbs: Bool { rungs.count > 1 }

  /// The highest rung that certified something; nil where none did.
  public var highest: Rung? { rungs.last { $0.certified != nil } }
}

extension LadderSummary {
  /// A mean of measurements on the sealed split.
  public struct Level: Sendable, Codable, Hashable {
    public var mean: Double
    /// Nil below two runs.
    public var standardError: Double?
    public var runs: Int
    public init(mean: Double, standardError: Double?, runs: Int) {
      self.mean = mean
      self.standardError = standardError
      self.runs = runs
    }
  }

  /// An effect over a rung's baseline that certificates add up to.
  public struct Total: Sendable, Codable, Hashable {
    public var effect: Double
    public var lower: Double
    public var upper: Double
    /// At least this often all intervals in the sum hold together (Bonferroni); 0 where that says nothing any more.
    public var confidence: Double
    public init(effect: Double, lower: Double, upper: Double, confidence: Double) {
      self.effect = effect
      self.lower = lower
      self.upper = upper
      self.confidence = confidence
    }
  }

  public struct Rung: Sendable, Codable, Hashable {
    /// From 1.
    public var number: Int
    public var name: String
    /// Of one attempt: as `rungs.compute` says it, else the mean wall time in seconds; nil before the first attempt.
    public var compute: Double?
    /// Whether `compute` stands in pawl.yaml.
    public var computeIsSaid: Bool
    /// The newest trial in the rung's champion, and its code.
    public var champion: TrialID
    public var championCommit: CommitHash
    /// Tests that were begun here, and those that certified.
    public var tests: Int
    public var certificates: Int
    /// Changes, down to single steps, that gained nothing here.
    public var lost: [TrialID]
    /// Finished attempts and their wall time.
    public var attempts: Int
    public var wallSeconds: Double
    public var baseline: Level?
    public var level: Level?
    /// Nil where nothing is certified here.
    public var certified: Total?
    /// The number of the test that runs here now.
    public var running: Int?
    public init(number: Int, name: String, champion: TrialID, championCommit: CommitHash) {
      self.number = number
      self.name = name
      self.champion = champion
      self.championCommit = championCommit
      computeIsSaid = false
      tests = 0
      certificates = 0
      lost = []
      attempts = 0
      wallSeconds = 0
    }
  }
}

extension LadderSummary {
  /// How changes fared on one rung that the rung below took in.
  public struct Transfer: Sendable, Codable, Hashable {
    /// The upper one of the two.
    public var rung: Int
    /// Every test, the oldest first.
    public var points: [Point]
    /// Changes that could not be put onto this rung's champion.
    public var conflicts: [Conflict]
    /// Nil before there are three points with an effect.
    public var correlation: Correlation?
    /// Changes that the rung below took in and this one has not tried.
    public var waiting: [Waiting]
    public init(
      rung: Int, points: [Point] = [], conflicts: [Conflict] = [], correlation: Correlation? = nil,
      waiting: [Waiting] = []
    ) {
      self.rung = rung
      self.points = points
      self.conflicts = conflicts
      self.correlation = correlation
      self.waiting = waiting
    }
  }

  /// One change on both rungs.
  public struct Point: Sendable, Codable, Hashable {
    /// `denied`: the evidence sufficed, and a person said no. `notMade`: the rung's champion gave no measurement.
    public enum Standing: String, Sendable, Codable, Hashable {
      case running, certified, failed, denied, notMade
      /// As people read it.
      public var words: String { self == .notMade ? "could not be made" : rawValue }
    }
    /// The test's number.
    public var test: Int
    public var startedAt: Timestamp
    public var standing: Standing
    /// Why the test could not be made; nil where it was.
    public var obstacle: String?
    /// The trials in it, the oldest first.
    public var trials: [TrialID]
    public var below: Double
    /// Nil before the first pair.
    public var above: Double?
    public var standardError: Double?
    /// Single steps in it, weighed by what they are worth below.
    public var steps: Double
    /// The probability of a certificate as it was given before the test.
    public var chance: Double
    /// Of a test that is over.
    public var pairs: Int?
    public var eValue: Double?
    public var threshold: Double
    /// What it was tested against.
    public var champion: TrialID
    public init(
      test: Int, startedAt: Timestamp, trials: [TrialID], below: Double, steps: Double, chance: Double,
      threshold: Double, champion: TrialID
    ) {
      self.test = test
      self.startedAt = startedAt
      self.trials = trials
      self.below = below
      self.steps = steps
      self.chance = chance
      self.threshold = threshold
      self.champion = champion
      standing = .running
    }
  }

  public struct Conflict: Sendable, Codable, Hashable {
    public var trials: [TrialID]
    public var at: Timestamp
    public var reason: String
    public init(trials: [TrialID], at: Timestamp, reason: String) {
      self.trials = trials
      self.at = at
      self.reason = reason
    }
  }

  /// Spearman's rank correlation of effects below and above, at 95 %.
  public struct Correlation: Sendable, Codable, Hashable {
    public var value: Double
    public var lower: Double
    public var upper: Double
    public var pairs: Int
    public init(value: Double, lower: Double, upper: Double, pairs: Int) {
      self.value = value
      self.lower = lower
      self.upper = upper
      self.pairs = pairs
    }
  }

  /// A change that waits to be tried on a rung.
  public struct Waiting: Sendable, Codable, Hashable {
    public var trials: [TrialID]
    public var below: Double
    public var steps: Double
    /// What it is expected to be worth above, and the standard deviation of that.
    public var expected: Double
    public var deviation: Double
    /// The probability that a test would certify it.
    public var chance: Double
    /// Why it is not under way, as a lowercase fragment.
    public var reason: String
    public init(
      trials: [TrialID], below: Double, steps: Double, expected: Double, deviation: Double, chance: Double,
      reason: String
    ) {
      self.trials = trials
      self.below = below
      self.steps = steps
      self.expected = expected
      self.deviation = deviation
      self.chance = chance
      self.reason = reason
    }
  }
}

extension LadderSummary {
  /// Loss against compute for the baseline and for the rungs' champions: `E + A C^-a`.
  public struct Scaling: Sendable, Codable, Hashable {
    /// What counts as loss, in words: the metric itself, or its distance from the best value that it can have.
    public var loss: String
    public var points: [ScalingRung]
    /// Nil where no curve can be fitted; `reason` says why.
    public var baseline: Curve?
    public var champion: Curve?
    public var multiplier: Multiplier?
    /// Why there is no multiplier, as a lowercase fragment.
    public var reason: String?
    public init(loss: String, points: [ScalingRung] = []) {
      self.loss = loss
      self.points = points
    }
  }

  /// One rung's levels as losses.
  public struct ScalingRung: Sendable, Codable, Hashable {
    public var rung: Int
    public var compute: Double
    public var baseline: Level
    public var champion: Level
    public init(rung: Int, compute: Double, baseline: Level, champion: Level) {
      self.rung = rung
      self.compute = compute
      self.baseline = baseline
      self.champion = champion
    }
  }

  public struct Curve: Sendable, Codable, Hashable {
    /// E: what no compute gets below.
    public var asymptote: Double
    /// A, the loss above E at compute 1.
    public var coefficient: Double
    /// a.
    public var exponent: Double
    /// Whether E was taken to be 0, because two rungs cannot tell.
    public var asymptoteIsAssumed: Bool
    public init(asymptote: Double, coefficient: Double, exponent: Double, asymptoteIsAssumed: Bool) {
      self.asymptote = asymptote
      self.coefficient = coefficient
      self.exponent = exponent
      self.asymptoteIsAssumed = asymptoteIsAssumed
    }
  }

  /// How many times the compute the baseline needs to reach what the champion reaches, with a 95 % interval.
  public struct Multiplier: Sendable, Codable, Hashable {
    public var value: Double
    public var lower: Double
    /// Nil where no compute may suffice.
    public var upper: Double?
    /// The compute that the champion has.
    public var compute: Double
    public init(value: Double, lower: Double, upper: Double?, compute: Double) {
      self.value = value
      self.lower = lower
      self.upper = upper
      self.compute = compute
    }
  }

  /// One certificate and what all of its rung add up to with it.
  public struct Gain: Sendable, Codable, Hashable {
    public var certificate: Int
    public var rung: Int
    public var trial: TrialID
    public var at: Timestamp
    /// Wall time of all attempts that had finished by then, of whatever rung.
    public var computeSeconds: Double
    public var effect: Double
    public var lower: Double
    public var upper: Double
    public var total: Total
    public init(
      certificate: Int, rung: Int, trial: TrialID, at: Timestamp, computeSeconds: Double, effect: Double,
      lower: Double, upper: Double, total: Total
    ) {
      self.certificate = certificate
      self.rung = rung
      self.trial = trial
      self.at = at
      self.computeSeconds = computeSeconds
      self.effect = effect
      self.lower = lower
      self.upper = upper
      self.total = total
    }
  }
}

/// What the attempts of one rung used.
public struct RungUse: Sendable, Codable, Hashable {
  /// From 1.
  public var rung: Int
  /// Finished ones.
  public var attempts: Int
  public var wallSeconds: Double
  public init(rung: Int, attempts: Int, wallSeconds: Double) {
    self.rung = rung
    self.attempts = attempts
    self.wallSeconds = wallSeconds
  }
}
