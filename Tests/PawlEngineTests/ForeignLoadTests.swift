import PawlCore
import Testing

@testable import PawlEngine

@Suite struct `Foreign load` {
  /// A world in which one attempt in eight is disturbed, and where the metric is then better by far.
  private func world(_ rule: ForeignLoadRule, seed: UInt64, trials: Int = 20) throws -> SimulatedWorld {
    var configuration = try SimulatedWorld.configuration(trials: trials)
    configuration.foreignLoad = rule
    var world = SimulatedWorld(seed: seed, noise: 0.01, crashRate: 0.1)
    world.use = { request, usage in
      usage.foreignLoad = request.id.rawValue % 8 == 5 ? 0.9 : 0.05 + Double(request.id.rawValue % 3) / 20
    }
    world.loadEffect = -0.5
    world.begin(configuration)
    world.run()
    return world
  }

  private func results(_ world: SimulatedWorld) -> [AttemptResult] {
    world.events.compactMap { if case .attemptFinished(let result) = $0 { result } else { nil } }
  }

  /// What was decided, with the true metric of the code that it was decided on.
  private func judged(_ world: SimulatedWorld) -> [(evidence: Evidence, truth: Double)] {
    var commits: [TrialID: CommitHash] = [:]
    var judged: [(Evidence, Double)] = []
    for event in world.events {
      switch event {
      case .candidateCreated(let trial, let commit, _): commits[trial] = commit
      case .candidateRebased(let candidate): commits[candidate.trial] = candidate.commit
      case .trialJudged(let trial, _, let evidence):
        if let commit = commits[trial] { judged.append((evidence, world.truth(of: commit))) }
      default: continue
      }
    }
    return judged
  }

  private func requests(_ world: SimulatedWorld) -> [AttemptID: AttemptRequest] {
    var requests: [AttemptID: AttemptRequest] = [:]
    for case .attemptRequested(let request) in world.events { requests[request.id] = request }
    return requests
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `a disturbed attempt is made again with its seed, and a metric that improves with load gains nothing`(
    seed: UInt64
  ) throws {
    let world = try world(.repeats, seed: seed)
    #expect(world.finished == "20 trials are done")
    let requests = requests(world)
    let repeated = results(world).filter { $0.disturbance == .repeated }
    #expect(!repeated.isEmpty && repeated.count == world.engine.state.disturbances.repeated)
    for result in repeated {
      let first = try #require(requests[result.id])
      // Where the head moved meanwhile, new code is measured instead.
      let isRebased = world.events.contains {
        if case .candidateRebased(let new) = $0 { new.trial == first.trial } else { false }
      }
      if isRebased { continue }
      let again = requests.values.filter { $0.id > first.id && $0.seed == first.seed && $0.trial == first.trial }
      #expect(again.contains { $0.purpose == first.purpose && $0.commit == first.commit }, "attempt \(result.id)")
    }
    // What counted is the truth and its noise: nothing of the 0.5 that a busy machine feigns.
    for (evidence, truth) in judged(world) { #expect(abs(evidence.mean - truth) < 0.1) }
    for case .championCertified(let certificate) in world.events {
      let truth = world.truth(of: certificate.championCommit) - world.truth(of: certificate.candidateCommit)
      #expect(abs(certificate.effect - truth) < 0.1)
      #expect(Set(certificate.seeds).count == certificate.seeds.count)
    }
    // One study alone may be lucky.
    let fooled = try [seed, seed + 10, seed + 20].map { try self.world(.ignore, seed: $0) }
    #expect(fooled.allSatisfy { results($0).allSatisfy { $0.disturbance == nil } })
    #expect(fooled.contains { judged($0).contains { abs($0.evidence.mean - $0.truth) > 0.1 } })
  }

  @Test func `a kill loses no repetition`() throws {
    let whole = try world(.repeats, seed: 2, trials: 6)
    for cut in stride(from: 1, to: whole.transactions.count, by: 3) {
      var world = SimulatedWorld(seed: 2, crashRate: 0.1)
      world.use = whole.use
      world.begin(try SimulatedWorld.configuration(trials: 6))
      while world.transactions.count < cut { world.completeOne() }
      let waiting = world.engine.state.disturbances.waiting.map(\.request.seed)
      world.crash(workers: 2)
      world.run()
      #expect(world.finished == "6 trials are done")
      #expect(results(world).map(\.id.rawValue).sorted() == Array(1...world.engine.state.lastAttempt))
      for seed in waiting { #expect(requests(world).values.filter { $0.seed == seed }.count > 1) }
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `the state is the same live and replayed`(seed: UInt64) throws {
    let world = try world(.repeats, seed: seed)
    var replayed = Engine()
    for recorded in world.transactions.joined() { replayed.replay(recorded) }
    #expect(replayed.state == world.engine.state)
    #expect(try roundTrip(world.engine.state) == world.engine.state)
    #expect(world.engine.state.disturbances.repeated > 0)
  }

  @Test func `a machine that is always busy disturbs nothing, nor does one that tells nothing`() throws {
    for load in [0.95, nil] {
      var world = SimulatedWorld(seed: 7)
      world.use = { _, usage in usage.foreignLoad = load }
      world.begin(try SimulatedWorld.configuration(trials: 15))
      world.run()
      #expect(world.finished == "15 trials are done")
      #expect(results(world).allSatisfy { $0.disturbance == nil })
    }
  }

  @Test func `a machine that becomes busy for good is made again one attempt in five, and then got used to`() throws {
    var world = SimulatedWorld(seed: 3, noise: 0.05)
    world.use = { request, usage in usage.foreignLoad = request.id.rawValue < 20 ? 0 : 0.9 }
    world.begin(try SimulatedWorld.configuration(trials: 60))
    world.run()
    let results = results(world)
    for end in results.indices {
      #expect(results[...end].count { $0.disturbance == .repeated } <= end / 5 + 1)
    }
    #expect(results.contains { $0.disturbance == .repeated } && results.contains { $0.disturbance == .counted })
    #expect(results.suffix(20).allSatisfy { $0.disturbance == nil })
  }

  @Test func `one measurement is made again twice at most`() {
    var disturbances = Disturbances()
    var request = AttemptRequest(
      id: AttemptID(rawValue: 1), trial: .baseline, commit: CommitHash(rawValue: "c"), seed: 5, purpose: .search)
    for times in 0..<3 {
      #expect(disturbances.mayRepeat(request.id, finished: 1_000) == (times < 2))
      disturbances.repeatLater(request) { _ in true }
      request = AttemptRequest(
        id: AttemptID(rawValue: times + 2), trial: request.trial, commit: request.commit, seed: 5, purpose: .search)
      disturbances.ask(request)
      #expect(disturbances.waiting.isEmpty)
    }
  }

  @Test func `an attempt that ran out of time on a busy machine is made again, one that crashed is not`() throws {
    for (outcome, disturbance) in [(Outcome.timedOut, Disturbance.repeated), (.exited(code: 1), nil)] {
      var world = SimulatedWorld(seed: 1, crashRate: 0)
      world.use = { _, usage in usage.foreignLoad = 0 }
      world.begin(try SimulatedWorld.configuration(workers: 1, trials: 2))
      while !world.engine.state.isCalibrated { world.completeOne() }
      while world.engine.state.inFlight.isEmpty { world.completeOne() }
      let request = try #require(world.engine.state.inFlight.values.first)
      world.pending.removeAll { $0 == .startAttempt(request) }
      world.observe([
        .attemptFinished(
          AttemptResult(
            id: request.id, outcome: outcome, measurement: nil, remark: nil,
            usage: Usage(wallSeconds: 5, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1), foreignLoad: 0.8),
            reportedMemory: nil, sandbox: .full, referee: .report, logTail: nil))
      ])
      #expect(results(world).last?.disturbance == disturbance)
      let again = world.engine.state.inFlight.values.first { $0.seed == request.seed }
      #expect((again != nil) == (disturbance != nil))
      #expect(world.events.contains { $0.kind == "trialCrashed" } == (disturbance == nil))
    }
  }
}
