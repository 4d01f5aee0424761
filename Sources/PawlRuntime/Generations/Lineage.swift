import Foundation
public import PawlCore
import PawlCorpus
import PawlDocuments
import PawlJournal

/// Where a document came from, back to real data: document, model, snapshot, model, … baseline.
public struct Lineage: Sendable, Encodable {
  /// A model on the way, and what it was trained on.
  public struct ModelStep: Sendable, Encodable {
    public let model: String
    public let trial: TrialID
    public let generation: Int
    /// Nil for the real documents alone.
    public let snapshot: String?
    public let realBytes: Int
    public let madeBytes: Int
    /// The model that training began at.
    public let parentModel: String?
  }
  public let document: Document
  /// Trials whose snapshots hold it, as far as was looked.
  public let snapshots: [TrialID]
  /// The filter that dropped it, and why; nil where it was kept.
  public let dropped: String?
  /// The newest first; empty for a real document.
  public let models: [ModelStep]

  private enum CodingKeys: String, CodingKey {
    case document, snapshots, dropped, models
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(DocumentLine(document), forKey: .document)
    try values.encode(snapshots, forKey: .snapshots)
    try values.encodeIfPresent(dropped, forKey: .dropped)
    try values.encode(models, forKey: .models)
  }
}

/// A document as its line in a snapshot has it.
private struct DocumentLine: Encodable {
  struct Source: Encodable {
    var kind: String
    var file: String?
    var line: Int?
    var model: String?
    var prompt: String?
    var seed: UInt64?
    var generation: Int?
    var filters: [String]?
  }
  let id: String
  let text: String
  let source: Source
  let fields: [String: String]

  init(_ document: Document) {
    (id, text, fields) = (document.id, document.text, document.fields)
    source =
      switch document.source {
      case .real(let file, let line): Source(kind: "real", file: file, line: line)
      case .made(let making):
        Source(
          kind: "model", model: making.model, prompt: making.prompt, seed: making.seed, generation: making.generation,
          filters: making.filters)
      }
  }
}

extension StudyReader {
  /// Finds a document by its id among all that was ever learnt from or made, and follows it back.
  ///
  /// - Throws: `RuntimeError.Code.noTrial` where there is none; an error of the store where a file was altered.
  public func lineage(of id: String) throws -> Lineage {
    guard let reading = try GenerationsReading(journal, configuration: configuration()) else {
      throw RuntimeError(
        .usage, "study `\(name)` is one of code: its candidates have no documents",
        hints: ["`pawl show ID` shows a trial; documents are of studies with `kind: generations`"])
    }
    return try LineageSearch(reading.state, journal, store: try DocumentStore(folder: paths.store)).lineage(of: id)
  }
}

/// Looks through what the journal says that stages left.
private struct LineageSearch {
  let state: GenerationsState
  let store: DocumentStore
  private var records: [GenerationRecord] = []
  private var results: [StageResult] = []
  private var trained: [String: TrialID] = [:]

  init(_ state: GenerationsState, _ journal: JournalReader, store: DocumentStore) throws {
    self.state = state
    self.store = store
    var attempts: [AttemptID: TrialID] = [:]
    for recorded in try journal.events(ofKinds: GenerationsState.kinds) {
      switch recorded.event {
      case .generationMade(let record): records.append(record)
      case .stageFinished(let result): results.append(result)
      case .attemptRequested(let request): attempts[request.id] = request.trial
      case .attemptFinished(let result):
        if let model = result.model, let trial = attempts[result.id] { trained[model.digest] = trial }
      default: break
      }
    }
  }

  func lineage(of id: String) throws -> Lineage {
    if let data = state.data {
      for file in [data.real, data.probe] {
        if let document = try find(id, in: file) {
          let isProbe = file.name == data.probe.name
          return Lineage(
            document: document, snapshots: isProbe ? [] : [.baseline] + records.map(\.trial), dropped: nil, models: [])
        }
      }
    }
    for result in results where result.stage == "generate" {
      guard let file = result.file("made.jsonl"), var document = try find(id, in: file) else { continue }
      let holders = try records.filter { record in
        guard let pool = record.pool, let kept = try find(id, in: pool) else { return false }
        document = kept
        return true
      }
      return Lineage(
        document: document, snapshots: holders.map(\.trial),
        dropped: holders.isEmpty ? try whyDropped(id, in: result.trial) : nil, models: models(behind: document))
    }
    throw RuntimeError(
      .noTrial, "no document `\(id)` was learnt from or made in this study",
      hints: ["ids stand in the files of a snapshot: `pawl show ID` of a trial names them"])
  }

  private func find(_ id: String, in file: StoredFile) throws -> Document? {
    try store.verify(file.digest)
    let (wanted, path) = (Array("\"\(id)\"".utf8), store.path(of: file.digest))
    let blocks = try LineBlocks(path: path)
    var found: Document?
    while found == nil, let block = try blocks.next() {
      block.forEachLine { range, number in
        guard found == nil, block.bytes[range].firstRange(of: wanted) != nil,
          let document = try? Document(lineBytes: Array(block.bytes[range]), file: file.name, number: number),
          document.id == id
        else { return }
        found = document
      }
    }
    return found
  }

  private func whyDropped(_ id: String, in trial: TrialID) throws -> String? {
    for result in results where result.trial == trial {
      guard let file = result.file("dropped.jsonl") else { continue }
      let blocks = try LineBlocks(path: store.path(of: file.digest))
      var reason: String?
      while let block = try blocks.next() {
        block.forEachLine { range, _ in
          guard let line = JSONValue(bytes: Array(block.bytes[range])), line["id"]?.string == id else { return }
          reason = [line["filter"]?.string, line["why"]?.string].compactMap(\.self).joined(separator: ": ")
        }
      }
      if let reason { return reason }
    }
    return nil
  }

  private func models(behind document: Document) -> [Lineage.ModelStep] {
    guard case .made(let making) = document.source else { return [] }
    var (steps, next): ([Lineage.ModelStep], String?) = ([], making.model)
    // Of text, as in each snapshot, which has all of the real documents.
    let realBytes = records.first { !$0.plan.isControl }?.realBytes ?? state.data?.real.bytes ?? 0
    var seen: Set<String> = []
    while let model = next, seen.insert(model).inserted {
      let trial = trained[model] ?? .baseline
      let record = records.last { $0.trial == trial }
      steps.append(
        Lineage.ModelStep(
          model: model, trial: trial, generation: record?.plan.generation ?? 0, snapshot: record?.plan.snapshot,
          realBytes: realBytes, madeBytes: record?.madeBytes ?? 0,
          parentModel: record?.plan.model))
      // What a snapshot's made documents came of, or else the weights that training began at.
      next = record.flatMap { state.models[$0.parent]?.digest ?? $0.plan.model }
    }
    return steps
  }
}
