import PawlCore
import PawlRatchet
import Testing

@testable import PawlEngine

@Suite struct `The runs of the baseline` {
  /// A world in which the attempts with these numbers add so much to what they measure.
  private func world(_ slips: [Int: Double], workers: Int = 1) throws -> SimulatedWorld {
    var world = SimulatedWorld(seed: 3, crashRate: 0)
    world.slips = slips
    world.begin(try SimulatedWorld.configuration(workers: workers, trials: 12))
    return world
  }

  private func calibration(in world: SimulatedWorld) -> Int {
    world.events.count {
      if case .attemptRequested(let request) = $0 { request.purpose == .calibration } else { false }
    }
  }

  @Test(arguments: [1, 2, 3]) func `are two more where one is absurd, which then counts for nothing`(slip: Int) throws {
    var world = try world([slip: 1e6])
    world.run()
    #expect(calibration(in: world) == 5)
    #expect(try #require(world.engine.state.calibrationLeftOut) > 999_999)
    #expect(abs(try #require(world.engine.state.baselineMean) - 1) < 0.1)
    #expect(try #require(world.engine.state.ratchet?.sigma) < 0.05)
    #expect(world.finished == "12 trials are done")
    #expect(world.truth(of: try #require(world.engine.state.head).commit) < 1)
  }

  @Test func `count all where the next ones are as far out`() throws {
    var world = try world([3: 1e6, 4: 2e6, 5: 3e6])
    world.run()
    #expect(calibration(in: world) == 5)
    #expect(world.engine.state.calibrationLeftOut == nil)
    #expect(world.finished == "12 trials are done")
  }

  @Test(arguments: [1, 3]) func `are three where none is absurd`(workers: Int) throws {
    var world = try world([:], workers: workers)
    world.run()
    #expect(calibration(in: world) == 3)
    #expect(world.engine.state.calibrationLeftOut == nil)
  }

  @Test func `come out the same after a crash at any moment`() throws {
    var whole = try world([2: 1e6])
    whole.run()
    for moment in 0..<10 {
      var world = try world([2: 1e6])
      for _ in 0..<moment { world.completeOne() }
      world.crash(workers: 1)
      world.run()
      #expect(calibration(in: world) == 5)
      #expect(world.engine.state.calibrationLeftOut == whole.engine.state.calibrationLeftOut)
      #expect(world.engine.state.baselineMean == whole.engine.state.baselineMean)
    }
  }

  @Test func `are followed by no test that too few pairs could never pass`() throws {
    var world = SimulatedWorld(seed: 1)
    var configuration = try SimulatedWorld.configuration(trials: 30)
    configuration.ratchet.maximumPairs = 3
    world.begin(configuration)
    #expect(!world.engine.state.hasPairsEnough)
    world.run()
    #expect(world.finished == "30 trials are done")
    #expect(world.engine.state.certifications == 0)
    #expect(world.truth(of: try #require(world.engine.state.head).commit) < 0.95)
  }
}

@Suite struct `An attempt without a measurement` {
  @Test(arguments: [(Outcome.exited(code: 1), true), (Outcome.launchFailed(reason: "no bwrap"), false)])
  func `makes new ideas dearer once, and not at all where it never ran`(outcome: Outcome, isCounted: Bool) throws {
    var world = SimulatedWorld(seed: 2, crashRate: 0)
    world.begin(try SimulatedWorld.configuration(workers: 1, trials: 12))
    var request: AttemptRequest?
    while request == nil, !world.pending.isEmpty {
      request = world.engine.state.inFlight.values.first { $0.purpose == .search }
      if request == nil { world.completeOne() }
    }
    let attempt = try #require(request)
    var state = world.engine.state
    var expected = try #require(state.ratchet)
    if isCounted { expected.recordFailure(cost: 5) }
    state.apply(
      .attemptFinished(
        AttemptResult(
          id: attempt.id, outcome: outcome, measurement: nil, remark: nil,
          usage: Usage(wallSeconds: 5, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1)), reportedMemory: nil,
          sandbox: .full, referee: .report, logTail: nil)), at: Timestamp(milliseconds: 2_000_000))
    #expect(state.ratchet == expected)
  }
}
