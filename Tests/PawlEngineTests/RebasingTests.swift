import PawlCore
import PawlRatchet
import PawlSearch
import PawlStatistics
import Testing

@testable import PawlEngine

@Suite struct `Candidates made from a head that moved` {
  /// Many workers and slow proposals: most candidates are made from a head that is gone when they could be judged.
  private func crowded(
    seed: UInt64, workers: Int = 8, trials: Int = 40, crashRate: Double = 0.1
  ) throws -> SimulatedWorld {
    var world = SimulatedWorld(seed: seed, crashRate: crashRate, effect: { 0.1 * ($0.unit() - 0.5) })
    world.proposalMilliseconds = 20_000
    world.begin(try SimulatedWorld.configuration(workers: workers, trials: trials))
    return world
  }

  private func kept(_ world: SimulatedWorld) -> Set<TrialID> {
    Set(world.events.compactMap { if case .trialJudged(let trial, .kept, _) = $0 { trial } else { nil } })
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `end up in a head that contains every kept change`(seed: UInt64) throws {
    var world = try crowded(seed: seed)
    world.run()
    #expect(world.finished == "40 trials are done")
    let head = try #require(world.engine.state.head)
    #expect(kept(world).count >= 3)
    #expect(world.code[head.commit] == kept(world))
    let measured = world.events.count {
      if case .rebaseRequested(let request) = $0 { request.evidence != nil } else { false }
    }
    let unmeasured = world.events.count {
      if case .rebaseRequested(let request) = $0 { request.evidence == nil } else { false }
    }
    #expect(measured + unmeasured > 0)
  }

  @Test func `would lose kept changes if their code stayed what it was`() throws {
    var (whole, forgetful) = (0, 0)
    for seed in 1...10 as ClosedRange<UInt64> {
      for forgets in [false, true] {
        var world = try crowded(seed: seed)
        world.forgetsHeads = forgets
        world.run()
        let head = try #require(world.engine.state.head)
        if world.code[head.commit] == kept(world) { if forgets { forgetful += 1 } else { whole += 1 } }
      }
    }
    #expect(whole == 10)
    #expect(forgetful < 5)
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `are kept on the present head only, re-based between attempts only, and once for each head at most`(
    seed: UInt64
  ) throws {
    var world = try crowded(seed: seed)
    world.conflicts = { $0.rawValue % 7 == 0 }
    world.run()
    #expect(world.finished == "40 trials are done")
    var head = TrialID.baseline
    var parents: [TrialID: TrialID] = [:]
    var commits: [TrialID: CommitHash] = [:]
    var inFlight: [AttemptID: TrialID] = [:]
    var rebasing: Set<TrialID> = []
    var staying: Set<TrialID> = []
    var onto: Set<[TrialID]> = []
    for event in world.events {
      switch event {
      case .proposalRequested(let request): parents[request.trial] = request.parent
      case .candidateCreated(let trial, let commit, _): commits[trial] = commit
      case .attemptRequested(let request) where request.purpose == .search && request.trial != head:
        #expect(!rebasing.contains(request.trial) && commits[request.trial] == request.commit)
        inFlight[request.id] = request.trial
      case .attemptFinished(let result): inFlight[result.id] = nil
      case .rebaseRequested(let request):
        #expect(request.onto == head && parents[request.trial] != head && !inFlight.values.contains(request.trial))
        #expect(onto.insert([request.trial, request.onto]).inserted)
        rebasing.insert(request.trial)
      case .candidateRebased(let candidate):
        rebasing.remove(candidate.trial)
        parents[candidate.trial] = candidate.onto
        commits[candidate.trial] = candidate.commit
      case .rebaseConflicted(let conflict):
        #expect(conflict.trial.rawValue % 7 == 0)
        rebasing.remove(conflict.trial)
        if conflict.stays == true { staying.insert(conflict.trial) }
      case .trialJudged(let trial, let verdict, let evidence):
        if verdict == .kept {
          #expect((parents[trial] == head || staying.contains(trial)) && evidence.head == head)
        }
      case .headMoved(let trial, _): head = trial
      default: continue
      }
    }
    #expect(rebasing.isEmpty)
    var replayed = Engine()
    for recorded in world.transactions.joined() { replayed.replay(recorded) }
    #expect(replayed.state == world.engine.state)
  }

  @Test func `are re-based again when the study is killed after any transaction`() throws {
    func study() throws -> SimulatedWorld {
      var world = try crowded(seed: 5, workers: 4, trials: 12)
      world.conflicts = { $0.rawValue % 5 == 0 }
      return world
    }
    var whole = try study()
    whole.run()
    #expect(whole.events.contains { $0.kind == "candidateRebased" })
    #expect(whole.events.contains { $0.kind == "rebaseConflicted" })
    var asked = 0
    for cut in 1..<whole.transactions.count {
      var world = try study()
      while world.transactions.count < cut { world.completeOne() }
      let open = world.engine.state.open.keys.sorted().compactMap { world.engine.state.rebasing(of: $0) }
      world.crash(workers: 4)
      for rebasing in open {
        #expect(world.pending.count { $0 == .rebase(rebasing) } == 1)
        asked += 1
      }
      world.run()
      #expect(world.finished != nil && world.engine.state.ended == 12)
      let head = try #require(world.engine.state.head)
      #expect(world.code[head.commit] == kept(world))
    }
    #expect(asked > 0)
  }

  @Test
  func `that conflict end, and what they measured stays known to their agent, unless they look better than the head`()
    throws
  {
    var measured = 0
    var judged = 0
    for seed in 1...5 as ClosedRange<UInt64> {
      var world = try crowded(seed: seed)
      // Candidates that are made from one head and measured at the same time.
      world.prefersQuick = true
      world.conflicts = { _ in true }
      world.run()
      #expect(world.finished == "40 trials are done")
      let staying = Set(
        world.events.compactMap { event -> TrialID? in
          if case .rebaseConflicted(let conflict) = event, conflict.stays == true { conflict.trial } else { nil }
        })
      for trial in staying {
        #expect(world.events.contains { if case .trialJudged(trial, _, _) = $0 { true } else { false } })
        judged += 1
      }
      for case .rebaseRequested(let request) in world.events where !staying.contains(request.trial) {
        let observed = world.engine.state.history.filter { $0.knobs == ["k": .integer(request.trial.rawValue)] }
        #expect(observed.map(\.loss) == (request.evidence.map { [$0.mean] } ?? []))
        #expect(observed.map(\.measurements) == (request.evidence.map { [$0.measurements] } ?? []))
        measured += request.evidence == nil ? 0 : 1
      }
      #expect(!world.events.contains { $0.kind == "candidateRebased" })
    }
    #expect(measured > 0 && judged > 0)
  }

  @Test func `count no measurement of the old code as one of the new`() throws {
    let (one, two) = (TrialID(rawValue: 1), TrialID(rawValue: 2))
    var state = StudyState()
    func apply(_ events: [Event]) { for event in events { state.apply(event, at: Timestamp(milliseconds: 0)) } }
    func result(_ id: Int, _ value: Double) -> Event {
      .attemptFinished(
        AttemptResult(
          id: AttemptID(rawValue: id), outcome: .exited(code: 0), measurement: value, remark: nil,
          usage: Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1)), reportedMemory: nil,
          sandbox: .full, referee: .report, logTail: nil))
    }
    func attempt(_ id: Int, _ trial: TrialID, _ commit: String, _ purpose: AttemptPurpose = .search) -> Event {
      .attemptRequested(
        AttemptRequest(
          id: AttemptID(rawValue: id), trial: trial, commit: CommitHash(rawValue: commit), seed: 1, purpose: purpose))
    }
    let base = CommitHash(rawValue: "base")
    apply([
      .studyStarted(
        StudyStart(
          configuration: try SimulatedWorld.configuration(), baseline: base, frozenDigest: "", dirty: false,
          fingerprint: 0)),
      attempt(1, .baseline, "base", .calibration), result(1, 1),
    ])
    for trial in [one, two] {
      apply([
        .proposalRequested(
          ProposalRequest(trial: trial, agent: "a", parent: .baseline, parentCommit: base, seed: 1)),
        .proposalReceived(
          trial, Proposal(agent: "a", hypothesis: "", edits: [], knobs: [:], cost: 0, fingerprint: 1)),
        .candidateCreated(trial, CommitHash(rawValue: "c\(trial)"), DiffStatistics(added: 1, removed: 1)),
      ])
    }
    let evidence = Evidence(
      effect: 1, deviation: 0, gain: 1, loss: 0, mean: 0, measurements: 1, sigma: 1, head: .baseline)
    apply([
      attempt(2, one, "c1"), result(2, 0.5), .trialJudged(one, .kept, evidence), .headMoved(to: one, from: .baseline),
      attempt(3, two, "c2"),
      .rebaseRequested(
        RebaseRequest(trial: two, onto: one, ontoCommit: CommitHash(rawValue: "c1"), evidence: nil)),
      .candidateRebased(
        RebasedCandidate(
          trial: two, onto: one, ontoCommit: CommitHash(rawValue: "c1"), commit: CommitHash(rawValue: "c2.1"),
          size: DiffStatistics(added: 1, removed: 1), fingerprint: 2, knobs: [:])),
      result(3, 0.25),
    ])
    #expect(state.ratchet?.moments(of: two) == nil && state.open[two]?.commit?.rawValue == "c2.1")
    let rebased = state
    apply([
      .candidateCreated(two, CommitHash(rawValue: "c2"), DiffStatistics(added: 1, removed: 1)),
      .rebaseConflicted(RebaseConflict(trial: two, onto: one, paths: [], steps: [])),
    ])
    #expect(state == rebased, "what was asked for twice may come twice")
    apply([attempt(4, two, "c2.1"), result(4, 0.25)])
    #expect(state.ratchet?.moments(of: two)?.count == 1)
  }
}
