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
  private var settings: LabSettings
  private let steps: Int
  private let isolation: TrainingRun.Isolation

  init(_ arguments: ArraySlice<String>) throws(LabError) {
    let parsed = try Arguments(arguments, options: ["--flops", "--steps", "--wall", "--isolation"])
    guard let source = parsed.plain else {
      throw LabError(.usage, "`run` needs a file to train", hints: ["`pawl-lab run train.swift`"])
    }
    self.source = source
    guard fileExists(source) else {
      throw LabError(.cannotRun, "there is no `\(source)`", hints: ["make a study with `pawl-lab init DIR`"])
    }
    let file = parentFolder(of: source) + "/" + LabSettings.fileName
    guard let text = readFile(file) else {
      throw LabError(
        .cannotRun, "cannot read `\(file)`: \(reason(errno))", hints: ["make a study with `pawl-lab init DIR`"])
    }
    settings = try LabSettings(parsing: String(decoding: text, as: UTF8.self))
    if let flops = try parsed.number("--flops", from: 0, to: 1_000_000_000_000_000_000) { settings.operations = flops }
    if let wall = try parsed.number("--wall", from: 1, to: 1_000_000) { settings.wallSeconds = Double(wall) }
    steps = try parsed.number("--steps", from: 1, to: 1_000_000_000) ?? 0
    isolation = try chosenIsolation(parsed)
    guard settings.operations > 0 || steps > 0 else {
      throw LabError(.usage, "`--flops 0` takes the budget away", hints: ["give another one with `--steps N`"])
    }
  }

  /// Runs the candidate and prints the summary.
  func run() throws(LabError) {
    let began = monotonicSeconds()
    let result = try measure(seed: Self.seed())
    say("---")
    say("val_bpb: \(fixed(result.bitsPerByte, 6))")
    say("isolation: \(result.isolation.rawValue)")
    say("training_seconds: \(fixed(result.trainingSeconds, 2))")
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
    let data = parentFolder(of: source) + "/data/"
    guard let validation = readFile(data + "val.txt"), fileExists(data + "train.txt") else {
      throw LabError(
        .cannotRun, "the text is not in `\(data)`", hints: ["make a study with `pawl-lab init DIR`"])
    }
    var generator = SystemRandomNumberGenerator()
    let examination = try Examination(
      text: validation, context: settings.context, windows: settings.windows, generator: &generator)
    let toolchain = try Toolchain.find()
    let scratch = try makeScratch()
    defer { removeFolder(scratch) }
    let program = scratch + "/train"
    try toolchain.compile(source, to: program, scratch: scratch)
    let work = scratch + "/work"
    mkdir(work, 0o700)
    let text = absolutePath(data + "train.txt")
    let lines = childEnvironment(text: text, seed: seed)
    let libraries = try SharedLibraries.paths(of: program, environment: lines)
    let threads = 64 + 4 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let candidate = Candidate(
      [program], environment: candidateEnvironment(lines), directory: work, view: .only([program, text] + libraries),
      threads: threads)
    let budget = TrainingBudget(
      operations: settings.operations > 0 ? settings.operations : nil, steps: steps > 0 ? steps : nil,
      hardSeconds: settings.wallSeconds)
    return try TrainingRun(
      candidate, examination: examination, budget: budget, seed: seed, isolation: isolation
    ).execute()
  }

  private func childEnvironment(text: String, seed: UInt64) -> [String] {
    let own = ["PAWL_SEED=", "PAWL_LAB_"]
    var lines = currentEnvironment().filter { line in !own.contains { line.hasPrefix($0) } }
    lines += [
      "PAWL_SEED=\(seed)", "PAWL_LAB_TEXT=\(text)", "PAWL_LAB_CONTEXT=\(settings.context)",
      "PAWL_LAB_OPERATIONS=\(settings.operations)", "PAWL_LAB_STEPS=\(steps)",
    ]
    if environment("OPENBLAS_NUM_THREADS") == nil { lines.append("OPENBLAS_NUM_THREADS=1") }
    if environment("SWIFT_BACKTRACE") == nil { lines.append("SWIFT_BACKTRACE=enable=no") }
    // OpenBLAS falls back to its kernels for AVX2 on processors that are newer than itself.
    if environment("OPENBLAS_CORETYPE") == nil, let processor = readFile("/proc/cpuinfo", limit: 1 << 14),
      String(decoding: processor, as: UTF8.self).contains("avx512f")
    {
      lines.append("OPENBLAS_CORETYPE=SkylakeX")
    }
    return lines
  }

  private func makeScratch() throws(LabError) -> String {
    var template = Array("\(environment("TMPDIR") ?? "/tmp")/pawl-lab-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw LabError(
        .cannotRun, "cannot make a folder in `\(environment("TMPDIR") ?? "/tmp")`: \(reason(errno))",
        hints: ["set TMPDIR to a folder that can be written"])
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
