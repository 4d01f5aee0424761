/// What a study of generations has come to, for those who show it.
public struct GenerationsSummary: Sendable, Codable, Hashable {
  /// A share with its exact interval at 95 %.
  public struct Share: Sendable, Codable, Hashable {
    public let value: Double
    public let low: Double
    public let high: Double
    public init(value: Double, low: Double, high: Double) {
      self.value = value
      self.low = low
      self.high = high
    }
  }

  /// One snapshot that was proposed.
  public struct Row: Sendable, Codable, Hashable {
    public let record: GenerationRecord
    public let standing: String
    /// Over the head of the time, positive is better; nil where nothing was measured.
    public let effect: Double?
    /// How its outputs compare with the baseline's; nil where they were not compared, or it is over and was not kept.
    public let preference: Preference?
    public init(record: GenerationRecord, standing: String, effect: Double?, preference: Preference? = nil) {
      self.preference = preference
      self.record = record
      self.standing = standing
      self.effect = effect
    }
  }

  /// A step of the head in the fidelity ledger.
  public struct Step: Sendable, Codable, Hashable {
    public let step: FidelityStep
    /// Of what the head before could do, and of what the baseline could.
    public let kept: Share?
    public let standing: Share?
    public init(step: FidelityStep, kept: Share?, standing: Share?) {
      self.step = step
      self.kept = kept
      self.standing = standing
    }
  }

  /// The fidelity ledger as a whole.
  public struct Fidelity: Sendable, Codable, Hashable {
    public let floor: Double
    public let canaries: Int
    /// Canaries that the baseline gets right.
    public let baseline: Int
    public var steps: [Step] = []
    public var standing: Share?
    public var product: Share?
    /// Generations until the floor, at the mean loss so far, and at the ends of its interval; nil where none is in sight.
    public var generationsLeft: Int?
    public var fewestLeft: Int?
    public var mostLeft: Int?
    /// Why nothing can be said of the floor yet.
    public var shortage: String?
    public init(floor: Double, canaries: Int, baseline: Int) {
      self.floor = floor
      self.canaries = canaries
      self.baseline = baseline
    }
  }

  /// Of the head and of the champion.
  public var generation: Int
  public var champion: Int
  /// The newest snapshots, the oldest first, at most `rowLimit`.
  public var rows: [Row]
  public var snapshots: Int
  public var fidelity: Fidelity?
  public static let rowLimit = 500
  public init(generation: Int, champion: Int, rows: [Row], snapshots: Int, fidelity: Fidelity?) {
    self.generation = generation
    self.champion = champion
    self.rows = rows
    self.snapshots = snapshots
    self.fidelity = fidelity
  }
}
