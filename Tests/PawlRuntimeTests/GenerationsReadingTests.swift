import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments
import PawlJournal
import PawlTestSupport
import Testing

@testable import PawlRuntime

/// Two generations, one made by the model of the other, as their journal and their store have them.
private struct TwoGenerations {
  let repository: TemporaryRepository
  let paths: StudyPaths
  let store: DocumentStore
  private(set) var made: [Document] = []
  private(set) var pools: [StoredFile] = []
  private var events: [Event] = []

  static let canaries = 200

  init() throws {
    let name = try #require(StudyName(rawValue: "made"))
    repository = try TemporaryRepository([GenerationPlan.file: "{}\n"])
    paths = StudyPaths(root: repository.root, study: name)
    try paths.createFolder(paths.store)
    store = try DocumentStore(folder: paths.store)
    var configuration = StudyConfiguration(
      name: name, command: "true", metric: MetricRule(name: "bits", pattern: "(.*)", direction: .minimize),
      editable: [GenerationPlan.file], agents: [.generations])
    configuration.generations = GenerationRule(
      real: "data/real.jsonl", stages: StageCommands(generate: "g", judge: "j"),
      canaries: CanaryRule(file: "c.jsonl", floor: 0.9))
    let real = try put(
      "real.jsonl", [Document(id: "r1", text: "in the beginning", source: .real(file: "data/real.jsonl", line: 1))])
    let probe = try put(
      "probe.jsonl", [Document(id: "r2", text: "and so on", source: .real(file: "data/real.jsonl", line: 2))])
    events = [
      .studyStarted(
        StudyStart(
          configuration: configuration, baseline: commit(0), frozenDigest: "", dirty: false, fingerprint: 1)),
      .dataTaken(GenerationData(real: real, probe: probe, held: [], canaryCount: Self.canaries)),
    ]
    train(0, right: 0..<180)
    try generation(1, of: 0, right: 2..<180, alarms: ["PSI of `length` is 0.41"])
    try generation(2, of: 1, right: 4..<200)
    let journal = try Journal.create(in: paths.folder)
    defer { journal.close() }
    for (time, event) in events.enumerated() {
      _ = try journal.append([event], at: Timestamp(milliseconds: 1_000 * Int64(time)))
    }
  }

  var reader: StudyReader {
    get throws { try StudyReader(at: repository.root, study: try #require(StudyName(rawValue: "made"))) }
  }

  private func commit(_ number: Int) -> CommitHash {
    CommitHash(rawValue: String(repeating: "0", count: 39) + String(number, radix: 16))
  }

  private func put(_ name: String, _ documents: [Document]) throws -> StoredFile {
    try put(name, text: documents.map { $0.line + "\n" }.joined())
  }

  private func put(_ name: String, text: String) throws -> StoredFile {
    try repository.write(text, to: "\(repository.home)/\(name)")
    let digest = try store.put("\(repository.home)/\(name)")
    return StoredFile(name: name, digest: digest, bytes: text.utf8.count)
  }

  private mutating func train(_ trial: Int, right: Range<Int>) {
    let (id, usage) = (
      AttemptID(rawValue: trial + 1), Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1))
    )
    events.append(
      .attemptRequested(
        AttemptRequest(
          id: id, trial: TrialID(rawValue: trial), commit: commit(trial), seed: 1, purpose: .search, keepsModel: true)))
    var result = AttemptResult(
      id: id, outcome: .exited(code: 0), measurement: 2, remark: nil, usage: usage, reportedMemory: nil, sandbox: .full,
      referee: .report, logTail: nil)
    result.model = StoredFile(name: "model", digest: "model-\(trial)", bytes: 1)
    result.canaries = CanaryAnswers((0..<Self.canaries).map(right.contains))
    events.append(.attemptFinished(result))
  }

  /// Two documents are made; one is kept and joins the pool, one is dropped.
  private mutating func generation(_ number: Int, of parent: Int, right: Range<Int>, alarms: [String] = []) throws {
    let (trial, before) = (TrialID(rawValue: number), TrialID(rawValue: parent))
    let both = try ["kept", "dropped"].map { word in
      try Document(
        madeLine: Array(#"{"text":"\#(word) \#(number)","prompt":"in","seed":\#(number)}"#.utf8),
        model: "model-\(parent)", generation: number)
    }
    made += both
    let pool = try put("pool.jsonl", made.filter { $0.text.hasPrefix("kept") })
    pools.append(pool)
    let usage = Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1))
    events += [
      .proposalRequested(
        ProposalRequest(trial: trial, agent: "generations", parent: before, parentCommit: commit(parent), seed: 1)),
      .stageFinished(
        StageResult(trial: trial, stage: "generate", files: [try put("made.jsonl", both)], usage: usage)),
      .stageFinished(
        StageResult(
          trial: trial, stage: "filter",
          files: [
            try put("dropped.jsonl", text: #"{"id":"\#(both[1].id)","filter":"near","why":"0.93 like r1"}"# + "\n")
          ], usage: usage)),
      .generationMade(
        GenerationRecord(
          trial: trial, parent: before,
          plan: GenerationPlan(generation: number, snapshot: "snapshot-\(number)", model: nil), made: 2, kept: 1,
          dropped: ["near": 1], realBytes: 70, madeBytes: 30, pool: pool, alarms: alarms)),
      .candidateCreated(trial, commit(number), DiffStatistics(added: 1, removed: 1)),
    ]
    train(number, right: right)
    let evidence = Evidence(
      effect: 0.25, deviation: 0.01, gain: 0.25, loss: 0, mean: 2, measurements: 1, sigma: 0.01, head: before)
    events += [.trialJudged(trial, .kept, evidence), .headMoved(to: trial, from: before)]
  }
}

@Suite struct `Generations read back` {
  @Test func `a study of two generations gives each number that it should`() throws {
    let study = try TwoGenerations()
    let summary = try #require(try study.reader.generations())
    #expect(summary.generation == 2 && summary.champion == 0 && summary.snapshots == 2)
    #expect(summary.rows.map(\.record.plan.generation) == [1, 2])
    #expect(summary.rows.map(\.standing) == ["kept", "kept"] && summary.rows.map(\.effect) == [0.25, 0.25])
    #expect(summary.rows.map(\.record.alarms) == [["PSI of `length` is 0.41"], []])
    let fidelity = try #require(summary.fidelity)
    #expect(fidelity.floor == 0.9 && fidelity.canaries == 200 && fidelity.baseline == 180)
    #expect(fidelity.steps.map(\.step.keptOfBaseline) == [178, 176])
    #expect(fidelity.standing?.value == 176.0 / 180)
    // Clopper and Pearson: scipy.stats.binomtest(176, 180).proportion_ci(method="exact") is 0.944082, 0.993913.
    #expect(abs((fidelity.standing?.low ?? 0) - 0.944082) < 1e-6)
    #expect(abs((fidelity.standing?.high ?? 0) - 0.993913) < 1e-6)
    #expect(abs((fidelity.product?.value ?? 0) - 176.0 / 180) < 1e-12)
    let left = try #require(fidelity.generationsLeft)
    #expect(left == 7 && fidelity.fewestLeft ?? 0 < left && fidelity.mostLeft ?? .max > left)
  }

  @Test func `a study of code has none, and one without canaries no ledger`() throws {
    let study = try TwoGenerations()
    var configuration = try study.reader.configuration()
    configuration.generations?.canaries = nil
    #expect(
      try GenerationsReading(study.reader.journal, configuration: configuration)?.summary(champion: .baseline).fidelity
        == nil)
    configuration.generations = nil
    #expect(try GenerationsReading(study.reader.journal, configuration: configuration) == nil)
  }

  @Test func `a made document is followed back from model to model, to real data`() throws {
    let study = try TwoGenerations()
    let reader = try study.reader
    let second = try reader.lineage(of: study.made[2].id)
    #expect(second.document.text == "kept 2" && second.dropped == nil)
    #expect(second.snapshots == [TrialID(rawValue: 2)])
    #expect(second.models.map(\.model) == ["model-1", "model-0"])
    #expect(second.models.map(\.generation) == [1, 0] && second.models.map(\.snapshot) == ["snapshot-1", nil])
    #expect(second.models.map(\.madeBytes) == [30, 0])
    let first = try reader.lineage(of: study.made[0].id)
    #expect(first.snapshots.map(\.rawValue) == [1, 2], "what is kept stays in the pool")
    #expect(first.models.map(\.model) == ["model-0"])
  }

  @Test func `real documents, those that were dropped, and those that never were`() throws {
    let study = try TwoGenerations()
    let reader = try study.reader
    let real = try reader.lineage(of: "r1")
    #expect(real.document.source == .real(file: "data/real.jsonl", line: 1) && real.models.isEmpty)
    #expect(real.snapshots.map(\.rawValue) == [0, 1, 2])
    #expect(try reader.lineage(of: "r2").snapshots.isEmpty, "no model ever learnt from it")
    let dropped = try reader.lineage(of: study.made[3].id)
    #expect(dropped.dropped == "near: 0.93 like r1" && dropped.snapshots.isEmpty)
    #expect(dropped.models.map(\.model) == ["model-1", "model-0"])
    for id in ["r", "r11", "", "g9-0000", "\"", "text"] {
      let error = #expect(throws: RuntimeError.self, "\(id)") { try reader.lineage(of: id) }
      #expect(error?.code == .noTrial)
    }
  }

  @Test func `a file of the store that was altered is told, not read`() throws {
    let study = try TwoGenerations()
    let pool = try #require(study.pools.first)
    let path = study.store.path(of: pool.digest)
    study.repository.shell("chmod u+w '\(path)' && echo '{}' >> '\(path)'")
    #expect(throws: (any Error).self) { try study.reader.lineage(of: study.made[0].id) }
    #expect(try study.reader.generations()?.snapshots == 2, "what the journal says is read without it")
  }
}

@Suite struct `Canaries in files` {
  private func file(_ text: String) throws -> (TemporaryRepository, String) {
    let repository = try TemporaryRepository([:])
    try repository.write(text, to: "c.jsonl")
    return (repository, "\(repository.root)/c.jsonl")
  }

  private static let three = (1...3).map { #"{"id":"c\#($0)","prompt":"p","answer":"a"}"# + "\n" }.joined()

  @Test func `answers stand in the order of the questions, and what a judge left out is not right`() throws {
    let (repository, path) = try file(Self.three + "\n")
    let canaries = try CanaryFile(path: path, name: "c.jsonl")
    #expect(canaries.ids == ["c1", "c2", "c3"])
    try repository.write(
      #"{"id":"c3","ok":true}"# + "\r\n" + #"{"id":"c1","ok":false}"# + "\n", to: "kept.jsonl")
    #expect(try canaries.answers(in: "\(repository.root)/kept.jsonl").right == [false, false, true])
    try repository.write("", to: "kept.jsonl")
    #expect(try canaries.answers(in: "\(repository.root)/kept.jsonl").rightCount == 0)
  }

  @Test(arguments: [
    (#"{"id":"c1","prompt":"p"}"#, "line 1 of `c.jsonl` is no canary"),
    (three + #"{"id":"c2","prompt":"p","answer":"a"}"#, "two canaries of `c.jsonl` have the id `c2`"),
    (three + #"{"id":"c4","pro"#, "line 4 of `c.jsonl` is no JSON"), ("[]", "line 1 of `c.jsonl` is no canary"),
    ("\u{0}\n", "line 1 of `c.jsonl` is no JSON"),
  ])
  func `bad lines are told with their place`(text: String, message: String) throws {
    let (repository, path) = try file(text)
    defer { withExtendedLifetime(repository) {} }
    let error = try #require(throws: RuntimeError.self) { try CanaryFile(path: path, name: "c.jsonl") }
    #expect(error.message == message && !error.hints.isEmpty)
  }

  @Test(arguments: ["3", #"{"id":"c1"}"#, #"{"id":"c1","ok":1}"#, #"{"ok":true}"#, "yes"])
  func `a judge's answers that are none are told`(line: String) throws {
    let (repository, path) = try file(Self.three)
    try repository.write(line, to: "kept.jsonl")
    let canaries = try CanaryFile(path: path, name: "c.jsonl")
    let error = try #require(throws: RuntimeError.self) {
      try canaries.answers(in: "\(repository.root)/kept.jsonl")
    }
    #expect(error.message.contains("line 1 of"))
  }

  @Test(arguments: [(0.95, 72), (0.9, 36), (0.99, 368), (0.5, 6)])
  func `so many canaries tell a model that keeps them all from the floor`(floor: Double, count: Int) {
    // 0.025^(1/n) > floor: 0.025^(1/72) is 0.9501, 0.025^(1/71) is 0.9494.
    #expect(CanaryFile.needed(floor: floor) == count)
  }

  @Test(arguments: [0, 1, -1, 2, .nan, .infinity])
  func `no number of canaries tells what a floor asks that asks for nothing, or everything`(floor: Double) {
    #expect(CanaryFile.needed(floor: floor) == nil)
  }
}
