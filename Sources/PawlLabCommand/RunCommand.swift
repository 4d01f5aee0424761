#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// `pawl-lab run`: compiles a candidate, lets it train, and turns its predictions into the metric.
struct RunCommand {
  private let source: String
  let rungName: Int
  let rung: Rung
  let split: TextPart
  private let save: String?
  private let curve: String?
  private let cache: String?
  private let isolation: TrainingRun.Isolation

  /// Reads the command line, and what the environment says where it says nothing.
  init(
    _ arguments: ArraySlice<String>, environment: (String) -> String? = { PawlReferee.environment($0) }
  ) throws(LabError) {
    let options: Set = [
      "--rung", "--split", "--flops", "--steps", "--cpu", "--wall", "--curve", "--save", "--isolation",
    ]
    let parsed = try Arguments(arguments, options: options)
    guard let source = parsed.plain else {
      throw LabError(.usage, "`run` needs a file to train", hints: ["`pawl-lab run train.swift`"])
    }
    self.source = source
    let rungText = parsed.text("--rung").map { ("`--rung`", $0) } ?? environment("PAWL_RUNG").map { ("PAWL_RUNG", $0) }
    let rungs = LabSettings.names
    rungName =
      try rungText.map { name, text throws(LabError) in
        try wholeNumber(text, at: name, from: rungs.lowerBound, to: rungs.upperBound)
      } ?? 1
    let splitText =
      parsed.text("--split").map { ("`--split`", $0) } ?? environment("PAWL_SPLIT").map { ("PAWL_SPLIT", $0) }
    split = try splitText.map { name, text throws(LabError) in try Self.heldOutPart(text, at: name) } ?? .search
    let budget = try Self.budget(parsed)
    guard fileExists(source) else {
      throw LabError(.cannotRun, "there is no `\(source)`", hints: ["make a study with `pawl-lab init DIR`"])
    }
    var rung = try LabSettings(beside: source).rung(rungName)
    if let budget {
      rung.budget = budget
      try rung.check("this run")
    }
    self.rung = rung
    isolation = try chosenIsolation(parsed)
    save = parsed.text("--save")
    curve = parsed.text("--curve")
    cache = ProgramCache.path(environment)
  }

  /// Returns the budget that the command line gives in place of the study's; nil when it gives none.
  private static func budget(_ parsed: Arguments) throws(LabError) -> Budget? {
    let budget = Budget(
      operations: try parsed.number("--flops", from: 0, to: Budget.mostOperations) ?? 0,
      steps: try parsed.number("--steps", from: 0, to: Budget.mostSteps) ?? 0,
      cpuSeconds: try parsed.time("--cpu") ?? 0, wallSeconds: try parsed.time("--wall") ?? 0)
    let named = ["--flops", "--steps", "--cpu", "--wall"].filter { parsed.text($0) != nil }
    if named.isEmpty { return nil }
    guard budget.isLimited else {
      throw LabError(
        .usage, "\(named.map { "`\($0) 0`" }.joined(separator: ", ")) takes the budget away",
        hints: ["give another one with `--flops`, `--steps`, `--cpu` or `--wall`"])
    }
    return budget
  }

  private static func heldOutPart(_ text: String, at name: String) throws(LabError) -> TextPart {
    guard let part = TextPart(rawValue: text), TextPart.heldOut.contains(part) else {
      throw LabError(.usage, "\(name) is `\(text)`, which is no held-out text", hints: ["it is `search` or `sealed`"])
    }
    return part
  }

  /// Runs the candidate and prints the summary.
  func run() throws(LabError) {
    let began = monotonicSeconds()
    let result = try measure(seed: Self.seed())
    say("---")
    say("val_bpb: \(fixed(result.bitsPerByte, 6))")
    say("isolation: \(result.isolation.rawValue)")
    say("training_seconds: \(fixed(result.trainingSeconds, 2))")
    say("answering_seconds: \(fixed(result.answeringSeconds, 3))")
    say("total_seconds: \(fixed(monotonicSeconds() - began, 2))")
    say("steps: \(result.steps)")
    say("tokens: \(result.tokens)")
    say("flops: \(result.operations)")
    say("parameters: \(result.parameters)")
    say("peak_memory_mb: \(fixed(Double(result.peakMemoryBytes) / 1_048_576, 1))")
  }

  /// Reads the seed of this attempt from the environment.
  private static func seed() throws(LabError) -> UInt64 {
    let text = environment("PAWL_SEED") ?? "0"
    guard let seed = UInt64(text) else {
      throw LabError(.usage, "PAWL_SEED is `\(text)`, which is not a whole number")
    }
    return seed
  }

  /// Compiles the candidate, trains it and judges it.
  func measure(seed: UInt64) throws(LabError) -> TrainingRun.Result {
    guard let words = readFile(source, limit: StudyText.largestSource + 1) else {
      throw LabError(.cannotRun, "cannot read `\(source)`: \(reason(errno))")
    }
    let text = try StudyText(folder: parentFolder(of: source), split: split, source: words)
    var generator = SystemRandomNumberGenerator()
    let examination = try Examination(
      text: text.heldOut, context: rung.context, windows: rung.windows, generator: &generator)
    let program = try CandidateProgram(
      words, name: fileName(of: source), text: text.training, rung: rung, rungName: rungName, seed: seed, cache: cache,
      saves: save != nil)
    defer { program.remove() }
    var run = TrainingRun(
      program.candidate, examination: examination, budget: rung.trainingBudget, seed: seed, isolation: isolation)
    let curve = try curve.map(LearningCurve.init(path:))
    defer { curve?.end() }
    if let curve { run.report = curve.record }
    let result = try run.execute()
    if let save { try keep(program.saved, at: save) }
    return result
  }

  /// Copies what the candidate saved to where the user wants it; only a plain file counts, for the candidate chooses what lies there.
  private func keep(_ saved: String, at path: String) throws(LabError) {
    let source = open(saved, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    defer { if source >= 0 { close(source) } }
    var status = stat()
    guard source >= 0, fstat(source, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw LabError(.trainingFailed, "the candidate saved nothing for `--save`")
    }
    let target = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    defer { if target >= 0 { close(target) } }
    var isWritten = target >= 0
    while isWritten, let more = readSome(source), !more.isEmpty { isWritten = writeAll(more, to: target) }
    guard isWritten else { throw LabError(.cannotRun, "cannot write `\(path)`: \(reason(errno))") }
  }
}
