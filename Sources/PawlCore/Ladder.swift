/// One scale of a study, as `rungs` in pawl.yaml describes it. What is nil is as the study has it.
///
/// Rungs count from 1. The first is where the search happens; each further one takes more compute an attempt.
public struct RungRule: Sendable, Codable, Hashable {
  /// Unique in a study: a letter, then letters, digits, `.`, `_` and `-`.
  public var name: String
  public var command: String?
  public var evaluate: String?
  /// Variables that attempts on this rung get besides the study's.
  public var environment: [String: String]
  public var budget: Budget?
  /// The most attempts of this rung at the same time.
  public var workers: Int?
  /// What one attempt computes, in any unit that is the same on all rungs; nil to go by its wall time.
  public var compute: Double?
  public var placement: PlacementRule?
  public init(
    name: String, command: String? = nil, evaluate: String? = nil, environment: [String: String] = [:],
    budget: Budget? = nil, workers: Int? = nil, compute: Double? = nil, placement: PlacementRule? = nil
  ) {
    self.name = name
    self.command = command
    self.evaluate = evaluate
    self.environment = environment
    self.budget = budget
    self.workers = workers
    self.compute = compute
    self.placement = placement
  }
}

/// What one rung's attempts run with, after what it leaves to the study was filled in.
public struct RungSettings: Sendable, Hashable {
  /// From 1.
  public let number: Int
  public let name: String
  public let command: String
  public let evaluate: String?
  public let environment: [String: String]
  public let budget: Budget
  public let placement: PlacementRule
  /// The most attempts of this rung at the same time; nil where only the study's workers bound it.
  public let workers: Int?
  public let compute: Double?
}

extension StudyConfiguration {
  /// The number of rungs, 1 at least.
  public var rungCount: Int { max(1, rungs.count) }

  /// Returns what attempts on a rung run with; a number beyond the last rung gives the study's own settings.
  public func rung(_ number: Int) -> RungSettings {
    let rule = rungs.indices.contains(number - 1) ? rungs[number - 1] : nil
    return RungSettings(
      number: number, name: rule?.name ?? "rung \(number)", command: rule?.command ?? command,
      evaluate: rule?.evaluate ?? evaluate, environment: rule?.environment ?? [:], budget: rule?.budget ?? budget,
      placement: rule?.placement ?? placement, workers: rule?.workers, compute: rule?.compute)
  }
}

/// A range of what a rung took in, as it is to be taken over to the next one.
public struct Promotion: Sendable, Codable, Hashable {
  /// The rung that it is tried on, 2 or more.
  public let rung: Int
  /// Places in the line of champions of the rung below: the change is that from `first` to `last`.
  public let first: Int
  public let last: Int
  /// The newest trial whose change is in it.
  public let through: TrialID
  /// The code before and after, on the rung below.
  public let before: CommitHash
  public let after: CommitHash
  public init(rung: Int, first: Int, last: Int, through: TrialID, before: CommitHash, after: CommitHash) {
    self.rung = rung
    self.first = first
    self.last = last
    self.through = through
    self.before = before
    self.after = after
  }
}

/// A change of the rung below that is to be put onto a rung's own champion, which lacks some of what came before it.
public struct Transplant: Sendable, Codable, Hashable {
  public let promotion: Promotion
  /// The champion of the promotion's rung.
  public let onto: CommitHash
  public init(promotion: Promotion, onto: CommitHash) {
    self.promotion = promotion
    self.onto = onto
  }
}

/// A test of a rung's challenger against its champion.
public struct PromotionStart: Sendable, Codable, Hashable {
  /// Counts tests of the study from 1, those of all rungs together: they share one alpha.
  public let number: Int
  public let promotion: Promotion
  public let candidate: CommitHash
  /// The newest trial in the rung's champion, and its code.
  public let champion: TrialID
  public let championCommit: CommitHash
  /// This test's share of the study's alpha.
  public let alpha: Double
  /// What the change is worth on the rung below, and how many single steps it consists of, weighed by what they are worth.
  public let effectBelow: Double
  public let steps: Double
  /// The probability of a certificate, by what was known of how effects carry over.
  public let chance: Double
  public init(
    number: Int, promotion: Promotion, candidate: CommitHash, champion: TrialID, championCommit: CommitHash,
    alpha: Double, effectBelow: Double, steps: Double, chance: Double
  ) {
    self.effectBelow = effectBelow
    self.steps = steps
    self.chance = chance
    self.number = number
    self.promotion = promotion
    self.candidate = candidate
    self.champion = champion
    self.championCommit = championCommit
    self.alpha = alpha
  }
}

/// A test on a higher rung that certified nothing.
public struct PromotionFailure: Sendable, Codable, Hashable {
  public let number: Int
  public let promotion: Promotion
  public let eValue: Double
  public let pairs: Int
  /// Mean paired difference, positive is better; nil before the first pair.
  public let effect: Double?
  /// Of `effect`; nil below two pairs.
  public let standardError: Double?
  /// What the champion measured in the pairs that count.
  public let championValues: [Double]
  /// Why the test could not be made, a lowercase fragment: it says nothing of the change then. Nil where it was made.
  public let obstacle: String?
  public init(
    number: Int, promotion: Promotion, eValue: Double, pairs: Int, effect: Double?, standardError: Double?,
    championValues: [Double], obstacle: String? = nil
  ) {
    self.obstacle = obstacle
    self.standardError = standardError
    self.championValues = championValues
    self.number = number
    self.promotion = promotion
    self.eValue = eValue
    self.pairs = pairs
    self.effect = effect
  }
}

/// What an attempt said of its metric on the way.
public struct CurvePoint: Sendable, Codable, Hashable {
  /// In the command's own unit, growing.
  public let step: Double
  public let value: Double
  public init(step: Double, value: Double) {
    self.step = step
    self.value = value
  }
}

/// Why an attempt was stopped before its end.
public struct EarlyStop: Sendable, Codable, Hashable {
  /// The last point that was looked at.
  public let point: CurvePoint
  /// What it was expected to measure.
  public let measurement: Double
  /// The effect over the head that was expected at the end, and its standard deviation; positive is better.
  public let expected: Double
  public let deviation: Double
  /// `E[max(effect, 0)]` of going on, and what the attempt's rest would have brought if spent on a new idea.
  public let gain: Double
  public let price: Double
  public init(
    point: CurvePoint, measurement: Double, expected: Double, deviation: Double, gain: Double, price: Double
  ) {
    self.point = point
    self.measurement = measurement
    self.expected = expected
    self.deviation = deviation
    self.gain = gain
    self.price = price
  }
}
