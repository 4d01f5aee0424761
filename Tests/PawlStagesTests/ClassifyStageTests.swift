import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments
import PawlJudging
import Testing

@testable import PawlStages

/// A stage's two folders, gone with the value.
private final class Bench {
  let root = FileManager.default.temporaryDirectory.appending(path: "pawl-classify-\(UUID().uuidString)")
  var folder: StageFolder {
    StageFolder(
      input: root.appending(path: "in").path, output: root.appending(path: "out").path, seed: 3, generation: 2)
  }
  init() throws {
    for name in ["in", "out"] {
      try FileManager.default.createDirectory(at: root.appending(path: name), withIntermediateDirectories: true)
    }
    try put("constitution.md", "1. Be kind.\n2. Be brief.\n")
    try put(
      "labels.jsonl",
      (0..<40).map { "{\"text\":\"\(Self.text($0))\",\"label\":\($0 % 2 == 0)}" }.joined(separator: "\n"))
  }
  deinit { try? FileManager.default.removeItem(at: root) }
  static func text(_ index: Int) -> String {
    "\(index % 2 == 0 ? "thank you, gentle friend" : "shut up, you stupid fool") number \(index)"
  }
  func put(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: root.appending(path: "in/\(name)"))
  }
  func putDocuments(_ range: Range<Int>) throws {
    try put(
      "documents.jsonl",
      range.map { index in
        Document(
          id: "d\(index)", text: Self.text(index),
          source: .made(Making(model: "ff", prompt: "", seed: 1, generation: 2, filters: ["exact"]))
        ).line + "\n"
      }.joined())
  }
  func lines(_ name: String) throws -> [String] {
    try String(contentsOf: root.appending(path: "out/\(name)"), encoding: .utf8).split(separator: "\n").map(String.init)
  }
  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: root.appending(path: "out/\(name)").path) }
}

@Test func `documents that keep the principles are kept, and each has a verdict`() throws {
  let bench = try Bench()
  try bench.putDocuments(100..<120)
  try ClassifyStage.run(bench.folder)
  let kept = try DocumentReader.all(path: bench.root.appending(path: "out/constitution-kept.jsonl").path)
  #expect(kept.map(\.id) == stride(from: 100, to: 120, by: 2).map { "d\($0)" })
  guard case .made(let making) = kept[0].source else { return #expect(Bool(false), "its source is lost") }
  #expect(making.filters == ["exact", "constitution"])
  #expect(try bench.lines("constitution-dropped.jsonl").count == 10)
  #expect(try bench.lines("constitution-dropped.jsonl")[0].contains("\"why\":\"it goes against the principles"))
  #expect(try bench.lines("verdicts.jsonl").count == 20)
  let report = try JSONDecoder().decode(
    ClassifyReport.self, from: Data(contentsOf: bench.root.appending(path: "out/constitution.json")))
  #expect(report.documents == 20 && report.kept == 10)
  #expect(report.reports.first?.agreement.good == 20)
}

@Test func `a classifier that is no better than chance judges nothing, and what was seen is written`() throws {
  let bench = try Bench()
  try bench.putDocuments(0..<4)
  var generator = SeededGenerator(seed: 2)
  try bench.put(
    "labels.jsonl",
    (0..<60).map { "{\"text\":\"\(Bench.text($0))\",\"label\":\(generator.next() % 2 == 0)}\n" }.joined())
  let error = #expect(throws: JudgingError.self) { try ClassifyStage.run(bench.folder) }
  #expect(error?.code == .noBetterThanChance)
  #expect(bench.has("constitution.json") && !bench.has("constitution-kept.jsonl"))
}

@Test(arguments: [
  ("labels.jsonl", "{\"text\":\"a\",\"label\":true}\n\n{\"text\":\"a\",\"lab", "is no label: the line is cut short"),
  ("labels.jsonl", "{\"text\":\"a\"}", "is no label: `label` is neither `true` nor `false`"),
])
func `a label that cannot be read is told with file and line`(name: String, content: String, message: String) throws {
  let bench = try Bench()
  try bench.putDocuments(0..<4)
  try bench.put(name, content)
  let error = #expect(throws: StagesError.self) { try ClassifyStage.run(bench.folder) }
  #expect(error?.message.hasSuffix(message) == true)
  #expect(error?.message.hasPrefix(content.contains("\n") ? "line 3 of" : "line 1 of") == true)
}

@Test func `nothing kept is a failure that leaves its reasons`() throws {
  let bench = try Bench()
  try bench.put(
    "documents.jsonl", Document(id: "a", text: Bench.text(1), source: .real(file: "x", line: 1)).line + "\n")
  let error = #expect(throws: StagesError.self) { try ClassifyStage.run(bench.folder) }
  #expect(error?.code == .result)
  #expect(bench.has("constitution-dropped.jsonl") && !bench.has("constitution-kept.jsonl"))
  try bench.put("documents.jsonl", "")
  #expect(throws: (any Error).self) { try ClassifyStage.run(bench.folder) }
}

@Test func `labels about a principle that there is not are refused`() throws {
  let bench = try Bench()
  try bench.putDocuments(0..<4)
  try bench.put("labels.jsonl", "{\"text\":\"a\",\"label\":true,\"principle\":7}")
  #expect(#expect(throws: JudgingError.self) { try ClassifyStage.run(bench.folder) }?.code == .malformed)
  try bench.put("constitution.md", "# Nothing")
  #expect(#expect(throws: JudgingError.self) { try ClassifyStage.run(bench.folder) }?.code == .noPrinciples)
}
