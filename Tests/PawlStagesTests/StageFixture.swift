import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments
import Testing

@testable import PawlStages

/// A stage's folders, which go when the test ends.
final class StageFixture {
  let folder: StageFolder
  private let root: String
  init(seed: UInt64 = 0) throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("pawl-" + UUID().uuidString).path
    for name in ["in", "out"] {
      try FileManager.default.createDirectory(atPath: root + "/" + name, withIntermediateDirectories: true)
    }
    folder = StageFolder(input: root + "/in", output: root + "/out", seed: seed)
  }
  deinit { try? FileManager.default.removeItem(atPath: root) }

  func recipe(_ filters: FilterRule = FilterRule(), _ mix: MixRule = MixRule(), held: [String] = []) throws {
    let rule = GenerationRule(real: "data/real.jsonl", held: held, filters: filters, mix: mix)
    try JSONEncoder().encode(rule).write(to: URL(fileURLWithPath: folder.read("recipe.json")))
  }
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: folder.read(name)))
  }
  func write(_ name: String, lines: [String]) throws { try write(name, lines.map { $0 + "\n" }.joined().utf8) }
  func write(_ name: String, _ documents: [Document]) throws { try write(name, lines: documents.map(\.line)) }

  func documents(_ name: String) throws -> [Document] { try DocumentReader.all(path: folder.written(name)) }
  func lines(_ name: String) throws -> [String] {
    try String(contentsOfFile: folder.written(name), encoding: .utf8).split(separator: "\n").map(String.init)
  }
  func text(_ name: String) throws -> String { try lines(name).joined(separator: "\n") }
  var written: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.output).sorted() } }

  /// Why each document was dropped, as `id filter`.
  func dropped() throws -> [String] {
    try lines("dropped.jsonl").map { line in
      let value = try #require(JSONValue(line))
      return "\(value["id"]?.string ?? "?") \(value["filter"]?.string ?? "?")"
    }
  }
}

func made(_ id: String, _ text: String, prompt: String = "", fields: [String: String] = [:]) -> Document {
  Document(
    id: id, text: text, source: .made(Making(model: "m", prompt: prompt, seed: 1, generation: 1)), fields: fields)
}

/// Words by a seed.
func words(_ seed: UInt64, _ count: Int) -> String {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in String(generator.next() % 40_000, radix: 36) }.joined(separator: " ")
}
