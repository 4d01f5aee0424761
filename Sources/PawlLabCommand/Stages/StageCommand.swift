import PawlCore
import PawlLab
import PawlReferee

/// `pawl-lab stage`: the steps of a generation that need the lab's language model.
struct StageCommand {
  private let name: String
  private let parsed: Arguments
  private let values: [String: String]

  /// The variables of the environment that a stage reads.
  private static let variables = [
    "PAWL_INPUT", "PAWL_OUTPUT", "PAWL_SEED", "PAWL_GENERATION", "PAWL_SNAPSHOT", "PAWL_PARENT_MODEL", "PAWL_SPLIT",
  ]
  static let names = ["train", "evaluate", "generate", "diagnose", "judge"]

  /// - Parameter values: of the environment; nil for those of the process.
  init(_ arguments: ArraySlice<String>, values: [String: String]? = nil) throws(LabError) {
    self.values =
      values
      ?? Dictionary(uniqueKeysWithValues: Self.variables.compactMap { name in environment(name).map { (name, $0) } })
    guard let name = arguments.first, Self.names.contains(name) else {
      throw LabError(
        .usage, arguments.first.map { "`\($0)` is not a stage of the lab" } ?? "`stage` needs a name",
        hints: ["the stages are " + Self.names.map { "`\($0)`" }.joined(separator: ", ")])
    }
    self.name = name
    let options: Set<String> =
      switch name {
      case "train": ["--settings", "--model", "--data"]
      case "evaluate": ["--task", "--model", "--data"]
      case "generate": ["--task", "--grow", "--bytes"]
      default: []
      }
    parsed = try Arguments(arguments.dropFirst(), options: options)
    if let plain = parsed.plain { throw LabError(.usage, "`\(plain)` is one argument too many") }
  }

  func run() throws(LabError) {
    switch name {
    case "train": try TrainStage(parsed, values).run()
    case "evaluate": try EvaluateStage(parsed, values).run()
    case "generate": try GenerateStage(parsed, values).run()
    case "diagnose": try DiagnoseStage(values: values).run()
    default: try JudgeStage(values: values).run()
    }
  }
}

/// What a study of generations is about.
enum GenerationTask: String, CaseIterable, Sendable {
  /// Going on with texts; the measure is bits per byte.
  case text
  /// Adding numbers written with the least digit first; the measure is the share of exact answers.
  case addition

  init(_ parsed: Arguments, at option: String = "--task") throws(LabError) {
    let text = parsed.text(option) ?? Self.text.rawValue
    guard let task = Self(rawValue: text) else {
      throw LabError(
        .usage, "`\(text)` is not a task of the lab",
        hints: ["`\(option)` is " + Self.allCases.map { "`\($0.rawValue)`" }.joined(separator: " or ")])
    }
    self = task
  }
}

/// `pawl-lab stage train`: trains the lab's language model on a snapshot.
struct TrainStage {
  private let settings: TrainerSettings
  private let snapshot: String
  private let parent: String?
  private let model: String
  private let seed: UInt64

  init(_ parsed: Arguments, _ values: [String: String]) throws(LabError) {
    settings = try TrainerSettings(file: parsed.text("--settings") ?? TrainerSettings.fileName)
    guard let snapshot = parsed.text("--data") ?? values["PAWL_SNAPSHOT"] else {
      throw LabError(
        .usage, "`stage train` needs documents to learn from",
        hints: ["`pawl run` sets `PAWL_SNAPSHOT`; `--data FILE` names a file"])
    }
    self.snapshot = snapshot
    parent = values["PAWL_PARENT_MODEL"]
    model = parsed.text("--model") ?? "model.safetensors"
    let seed = values["PAWL_SEED"] ?? "0"
    guard let number = UInt64(seed) else {
      throw LabError(.usage, "`PAWL_SEED`: `\(seed)` is not a whole number from `0`")
    }
    self.seed = number
  }

  func run() throws(LabError) {
    let documents = try documents(snapshot)
    guard !documents.isEmpty else {
      throw LabError(
        .cannotRun, "`\(snapshot)` has no documents", hints: ["a document is a line such as {\"text\":\"Once\"}"])
    }
    let learner = LanguageModel(settings.shape, seed: seed)
    if let parent {
      guard fileExists(parent) else {
        throw LabError(.cannotRun, "there is no `\(parent)`", hints: ["`PAWL_PARENT_MODEL` is the parent's model"])
      }
      learner.load(parent)
    }
    learner.reaches(documents.reduce(0) { max($0, $1.fields["size"].flatMap { Int($0) } ?? 0) })
    let recipe = settings.recipe(later: parent != nil)
    let every = max(1, recipe.steps / 10)
    let result = LanguageTrainer(learner, recipe).train(documents.map { Array($0.text.utf8) }, seed: seed) {
      step, loss in
      if step % every == 0 { say("step \(step): \(fixed(loss, 4))") }
    }
    learner.save(model)
    say("documents: \(documents.count)")
    say("steps: \(result.steps)")
    say("operations: \(result.operations)")
    say("training_loss: \(fixed(result.loss, 6))")
  }
}
