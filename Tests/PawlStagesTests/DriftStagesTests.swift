import Foundation
import PawlCore
import PawlDrift
import Testing

@testable import PawlStages

@Suite struct DriftStagesTests {
  /// Runs `body` with folders of a stage, which are removed after it.
  private func withFolder(_ rule: GenerationRule, seed: UInt64 = 7, _ body: (StageFolder) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    let folder = StageFolder(
      input: root.appendingPathComponent("in").path, output: root.appendingPathComponent("out").path, seed: seed,
      generation: 3)
    for path in [folder.input, folder.output] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try JSONEncoder().encode(rule).write(to: URL(fileURLWithPath: folder.read("recipe.json")))
    try body(folder)
  }

  private func put(_ lines: [String], _ name: String, _ folder: StageFolder) throws {
    try (lines.joined(separator: "\n") + "\n").write(toFile: folder.read(name), atomically: true, encoding: .utf8)
  }

  private func document(_ id: String, _ text: String, book: String? = nil) -> String {
    let fields = book.map { #","fields":{"book":"\#($0)"}"# } ?? ""
    return #"{"id":"\#(id)","text":"\#(text)"\#(fields)}"#
  }

  private func prompts(_ folder: StageFolder) throws -> [JSONValue] {
    let text = try String(contentsOfFile: folder.written("prompts.jsonl"), encoding: .utf8)
    return text.split(separator: "\n").compactMap { JSONValue(String($0)) }
  }

  private func fillProbe(_ folder: StageFolder) throws {
    let books = (0..<60).map { $0 % 3 == 0 ? "Job" : "Ruth" }
    try put(books.enumerated().map { document("p\($0)", "\($1) probe text", book: $1) }, "probe.jsonl", folder)
    try put(
      books.enumerated().map {
        #"{"id":"p\#($0)","loss":\#($1 == "Job" ? 2.5 : 1.0 + Double($0 % 5) / 10),"bytes":14}"#
      },
      "losses.jsonl", folder)
  }

  @Test func `prompts are the beginnings of real documents, most from the weak slice`() throws {
    var rule = GenerationRule(real: "real.jsonl")
    rule.making = MakingRule(documents: 20, samples: 2, promptBytes: 6, aim: 0.8, slice: "book")
    try withFolder(rule) { folder in
      try fillProbe(folder)
      try put(
        (0..<50).map { document("r\($0)", $0 < 5 ? "Jöb über \($0)" : "Rüth \($0)", book: $0 < 5 ? "Job" : "Ruth") },
        "real.jsonl", folder)
      let diagnosis = try #require(try DiagnosisStage.run(folder))
      #expect(diagnosis.slices.first?.name == "Job" && diagnosis.slices.first?.weight == 1)
      let prompts = try prompts(folder)
      #expect(prompts.count == 10)
      #expect(prompts.filter { $0["slice"]?.string == "Job" }.count == 8)
      #expect(prompts.allSatisfy { $0["samples"]?.integer == 2 && $0["id"]?.string?.hasPrefix("g3-p") == true })
      // Six bytes end within the second character that takes two.
      #expect(
        prompts.filter { $0["slice"]?.string == "Job" }.allSatisfy {
          $0["prompt"]?.string == "Jöb " || $0["prompt"]?.string == "Jöb ü"
        })
      #expect(Set(prompts.compactMap { $0["seed"]?.integer }).count == 10)
      let stored = try JSONDecoder().decode(
        Diagnosis.self, from: Data(contentsOf: URL(fileURLWithPath: folder.written("diagnosis.json"))))
      #expect(stored == diagnosis)
    }
  }

  @Test func `the same seed draws the same prompts, another seed others`() throws {
    var rule = GenerationRule(real: "real.jsonl")
    rule.making = MakingRule(documents: 8, aim: 0.5, slice: "book")
    func draw(_ seed: UInt64) throws -> [JSONValue] {
      var drawn: [JSONValue] = []
      try withFolder(rule, seed: seed) { folder in
        try fillProbe(folder)
        try put(
          (0..<90).map { document("r\($0)", "text \($0)", book: $0 % 2 == 0 ? "Job" : "Ruth") }, "real.jsonl", folder)
        try DiagnosisStage.run(folder)
        // What a crash has left does no harm.
        try put(["cut"], "../out/prompts.jsonl.draft", folder)
        try DiagnosisStage.run(folder)
        drawn = try prompts(folder)
      }
      return drawn
    }
    let first = try draw(1)
    let (again, other) = (try draw(1), try draw(2))
    #expect(first.count == 8 && first == again && first != other)
  }

  @Test func `documents that no sample divides evenly are asked for one by one`() throws {
    var rule = GenerationRule(real: "real.jsonl")
    rule.making = MakingRule(documents: 7, samples: 3, aim: 1, slice: "book")
    try withFolder(rule) { folder in
      try fillProbe(folder)
      try DiagnosisStage.run(folder)
      let samples = try prompts(folder).compactMap { $0["samples"]?.integer }
      #expect(samples == [3, 3, 1])
    }
  }

  @Test func `losses of other documents, and lines that are cut, are told`() throws {
    try withFolder(GenerationRule(real: "real.jsonl")) { folder in
      try fillProbe(folder)
      try put([#"{"id":"other","loss":1}"#], "losses.jsonl", folder)
      #expect(throws: StagesError.self) { try DiagnosisStage.run(folder) }
      try put([#"{"id":"p1","loss":1"#], "losses.jsonl", folder)
      #expect(throws: (any Error).self) { try DiagnosisStage.run(folder) }
      #expect(!FileManager.default.fileExists(atPath: folder.written("diagnosis.json")))
    }
  }

  @Test func `a watch is written, and what was let pass is read`() throws {
    var rule = GenerationRule(real: "real.jsonl")
    rule.watch = WatchRule(alpha: 0.05, splits: 39)
    try withFolder(rule) { folder in
      try put(
        (0..<120).map { document("r\($0)", "the king of land \($0 * 7 % 31) went to house \($0 % 17)") }, "real.jsonl",
        folder)
      try put((0..<40).map { document("g\($0)", "noun; verb; [adj] 15\($0)") }, "kept.jsonl", folder)
      try put((0..<40).map { document("g\($0)", "noun; verb; [pl] 15\($0)") }, "last-kept.jsonl", folder)
      let watch = try WatchStage.run(folder)
      #expect(watch.compared == 40 && watch.comparedLast == 40 && !watch.alarms.isEmpty)
      let path = folder.written("watch.json")
      #expect(try JSONDecoder().decode(Watch.self, from: Data(contentsOf: URL(fileURLWithPath: path))) == watch)
      try FileManager.default.copyItem(atPath: path, toPath: folder.read("released.json"))
      #expect(try WatchStage.run(folder).alarms.isEmpty)
      try put(["no watch"], "released.json", folder)
      #expect(throws: StagesError.self) { try WatchStage.run(folder) }
    }
  }

  @Test func `a generation that is empty or missing cannot be watched`() throws {
    try withFolder(GenerationRule(real: "real.jsonl")) { folder in
      try put((0..<60).map { document("r\($0)", "text \($0)") }, "real.jsonl", folder)
      #expect(throws: StagesError.self) { try WatchStage.run(folder) }
      try put([""], "made.jsonl", folder)
      #expect(throws: DriftError.self) { try WatchStage.run(folder) }
    }
  }

  @Test(arguments: [0, -1, Int.max])
  func `no prompts, or more than memory holds, are refused`(documents: Int) throws {
    var rule = GenerationRule(real: "real.jsonl")
    rule.making = MakingRule(documents: documents, slice: "book")
    try withFolder(rule) { folder in
      try fillProbe(folder)
      let error = #expect(throws: StagesError.self) { try DiagnosisStage.run(folder) }
      #expect(error?.code == .setting)
    }
  }

  @Test func `a reservoir takes each thing with the same chance`() {
    var taken = [Int](repeating: 0, count: 20)
    for seed in 0..<4_000 {
      var reservoir = Reservoir<Int>(size: 5, seed: UInt64(seed))
      for item in 0..<20 { reservoir.offer { item } }
      #expect(reservoir.items.count == 5)
      for item in reservoir.items { taken[item] += 1 }
    }
    // 1,000 each, with a standard deviation of 27.
    #expect(taken.allSatisfy { abs($0 - 1_000) < 140 })
    var none = Reservoir<Int>(size: 0, seed: 1)
    none.offer { 1 }
    #expect(none.items.isEmpty)
  }
}
