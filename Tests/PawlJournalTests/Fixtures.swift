import CSQLite
import Glibc
import PawlCore
import Testing

@testable import PawlJournal

/// A folder of its own for one test, removed with it.
final class StudyFolder {
  let path: String
  var journal: String { path + "/journal.sqlite" }

  init() throws {
    // In memory where that is offered: these tests sync thousands of times, and what they need of a sync the test layer plays.
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/pawl journal é%?#-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  var names: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Runs SQL beside the journal, as somebody with the shell of SQLite would.
  func run(_ sql: String) throws {
    let connection = try Connection(journal, path: journal, flags: SQLITE_OPEN_READWRITE)
    try connection.execute(sql)
  }

  /// Runs SQL that changes events, which the journal's triggers would refuse.
  func tamper(_ sql: String) throws {
    try run("DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_deleted; \(sql)")
  }

  func bytes() throws -> [UInt8] { try readBytes(journal) }
  func replace(with bytes: [UInt8]) throws { try writeBytes(bytes, to: journal) }
}

func readBytes(_ path: String) throws -> [UInt8] {
  let file = try #require(fopen(path, "rb"))
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
  return bytes
}

func writeBytes(_ bytes: [UInt8], to path: String) throws {
  let file = try #require(fopen(path, "wb"))
  defer { fclose(file) }
  try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}

/// Returns the code of the `JournalError` that `body` throws, or nil where it throws none.
func code(_ body: () throws -> Void) -> JournalError.Code? {
  do {
    try body()
    return nil
  } catch let error as JournalError {
    #expect(!error.message.isEmpty && !error.hints.isEmpty)
    return error.code
  } catch {
    Issue.record("\(error)")
    return nil
  }
}

func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000 + milliseconds) }

func configuration(name: String = "study-1", command: String = "sh run.sh") throws -> StudyConfiguration {
  StudyConfiguration(
    name: try #require(StudyName(rawValue: name)), command: command,
    metric: MetricRule(
      name: "val_bpb", pattern: #"val_bpb: ([0-9.]+)"#, direction: .minimize, plausible: 0.1...8, memoryPattern: nil),
    editable: ["train.py"], ratchet: RatchetRule(calibration: 4), seed: .max)
}

func start() throws -> StudyStart {
  StudyStart(
    configuration: try configuration(), baseline: commit(0), frozenDigest: "ab12", dirty: true, fingerprint: .max - 1)
}

func commit(_ number: Int) -> CommitHash {
  let digits = String(number, radix: 16)
  return CommitHash(rawValue: String(repeating: "0", count: max(0, 40 - digits.count)) + digits)
}

func result(
  _ id: Int, _ measurement: Double?, outcome: Outcome = .exited(code: 0), remark: String? = nil
) -> AttemptResult {
  AttemptResult(
    id: AttemptID(rawValue: id), outcome: outcome, measurement: measurement, remark: remark,
    usage: Usage(wallSeconds: 1.5, cpuSeconds: 2.25, peakMemory: .mebibytes(100), output: Bytes(1234)),
    reportedMemory: nil, sandbox: .full, referee: .evaluate, logTail: measurement == nil ? "last \"line\"\n\u{1}é" : nil
  )
}

func request(_ id: Int, trial: Int, purpose: AttemptPurpose = .search) -> AttemptRequest {
  AttemptRequest(
    id: AttemptID(rawValue: id), trial: TrialID(rawValue: trial), commit: commit(trial), seed: UInt64(id),
    purpose: purpose)
}

func proposal(_ number: Int, agent: String = "knobs", hypothesis: String? = nil) -> Proposal {
  Proposal(
    agent: agent, hypothesis: hypothesis ?? "a larger step \(number) helps",
    edits: [
      FileEdit(path: "train.py", change: .lines([.init(line: 3, old: "lr = 1", new: "lr = \(number)")])),
      FileEdit(path: "dir/näme", change: .content("whole\n\u{0}file")),
    ], knobs: ["lr": .real(0.25), "depth": .integer(8), "tied": .boolean(true), "kind": .text("gelu")], cost: 0.25,
    fingerprint: UInt64(number))
}

func evidence(_ head: Int = 0, sigma: Double = 0.01) -> Evidence {
  Evidence(
    effect: 0.1, deviation: 0.02, gain: 0.1, loss: 0.001, mean: 1.25, measurements: 3, sigma: sigma,
    head: TrialID(rawValue: head))
}

func certificate(_ number: Int, candidate: Int) -> Certificate {
  Certificate(
    number: number, candidate: TrialID(rawValue: candidate), candidateCommit: commit(candidate), champion: .baseline,
    championCommit: commit(0), effect: 0.05, interval: 0.01...0.09, eValue: .infinity, threshold: 20, alpha: 0.05,
    seeds: [1, .max], candidateValues: [1.0, 1.1], championValues: [1.2, 1.3], referee: .referee, sandbox: .partial)
}

func rebase(_ trial: Int, onto: Int, evidence: Evidence? = nil) -> RebaseRequest {
  RebaseRequest(
    trial: TrialID(rawValue: trial), onto: TrialID(rawValue: onto), ontoCommit: commit(onto), evidence: evidence)
}

func rebased(_ trial: Int, onto: Int) -> RebasedCandidate {
  RebasedCandidate(
    trial: TrialID(rawValue: trial), onto: TrialID(rawValue: onto), ontoCommit: commit(onto),
    commit: commit(100 * trial + onto), size: DiffStatistics(added: 2, removed: 5), fingerprint: UInt64.max,
    knobs: ["lr": .real(2)])
}

/// One event of every kind that a stored journal has, in an order that makes a whole small study; an older format has not what came
/// after it.
func everyKind(format: Int = 2) throws -> [Event] {
  let one = TrialID(rawValue: 1)
  var changed = try configuration(command: "sh new.sh")
  changed.isReferee = format >= 2
  if format >= 3 { changed.agents = agents }
  return [
    .studyStarted(try start()),
    .sessionStarted(
      SessionStart(
        version: "1.0", host: "host", process: 42, sandbox: .full, stop: StopRule(trials: 3, spend: 1.5), workers: 2)),
    .attemptRequested(request(1, trial: 0, purpose: .calibration)), .attemptFinished(result(1, 2.0)),
    .proposalRequested(
      ProposalRequest(trial: one, agent: "knobs", parent: .baseline, parentCommit: commit(0), seed: .max)),
    .proposalReceived(one, proposal(1)), .candidateCreated(one, commit(1), DiffStatistics(added: 3, removed: 1)),
    .attemptRequested(request(2, trial: 1)), .attemptFinished(result(2, 1.5)),
    .attemptRequested(request(3, trial: 1)),
    .attemptFinished(result(3, nil, outcome: .signalled(signal: 9), remark: "no metric")),
    .trialJudged(one, .kept, evidence()), .headMoved(to: one, from: .baseline),
    .certificationStarted(number: 1, candidate: one, champion: .baseline, alpha: 0.05),
    .attemptRequested(request(4, trial: 1, purpose: .certification(1, pair: 0, candidate: true))),
    .attemptFinished(result(4, 9.0)), .certificationFailed(number: 1, eValue: 0.5, pairs: 8),
    .championCertified(certificate(2, candidate: 1)),
    .proposalRequested(
      ProposalRequest(
        trial: TrialID(rawValue: 2), agent: "claude", parent: one, parentCommit: commit(1), seed: 2)),
    .proposalFailed(TrialID(rawValue: 2), reason: "no reply"),
    .proposalRequested(
      ProposalRequest(
        trial: TrialID(rawValue: 3), agent: "claude", parent: one, parentCommit: commit(1), seed: 3)),
    .proposalReceived(TrialID(rawValue: 3), proposal(3, agent: "claude", hypothesis: "100% wider_net\\deeper")),
    .proposalRefused(TrialID(rawValue: 3), reason: "a duplicate of trial 1"),
    .proposalRequested(
      ProposalRequest(
        trial: TrialID(rawValue: 4), agent: "knobs", parent: one, parentCommit: commit(1), seed: 4)),
    .proposalReceived(TrialID(rawValue: 4), proposal(4)),
    .candidateCreated(TrialID(rawValue: 4), commit(4), DiffStatistics(added: 1, removed: 1)),
    .attemptRequested(request(5, trial: 4)), .attemptFinished(result(5, nil, outcome: .timedOut, remark: "hung")),
    .trialCrashed(TrialID(rawValue: 4), .timedOut), .configurationChanged(changed),
    .paused(by: "user"), .resumed(by: "user"), .stopRequested(reason: "trials"),
    .studyFailed(reason: "the baseline fails"),
  ] + (format >= 3 ? eventsOfAgents() : []) + [.sessionEnded(reason: "done")]
}

/// Every kind of agent, with nothing at its default.
private let agents: [AgentRule] = [
  .knobs,
  AgentRule(
    name: "model",
    kind: .model(
      ModelRule(
        api: .openai, model: "m", baseURL: "http://localhost:1/v1", key: .file("~/key"), maximumTokens: 9,
        thinkingTokens: 3, temperature: 0.5, contextTokens: 77, usesTools: false,
        price: TokenPrice(input: 1, output: 2, cacheRead: 0.1, cacheWrite: 1.5), idleSeconds: 5, totalSeconds: 6,
        retries: 2, proxy: "http://localhost:2", certificates: "/ca.pem")), maximumSpend: 2.5, parallel: 4),
  AgentRule(
    name: "program",
    kind: .program(
      ProgramRule(
        program: .command("agent"), model: "m", network: true, environment: ["KEY"], readable: ["~/x"],
        wallSeconds: 60, spendLimit: 1, assumedCost: 0.25, contextTokens: 99))),
]

private func eventsOfAgents() -> [Event] {
  let trial = TrialID(rawValue: 5)
  let choice = SearchChoice(
    agent: "model", strategy: .islands, island: 2, parent: TrialID(rawValue: 1), inspirations: [TrialID(rawValue: 4)],
    breadth: 0.5)
  return [
    .proposalRequested(
      ProposalRequest(
        trial: trial, agent: "model", parent: TrialID(rawValue: 1), parentCommit: commit(1), seed: 5, choice: choice,
        offer: "mark", spendLimit: 0.5)),
    .replyReceived(
      AgentReply(
        trial: trial, number: 1, agent: "model", model: "m-1", text: "told",
        calls: [ToolCall(id: "c", name: "propose_change", arguments: "{}")],
        edits: [FileEdit(path: "a", change: .content("b"))],
        usage: TokenUsage(input: 1, output: 2, cacheRead: 3, cacheWrite: 4), cost: 0.25, seconds: 9,
        end: .broken(reason: "cut"))),
    .agentFailed(trial, AgentFailure(.transient, reason: "the server is busy", hint: "wait")),
    .hintGiven(Hint(number: 1, text: "try rotary positions", by: "user")), .hintDone(number: 1, by: "user"),
  ]
}

/// A random stream of events, sensible and not: the journal must cope with both.
struct EventStream {
  var generator: SeededGenerator
  private var trials = 0
  private var attempts = 0

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func next() throws -> Event {
    func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
    let trial = TrialID(rawValue: pick(trials + 2))
    switch pick(20) {
    case 0, 1:
      trials += 1
      return .proposalRequested(
        ProposalRequest(
          trial: TrialID(rawValue: trials), agent: ["knobs", "claude"][pick(2)],
          parent: TrialID(rawValue: pick(trials)),
          parentCommit: commit(pick(trials)), seed: generator.next()))
    case 2: return .proposalReceived(trial, proposal(trial.rawValue))
    case 3: return .candidateCreated(trial, commit(trial.rawValue), DiffStatistics(added: pick(9), removed: pick(9)))
    case 4, 5:
      attempts += 1
      let purposes: [AttemptPurpose] = [.search, .calibration, .certification(1, pair: pick(4), candidate: true)]
      return .attemptRequested(request(attempts, trial: trial.rawValue, purpose: purposes[pick(3)]))
    case 6, 7:
      let outcomes: [Outcome] = [.exited(code: 0), .exited(code: 1), .timedOut, .launchFailed(reason: "no file")]
      return .attemptFinished(
        result(
          pick(attempts + 2), pick(4) == 0 ? nil : generator.unit(), outcome: outcomes[pick(4)],
          remark: pick(2) == 0 ? "odd" : nil))
    case 8, 9:
      return .trialJudged(trial, [.kept, .discarded, .inconclusive][pick(3)], evidence(sigma: generator.unit()))
    case 10: return .trialCrashed(trial, .outOfMemory)
    case 11: return .headMoved(to: trial, from: .baseline)
    case 12: return .proposalFailed(trial, reason: "nothing")
    case 13: return .proposalRefused(trial, reason: "twice")
    case 14: return .championCertified(certificate(pick(20), candidate: trial.rawValue))
    case 16:
      let onto = TrialID(rawValue: pick(trials + 1))
      return [
        .rebaseRequested(rebase(trial.rawValue, onto: onto.rawValue, evidence: pick(2) == 0 ? nil : evidence())),
        .candidateRebased(rebased(trial.rawValue, onto: onto.rawValue)),
        .rebaseConflicted(RebaseConflict(trial: trial, onto: onto, paths: ["train.py"], steps: [onto])),
      ][pick(3)]
    case 15:
      return [.paused(by: "a"), .resumed(by: "b"), .stopRequested(reason: "c"), .studyFailed(reason: "d")][pick(4)]
    case 17:
      return .replyReceived(
        AgentReply(trial: trial, number: 1 + pick(3), agent: "claude", text: "t", cost: generator.unit()))
    case 18: return .agentFailed(trial, AgentFailure(.transient, reason: "busy"))
    default:
      return pick(4) == 0
        ? .studyStarted(try start())
        : .sessionStarted(
          SessionStart(version: "1", host: "h", process: 1, sandbox: .none, stop: StopRule(), workers: 1))
    }
  }

  mutating func next(_ count: Int) throws -> [Event] { try (0..<count).map { _ in try next() } }
}

/// Every row of the derived tables as text, the counters by value (the order of a JSON dictionary's keys is no part of them).
func derivedRows(_ folder: StudyFolder) throws -> [String] {
  let connection = try Connection(folder.journal, path: folder.journal, flags: SQLITE_OPEN_READWRITE)
  var rows: [String] = []
  for table in Schema.derivedTables {
    let columns = try connection.all("SELECT name FROM pragma_table_info('\(table)')") { row throws(JournalError) in
      "quote(\(row.text(0)))"
    }
    rows += try connection.all("SELECT \(columns.joined(separator: " || ',' || ")) FROM \(table) ORDER BY 1") {
      row throws(JournalError) in "\(table): \(row.text(0))"
    }
  }
  return rows
}
