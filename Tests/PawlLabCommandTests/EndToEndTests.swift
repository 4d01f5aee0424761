import Testing

import PawlReferee
@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `init`, the compiler, a real training run and the referee, with everything tiny.
@Suite(.serialized) struct EndToEndTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Makes a study of a text that is easy to learn; returns its `train.swift`.
  private func makeStudy(_ changes: [(String, String)] = [], settings: String = "") throws -> String {
    let study = scratch.path + "/study"
    try InitCommand(["--data", try scratch.file("text", easyText()), study]).run()
    try writeFile(
      Array("operations = 2e8\ncontext = 16\nwindows = 20\ndepth = 1\nwidth = 32\n\(settings)".utf8),
      to: study + "/lab.conf")
    var source = trainTemplate
    for (old, new) in [("let batch = 8", "let batch = 4")] + changes {
      try #require(source.contains(old))
      source = source.replacing(old, with: new)
    }
    try writeFile(Array(source.utf8), to: study + "/train.swift")
    return study + "/train.swift"
  }

  /// Makes a study whose candidate is this program.
  private func makeStudy(of source: String, settings: String = "") throws -> String {
    let path = try makeStudy(settings: settings)
    try writeFile(Array(source.utf8), to: path)
    return path
  }

  private func measure(_ arguments: [String], seed: UInt64 = 0, cache: String? = nil) throws(LabError)
    -> TrainingRun.Result
  {
    try RunCommand(arguments[...], environment: { $0 == "PAWL_LAB_CACHE" ? cache : nil }).measure(seed: seed)
  }

  @Test func `a study trains within its budget, and a seed repeats`() throws {
    let source = try makeStudy([("let learningRate = 1e-3", "let learningRate = 1e-2")])
    let first = try measure([source])
    #expect(first.bitsPerByte > 0 && first.bitsPerByte < 6)
    #expect(first.steps > 10 && first.tokens == first.steps * 4 * 16)
    #expect(first.operations <= 200_000_000 && first.operations > 180_000_000)
    #expect(first.parameters > 256 * 32 && first.peakMemoryBytes > 1 << 20)
    #expect(try measure([source]).bitsPerByte == first.bitsPerByte)
    #expect(try measure([source], seed: 1).bitsPerByte != first.bitsPerByte)
    let curve = scratch.path + "/curve"
    let short = try measure([source, "--steps", "3", "--curve", curve])
    let points = try #require(readFile(curve)).split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
    #expect(points.first?.contains(#""step":1,"loss":5."#) == true && points.last?.contains(#""tokens":192,"#) == true)
    #expect(short.steps == 3 && short.bitsPerByte > first.bitsPerByte)
  }

  @Test func `every choice of the template trains`() throws {
    let source = try makeStudy([
      ("let norm = \"layer\"", "let norm = \"rms\""), ("let activation = \"gelu\"", "let activation = \"swiglu\""),
      ("let positions = \"learned\"", "let positions = \"rotary\""), ("let tiedHead = true", "let tiedHead = false"),
      ("let optimiser = \"adamw\"", "let optimiser = \"muon\""), ("let logitCap = 0.0", "let logitCap = 15.0"),
    ])
    #expect(try measure([source, "--steps", "5"]).bitsPerByte < 8)
  }

  @Test func `settings that do not fit together give a reason and no metric`() throws {
    let source = try makeStudy(settings: "heads = 5\n")
    let error = #expect(throws: LabError.self) { try measure([source]) }
    #expect(error?.code == .trainingFailed && error?.message.contains("exit code `4`") == true)
  }

  @Test func `a model that sees the whole window gives no metric`() throws {
    // Each row reads the byte that it is to predict.
    let source = try makeStudy(
      [
        (
          "var x = tape.embedding(table, bytes)",
          "var x = tape.embedding(table, Bytes((1...bytes.count).map { $0 < bytes.count ? bytes[$0] : 0 }))"
        ),
        ("let learningRate = 1e-3", "let learningRate = 1e-2"),
      ], settings: "[rung 1]\nwindows = 300\n")
    let error = #expect(throws: LabError.self) { try measure([source]) }
    #expect(error?.code == .invalidPredictions)
  }

  @Test func `a candidate that does not compile gives the compiler's words`() throws {
    let source = try makeStudy([("let batch = 4", "let batch = \"four\"")])
    let error = #expect(throws: LabError.self) { try measure([source]) }
    #expect(error?.code == .compileFailed && error?.message.contains("train.swift:") == true)
  }

  @Test func `the next attempt finds the program, and one that was cut short is compiled again`() throws {
    let source = try makeStudy()
    let cache = scratch.path + "/cache"
    func entry() throws -> String {
      let names = (fileNames(cache) ?? []).filter { !$0.hasPrefix("lock-") }
      #expect(names.count == 1)
      return cache + "/" + (try #require(names.first))
    }
    let first = try measure([source, "--steps", "2"], cache: cache)
    let kept = try #require(readFile(try entry()))
    #expect(try measure([source, "--steps", "2"], cache: cache).steps == first.steps)
    #expect(try readFile(entry()) == kept)
    try #require(truncate(try entry(), 50_000) == 0)
    #expect(try measure([source, "--steps", "2"], cache: cache).steps == first.steps)
    #expect(try readFile(entry()).map { $0.count > 50_000 } == true)
  }

  @Test func `an empty candidate gives no metric`() throws {
    let source = try makeStudy(of: "")
    let error = #expect(throws: LabError.self) { try measure([source]) }
    #expect(error?.code == .trainingFailed && error?.message.contains("before it had handed in a model") == true)
  }

  @Test func `a model without parameters gives no metric`() throws {
    let source = try makeStudy(
      of: """
        import PawlLab
        Lab.start().finish(Parameters(seed: 0)) { tape, windows in
          tape.constant([Float](repeating: 0, count: windows.count * 256), rows: windows.count, columns: 256)
        }
        """)
    let error = #expect(throws: LabError.self) { try measure([source]) }
    #expect(error?.code == .trainingFailed)
  }

  @Test(arguments: [
    "@_silgen_name(\"$s7PawlLab5MeterO\") func meter() -> Int", "@testable import PawlLab", "import CPawlKernels",
    "let symbol = dlsym(nil, \"pawl_kernels_find\")", "@ _silgen_name(\"x\") func x()",
    "@/**/_silgen_name(\"x\") func x()",
    "let s = \"/*\"; @/**/_cdecl(\"x\") func x() {}",
  ]) func `a candidate that reaches into the library is not run`(line: String) throws {
    let source = try makeStudy(of: "import PawlLab\n\(line)\n" + trainTemplate)
    let error = #expect(throws: LabError.self) { try measure([source]) }
    #expect(error?.code == .compileFailed && error?.message.contains("`train.swift` line 2 uses") == true)
  }

  @Test func `the library's insides cannot be named`() throws {
    let source = try makeStudy(of: "import PawlLab\nprint(Meter.spent)\n")
    let error = #expect(throws: LabError.self) { try measure([source]) }
    #expect(error?.code == .compileFailed && error?.message.contains("'Meter'") == true)
  }

  @Test func `a trained model is saved in the format of safetensors`() throws {
    let source = try makeStudy()
    let saved = scratch.path + "/model.safetensors"
    let result = try measure([source, "--steps", "2", "--save", saved])
    let bytes = try #require(readFile(saved))
    let header = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(bytes.count == 8 + header + 4 * result.parameters && header % 8 == 0)
    let text = String(decoding: bytes[8..<8 + header], as: UTF8.self)
    #expect(text.hasPrefix(#"{"table":{"dtype":"F32","shape":[256,32],"data_offsets":[0,32768]},"#))
    try SampleCommand([source, "--model", saved, "--bytes", "40", "--prompt", "the 12"]).run()
    // Another model's parameters do not fit.
    try writeFile(Array(bytes.dropLast(4)), to: saved)
    let error = #expect(throws: LabError.self) { try SampleCommand([source, "--model", saved]).run() }
    #expect(error?.code == .trainingFailed)
  }

  @Test(arguments: ["--wall", "--cpu"])
  func `a budget of a tenth of a second gives a result or says that it was too short`(
    option: String
  ) throws {
    let source = try makeStudy()
    do throws(LabError) {
      let result = try measure([source, option, "0.1"])
      #expect(result.steps > 0 && result.bitsPerByte > 0)
    } catch {
      // On the wall's clock, which a busy machine moves, answering may have been too slow as well.
      let tooShort = error.message.contains("budget of `0.10` s")
      let tooSlow = option == "--wall" && error.message.hasPrefix("pace check: ")
      #expect(error.code == .outOfTime && (tooShort || tooSlow), "\(error.message)")
    }
  }

  @Test(arguments: ["1 << 38", "1 << 28"]) func `a candidate that asks for too much memory ends`(count: String) throws {
    let source = try makeStudy(
      of: "var values = [Float](repeating: 1, count: \(count))\nvalues[3] = 2\nprint(values[3])\n",
      settings: "memory_mb = 512\n")
    let error = #expect(throws: LabError.self) { try measure([source]) }
    #expect(
      error?.code == .trainingFailed
        && (error?.message.contains("signal") == true || error?.message.contains("memory") == true))
  }

  @Test func `a study whose training text holds what judges it is refused before anything runs`() throws {
    let source = try makeStudy(of: "this does not compile")
    let data = parentFolder(of: source) + "/data/"
    let stolen = try #require(readFile(data + "search.txt")).prefix(500)
    try writeFile(try #require(readFile(data + "train.txt")) + stolen, to: data + "train.txt")
    let error = #expect(throws: LabError.self) { try measure([source]) }
    #expect(error?.code == .cannotRun && error?.message.contains("of the held-out text `data/search.txt`") == true)
  }

  @Test func `search and certificates are judged by different texts, and rungs have their own settings`() throws {
    let source = try makeStudy(settings: "[rung 1]\nsteps = 5\n[rung 2]\nsteps = 5\ncontext = 32\noptimise = true\n")
    let search = try measure([source])
    let sealed = try measure([source, "--split", "sealed"])
    #expect(search.bitsPerByte != sealed.bitsPerByte && search.tokens == sealed.tokens)
    #expect(try measure([source, "--rung", "2"]).tokens == 2 * search.tokens)
  }
}
