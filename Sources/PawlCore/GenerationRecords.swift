/// What distinguishes a candidate of a generations study: the content of its `generation.json`.
public struct GenerationPlan: Sendable, Codable, Hashable {
  /// The file in the candidate.
  public static let file = "generation.json"
  /// 0 for the baseline: real documents alone, fresh weights.
  public var generation: Int
  /// Whether it is the control arm: real documents alone, with the compute that the made ones get.
  public var isControl: Bool
  /// SHA-256 of the documents to train on; nil for the real ones.
  public var snapshot: String?
  /// SHA-256 of the model that training begins at; nil for fresh weights.
  public var model: String?
  public var weights: GenerationWeights?
  public init(
    generation: Int, isControl: Bool = false, snapshot: String? = nil, model: String? = nil,
    weights: GenerationWeights? = nil
  ) {
    self.generation = generation
    self.isControl = isControl
    self.snapshot = snapshot
    self.model = model
    self.weights = weights
  }

  private enum CodingKeys: String, CodingKey {
    case generation, control, snapshot, model, weights
  }

  /// A baseline's file need say no more than `{}`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      generation: try values.decodeIfPresent(Int.self, forKey: .generation) ?? 0,
      isControl: try values.decodeIfPresent(Bool.self, forKey: .control) ?? false,
      snapshot: try values.decodeIfPresent(String.self, forKey: .snapshot),
      model: try values.decodeIfPresent(String.self, forKey: .model),
      weights: try values.decodeIfPresent(GenerationWeights.self, forKey: .weights))
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(generation, forKey: .generation)
    if isControl { try values.encode(true, forKey: .control) }
    try values.encodeIfPresent(snapshot, forKey: .snapshot)
    try values.encodeIfPresent(model, forKey: .model)
    try values.encodeIfPresent(weights, forKey: .weights)
  }
}

/// The weights of a recipe that the ratchet tunes.
public struct GenerationWeights: Sendable, Codable, Hashable {
  /// The share of made documents, by bytes (`generations.mix.made`).
  public var made: Double
  /// The share of prompts from weak spots (`generations.generate.aim`).
  public var aim: Double
  public var temperature: Double
  public init(made: Double, aim: Double, temperature: Double) {
    self.made = made
    self.aim = aim
    self.temperature = temperature
  }

  /// Those of the study's rule.
  public init(_ rule: GenerationRule) {
    self.init(made: rule.mix.made, aim: rule.making.aim, temperature: rule.making.temperature)
  }
}

/// The data that a study began with, by content: what anybody changes of it later is another study.
public struct GenerationData: Sendable, Codable, Hashable {
  /// Real documents that models are trained on, and those kept out of training to look for weak spots.
  public var real: StoredFile
  public var probe: StoredFile
  public var held: [StoredFile]
  public var canaries: StoredFile?
  /// Canaries asked of each generation.
  public var canaryCount: Int
  public var constitution: StoredFile?
  /// A person's judgements, which judges are measured by.
  public var labels: StoredFile?
  /// Frozen prompts that every generation answers, to be compared with the baseline's answers.
  public var prompts: StoredFile?
  public init(
    real: StoredFile, probe: StoredFile, held: [StoredFile], canaries: StoredFile? = nil, canaryCount: Int = 0,
    constitution: StoredFile? = nil, labels: StoredFile? = nil, prompts: StoredFile? = nil
  ) {
    self.prompts = prompts
    self.labels = labels
    self.real = real
    self.probe = probe
    self.held = held
    self.canaries = canaries
    self.canaryCount = canaryCount
    self.constitution = constitution
  }
}

/// A file in the study's store, which names it by its content.
public struct StoredFile: Sendable, Codable, Hashable {
  /// What the stage or the study calls it.
  public var name: String
  /// SHA-256, in hexadecimal.
  public var digest: String
  public var bytes: Int
  public init(name: String, digest: String, bytes: Int) {
    self.name = name
    self.digest = digest
    self.bytes = bytes
  }
}

/// What a stage of a generation left: never made a second time.
public struct StageResult: Sendable, Codable, Hashable {
  public var trial: TrialID
  /// Which stage, as `generate`.
  public var stage: String
  public var files: [StoredFile]
  public var usage: Usage
  public init(trial: TrialID, stage: String, files: [StoredFile], usage: Usage) {
    self.trial = trial
    self.stage = stage
    self.files = files
    self.usage = usage
  }

  public func file(_ name: String) -> StoredFile? { files.first { $0.name == name } }
}

/// A snapshot with its recipe, as it was proposed.
public struct GenerationRecord: Sendable, Codable, Hashable {
  public var trial: TrialID
  public var parent: TrialID
  public var plan: GenerationPlan
  /// What came of the stages: documents made, kept, and why others were dropped.
  public var made: Int
  public var kept: Int
  public var dropped: [String: Int]
  /// Bytes of real and of made documents in the snapshot.
  public var realBytes: Int
  public var madeBytes: Int
  /// The made documents that were kept of this generation, and of it and all before.
  public var keptFile: StoredFile?
  public var pool: StoredFile?
  /// What the watch says, a sentence each: the champion waits for a person while there is any.
  public var alarms: [String]
  /// The watch's readings, and what was found of weak spots, as JSON in the store.
  public var watch: StoredFile?
  public var diagnosis: StoredFile?
  public init(
    trial: TrialID, parent: TrialID, plan: GenerationPlan, made: Int = 0, kept: Int = 0, dropped: [String: Int] = [:],
    realBytes: Int = 0, madeBytes: Int = 0, keptFile: StoredFile? = nil, pool: StoredFile? = nil, alarms: [String] = [],
    watch: StoredFile? = nil, diagnosis: StoredFile? = nil
  ) {
    self.trial = trial
    self.parent = parent
    self.plan = plan
    self.made = made
    self.kept = kept
    self.dropped = dropped
    self.realBytes = realBytes
    self.madeBytes = madeBytes
    self.keptFile = keptFile
    self.pool = pool
    self.alarms = alarms
    self.watch = watch
    self.diagnosis = diagnosis
  }
}

/// Which of the frozen questions a model got right.
public struct CanaryAnswers: Sendable, Codable, Hashable {
  public let asked: Int
  /// Four questions a hexadecimal digit, the first in the highest bit.
  private let bits: String

  public init(_ right: [Bool]) {
    asked = right.count
    var digits = [Int](repeating: 0, count: (right.count + 3) / 4)
    for place in right.indices where right[place] { digits[place / 4] |= 8 >> (place % 4) }
    bits = digits.map { String($0, radix: 16) }.joined()
  }

  public var right: [Bool] {
    let digits: [Int] = bits.compactMap(\.hexDigitValue)
    var right = [Bool](repeating: false, count: min(max(0, asked), 4 * digits.count))
    for place in right.indices { right[place] = digits[place / 4] & (8 >> (place % 4)) != 0 }
    return right
  }

  public var rightCount: Int { right.count { $0 } }

  /// How many of those that `other` got right this one gets right, too.
  public func kept(of other: Self) -> Int { zip(right, other.right).count { $0 && $1 } }

  /// The same of those that both others got right.
  public func kept(of other: Self, and third: Self) -> Int {
    zip(right, zip(other.right, third.right)).count { $0 && $1.0 && $1.1 }
  }
}

/// How a model's outputs compare with the baseline's on frozen prompts, judged blind in both orders (Bradley and Terry 1952).
public struct Preference: Sendable, Codable, Hashable {
  public let pairs: Int
  /// The share of pairs that it would win, with its interval at 95 %.
  public let share: Double
  public let low: Double
  public let high: Double
  /// Whether it is worse, one-sided at 5 %.
  public let isWorse: Bool
  /// Pairs whose winner changed with the order.
  public let swapped: Int
  public init(pairs: Int, share: Double, low: Double, high: Double, isWorse: Bool, swapped: Int) {
    self.pairs = pairs
    self.share = share
    self.low = low
    self.high = high
    self.isWorse = isWorse
    self.swapped = swapped
  }
}

/// One step of the head, and what it kept of what models before it could do.
public struct FidelityStep: Sendable, Codable, Hashable {
  public let trial: TrialID
  public let generation: Int
  /// Canaries of the baseline's that the head before got right, too, and how many of these are right still.
  public let before: Int
  public let kept: Int
  /// The same against the baseline.
  public let ofBaseline: Int
  public let keptOfBaseline: Int

  /// The share of what the baseline could do; nil where that was nothing.
  public var share: Double? { ofBaseline > 0 ? Double(keptOfBaseline) / Double(ofBaseline) : nil }

  public init(
    trial: TrialID, generation: Int, before: Int, kept: Int, ofBaseline: Int, keptOfBaseline: Int
  ) {
    self.trial = trial
    self.generation = generation
    self.before = before
    self.kept = kept
    self.ofBaseline = ofBaseline
    self.keptOfBaseline = keptOfBaseline
  }
}
