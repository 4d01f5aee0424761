import PawlCore
import PawlRatchet
import Testing

@testable import PawlEngine

@Suite struct `Steps that are worth nothing` {
  private let one = TrialID(rawValue: 1)
  private let two = TrialID(rawValue: 2)

  /// A stack of trials 1 and 2 over the baseline, each with this size, believed effect and code.
  private func stack(_ size: DiffStatistics, effects: [Double] = [0.1, 0.1], sigma: Double = 0.01) throws -> StudyState
  {
    var world = SimulatedWorld(seed: 1)
    world.begin(try SimulatedWorld.configuration(workers: 2, trials: nil, calibration: 2))
    var state = world.engine.state
    let base = CommitHash(rawValue: "base")
    func apply(_ events: [Event]) { for event in events { state.apply(event, at: Timestamp(milliseconds: 0)) } }
    for (id, value) in [(1, 1 - sigma), (2, 1 + sigma)] {
      apply([
        .attemptFinished(
          AttemptResult(
            id: AttemptID(rawValue: id), outcome: .exited(code: 0), measurement: value, remark: nil,
            usage: Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1)), reportedMemory: nil,
            sandbox: .full, referee: .report, logTail: nil))
      ])
    }
    for (trial, effect) in zip([one, two], effects) {
      let parent = try #require(state.head)
      apply([
        .proposalRequested(
          ProposalRequest(
            trial: trial, agent: "a", parent: parent.trial,
            parentCommit: parent.trial == .baseline ? base : parent.commit, seed: 1)),
        .proposalReceived(
          trial, Proposal(agent: "a", hypothesis: "", edits: [], knobs: [:], cost: 0, fingerprint: 1)),
        .candidateCreated(trial, CommitHash(rawValue: "c\(trial)"), size),
        .trialJudged(
          trial, .kept,
          Evidence(
            effect: effect, deviation: 0, gain: 0, loss: 0, mean: 0, measurements: 1, sigma: sigma, head: parent.trial)),
        .headMoved(to: trial, from: parent.trial),
      ])
    }
    return state
  }

  private func fail(_ candidate: TrialID, number: Int, in state: inout StudyState) {
    for event: Event in [
      .certificationStarted(number: number, candidate: candidate, champion: .baseline, alpha: 0.01),
      .certificationFailed(number: number, eValue: 0, pairs: 4),
    ] { state.apply(event, at: Timestamp(milliseconds: 0)) }
  }

  private func removal(_ state: StudyState) -> ProposalRequest? {
    if case .proposalRequested(let request) = state.nextRemoval() { request } else { nil }
  }

  @Test func `are taken out of the head when a stack failed down to them, if that makes the code simpler`() throws {
    var state = try stack(DiffStatistics(added: 9, removed: 2))
    fail(two, number: 1, in: &state)
    #expect(removal(state) == nil && state.retryTarget == one)
    fail(one, number: 2, in: &state)
    let request = try #require(removal(state))
    #expect(request.agent == "pawl" && request.trial.rawValue == 3)
    #expect(request.parent == two && request.parentCommit.rawValue == "c2")
    #expect(
      request.reversal
        == Reversal(step: one, commit: CommitHash(rawValue: "c1"), parent: CommitHash(rawValue: "base")))
    for size in [DiffStatistics(added: 2, removed: 2), DiffStatistics(added: 1, removed: 5)] {
      var other = try stack(size)
      fail(two, number: 1, in: &other)
      fail(one, number: 2, in: &other)
      #expect(removal(other) == nil)
    }
  }

  @Test func `are tried once each, one at a time, and end quietly where later steps build on them`() throws {
    var state = try stack(DiffStatistics(added: 9, removed: 2))
    fail(two, number: 1, in: &state)
    fail(one, number: 2, in: &state)
    let request = try #require(removal(state))
    state.apply(.proposalRequested(request), at: Timestamp(milliseconds: 0))
    #expect(removal(state) == nil)
    state.apply(.proposalRefused(request.trial, reason: "later steps build on it"), at: Timestamp(milliseconds: 0))
    #expect(state.fruitlessInARow == 0 && state.agents.values.allSatisfy { $0.exhausted == nil })
    fail(one, number: 3, in: &state)
    #expect(removal(state) == nil)
  }

  @Test func `are tried again where a certificate covers a step that was believed to do next to nothing`() throws {
    let small = 0.01 / 20
    var state = try stack(DiffStatistics(added: 9, removed: 2), effects: [small, 0.1])
    #expect(abs(state.removalMargin - 0.01 * 2.0.squareRoot() / 8) < 1e-9)
    let certificate = Certificate(
      number: 1, candidate: two, candidateCommit: CommitHash(rawValue: "c2"), champion: .baseline,
      championCommit: CommitHash(rawValue: "base"), effect: 0.1, interval: 0.05...0.15, eValue: 50, threshold: 45,
      alpha: 0.05, seeds: [], candidateValues: [], championValues: [], referee: .report, sandbox: .full)
    state.apply(.championCertified(certificate), at: Timestamp(milliseconds: 0))
    #expect(removal(state)?.reversal?.step == one)
    #expect(state.steps.isEmpty && state.removals.count == 1)
  }

  @Test func `leave nothing to certify when they are taken back`() throws {
    var state = try stack(DiffStatistics(added: 9, removed: 2))
    let base = CommitHash(rawValue: "base")
    func keep(_ trial: Int, without step: TrialID) throws {
      let head = try #require(state.head)
      let id = TrialID(rawValue: trial)
      let reversal = Reversal(step: step, commit: CommitHash(rawValue: "c\(step)"), parent: base)
      for event: Event in [
        .proposalRequested(
          ProposalRequest(
            trial: id, agent: "pawl", parent: head.trial, parentCommit: head.commit, seed: 1, reversal: reversal)),
        .proposalReceived(
          id, Proposal(agent: "pawl", hypothesis: "", edits: [], knobs: [:], cost: 0, fingerprint: 1)),
        .candidateCreated(id, CommitHash(rawValue: "c\(id)"), DiffStatistics(added: 0, removed: 7)),
        .trialJudged(
          id, .kept,
          Evidence(
            effect: 0, deviation: 0, gain: 0, loss: 0, mean: 0, measurements: 1, sigma: 0.01, head: head.trial)),
        .headMoved(to: id, from: head.trial),
      ] { state.apply(event, at: Timestamp(milliseconds: 0)) }
    }
    try keep(3, without: two)
    #expect(state.certificationTarget(finishing: true)?.rawValue == 3)
    fail(TrialID(rawValue: 3), number: 1, in: &state)
    #expect(state.retryTarget == one)
    try keep(4, without: one)
    #expect(state.retryTarget == one)
    fail(one, number: 2, in: &state)
    #expect(state.certificationTarget(finishing: true) == nil)
  }

  @Test func `are dropped in whole studies, and the head stays the sum of what was kept and not taken out`() throws {
    var (asked, dropped) = (0, 0)
    for seed in 1...8 as ClosedRange<UInt64> {
      // Most changes do nothing, and the noise is such that some of these are kept.
      var world = SimulatedWorld(
        seed: seed, noise: 0.05, crashRate: 0.1, effect: { $0.unit() < 0.15 ? -0.2 : 0.02 * ($0.unit() - 0.5) })
      world.size = { _ in DiffStatistics(added: 10, removed: 0) }
      world.conflicts = { $0.rawValue % 6 == 0 }
      world.begin(try SimulatedWorld.configuration(workers: 4, trials: nil))
      world.run(trials: 300)
      #expect(world.finished == "300 trials are enough")
      var kept: Set<TrialID> = []
      var reversals: [TrialID: TrialID] = [:]
      var commits: [TrialID: CommitHash] = [:]
      var whole: Set<TrialID> = []
      for event in world.events {
        switch event {
        case .candidateCreated(let trial, let commit, _): commits[trial] = commit
        case .candidateRebased(let candidate): commits[candidate.trial] = candidate.commit
        case .rebaseConflicted(let conflict) where conflict.stays == true: whole.insert(conflict.trial)
        // What conflicted and is better than the head takes its place, with what it was made of.
        case .trialJudged(let trial, .kept, _) where whole.contains(trial):
          kept = try #require(commits[trial].flatMap { world.code[$0] })
        case .proposalRequested(let request):
          guard let step = request.reversal?.step else { continue }
          #expect(!reversals.values.contains(step))
          reversals[request.trial] = step
        case .trialJudged(let trial, .kept, _):
          kept.insert(trial)
          guard let step = reversals[trial] else { continue }
          kept.remove(step)
          dropped += 1
        default: continue
        }
      }
      asked += reversals.count
      let head = try #require(world.engine.state.head)
      #expect(world.code[head.commit] == kept)
      var replayed = Engine()
      for recorded in world.transactions.joined() { replayed.replay(recorded) }
      #expect(replayed.state == world.engine.state)
    }
    #expect(asked > dropped && dropped > 0)
  }
}
