import PawlCore
import PawlSearch
import Testing

@testable import PawlEngine

/// Everything outside the engine, in memory: agents, candidates, attempts and the journal, driven by one seeded generator.
///
/// Effects are completed in random order, so that no test relies on one.
struct SimulatedWorld {
  var engine = Engine()
  /// The journal, a transaction at a time.
  var transactions: [[RecordedEvent]] = []
  var pending: [Effect] = []
  var finished: String?
  var mostInFlight = 0
  /// What each trial's change adds to the metric, whatever it is a change of; lower is better.
  var changes: [TrialID: Double] = [:]
  /// The changes that a commit's code contains.
  private(set) var code: [CommitHash: Set<TrialID>] = [CommitHash(rawValue: "base"): []]

  private var generator: SeededGenerator
  private var now = Timestamp(milliseconds: 1_000_000)
  private let noise: Double
  private let crashRate: Double
  /// What the sealed split's values lie above those of the search split.
  var sealedShift = 0.0
  /// How long a proposal and an attempt take, in milliseconds.
  var proposalMilliseconds: Int64 = 10
  var attemptMilliseconds: Int64 = 5_000
  /// Completes what is not an attempt first, as in a study with long attempts.
  var prefersQuick = false
  /// What a trial's change is worth on a rung, as a multiple of what it is worth on the first.
  var transfer: (TrialID, Int) -> Double = { _, _ in 1 }
  /// The attempts that end with an error.
  var fails: (AttemptRequest) -> Bool = { _ in false }
  /// What an attempt uses, where that is not the same for all.
  var use: (AttemptRequest, inout Usage) -> Void = { _, _ in }
  /// What a foreign load above one half adds to a measurement.
  var loadEffect = 0.0
  /// What a slip of the machine adds to the attempts with these numbers.
  var slips: [Int: Double] = [:]
  /// The trials whose changes exclude whatever the head took in.
  var conflicts: (TrialID) -> Bool = { _ in false }
  /// The lines of each trial's change.
  var size: (TrialID) -> DiffStatistics = { _ in DiffStatistics(added: 1, removed: 1) }
  /// Hands the old code back where a re-basing was asked for, as if heads and candidates were all that there is.
  var forgetsHeads = false
  /// The way of an attempt to what it measures in the end; without any, nothing is told on the way.
  var course: ((AttemptRequest, Double) -> [CurvePoint])?
  /// What an attempt leaves besides its measurement.
  var leaves: (AttemptRequest, inout AttemptResult) -> Void = { _, _ in }
  /// What comes before a proposal, where an agent works in steps: one answer each time that it is asked, and what it says at last.
  var steps: (ProposalRequest, StudyState) -> [Event] = { _, _ in [] }
  /// How much of its course each running attempt has told.
  private var told: [AttemptID: Int] = [:]
  /// The change of the truth by one proposal; negative is better.
  var effect: (inout SeededGenerator) -> Double

  init(
    seed: UInt64, noise: Double = 0.01, crashRate: Double = 0.1,
    effect: @escaping (inout SeededGenerator) -> Double = { 0.1 * ($0.unit() - 0.7) }
  ) {
    generator = SeededGenerator(seed: seed)
    self.noise = noise
    self.crashRate = crashRate
    self.effect = effect
  }

  static func configuration(
    workers: Int = 2, trials: Int? = 12, alpha: Double = 0.05, calibration: Int = 3
  ) throws -> StudyConfiguration {
    StudyConfiguration(
      name: try #require(StudyName(rawValue: "simulated")), command: "true",
      metric: MetricRule(name: "loss", pattern: "(.*)", direction: .minimize), editable: ["a"], workers: workers,
      stop: StopRule(trials: trials), ratchet: RatchetRule(alpha: alpha, calibration: calibration))
  }

  mutating func begin(_ configuration: StudyConfiguration, session: StopRule = StopRule()) {
    observe([
      .studyStarted(
        StudyStart(
          configuration: configuration, baseline: CommitHash(rawValue: "base"), frozenDigest: "", dirty: false,
          fingerprint: 0)), sessionStart(workers: configuration.workers, stop: session),
    ])
  }

  func sessionStart(workers: Int, stop: StopRule = StopRule()) -> Event {
    .sessionStarted(
      SessionStart(version: "1", host: "h", process: 1, sandbox: .full, stop: stop, workers: workers))
  }

  mutating func observe(_ events: [Event], after milliseconds: Int64 = 1) {
    now = Timestamp(milliseconds: now.milliseconds + milliseconds)
    let step = engine.handle(events, at: now)
    let first = Int64(transactions.reduce(0) { $0 + $1.count })
    if !step.events.isEmpty {
      transactions.append(
        step.events.enumerated().map { RecordedEvent(sequence: first + Int64($0) + 1, at: now, event: $1) })
    }
    for effect in step.effects {
      if case .finish(let finish) = effect { finished = finish.reason } else { pending.append(effect) }
    }
    mostInFlight = max(mostInFlight, engine.state.inFlight.count)
  }

  /// Completes pending effects until the engine is done or only waits.
  mutating func run(limit: Int = 5_000) {
    for _ in 0..<limit where finished == nil && !pending.isEmpty { completeOne() }
  }

  /// Runs a study without an end until so many trials have ended, and asks it to stop then.
  mutating func run(trials: Int) {
    while engine.state.ended < trials, finished == nil, !pending.isEmpty { completeOne() }
    observe([.stopRequested(reason: "\(trials) trials are enough")])
    run()
  }

  mutating func completeOne() {
    var index = Int(generator.next() % UInt64(pending.count))
    if prefersQuick, let quick = pending.firstIndex(where: { !$0.isAttempt }) { index = quick }
    let effect = pending.remove(at: index)
    switch effect {
    case .propose(let request, _):
      let before = steps(request, engine.state)
      let isDone = before.allSatisfy { if case .stageFinished = $0 { false } else { true } }
      observe(before + (isDone ? [proposal(request)] : []), after: proposalMilliseconds)
    case .createCandidate(let trial, let parent, _, _):
      let reverted = engine.state.open[trial]?.request.reversal?.step
      if changes[trial] == nil { changes[trial] = reverted == nil ? self.effect(&generator) : 0 }
      let commit = CommitHash(rawValue: "c\(trial)")
      code[commit] = (code[parent] ?? []).subtracting([reverted].compactMap(\.self)).union([trial])
      observe([.candidateCreated(trial, commit, size(trial))])
    case .rebase(let rebasing): observe([rebased(rebasing)])
    case .transplant(let transplant): observe([transplanted(transplant)])
    case .startAttempt(let request): advance(request)
    case .stopAttempt(let request):
      pending.removeAll { $0 == .startAttempt(request) }
      let points = course?(request, result(request).measurement ?? 1) ?? []
      let share = Double(told.removeValue(forKey: request.id) ?? 0) / Double(max(1, points.count))
      var result = result(request, stopped: true)
      var usage = result.usage
      usage.wallSeconds *= share
      result = AttemptResult(
        id: result.id, outcome: result.outcome, measurement: nil, remark: nil, usage: usage, reportedMemory: nil,
        sandbox: result.sandbox, referee: result.referee, logTail: nil)
      observe([.attemptFinished(result)])
    case .advanceBranch(let certificates):
      observe(
        certificates.map { .branchAdvanced(certificate: $0.number, to: CommitHash(rawValue: "b\($0.number)")) })
    case .finish: break
    }
  }

  /// An attempt tells the next point of its course, or ends.
  private mutating func advance(_ request: AttemptRequest) {
    var result = result(request)
    guard let course, let value = result.measurement else {
      return observe([.attemptFinished(result)], after: attemptMilliseconds)
    }
    let points = course(request, value)
    let done = told[request.id] ?? 0
    if done + 1 < points.count {
      told[request.id] = done + 1
      pending.append(.startAttempt(request))
      return observe([.attemptProgressed(request.id, points[done])], after: attemptMilliseconds / Int64(points.count))
    }
    told[request.id] = nil
    result.curve = points
    observe([.attemptFinished(result)], after: attemptMilliseconds / Int64(max(1, points.count)))
  }

  /// The true metric of a commit on a rung: the baseline's and all changes that are in it.
  func truth(of commit: CommitHash, rung: Int = 1) -> Double {
    let baseline = 1 / Double(rung)
    return baseline + (code[commit] ?? []).sorted().reduce(0) { $0 + (changes[$1] ?? 0) * transfer($1, rung) }
  }

  private mutating func transplanted(_ transplant: Transplant) -> Event {
    let promotion = transplant.promotion
    let change = (code[promotion.after] ?? []).subtracting(code[promotion.before] ?? [])
    if change.contains(where: conflicts) { return .transplantFailed(transplant, reason: "conflicts in `a`") }
    let commit = CommitHash(rawValue: "t\(promotion.rung).\(promotion.first).\(promotion.last).\(transplant.onto)")
    code[commit] = (code[transplant.onto] ?? []).union(change)
    return .transplantMade(transplant, commit)
  }

  private mutating func rebased(_ rebasing: Rebasing) -> Event {
    let request = rebasing.request
    if conflicts(request.trial) {
      return .rebaseConflicted(
        RebaseConflict(trial: request.trial, onto: request.onto, paths: ["a"], steps: [request.onto]))
    }
    let commit = CommitHash(rawValue: "c\(request.trial).\(request.onto)")
    let base = code[forgetsHeads ? rebasing.commit : request.ontoCommit] ?? []
    let reverted = engine.state.open[request.trial]?.request.reversal?.step
    code[commit] = base.subtracting([reverted].compactMap(\.self)).union([request.trial])
    return .candidateRebased(
      RebasedCandidate(
        trial: request.trial, onto: request.onto, ontoCommit: request.ontoCommit, commit: commit,
        size: size(request.trial),
        fingerprint: rebasing.proposal.fingerprint &+ UInt64(request.onto.rawValue) << 32,
        knobs: rebasing.proposal.knobs))
  }

  private mutating func proposal(_ request: ProposalRequest) -> Event {
    if request.reversal != nil, conflicts(request.trial) {
      return .proposalRefused(request.trial, reason: "later steps build on it")
    }
    return .proposalReceived(
      request.trial,
      Proposal(
        agent: request.agent, hypothesis: "try \(request.trial)", edits: [],
        knobs: ["k": .integer(request.trial.rawValue)],
        cost: 0, fingerprint: request.seed | 1))
  }

  /// The same seed on the same candidate always measures the same: what is repeated after a crash is not new evidence.
  private func result(_ request: AttemptRequest, stopped: Bool = false) -> AttemptResult {
    var hash = StableHash()
    hash.add(request.seed)
    hash.add(UInt64(request.trial.rawValue))
    var own = SeededGenerator(seed: hash.value)
    let crashes = fails(request) || request.trial != .baseline && own.unit() < crashRate && request.purpose == .search
    let spread = (own.unit() + own.unit() + own.unit() - 1.5) * 2 * noise
    let shift = request.purpose.split == .sealed ? sealedShift : 0
    var usage = Usage(
      wallSeconds: Double(attemptMilliseconds) / 1_000 * (request.rung == 1 ? 1 : 10 * Double(request.rung - 1)),
      cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1))
    use(request, &usage)
    let feigned = (usage.foreignLoad ?? 0) > 0.5 ? loadEffect : 0
    var result = AttemptResult(
      id: request.id, outcome: stopped ? .stoppedEarly : crashes ? .exited(code: 1) : .exited(code: 0),
      measurement: crashes || stopped
        ? nil
        : truth(of: request.commit, rung: request.rung) + spread + shift + feigned
          + slips[request.id.rawValue, default: 0],
      remark: nil,
      usage: usage, reportedMemory: nil, sandbox: .full, referee: .report, logTail: nil)
    if result.measurement != nil { leaves(request, &result) }
    return result
  }

  /// Kills the engine: what is journaled stays, what was pending is lost, and a new session begins.
  mutating func crash(workers: Int) {
    var fresh = Engine()
    for recorded in transactions.joined() { fresh.replay(recorded) }
    engine = fresh
    pending = []
    told = [:]
    observe([sessionStart(workers: workers)])
  }

  var events: [Event] { transactions.joined().map(\.event) }

  /// The question to an agent that is open, if one is.
  var openQuestion: ProposalRequest? {
    for case .propose(let request, _) in pending { return request }
    return nil
  }
}

extension Effect {
  fileprivate var isAttempt: Bool {
    if case .startAttempt = self { return true }
    return false
  }
}
