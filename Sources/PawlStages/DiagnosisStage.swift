import Foundation
import PawlCore
import PawlDocuments
public import PawlDrift

/// Finds where a model is weak, and draws the prompts that the next documents are made from.
///
/// It reads `probe.jsonl` and what the model's losses on it are, `losses.jsonl`; prompts are the beginnings of the documents of
/// `real.jsonl`, of `probe.jsonl` where there is none.
public enum DiagnosisStage {
  /// Documents with a loss beyond these are sampled.
  static let mostProbes = 20_000

  /// Reads a stage's folder, writes `diagnosis.json` and `prompts.jsonl`, and returns what was found.
  ///
  /// Where there are no losses, nothing is known of weak spots: prompts are drawn of all documents alike, and it returns nil.
  @discardableResult
  public static func run(_ folder: StageFolder) throws -> Diagnosis? {
    let making = try folder.recipe().making
    guard folder.has("losses.jsonl") else {
      try PromptDraw(making, nil, folder).write()
      return nil
    }
    let probes = try probes(folder)
    let slicer = try TextSlicer(field: making.slice, texts: probes, seed: folder.seed)
    let diagnosis = try Diagnosis(probes, slicer: slicer, seed: folder.seed)
    try StageReport.write(diagnosis, to: folder.written("diagnosis.json"))
    try PromptDraw(making, (diagnosis, slicer), folder).write()
    return diagnosis
  }

  private static func probes(_ folder: StageFolder) throws -> [ProbeText] {
    let losses = try ProbeLosses(folder.read("losses.jsonl"))
    let reader = try DocumentReader(path: folder.read("probe.jsonl"), name: "probe.jsonl")
    var reservoir = Reservoir<ProbeText>(size: mostProbes, seed: folder.seed)
    while let document = try reader.next() {
      guard let line = losses.byID[document.id] else { continue }
      reservoir.offer {
        ProbeText(
          text: document.text, fields: document.fields, loss: line.loss, bytes: line.bytes ?? document.text.utf8.count,
          confidence: line.confidence, accuracy: line.accuracy)
      }
    }
    guard !reservoir.items.isEmpty else {
      throw StagesError(
        .input, "none of the `\(losses.byID.count)` ids in `losses.jsonl` is in `probe.jsonl`",
        hints: ["the command of stage `diagnose` must write each document's own `id`"])
    }
    return reservoir.items
  }
}

/// What the model's losses are, by the document's id.
struct ProbeLosses {
  struct Line {
    var loss: Double
    var bytes: Int?
    var confidence: Double?
    var accuracy: Double?
  }
  private(set) var byID: [String: Line] = [:]

  init(_ path: String) throws {
    try StageLines.forEach(path) { (line, number) throws(DocumentsError) in
      guard let id = line["id"]?.string, let loss = line["loss"] else {
        throw StageLines.malformed(
          path, number, "has no `id` or no `loss`", #"write {"id":"r1","loss":1.25,"bytes":80}"#)
      }
      // What has no finite loss was not measured.
      guard let value = loss.double else { return }
      byID[id] = Line(
        loss: value, bytes: line["bytes"]?.integer, confidence: line["confidence"]?.double,
        accuracy: line["accuracy"]?.double)
    }
  }
}
