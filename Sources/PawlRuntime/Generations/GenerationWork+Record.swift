import Foundation
import PawlCore
import PawlDocuments

extension GenerationWork {
  /// What came of all stages: the candidate.
  func record(_ rule: GenerationRule, _ access: SnapshotAccess) throws -> GenerationRecord {
    func owed(_ name: String, _ stage: String) throws -> StoredFile {
      guard let file = stored(name, of: stage) else {
        throw RuntimeError(.system, "stage `\(stage)` left no `\(name)`", hints: ["run `pawl doctor`"])
      }
      return file
    }
    let (snapshot, made) = (try owed("snapshot.jsonl", "mix"), try owed("made.jsonl", "generate"))
    let kept = try self.kept ?? owed("kept.jsonl", "filter")
    let shares = try Self.json(access.path(of: owed("mix.json", "check").digest))
    let watch = try owed("watch.json", "watch")
    let alarms = try Self.json(access.path(of: watch.digest))["alarms"]?.array ?? []
    var dropped: [String: Int] = [:]
    let lists = [
      stored("dropped.jsonl", of: "filter"), stored("dropped.jsonl", of: "guard"),
      stored("constitution-dropped.jsonl", of: "constitution"),
    ]
    for file in lists.compactMap(\.self) {
      for line in try Self.lines(access.path(of: file.digest)) {
        dropped[JSONValue(bytes: line)?["filter"]?.string ?? "filter", default: 0] += 1
      }
    }
    let plan = GenerationPlan(
      generation: generation, snapshot: snapshot.digest, model: rule.start == .parent ? model.digest : nil,
      weights: weights)
    return GenerationRecord(
      trial: request.trial, parent: request.parent, plan: plan,
      made: try Self.lines(access.path(of: made.digest)).count,
      kept: try Self.lines(access.path(of: kept.digest)).count, dropped: dropped,
      realBytes: shares["real"]?["bytes"]?.integer ?? 0, madeBytes: shares["made"]?["bytes"]?.integer ?? 0,
      keptFile: kept,
      pool: try pool(with: kept, access), alarms: alarms.compactMap { $0["sentence"]?.string }, watch: watch,
      diagnosis: stored("diagnosis.json", of: "aim"))
  }

  /// What the ratchet tries otherwise than the study's rule says, for a person.
  func deviation(from rule: GenerationRule) -> String {
    let own = GenerationWeights(rule)
    let parts = [
      ("made", weights.made, own.made), ("aim", weights.aim, own.aim),
      ("temperature", weights.temperature, own.temperature),
    ].filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1.formatted(digits: 2))" }
    return parts.isEmpty ? "" : "; " + parts.joined(separator: ", ")
  }

  /// The made documents of this generation and of those that it comes from, in one file.
  private func pool(with kept: StoredFile, _ access: SnapshotAccess) throws -> StoredFile {
    guard let before = known.records[request.parent]?.pool else { return kept }
    let path = "\(access.store.folder)/.pool-\(request.trial)"
    let writer = try DocumentWriter(path: path)
    defer { unlink(path) }
    for digest in [before.digest, kept.digest] {
      let blocks = try LineBlocks(path: access.path(of: digest))
      while let block = try blocks.next() { try writer.write(bytes: block.bytes) }
    }
    try writer.finish()
    return try access.store.file(path, as: "pool.jsonl")
  }

  private static func json(_ path: String) throws -> JSONValue {
    guard let bytes = FileManager.default.contents(atPath: path), let value = JSONValue(bytes: [UInt8](bytes)) else {
      throw RuntimeError(.usage, "`\(path)` is no JSON", hints: ["run `pawl doctor`"])
    }
    return value
  }

  private static func lines(_ path: String) throws -> [[UInt8]] {
    var lines: [[UInt8]] = []
    let blocks = try LineBlocks(path: path)
    while let block = try blocks.next() {
      block.forEachLine { range, _ in if !range.isEmpty { lines.append(Array(block.bytes[range])) } }
    }
    return lines
  }
}
