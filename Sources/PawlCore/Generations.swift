/// How a study improves its training data: a candidate is a snapshot of documents with its recipe, a generation is a trial.
public struct GenerationRule: Sendable, Codable, Hashable {
  /// JSON Lines of real documents, below the repository; never changed, never dropped.
  public var real: String
  /// Files of evaluation text: what a model is judged by, so nothing of them may be learnt.
  public var held: [String]
  /// The file that training leaves and that the next generation generates with.
  public var model: String
  public var start: StartingPoint
  public var stages: StageCommands
  /// What one stage may use; training has the study's own budget.
  public var budget: Budget
  public var making: MakingRule
  public var filters: FilterRule
  public var mix: MixRule
  public var watch: WatchRule
  /// Frozen questions, of which each generation must keep those that the baseline got right.
  public var canaries: CanaryRule?
  /// Frozen prompts, by which a generation's outputs are compared with the baseline's.
  public var preference: PreferenceRule?
  /// Whether real data alone, at the same compute, competes as well.
  public var control: Bool
  public init(
    real: String, held: [String] = [], model: String = "model.safetensors", start: StartingPoint = .scratch,
    stages: StageCommands = StageCommands(), budget: Budget = Budget(), making: MakingRule = MakingRule(),
    filters: FilterRule = FilterRule(), mix: MixRule = MixRule(), watch: WatchRule = WatchRule(),
    canaries: CanaryRule? = nil, preference: PreferenceRule? = nil,
    control: Bool = true
  ) {
    self.real = real
    self.held = held
    self.model = model
    self.start = start
    self.stages = stages
    self.budget = budget
    self.making = making
    self.filters = filters
    self.mix = mix
    self.watch = watch
    self.canaries = canaries
    self.preference = preference
    self.control = control
  }
}

/// Where training begins.
public enum StartingPoint: String, Sendable, Codable {
  /// At fresh weights.
  case scratch
  /// At the parent's model.
  case parent
}

/// A step of a generation between two trainings.
public enum Stage: String, Sendable, Codable, CaseIterable {
  case diagnose, generate, filter, mix, judge
}

/// The user's own commands for stages; nil for what Pawl brings.
public struct StageCommands: Sendable, Codable, Hashable {
  /// Measures the loss of each document of `probe.jsonl`: needs the model, so there is no way without a command.
  public var diagnose: String?
  public var generate: String?
  public var filter: String?
  public var mix: String?
  /// Answers the canaries: needs the model.
  public var judge: String?
  public init(
    diagnose: String? = nil, generate: String? = nil, filter: String? = nil, mix: String? = nil, judge: String? = nil
  ) {
    self.diagnose = diagnose
    self.generate = generate
    self.filter = filter
    self.mix = mix
    self.judge = judge
  }
}

/// What a model is asked to write.
public struct MakingRule: Sendable, Codable, Hashable {
  /// Documents asked for in one generation.
  public var documents: Int
  /// Samples of each prompt, of which the filters may keep one.
  public var samples: Int
  /// How many bytes of a real document the model is given to go on from.
  public var promptBytes: Int
  public var temperature: Double
  /// The share of prompts that comes from weak spots, 0...1; the rest is drawn from all real documents alike.
  public var aim: Double
  /// The field whose values are slices; nil for clusters of similar text.
  public var slice: String?
  public init(
    documents: Int = 1_000, samples: Int = 1, promptBytes: Int = 32, temperature: Double = 1, aim: Double = 0.5,
    slice: String? = nil
  ) {
    self.documents = documents
    self.samples = samples
    self.promptBytes = promptBytes
    self.temperature = temperature
    self.aim = aim
    self.slice = slice
  }
}

/// Which documents are good enough to be learnt; each filter that is nil is off.
public struct FilterRule: Sendable, Codable, Hashable {
  /// Drops what is the same, byte for byte but for spaces, as an earlier document.
  public var exact: Bool
  /// Drops what is as similar as this to an earlier document: Jaccard over shingles of five words, 0...1.
  public var near: Double?
  /// Drops what has so many words in a row in common with evaluation text.
  public var overlap: Int
  /// Keeps documents whose loss per byte lies between these quantiles of the real documents' losses.
  public var band: QuantileBand?
  /// Drops what has fewer than this share of its shingles new to the training set, 0...1.
  public var novelty: Double?
  /// Keeps what this command says is right: it reads `documents.jsonl` and writes `verdicts.jsonl`, lines of `{"id":…,"ok":true}`.
  public var verify: String?
  /// Of the samples of a prompt, keeps one that agrees with this share of them, 0...1.
  public var vote: Double?
  /// Drops documents shorter than this share of the longest answer to prompts of the same length (`fields.size`), 0...1.
  public var length: Double?
  public var constitution: ConstitutionRule?
  public init(
    exact: Bool = true, near: Double? = 0.8, overlap: Int = 50, band: QuantileBand? = nil, novelty: Double? = nil,
    verify: String? = nil, vote: Double? = nil, length: Double? = nil, constitution: ConstitutionRule? = nil
  ) {
    self.exact = exact
    self.near = near
    self.overlap = overlap
    self.band = band
    self.novelty = novelty
    self.verify = verify
    self.vote = vote
    self.length = length
    self.constitution = constitution
  }
}

public struct QuantileBand: Sendable, Codable, Hashable {
  public var low: Double
  public var high: Double
  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }
}

/// Written principles, and who judges by them (Bai et al. 2022, arXiv 2212.08073).
public struct ConstitutionRule: Sendable, Codable, Hashable {
  /// Markdown with numbered principles.
  public var file: String
  /// Documents with a person's label, `{"text":…,"label":true}`: what the judge is measured by, and trained on where it is no model.
  public var labels: String
  /// The language model that judges; nil for a classifier trained on the labels.
  public var judge: ModelRule?
  /// US dollars that judging may cost over the study.
  public var spend: Double?
  public init(file: String = "constitution.md", labels: String, judge: ModelRule? = nil, spend: Double? = nil) {
    self.file = file
    self.labels = labels
    self.judge = judge
    self.spend = spend
  }
}

/// What a snapshot is made of.
public struct MixRule: Sendable, Codable, Hashable {
  /// What becomes of the documents of earlier generations.
  public enum Keep: String, Sendable, Codable {
    /// They stay (Gerstgrasser et al. 2024, arXiv 2404.01413).
    case accumulate
    /// Only the newest generation's are used.
    case latest
  }
  public var keep: Keep
  /// The least share of real documents, by bytes, 0...1.
  public var floor: Double
  /// The share of made documents, by bytes, that is aimed at; never above `1 - floor`.
  public var made: Double
  public init(keep: Keep = .accumulate, floor: Double = 0.5, made: Double = 0.3) {
    self.keep = keep
    self.floor = floor
    self.made = made
  }
}

/// How far data may drift before a person is asked.
public struct WatchRule: Sendable, Codable, Hashable {
  /// The chance of a false alarm in one generation, over all measures together.
  public var alpha: Double
  /// Splits of the real data against itself by which thresholds are set.
  public var splits: Int
  public init(alpha: Double = 0.01, splits: Int = 200) {
    self.alpha = alpha
    self.splits = splits
  }
}

/// The frozen questions that a model must not unlearn.
public struct CanaryRule: Sendable, Codable, Hashable {
  /// JSON Lines `{"id":…,"prompt":…,"answer":…}`.
  public var file: String
  /// The least share of the baseline's canaries that may be left.
  public var floor: Double
  public init(file: String, floor: Double = 0.95) {
    self.file = file
    self.floor = floor
  }
}

/// Who compares outputs, and on which prompts.
public struct PreferenceRule: Sendable, Codable, Hashable {
  /// JSON Lines `{"prompt":…}`.
  public var prompts: String
  /// A command that reads `pairs.jsonl` and writes `choices.jsonl`; nil for the classifier of the constitution's labels.
  public var judge: String?
  public init(prompts: String, judge: String? = nil) {
    self.prompts = prompts
    self.judge = judge
  }
}
