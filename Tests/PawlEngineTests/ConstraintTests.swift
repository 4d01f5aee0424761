import PawlCore
import Testing

@testable import PawlEngine

@Suite struct `Secondary quantities` {
  private func world(
    _ constraints: [Constraint], trials: Int = 12, seed: UInt64 = 1, effect: Double = -0.05
  ) throws -> (SimulatedWorld, StudyConfiguration) {
    var configuration = try SimulatedWorld.configuration(trials: trials)
    configuration.constraints = constraints
    return (SimulatedWorld(seed: seed, noise: 0.001, crashRate: 0) { _ in effect }, configuration)
  }

  private func judged(_ world: SimulatedWorld) -> [(trial: TrialID, verdict: Verdict, evidence: Evidence)] {
    world.events.compactMap { event in
      if case .trialJudged(let trial, let verdict, let evidence) = event { (trial, verdict, evidence) } else { nil }
    }
  }

  @Test func `a candidate above a hard limit is discarded after one attempt, however good its metric`() throws {
    var (world, configuration) = try world([Constraint(.memory, limit: 8)])
    world.use = { request, usage in
      usage.peakMemory = request.trial.rawValue % 2 == 1 ? Bytes(9_771_050_599) : .gibibytes(8)
    }
    world.begin(configuration)
    world.run()
    let judged = judged(world)
    let (over, under) = (
      judged.filter { $0.trial.rawValue % 2 == 1 }, judged.filter { $0.trial.rawValue % 2 == 0 }
    )
    #expect(over.count == 6 && under.count == 6)
    for (trial, verdict, evidence) in over {
      #expect(verdict == .discarded && evidence.measurements == 1, "trial \(trial)")
      #expect(evidence.besides == "memory 9.1 GiB is over the limit of 8 GiB")
    }
    #expect(under.contains { $0.verdict == .kept })
    #expect(under.allSatisfy { $0.evidence.breach == nil && $0.evidence.besides == nil })
    #expect(world.engine.state.stack.allSatisfy { $0.trial.rawValue % 2 == 0 })
    #expect(try roundTrip(world.engine.state) == world.engine.state)
  }

  @Test func `the memory that a program reports goes before what was measured`() {
    var means = SecondaryMeans()
    for gibibytes in [1, 3] as [Int64] {
      means.add(
        AttemptResult(
          id: AttemptID(rawValue: 1), outcome: .exited(code: 0), measurement: 1, remark: nil,
          usage: Usage(wallSeconds: Double(gibibytes), cpuSeconds: 0, peakMemory: .gibibytes(70), output: Bytes(0)),
          reportedMemory: .gibibytes(gibibytes), sandbox: .full, referee: .report, logTail: nil))
    }
    #expect(means[.memory] == 2 && means[.seconds] == 2 && means[.lines] == nil)
  }

  @Test func `a study does not start where the baseline breaks a limit, and goes on when the limit is raised`() throws {
    var (world, configuration) = try world([Constraint(.memory, limit: 8)], trials: 4)
    world.use = { _, usage in usage.peakMemory = .gibibytes(9) }
    world.begin(configuration)
    world.run()
    #expect(
      world.finished
        == "the baseline breaks a limit: memory 9 GiB is over the limit of 8 GiB (`constraints.memory.limit` in pawl.yaml)"
    )
    #expect(world.engine.state.calibrated == 3 && judged(world).isEmpty)
    world.finished = nil
    configuration.constraints = [Constraint(.memory, limit: 10)]
    world.observe([.sessionEnded(reason: ""), .configurationChanged(configuration), world.sessionStart(workers: 2)])
    world.run()
    #expect(world.finished == "4 trials are done")
  }

  @Test(arguments: [(0.001, false), (0.0001, true)])
  func `a price is weighed against the effect, and both are shown`(price: Double, isWorthIt: Bool) throws {
    var (world, configuration) = try world([Constraint(.seconds, price: price)])
    world.use = { request, usage in usage.wallSeconds = request.trial == .baseline ? 200 : 300 }
    world.begin(configuration)
    world.run()
    let first = try #require(judged(world).first)
    #expect((first.verdict == .kept) == isWorthIt)
    #expect(first.evidence.effect > 0.02)
    let offset = try #require(first.evidence.offset)
    #expect(abs(offset + 100 * price) < 1e-9)
    #expect(first.evidence.besides == "prices add -\((100 * price).formatted(digits: 3)) to the effect")
    #expect((world.engine.state.head?.trial != .baseline) == isWorthIt)
    // A head that has become slow makes the next slow candidate no dearer.
    if isWorthIt { #expect(judged(world).contains { $0.evidence.head != .baseline && $0.evidence.offset == 0 }) }
  }

  @Test func `a saving can be worth more than a worse metric`() throws {
    var (world, configuration) = try world([Constraint(.memory, price: 0.1)], effect: 0.02)
    world.use = { request, usage in usage.peakMemory = .gibibytes(request.trial == .baseline ? 4 : 3) }
    world.begin(configuration)
    world.run()
    let kept = judged(world).filter { $0.verdict == .kept }
    #expect(kept.count == 1)
    #expect(kept.allSatisfy { $0.evidence.effect < 0 && $0.evidence.worth > 0 })
    // The certificate is about the metric alone.
    #expect(world.engine.state.certificates == 0)
  }

  @Test func `a change of too many lines costs no attempt, and a price on lines counts against the parent`() throws {
    var (world, configuration) = try world([Constraint(.lines, limit: 100, price: 0.0001)])
    world.size = { trial in DiffStatistics(added: trial == TrialID(rawValue: 3) ? 130 : 60, removed: 10) }
    world.begin(configuration)
    world.run()
    let third = TrialID(rawValue: 3)
    #expect(
      world.events.contains(
        .proposalRefused(third, reason: "a change of 120 lines is over the limit of 100 lines")))
    #expect(
      !world.events.contains { event in
        if case .attemptRequested(let request) = event { request.trial == third } else { false }
      })
    let offsets = judged(world).compactMap(\.evidence.offset)
    #expect(offsets.count == 11 && offsets.allSatisfy { abs($0 + 0.005) < 1e-12 })
  }

  @Test func `a candidate that breaks a limit in certification is not certified`() throws {
    var (world, configuration) = try world([Constraint(.memory, limit: 8)], trials: 16)
    world.use = { request, usage in
      if case .certification(_, _, candidate: true) = request.purpose { usage.peakMemory = .gibibytes(10) }
    }
    world.begin(configuration)
    world.run()
    let breaches = world.events.compactMap { event -> Breach?? in
      if case .certificationFailed(_, _, _, let breach) = event { .some(breach) } else { nil }
    }
    #expect(!breaches.isEmpty)
    #expect(breaches.allSatisfy { $0 == Breach(quantity: .memory, value: 10, limit: 8) })
    #expect(world.engine.state.certificates == 0 && world.engine.state.champion?.trial == .baseline)
  }

  @Test(arguments: 1...8)
  func `limits, prices, disturbances, crashes and kills go together`(seed: Int) throws {
    var configuration = try SimulatedWorld.configuration(workers: 1 + seed % 3, trials: 25)
    configuration.constraints = [
      Constraint(.memory, limit: 8), Constraint(.seconds, limit: 400, price: 0.0001),
      Constraint(.lines, limit: 40, price: 0.00001),
    ]
    var world = SimulatedWorld(seed: UInt64(seed), noise: 0.03, crashRate: 0.15)
    world.size = { DiffStatistics(added: $0.rawValue * 37 % 50, removed: 2) }
    world.use = { request, usage in
      var own = SeededGenerator(seed: request.seed &+ UInt64(request.trial.rawValue) &* 977)
      let spread = own.unit()
      usage.peakMemory = Bytes(Int64((request.trial == .baseline ? 4 : 6 + 3 * spread) * 0x1p30))
      usage.wallSeconds = 200 + 100 * own.unit()
      usage.foreignLoad = own.unit() < 0.1 ? 0.7 : 0.1
    }
    world.begin(configuration)
    for _ in 0..<5_000 where world.finished == nil {
      for _ in 0..<17 where world.finished == nil && !world.pending.isEmpty { world.completeOne() }
      if world.finished == nil { world.crash(workers: configuration.workers) }
    }
    #expect(world.finished == "25 trials are done")
    var replayed = Engine()
    for recorded in world.transactions.joined() { replayed.replay(recorded) }
    #expect(replayed.state == world.engine.state)
    #expect(try roundTrip(world.engine.state) == world.engine.state)
    for (trial, verdict, evidence) in judged(world) {
      #expect(verdict != .kept || evidence.breach == nil && evidence.worth > 0, "trial \(trial)")
      #expect(verdict != .discarded || evidence.breach != nil || evidence.worth <= 0, "trial \(trial)")
    }
    for step in world.engine.state.stack {
      #expect(
        try #require(world.engine.state.secondary[step.trial]?[.memory]) <= 8
          || step.trial == world.engine.state.head?.trial)
    }
    #expect(
      judged(world).contains { $0.evidence.breach != nil } && judged(world).contains { $0.evidence.breach == nil })
  }

  @Test func `nothing is remarked where a study asks for nothing`() throws {
    let (start, configuration) = try world([])
    var world = start
    world.begin(configuration)
    world.run()
    #expect(judged(world).allSatisfy { $0.evidence.offset == nil && $0.evidence.breach == nil })
  }
}
