#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// `pawl-lab sample`: lets a model that `run --save` has kept write a text.
struct SampleCommand {
  private let source: String
  private let model: String
  private let prompt: String
  private let count: Int
  private let temperature: Double
  private let seed: UInt64
  private let rungName: Int
  private let rung: Rung
  private let isolation: TrainingRun.Isolation

  init(_ arguments: ArraySlice<String>) throws(LabError) {
    let parsed = try Arguments(
      arguments, options: ["--model", "--prompt", "--bytes", "--temperature", "--seed", "--rung", "--isolation"])
    guard let source = parsed.plain, let model = parsed.text("--model") else {
      throw LabError(
        .usage, "`sample` needs a `train.swift` and what it has learned",
        hints: [
          "`pawl-lab run train.swift --save model.safetensors`, then `pawl-lab sample train.swift --model model.safetensors`"
        ])
    }
    for path in [source, model] where !fileExists(path) {
      throw LabError(
        .cannotRun, "there is no `\(path)`", hints: ["`pawl-lab run train.swift --save FILE` makes a model"])
    }
    (self.source, self.model) = (source, model)
    prompt = parsed.text("--prompt") ?? "\n"
    count = try parsed.number("--bytes", from: 1, to: 1 << 24) ?? 500
    temperature = try parsed.factor("--temperature") ?? 0.8
    seed = UInt64(try parsed.number("--seed", from: 0, to: 1 << 52) ?? 0)
    rungName = try parsed.number("--rung", from: LabSettings.names.lowerBound, to: LabSettings.names.upperBound) ?? 1
    rung = try LabSettings(beside: source).rung(rungName)
    isolation = try chosenIsolation(parsed)
  }

  /// Writes the prompt and what the model makes of it to standard output.
  func run() throws(LabError) {
    guard let words = readFile(source, limit: StudyText.largestSource + 1) else {
      throw LabError(.cannotRun, "cannot read `\(source)`: \(reason(errno))")
    }
    let program = try CandidateProgram(
      words, name: fileName(of: source), text: parentFolder(of: source) + "/" + TextPart.train.file, rung: rung,
      rungName: rungName, seed: seed, cache: ProgramCache.path { environment($0) }, model: model)
    defer { program.remove() }
    _ = writeAll(Array(prompt.utf8), to: 1)
    let sampling = Sampling(
      program.candidate, isolation: isolation, context: rung.context, seed: seed, prompt: Array(prompt.utf8),
      count: count, temperature: temperature
    ) { _ = writeAll([$0], to: 1) }
    try sampling.execute(hardSeconds: rung.wallLimit)
    _ = writeAll([0x0a], to: 1)
  }
}
