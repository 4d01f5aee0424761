#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// `pawl-lab referee`: judges any program that speaks the referee's protocol, whatever it is written in.
struct RefereeCommand {
  private let text: String
  private let context: Int
  private let windows: Int
  private let metric: String
  private let seed: UInt64
  private let budget: TrainingBudget
  private let warmUp: Double
  private let hidden: [String]
  private let passed: [String]
  private let isolation: TrainingRun.Isolation
  private let command: [String]

  /// What programs for training look for; keys and tokens of the user are not among it.
  private static let usualVariables = [
    "PAWL_SEED", "PYTHON", "VIRTUAL_ENV", "CONDA", "LD_LIBRARY_PATH", "CUDA", "NVIDIA_", "OMP_", "MKL_", "OPENBLAS_",
    "NUMEXPR_", "TORCH", "PYTORCH_", "TRITON_", "XLA_", "JAX_", "TOKENIZERS_", "SWIFT_BACKTRACE",
  ]

  /// Where users keep keys and tokens, in their home folder.
  private static let keys = [
    ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".netrc", ".git-credentials", ".pypirc", ".npmrc",
    ".config/gcloud", ".config/gh", ".cache/huggingface/token", ".bash_history", ".zsh_history", ".python_history",
  ]

  init(_ arguments: ArraySlice<String>) throws(LabError) {
    guard let cut = arguments.firstIndex(of: "--"), cut + 1 < arguments.endIndex else {
      throw LabError(
        .usage, "`referee` needs a command to judge, after `--`",
        hints: ["`pawl-lab referee --text held-out.txt -- python3 train.py`"])
    }
    command = Array(arguments[(cut + 1)...])
    let (repeated, rest) = try Self.repeatable(arguments[..<cut])
    let parsed = try Arguments(
      rest[...],
      options: [
        "--text", "--context", "--windows", "--cpu", "--wall", "--limit", "--warm-up", "--metric", "--seed-env",
        "--isolation",
      ])
    guard parsed.plain == nil else {
      throw LabError(
        .usage, "`\(parsed.plain ?? "")` is one argument too many", hints: ["the command comes after `--`"])
    }
    guard let text = parsed.text("--text") else {
      throw LabError(.usage, "`referee` needs the text to judge by", hints: ["name it with `--text FILE`"])
    }
    self.text = text
    context = try parsed.number("--context", from: 2, to: 16_384) ?? 256
    windows = try parsed.number("--windows", from: 1, to: 1_000_000) ?? 1_000_000
    metric = parsed.text("--metric") ?? "val_bpb"
    guard !metric.isEmpty, metric.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-./".contains($0)) })
    else {
      throw LabError(.usage, "`--metric`: `\(metric)` is not a name of letters, digits, `_`, `-`, `.` and `/`")
    }
    let name = parsed.text("--seed-env") ?? "PAWL_SEED"
    let word = environment(name) ?? "0"
    guard let seed = UInt64(word) else {
      throw LabError(.usage, "\(name) is `\(word)`, which is not a whole number")
    }
    self.seed = seed
    let limit = try Self.seconds(parsed, "--limit") ?? 3600
    budget = TrainingBudget(
      cpuSeconds: try Self.seconds(parsed, "--cpu"), wallSeconds: try Self.seconds(parsed, "--wall"), hardSeconds: limit
    )
    warmUp = try Self.seconds(parsed, "--warm-up") ?? 0
    hidden = repeated["--hide"] ?? []
    passed = repeated["--env"] ?? []
    isolation = try chosenIsolation(parsed)
  }

  /// Takes out the options that may be given several times.
  private static func repeatable(
    _ arguments: ArraySlice<String>
  ) throws(LabError) -> (found: [String: [String]], rest: [String]) {
    var (found, rest, waiting): ([String: [String]], [String], ArraySlice<String>) = ([:], [], arguments)
    while let argument = waiting.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard let name = parts.first, ["--hide", "--env"].contains(name) else {
        rest.append(argument)
        continue
      }
      guard let value = parts.count == 2 ? parts[1] : waiting.popFirst() else {
        throw LabError(.usage, "`\(name)` needs a value")
      }
      found[name, default: []].append(value)
    }
    return (found, rest)
  }

  private static func seconds(_ parsed: Arguments, _ name: String) throws(LabError) -> Double? {
    guard let text = parsed.text(name) else { return nil }
    guard let value = Double(text), value.isFinite, (0.001...10_000_000).contains(value) else {
      throw LabError(.usage, "`\(name)`: `\(text)` is not a number of seconds from `0.001` to `10000000`")
    }
    return value
  }

  /// Judges the program and prints the summary.
  func run() throws(LabError) {
    let began = monotonicSeconds()
    let result = try measure()
    say("---")
    say("\(metric): \(fixed(result.bitsPerByte, 6))")
    say("isolation: \(result.isolation.rawValue)")
    say("training_seconds: \(fixed(result.trainingSeconds, 2))")
    say("answering_seconds: \(fixed(result.answeringSeconds, 3))")
    if let cpu = result.trainingCPUSeconds { say("training_cpu_seconds: \(fixed(cpu, 2))") }
    say("total_seconds: \(fixed(monotonicSeconds() - began, 2))")
    say("steps: \(result.steps)")
    say("tokens: \(result.tokens)")
    if result.operations > 0 { say("flops: \(result.operations)") }
    say("parameters: \(result.parameters)")
    say("peak_memory_mb: \(fixed(Double(result.peakMemoryBytes) / 1_048_576, 1))")
  }

  private func measure() throws(LabError) -> TrainingRun.Result {
    guard let bytes = readFile(text) else {
      throw LabError(
        .cannotRun, "cannot read `\(text)`: \(reason(errno))", hints: ["`--text` takes the path of a file"])
    }
    var generator = SystemRandomNumberGenerator()
    let examination = try Examination(text: bytes, context: context, windows: windows, generator: &generator)
    var unseen = [text]
    for path in hidden {
      guard fileExists(path) else {
        throw LabError(.cannotRun, "there is no `\(path)` to hide", hints: ["`--hide` takes a file or a folder"])
      }
      unseen.append(path)
    }
    // History holds what was committed once, the held-out text as like as not.
    for folder in [".git", ".pawl"] where fileExists(folder) { unseen.append(folder) }
    // The home folder is in sight, since Python environments lie there; keys need not be.
    let home = PawlReferee.environment("HOME") ?? "/root"
    unseen += Self.keys.map { home + "/" + $0 }.filter(fileExists)
    var candidate = Candidate(
      command, environment: variables(), directory: absolutePath("."), view: .hostWithout(unseen.map(absolutePath)),
      // For a few pools of threads and some data loaders.
      threads: 512 + 4 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    candidate.processes = 256
    var run = TrainingRun(candidate, examination: examination, budget: budget, seed: seed, isolation: isolation)
    run.extraWarmUpSeconds = warmUp
    return try run.execute()
  }

  private func variables() -> [String: String] {
    var result: [String: String] = [:]
    for line in currentEnvironment() {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else { continue }
      if passed.contains(parts[0]) || Self.usualVariables.contains(where: parts[0].hasPrefix) {
        result[parts[0]] = parts[1]
      }
    }
    result["PAWL_SEED"] = "\(seed)"
    return result
  }
}

/// What `--isolation` says; full unless it says none.
func chosenIsolation(_ parsed: Arguments) throws(LabError) -> TrainingRun.Isolation {
  guard let word = parsed.text("--isolation") else { return .full }
  guard let isolation = TrainingRun.Isolation(rawValue: word) else {
    throw LabError(.usage, "`--isolation`: `\(word)` is neither `full` nor `none`")
  }
  return isolation
}

/// Returns a path that does not depend on the working folder.
func absolutePath(_ path: String) -> String {
  guard let real = realpath(path, nil) else { return path }
  defer { free(real) }
  return String(cString: real)
}

/// Returns the variables that a compiled candidate gets from the environment of the lab: its own settings and those of its libraries.
func candidateEnvironment(_ lines: [String]) -> [String: String] {
  let known = ["PAWL_SEED=", "PAWL_LAB_", "OPENBLAS_", "SWIFT_BACKTRACE=", "LD_LIBRARY_PATH="]
  var result: [String: String] = [:]
  for line in lines where known.contains(where: line.hasPrefix) {
    guard let cut = line.firstIndex(of: "=") else { continue }
    result[String(line[..<cut])] = String(line[line.index(after: cut)...])
  }
  return result
}
