import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments

/// One generation under way: which stages are done, which is next, and what it reads.
struct GenerationWork {
  let request: ProposalRequest
  let parent: GenerationPlan
  /// Of the parent.
  let model: StoredFile
  let known: GenerationsState
  let weights: GenerationWeights

  var generation: Int { parent.generation + 1 }
  var done: [StageResult] { known.stages[request.trial] ?? [] }

  /// A stage of this generation: the user's command, or what Pawl brings.
  struct Step {
    let name: String
    let command: String
    /// Names of what it must leave, and of what it may leave.
    let required: [String]
    var optional: [String] = []
    /// Whether it is the user's own command in place of Pawl's filter.
    var isOwnFilter = false
  }

  // MARK: the order

  /// Returns nil where all are done.
  func nextStage(_ rule: GenerationRule) -> Step? {
    let finished = Set(done.map(\.stage))
    return steps(rule).first { !finished.contains($0.name) }
  }

  private func steps(_ rule: GenerationRule) -> [Step] {
    let filters = rule.filters
    var steps: [Step] = []
    if let command = rule.stages.diagnose {
      steps.append(Step(name: "diagnose", command: command, required: ["losses.jsonl"]))
    }
    steps.append(Step(name: "aim", command: Self.own("aim"), required: ["prompts.jsonl"], optional: ["diagnosis.json"]))
    if let command = rule.stages.generate {
      steps.append(Step(name: "generate", command: command, required: ["made.jsonl"]))
    }
    if filters.band != nil, let command = rule.stages.diagnose {
      steps.append(Step(name: "score", command: command, required: ["losses.jsonl"]))
      steps.append(Step(name: "score-real", command: command, required: ["losses.jsonl"]))
    }
    if let command = filters.verify {
      steps.append(Step(name: "verify", command: command, required: ["verdicts.jsonl"]))
    }
    steps.append(
      Step(
        name: "filter", command: rule.stages.filter ?? Self.own("filter"), required: ["kept.jsonl"],
        optional: ["dropped.jsonl", "filter.json"], isOwnFilter: rule.stages.filter != nil))
    if rule.stages.filter != nil, !rule.held.isEmpty {
      steps.append(
        Step(
          name: "guard", command: Self.own("filter"), required: ["kept.jsonl"],
          optional: ["dropped.jsonl", "filter.json"]))
    }
    if let constitution = filters.constitution {
      steps.append(
        Step(
          name: Self.constitution, command: constitution.judge == nil ? Self.own("classify") : "",
          required: ["constitution-kept.jsonl"],
          optional: ["constitution-dropped.jsonl", "constitution.json"]))
    }
    steps.append(Step(name: "mix", command: rule.stages.mix ?? Self.own("mix"), required: ["snapshot.jsonl"]))
    steps.append(Step(name: "check", command: Self.own("check"), required: ["mix.json"]))
    steps.append(Step(name: "watch", command: Self.own("watch"), required: ["watch.json"]))
    return steps
  }

  /// The stage that a language model does, where one judges.
  static let constitution = "constitution"

  /// How a stage that Pawl brings is started.
  static func own(_ stage: String) -> String { "exec '\(ClusterAccess.ownPath)' stage \(stage)" }

  // MARK: inputs

  func taskName(_ stage: String) -> String { "t\(request.trial)-\(stage)" }

  func task(_ step: Step, _ rule: GenerationRule, _ access: SnapshotAccess) throws -> StageRunner.Task {
    var recipe = rule
    recipe.making.aim = weights.aim
    recipe.making.temperature = weights.temperature
    recipe.mix.made = weights.made
    if step.name == "guard" { recipe.filters = FilterRule(exact: false, near: nil, overlap: rule.filters.overlap) }
    var hash = StableHash()
    hash.add(request.seed)
    hash.add(step.name)
    return StageRunner.Task(
      name: taskName(step.name), command: step.command,
      inputs: try inputs(of: step.name, rule, access.data).map { ($0, try access.path(of: $1)) },
      seed: hash.value & 0x7fff_ffff, generation: generation, commit: request.parentCommit, recipe: recipe)
  }

  private func inputs(
    of stage: String, _ rule: GenerationRule, _ data: GenerationData
  ) -> [(name: String, digest: String)] {
    let real = ("real.jsonl", data.real.digest)
    let probe = data.probe.bytes > 0 ? data.probe.digest : data.real.digest
    let made = file("made.jsonl", of: "generate").map { ("made.jsonl", $0) }
    let kept = kept.map { ("kept.jsonl", $0.digest) }
    let pool = known.records[request.parent]?.pool.map { ("pool.jsonl", $0.digest) }
    let held = zip(rule.held, data.held).enumerated().map { index, pair in
      ("held-\(index + 1).\(pair.0.hasSuffix(".jsonl") ? "jsonl" : "txt")", pair.1.digest)
    }
    let reference = known.models[.baseline]?.digest ?? model.digest
    let all: [(String, String)?]
    switch stage {
    case "diagnose": all = [("model", model.digest), ("probe.jsonl", probe)]
    case "aim":
      all = [real, ("probe.jsonl", probe), file("losses.jsonl", of: "diagnose").map { ("losses.jsonl", $0) }]
    case "generate":
      all = [
        ("model", model.digest), file("prompts.jsonl", of: "aim").map { ("prompts.jsonl", $0) },
        file("diagnosis.json", of: "aim").map { ("diagnosis.json", $0) },
      ]
    case "score": all = [("model", reference), made.map { ("probe.jsonl", $0.1) }]
    case "score-real": all = [("model", reference), ("probe.jsonl", probe)]
    case "verify": all = [made.map { ("documents.jsonl", $0.1) }]
    case "filter":
      all =
        [
          made, real, ("train.jsonl", parent.snapshot ?? data.real.digest),
          file("losses.jsonl", of: "score").map { ("losses.jsonl", $0) },
          file("losses.jsonl", of: "score-real").map { ("real-losses.jsonl", $0) },
          file("verdicts.jsonl", of: "verify").map { ("verdicts.jsonl", $0) },
        ] + held.map { $0 }
    case "guard":
      all =
        [file("kept.jsonl", of: "filter").map { ("made.jsonl", $0) }, real, ("train.jsonl", data.real.digest)]
        + held.map { $0 }
    case "constitution":
      all = [
        kept.map { ("documents.jsonl", $0.1) }, data.labels.map { ("labels.jsonl", $0.digest) },
        data.constitution.map { ("constitution.md", $0.digest) },
      ]
    case "mix": all = [real, pool, kept]
    case "check": all = [real, pool, kept, file("snapshot.jsonl", of: "mix").map { ("snapshot.jsonl", $0) }]
    default:
      all = [
        real, kept, known.records[request.parent]?.keptFile.map { ("last-kept.jsonl", $0.digest) },
        // What a person let pass with the champion is no news.
        known.records[known.champion]?.watch.map { ("released.json", $0.digest) },
      ]
    }
    return all.compactMap(\.self).map { (name: $0.0, digest: $0.1) }
  }

  /// The digest of what a finished stage left.
  private func file(_ name: String, of stage: String) -> String? { stored(name, of: stage)?.digest }

  /// The made documents that passed every filter so far.
  var kept: StoredFile? {
    stored("constitution-kept.jsonl", of: "constitution") ?? stored("kept.jsonl", of: "guard")
      ?? stored("kept.jsonl", of: "filter")
  }

  func stored(_ name: String, of stage: String) -> StoredFile? {
    done.first { $0.stage == stage }?.file(name)
  }

  // MARK: results

  /// Puts what a stage left into the store; documents that a model made get an id and their source.
  func collect(_ step: Step, from output: String, into store: DocumentStore) throws -> [StoredFile] {
    var files: [StoredFile] = []
    for name in step.required + step.optional {
      if let fault = FileFault(of: name, in: output) {
        if fault == .missing, step.optional.contains(name) { continue }
        throw RuntimeError(
          .usage, "stage `\(step.name)` \(fault.sentence(name))", hints: ["see docs/generations.md for what it owes"])
      }
      let left = "\(output)/\(name)"
      files.append(step.name == "generate" ? try identified(left, in: store) : try store.file(left, as: name))
    }
    if step.isOwnFilter, let kept = files.first(where: { $0.name == "kept.jsonl" }) { try check(kept, in: store) }
    return files
  }

  /// Stores what a generator wrote, with ids and sources. It is written beside the store, where no stage can have laid a link.
  private func identified(_ left: String, in store: DocumentStore) throws -> StoredFile {
    let path = "\(store.folder)/.made-\(request.trial)"
    let blocks = try LineBlocks(path: left)
    let writer = try DocumentWriter(path: path)
    defer { unlink(path) }
    var ids: Set<String> = []
    while let block = try blocks.next() {
      try block.forEachLine { range, number in
        guard !range.isEmpty else { return }
        var document = try made(Array(block.bytes[range]), number: number)
        // The same text of the same seed twice: the filters will drop one of them, by its id.
        var copy = 1
        while !ids.insert(document.id).inserted {
          copy += 1
          document.id = "\(document.id.prefix { $0 != "." }).\(copy)"
        }
        try writer.write(document)
      }
    }
    guard !ids.isEmpty else {
      throw RuntimeError(
        .usage, "stage `generate` made no document", hints: ["it writes one a line to `$PAWL_OUTPUT/made.jsonl`"])
    }
    try writer.finish()
    return try store.file(path, as: "made.jsonl")
  }

  /// A filter of the user's own chooses among what was made: what it changed or added would have a source that is not true.
  private func check(_ kept: StoredFile, in store: DocumentStore) throws {
    guard let made = stored("made.jsonl", of: "generate") else { return }
    var known: [String: UInt64] = [:]
    try Self.forEachDocument(of: made, in: store) { known[$0.id] = Self.digest($0) }
    let count = known.count
    var isEmpty = true
    try Self.forEachDocument(of: kept, in: store) { document in
      isEmpty = false
      // Once each: what was kept is not there a second time.
      guard known.removeValue(forKey: document.id) == Self.digest(document) else {
        throw RuntimeError(
          .usage,
          "stage `filter` kept `\(document.id)`, which is none of what `generate` made, was changed, or came before",
          hints: ["a filter of your own writes lines of `made.jsonl` as they are, each at most once"])
      }
    }
    guard !isEmpty else {
      throw RuntimeError(
        .usage, "stage `filter` kept none of \(count) documents", hints: ["see what it wrote to its log"])
    }
  }

  private static func forEachDocument(
    of file: StoredFile, in store: DocumentStore, _ body: (Document) throws -> Void
  ) throws {
    let blocks = try LineBlocks(path: store.path(of: file.digest))
    while let block = try blocks.next() {
      try block.forEachLine { range, number in
        guard !range.isEmpty else { return }
        let document: Document
        do throws(CorpusError) {
          document = try Document(lineBytes: Array(block.bytes[range]), file: file.name, number: number)
        } catch {
          throw RuntimeError(
            .usage, "stage `filter` wrote what is no document, in line \(number): \(error.message)", hints: error.hints)
        }
        try body(document)
      }
    }
  }

  /// Of all that its making says but the filters that it passed.
  private static func digest(_ document: Document) -> UInt64 {
    var hash = StableHash()
    hash.add(document.text)
    guard case .made(let making) = document.source else { return hash.value }
    for part in [making.model, making.prompt] { hash.add(part) }
    hash.add(making.seed)
    hash.add(UInt64(bitPattern: Int64(making.generation)))
    return hash.value
  }

  private func made(_ line: [UInt8], number: Int) throws -> Document {
    do {
      return try Document(madeLine: line, model: model.digest, generation: generation)
    } catch {
      throw RuntimeError(
        .usage, "stage `generate` wrote what is no document, in line \(number): \(error.message)", hints: error.hints)
    }
  }
}
