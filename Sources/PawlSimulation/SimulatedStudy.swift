import PawlCore
import PawlEngine

/// One study of the real engine in a simulated world: the same decisions, with processes and clock replaced.
///
/// Every attempt takes one second of compute, and certification is paid from the same budget. Proposals and candidates cost
/// nothing; with several workers attempts overlap, and candidates are re-based as they would be.
struct SimulatedStudy {
  private let world: StudyWorld
  private let budget: Int
  private let checkpoints: [Int]
  private var engine = Engine()
  private var now = Timestamp(milliseconds: 0)
  private var isFinished = false
  /// What each commit is truly worth over the baseline.
  private var truths: [CommitHash: Double] = [SimulatedStudy.baseline: 0]
  /// A number for each commit, by which its luck is drawn: its trial's, and another where it was re-based.
  private var codes: [CommitHash: Int] = [SimulatedStudy.baseline: 0]
  /// Attempts under way, in the order in which they end.
  private var running: [(request: AttemptRequest, ends: Timestamp, number: Int)] = []
  private var attempts = 0
  private var outcome = StudyOutcome()

  private static let baseline = CommitHash(rawValue: "baseline")

  init?(world: StudyWorld, budget: Int, workers: Int, rule: RatchetRule, checkpoints: [Int]) {
    guard let name = StudyName(rawValue: "simulated") else { return nil }
    self.world = world
    self.budget = budget
    self.checkpoints = checkpoints
    var configuration = StudyConfiguration(
      name: name, command: "true",
      metric: MetricRule(name: "metric", pattern: "(.*)", direction: .maximize), editable: ["*"],
      workers: workers, stop: StopRule(computeSeconds: Double(budget)), ratchet: rule, seed: world.seed)
    configuration.foreignLoad = .ignore
    observe([
      .studyStarted(
        StudyStart(
          configuration: configuration, baseline: SimulatedStudy.baseline, frozenDigest: "", dirty: false,
          fingerprint: 0)),
      .sessionStarted(
        SessionStart(
          version: "", host: "", process: 0, sandbox: .full, stop: StopRule(), workers: workers)),
    ])
  }

  /// Runs the study to its end and returns what came of it.
  mutating func run() -> StudyOutcome {
    while !isFinished, let next = running.min(by: { $0.number < $1.number }) {
      running.removeAll { $0.number == next.number }
      now = max(now, next.ends)
      observe([.attemptFinished(result(of: next.request, number: next.number))])
    }
    outcome.trials = engine.state.ended
    outcome.progress = headTruth
    outcome.certifiedProgress = engine.state.champion.flatMap { truths[$0.commit] } ?? 0
    outcome.completePath(to: checkpoints)
    return outcome
  }

  /// With which the next certification can succeed.
  var leastPairs: Int? { engine.state.leastPairsOfNextCertification }

  private var headTruth: Double { engine.state.head.flatMap { truths[$0.commit] } ?? 0 }

  private mutating func observe(_ events: [Event]) {
    var events = events
    while !events.isEmpty {
      let step = engine.handle(events, at: now)
      events = []
      for case .championCertified(let certificate) in step.events { note(certificate) }
      for effect in step.effects {
        if let event = perform(effect) { events.append(event) }
      }
    }
    outcome.attempts = engine.state.finishedAttempts
    outcome.notePath(at: checkpoints, worth: headTruth)
  }

  /// Does what the engine asks for; what takes no time is reported at once.
  private mutating func perform(_ effect: Effect) -> Event? {
    switch effect {
    case .propose(let request, _):
      return .proposalReceived(
        request.trial,
        Proposal(
          agent: request.agent, hypothesis: "", edits: [], knobs: [:], cost: 0,
          fingerprint: UInt64(request.trial.rawValue) + 1))
    case .createCandidate(let trial, let parent, _, _):
      let commit = CommitHash(rawValue: "\(trial)")
      truths[commit] = (truths[parent] ?? 0) + world.effect(of: trial.rawValue)
      codes[commit] = trial.rawValue
      return .candidateCreated(trial, commit, DiffStatistics(added: 1, removed: 1))
    case .rebase(let rebasing):
      let request = rebasing.request
      let commit = CommitHash(rawValue: "\(request.trial).\(request.onto)")
      truths[commit] = (truths[request.ontoCommit] ?? 0) + world.effect(of: request.trial.rawValue)
      codes[commit] = request.trial.rawValue + 1_000_003 * (request.onto.rawValue + 1)
      return .candidateRebased(
        RebasedCandidate(
          trial: request.trial, onto: request.onto, ontoCommit: request.ontoCommit, commit: commit,
          size: DiffStatistics(added: 1, removed: 1),
          fingerprint: UInt64(request.trial.rawValue) + UInt64(request.onto.rawValue + 1) << 32, knobs: [:]))
    case .transplant(let transplant):
      let promotion = transplant.promotion
      let commit = CommitHash(rawValue: "\(promotion.after)+\(transplant.onto)")
      let change = (truths[promotion.after] ?? 0) - (truths[promotion.before] ?? 0)
      truths[commit] = (truths[transplant.onto] ?? 0) + change
      codes[commit] = promotion.through.rawValue + 7_000_003 * promotion.rung
      return .transplantMade(transplant, commit)
    case .startAttempt(let request):
      attempts += 1
      running.append((request, Timestamp(milliseconds: now.milliseconds + 1_000), attempts))
      return nil
    case .advanceBranch(let certificates):
      guard let last = certificates.last else { return nil }
      return .branchAdvanced(certificate: last.number, to: last.candidateCommit)
    // Nothing says anything of its metric on the way.
    case .stopAttempt: return nil
    case .finish:
      isFinished = true
      return nil
    }
  }

  private func result(of request: AttemptRequest, number: Int) -> AttemptResult {
    // Re-based code is other code: it does not meet the luck of the old.
    let error = world.error(of: codes[request.commit] ?? 0, seed: request.seed, time: number - 1)
    return AttemptResult(
      id: request.id, outcome: .exited(code: 0), measurement: (truths[request.commit] ?? 0) + error, remark: nil,
      usage: Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(0), output: Bytes(0)), reportedMemory: nil,
      sandbox: .full, referee: .referee, logTail: nil)
  }

  private mutating func note(_ certificate: Certificate) {
    let effect = (truths[certificate.candidateCommit] ?? 0) - (truths[certificate.championCommit] ?? 0)
    outcome.certificates.append(
      SimulatedCertificate(
        attempt: engine.state.finishedAttempts, effect: effect, claimed: certificate.effect,
        interval: certificate.interval))
  }
}
