import Foundation
import PawlCore

/// The frozen questions, and what a model made of them.
struct CanaryFile {
  /// In the order of the file.
  let ids: [String]

  init(path: String, name: String) throws {
    let lines = try Self.lines(path, name: name)
    var seen: Set<String> = []
    ids = try lines.map { number, line in
      guard let id = line["id"]?.string, line["prompt"]?.string != nil, line["answer"]?.string != nil else {
        throw RuntimeError(
          .usage, "line \(number) of `\(name)` is no canary",
          hints: ["each line is `{\"id\": …, \"prompt\": …, \"answer\": …}`, all three texts"])
      }
      guard seen.insert(id).inserted else {
        throw RuntimeError(.usage, "two canaries of `\(name)` have the id `\(id)`", hints: ["each id may come once"])
      }
      return id
    }
  }

  /// Reads what a judge wrote, lines of `{"id","ok"}`; a canary that it left out is not right.
  func answers(in path: String) throws -> CanaryAnswers {
    var right: Set<String> = []
    for (number, line) in try Self.lines(path, name: "canaries-kept.jsonl") {
      guard let id = line["id"]?.string, case .boolean(let isRight)? = line["ok"] else {
        throw RuntimeError(
          .usage, "line \(number) of the judge's `canaries-kept.jsonl` is no answer",
          hints: ["each line is `{\"id\": …, \"ok\": true}`"])
      }
      if isRight { right.insert(id) }
    }
    return CanaryAnswers(ids.map { right.contains($0) })
  }

  /// The values of JSON Lines with the numbers of their lines, from 1.
  static func lines(_ path: String, name: String) throws -> [(Int, JSONValue)] {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw RuntimeError(.usage, "`\(name)` cannot be read", hints: ["correct its path in pawl.yaml"])
    }
    var lines: [(Int, JSONValue)] = []
    for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() where !line.isEmpty
    {
      guard let value = JSONValue(bytes: Array(line)) else {
        throw RuntimeError(.usage, "line \(index + 1) of `\(name)` is no JSON", hints: ["write JSON Lines"])
      }
      lines.append((index + 1, value))
    }
    return lines
  }
}

extension CanaryFile {
  /// The fewest canaries of which it can be shown that more than `floor` are kept, where all are: the exact interval's lower end (Clopper
  /// and Pearson 1934) is `0.025^(1/n)` then. Nil where the floor asks for nothing, or for everything.
  static func needed(floor: Double) -> Int? {
    guard floor > 0, floor < 1 else { return nil }
    return Int((log(0.025) / log(floor)).rounded(.up))
  }
}
