import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments
public import PawlJudging

/// Judges documents by the constitution without a language model: by a classifier trained on the user's labels.
///
/// Reads `documents.jsonl`, `labels.jsonl` and `constitution.md`; the classifier must be better than a coin on labels that it has not
/// learnt, or nothing is judged. What goes against a principle is dropped, and so is what the classifier is not sure of.
public enum ClassifyStage {
  /// Writes `constitution-kept.jsonl`, `constitution-dropped.jsonl` (`{"id","filter":"constitution","why"}`), `verdicts.jsonl`
  /// (`{"id","ok","probability"}`) and `constitution.json` (`ClassifyReport`).
  ///
  /// Throws `JudgingError` for principles, labels or a classifier that cannot be used, `.result` where nothing is kept.
  public static func run(_ folder: StageFolder) throws {
    let (judge, constitution) = try judge(folder)
    var report = ClassifyReport(constitution: constitution.digest, reports: judge.reports)
    do {
      try judge.check()
    } catch {
      // What was seen of the judge is told in full, whatever becomes of it.
      try write(report, to: folder.written("constitution.json"))
      throw error
    }
    let kept = try DocumentWriter(path: folder.written("constitution-kept.jsonl"))
    let dropped = try DocumentWriter(path: folder.written("constitution-dropped.jsonl"))
    let verdicts = try DocumentWriter(path: folder.written("verdicts.jsonl"))
    let reader = try DocumentReader(path: folder.read("documents.jsonl"), name: "documents.jsonl")
    var scorer = judge.scorer()
    while var document = try reader.next() {
      let opinion = scorer.judge(document.text)
      let least = opinion.least
      try verdicts.write(bytes: verdict(document.id, opinion, least.probability))
      report.documents += 1
      if opinion.keeps == true {
        report.kept += 1
        if case .made(var making) = document.source {
          making.filters.append("constitution")
          document.source = .made(making)
        }
        try kept.write(document)
      } else {
        if opinion.keeps == nil { report.unsure += 1 }
        try dropped.write(bytes: reason(document.id, opinion, least))
      }
    }
    try verdicts.finish()
    try dropped.finish()
    try write(report, to: folder.written("constitution.json"))
    guard report.kept > 0 else {
      throw StagesError(
        .result,
        report.documents == 0
          ? "`documents.jsonl` holds no document"
          : "the constitution keeps none of \(report.documents) documents; the classifier is not sure of \(report.unsure)",
        hints: ["`constitution-dropped.jsonl` says why, line by line", "add labels to the file that `labels` names"])
    }
    try kept.finish()
  }

  /// The classifier that `labels.jsonl` and `constitution.md` make; not looked at yet.
  static func judge(_ folder: StageFolder) throws -> (judge: OfflineJudge, constitution: Constitution) {
    let constitution = try Constitution(markdown: text(of: folder.read("constitution.md")))
    // Not by the stage's seed: the same labels are the same judge in every generation.
    let judge = try OfflineJudge(labels: labels(folder.read("labels.jsonl")), constitution: constitution)
    return (judge, constitution)
  }

  private static func text(of path: String) throws -> String {
    var bytes: [UInt8] = []
    let blocks = try LineBlocks(path: path)
    while let block = try blocks.next() { bytes += block.bytes }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw StagesError(.input, "`\(path)` is not UTF-8", hints: ["convert the file, as with `iconv -t UTF-8`"])
    }
    return text
  }

  private static func labels(_ path: String) throws -> [Label] {
    var labels: [Label] = []
    let blocks = try LineBlocks(path: path)
    while let block = try blocks.next() {
      try block.forEachLine { (range, number) throws(StagesError) in
        let line = block.bytes[range]
        guard line.contains(where: { $0 > 0x20 }) else { return }
        guard let text = String(validating: line, as: UTF8.self) else {
          throw StagesError(
            .input, "line \(number) of `\(path)` is not UTF-8", hints: ["convert the file, as with `iconv -t UTF-8`"])
        }
        do throws(JudgingError) {
          labels.append(try Label(line: text))
        } catch {
          throw StagesError(
            .input, "line \(number) of `\(path)` is no label: \(error.message)", hints: error.hints, cause: error)
        }
      }
    }
    return labels
  }

  private static func verdict(_ id: String, _ opinion: OfflineJudge.Opinion, _ probability: Double) -> [UInt8] {
    let value = JSONValue.members(
      ("id", .string(id)), ("ok", .boolean(opinion.keeps == true)),
      ("probability", .number(probability.fixed(decimals: 4)))
    )
    return Array((value.text + "\n").utf8)
  }

  private static func reason(
    _ id: String, _ opinion: OfflineJudge.Opinion, _ least: (principle: Int?, probability: Double)
  ) -> [UInt8] {
    let about = least.principle.map { "principle \($0)" } ?? "the principles"
    let share = least.probability.fixed(decimals: 2)
    let why =
      opinion.keeps == nil
      ? "the classifier is not sure of \(about) (\(share))" : "it goes against \(about) (\(share) that it keeps them)"
    let value = JSONValue.members(("id", .string(id)), ("filter", .string("constitution")), ("why", .string(why)))
    return Array((value.text + "\n").utf8)
  }

  private static func write(_ report: ClassifyReport, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let writer = try DocumentWriter(path: path)
    try writer.write(bytes: Array(try encoder.encode(report)) + [0x0a])
    try writer.finish()
  }
}

/// What the classifier was, and what became of the documents.
public struct ClassifyReport: Sendable, Codable, Hashable {
  /// The digest of the principles.
  public var constitution: UInt64
  /// How the classifier was measured: for all principles together, and for each that has labels of its own.
  public var reports: [JudgeReport]
  public var documents = 0
  public var kept = 0
  /// Documents that were dropped because the classifier was not sure of them.
  public var unsure = 0
  public init(constitution: UInt64, reports: [JudgeReport]) {
    self.constitution = constitution
    self.reports = reports
  }
}
