import Testing

import PawlReferee
@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `init`, the compiler, a real training run and the referee, with everything tiny.
@Suite(.serialized) final class EndToEndTests {
  private let folder: String

  init() throws {
    var template = Array("/tmp/pawl-lab-tests-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { removeFolder(folder) }

  /// Makes a study of a text that is easy to learn; returns its `train.swift`.
  private func makeStudy(_ changes: [(String, String)] = []) throws -> String {
    let study = folder + "/study"
    let text = (0..<5000).map { "the \($0)th line of a text that is easy to learn\n" }.joined()
    try writeFile(Array(text.utf8), to: folder + "/text")
    try InitCommand(["--data", folder + "/text", "--budget", "2e8", study]).run()
    try writeFile(Array("operations = 2e8\ncontext = 16\nwindows = 20\n".utf8), to: study + "/lab.conf")
    var source = trainTemplate
    for (old, new) in [
      ("let depth = 3", "let depth = 1"), ("let width = 64", "let width = 32"), ("let batch = 8", "let batch = 4"),
    ] + changes {
      try #require(source.contains(old))
      source = source.replacing(old, with: new)
    }
    try writeFile(Array(source.utf8), to: study + "/train.swift")
    return study + "/train.swift"
  }

  @Test func `a study trains within its budget, and a seed repeats to the last bit`() throws {
    let source = try makeStudy([("let learningRate = 1e-3", "let learningRate = 1e-2")])
    let first = try RunCommand([source]).measure(seed: 0)
    #expect(first.bitsPerByte > 0 && first.bitsPerByte < 6)
    #expect(first.steps > 10 && first.tokens == first.steps * 4 * 16)
    #expect(first.operations <= 200_000_000 && first.operations > 180_000_000)
    #expect(first.parameters > 256 * 32 && first.peakMemoryBytes > 1 << 20)
    #expect(try RunCommand([source]).measure(seed: 0).bitsPerByte == first.bitsPerByte)
    #expect(try RunCommand([source]).measure(seed: 1).bitsPerByte != first.bitsPerByte)
    let short = try RunCommand([source, "--steps", "3"]).measure(seed: 0)
    #expect(short.steps == 3 && short.bitsPerByte > first.bitsPerByte)
  }

  @Test func `every choice of the template trains`() throws {
    let source = try makeStudy([
      ("let norm = \"layer\"", "let norm = \"rms\""), ("let activation = \"gelu\"", "let activation = \"swiglu\""),
      ("let positions = \"learned\"", "let positions = \"rotary\""), ("let tiedHead = true", "let tiedHead = false"),
      ("let optimiser = \"adamw\"", "let optimiser = \"muon\""), ("let logitCap = 0.0", "let logitCap = 15.0"),
    ])
    #expect(try RunCommand([source, "--steps", "5"]).measure(seed: 0).bitsPerByte < 8)
  }

  @Test func `settings that do not fit together give a reason and no metric`() throws {
    let source = try makeStudy([("let heads = 4", "let heads = 5")])
    let error = #expect(throws: LabError.self) { try RunCommand([source]).measure(seed: 0) }
    #expect(error?.code == .trainingFailed && error?.message.contains("exit code `4`") == true)
  }

  @Test func `a model that sees the whole window gives no metric`() throws {
    // Each row reads the byte that it is to predict.
    let source = try makeStudy([
      ("var x = tape.embedding(table, bytes)", "var x = tape.embedding(table, Array(bytes.dropFirst()) + [0])"),
      ("let learningRate = 1e-3", "let learningRate = 1e-2"),
    ])
    let error = #expect(throws: LabError.self) { try RunCommand([source]).measure(seed: 0) }
    #expect(error?.code == .invalidPredictions)
  }

  @Test func `a candidate that does not compile gives the compiler's words`() throws {
    let source = try makeStudy([("let depth = 1", "let depth = \"one\"")])
    let error = #expect(throws: LabError.self) { try RunCommand([source]).measure(seed: 0) }
    #expect(error?.code == .compileFailed && error?.message.contains("train.swift:") == true)
  }

  @Test func `a folder that is in use and a missing file are refused`() throws {
    try writeFile([1], to: folder + "/file")
    let taken = #expect(throws: LabError.self) { try InitCommand([folder, "--data", "/usr/bin/env"]).run() }
    #expect(taken?.code == .cannotRun)
    #expect(throws: LabError.self) { try RunCommand([folder + "/train.swift"]) }
  }
}
