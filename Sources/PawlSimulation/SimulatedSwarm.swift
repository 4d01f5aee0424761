import PawlCore
import PawlEngine

/// A study of many workers: the real engine, event by event, with simulated workers, agents and clock (discrete-event simulation).
///
/// Beside it goes a follower that only folds the events, as a replay of the journal would: both must come to the same state.
public struct SimulatedSwarm: Sendable {
  /// What is going to be observed.
  enum Happening: Sendable {
    case answered(ProposalRequest)
    case made(TrialID, parent: CommitHash)
    case rebased(RebaseRequest)
    case ended(AttemptRequest, SwarmWorld.Attempt)
  }

  let world: SwarmWorld
  private(set) var engine = Engine()
  private var follower = StudyState()
  private var queue = EventQueue<Happening>()
  private var now: Int64 = 0
  private var isFinished = false
  /// What each commit is truly worth over the baseline, and a number for its code, by which its luck is drawn.
  private var codes: [CommitHash: Code] = [SimulatedSwarm.baseline: Code(truth: 0, number: 0)]
  private(set) var record: SwarmRecord

  private struct Code: Sendable {
    let truth: Double
    let number: Int
  }

  private static let baseline = CommitHash(rawValue: "baseline")
  /// Milliseconds that a candidate's commit takes, and a re-basing.
  private static let making: Int64 = 50

  /// Begins the study; `nanoseconds` is a clock that only the engine's own time is taken from, and nothing depends on.
  public init?(plan: SwarmPlan, nanoseconds: () -> UInt64 = { 0 }) {
    guard let configuration = plan.configuration else { return nil }
    world = SwarmWorld(plan: plan)
    record = SwarmRecord(workers: plan.workers)
    observe(
      [
        .studyStarted(
          StudyStart(
            configuration: configuration, baseline: SimulatedSwarm.baseline, frozenDigest: "", dirty: false,
            fingerprint: 0)), session,
      ], nanoseconds)
  }

  private var session: Event {
    .sessionStarted(
      SessionStart(
        version: "", host: "", process: 0, sandbox: .full, stop: StopRule(), workers: world.plan.workers))
  }

  /// Goes on until so many attempts have ended, or the study has; returns whether it has.
  @discardableResult
  public mutating func run(attempts: Int = .max, nanoseconds: () -> UInt64 = { 0 }) -> Bool {
    while !isFinished, engine.state.finishedAttempts < attempts, let next = queue.next() {
      record.pass(from: now, to: next.at, running: engine.state.inFlight.count)
      now = next.at
      observe(observations(next.what), nanoseconds)
    }
    return isFinished
  }

  /// What came of it so far.
  public var outcome: SwarmOutcome {
    SwarmOutcome(
      record: record, state: engine.state, isReplayed: engine.state == follower, milliseconds: now,
      truth: engine.state.head.flatMap { codes[$0.commit]?.truth } ?? 0)
  }

  // MARK: a kill

  /// Pawl is killed and started again: all that it knows is `state`, which a snapshot brought back. What runs elsewhere runs on.
  ///
  /// Returns whether the new session asks for everything that was under way.
  mutating func restart(from state: StudyState, nanoseconds: () -> UInt64 = { 0 }) -> Bool {
    let left = Outstanding(queue.entries.map(\.what))
    engine = Engine(state: state)
    follower = state
    let step = turn([session], nanoseconds)
    let asked = Outstanding(step.effects)
    // What is under way elsewhere is found again by its name; what the session adds is begun.
    for effect in step.effects where !left.contains(effect) {
      if let event = perform(effect) { observe([event], nanoseconds) }
    }
    return asked.contains(left)
  }

  // MARK: turns

  private mutating func observe(_ events: [Event], _ nanoseconds: () -> UInt64) {
    var events = events
    while !events.isEmpty {
      let step = turn(events, nanoseconds)
      events = step.effects.compactMap { perform($0) }
    }
  }

  private mutating func turn(_ events: [Event], _ nanoseconds: () -> UInt64) -> Step {
    let at = Timestamp(milliseconds: now)
    let began = nanoseconds()
    let step = engine.handle(events, at: at)
    record.count(step, nanoseconds: nanoseconds() &- began)
    for event in step.events { follower.apply(event, at: at) }
    record.look(at: engine.state, now: at)
    return step
  }

  /// Does what the engine asks for; what takes no time is reported at once.
  private mutating func perform(_ effect: Effect) -> Event? {
    switch effect {
    case .propose(let request, let replies):
      if replies.isEmpty {
        queue.schedule(.answered(request), at: now + world.thinking(request))
        return nil
      }
      return proposal(request)
    case .createCandidate(let trial, let parent, _, _):
      queue.schedule(.made(trial, parent: parent), at: now + Self.making)
    case .rebase(let rebasing): queue.schedule(.rebased(rebasing.request), at: now + Self.making)
    case .startAttempt(let request):
      let attempt = world.attempt(request, code: codes[request.commit]?.number ?? 0)
      record.start(attempt)
      queue.schedule(.ended(request, attempt), at: now + attempt.milliseconds)
    case .advanceBranch(let certificates):
      return certificates.last.map { .branchAdvanced(certificate: $0.number, to: $0.candidateCommit) }
    case .transplant(let transplant): return .transplantFailed(transplant, reason: "a swarm has one rung")
    // Nothing says anything of its metric on the way.
    case .stopAttempt: break
    case .finish: isFinished = true
    }
    return nil
  }

  private mutating func observations(_ happening: Happening) -> [Event] {
    switch happening {
    case .answered(let request): [answer(request)]
    case .made(let trial, let parent): [made(trial, parent)]
    case .rebased(let request): [rebased(request)]
    case .ended(let request, let attempt): [ended(request, attempt)]
    }
  }

  private func answer(_ request: ProposalRequest) -> Event {
    guard world.isModel(request.agent) else { return proposal(request) }
    if world.answer(request) == .failure {
      return .agentFailed(request.trial, AgentFailure(.transient, reason: "the server is busy"))
    }
    return .replyReceived(
      AgentReply(
        trial: request.trial, number: 1, agent: request.agent, text: "", cost: world.cost(of: request.agent),
        seconds: Double(world.thinking(request)) / 1_000))
  }

  private func proposal(_ request: ProposalRequest) -> Event {
    if request.reversal == nil, world.answer(request) == .refusal {
      return .proposalRefused(request.trial, reason: "it does not fit")
    }
    let number = UInt64(request.trial.rawValue)
    return .proposalReceived(
      request.trial,
      Proposal(
        agent: request.agent, hypothesis: "", edits: [], knobs: [:], cost: 0, fingerprint: number + 1,
        normalised: number + 1, change: number + 1, lines: 1_000))
  }

  private mutating func made(_ trial: TrialID, _ parent: CommitHash) -> Event {
    let commit = CommitHash(rawValue: "\(trial)")
    codes[commit] = Code(truth: (codes[parent]?.truth ?? 0) + world.effect(of: trial), number: trial.rawValue)
    return .candidateCreated(trial, commit, DiffStatistics(added: 1, removed: 1))
  }

  private mutating func rebased(_ request: RebaseRequest) -> Event {
    if world.conflicts(request) {
      return .rebaseConflicted(
        RebaseConflict(trial: request.trial, onto: request.onto, paths: ["train"], steps: [request.onto]))
    }
    let commit = CommitHash(rawValue: "\(request.trial).\(request.onto)")
    // Re-based code is other code: it does not meet the luck of the old.
    codes[commit] = Code(
      truth: (codes[request.ontoCommit]?.truth ?? 0) + world.effect(of: request.trial),
      number: request.trial.rawValue + 1_000_003 * (request.onto.rawValue + 1))
    return .candidateRebased(
      RebasedCandidate(
        trial: request.trial, onto: request.onto, ontoCommit: request.ontoCommit, commit: commit,
        size: DiffStatistics(added: 1, removed: 1),
        fingerprint: UInt64(request.trial.rawValue) + UInt64(request.onto.rawValue + 1) << 32, knobs: [:]))
  }

  private func ended(_ request: AttemptRequest, _ attempt: SwarmWorld.Attempt) -> Event {
    let code = codes[request.commit] ?? Code(truth: 0, number: 0)
    let isMeasured = attempt.outcome == .exited(code: 0)
    let seconds = Double(attempt.milliseconds) / 1_000
    return .attemptFinished(
      AttemptResult(
        id: request.id, outcome: attempt.outcome,
        measurement: isMeasured ? code.truth + world.error(of: code.number, request) : nil, remark: nil,
        usage: Usage(wallSeconds: seconds, cpuSeconds: seconds, peakMemory: Bytes(0), output: Bytes(0)),
        reportedMemory: nil, sandbox: .full, referee: .referee, logTail: nil))
  }
}
