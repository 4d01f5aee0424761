import PawlCore
import PawlRatchet
import PawlSearch
import Testing

@testable import PawlEngine

@Suite struct `Early stopping` {
  private static let points = 20

  private func configuration(stops: Bool = true, trials: Int = 120, workers: Int = 3) throws -> StudyConfiguration {
    var configuration = try SimulatedWorld.configuration(workers: workers, trials: trials, calibration: 5)
    configuration.curve = CurveRule(pattern: "(a)(b)", stopsEarly: stops)
    return configuration
  }

  /// Curves of another quantity than the metric, in another unit, that never cross.
  private func world(seed: UInt64, crossing: Bool = false) -> SimulatedWorld {
    // Most changes hurt by many times the noise.
    var world = SimulatedWorld(seed: seed, noise: 0.003) { 0.1 * ($0.unit() - 0.15) }
    world.course = { request, final in
      (1...Self.points).map { step in
        let share = Double(step) / Double(Self.points)
        // Whoever is among every third trial starts badly and ends where it ends.
        let late = crossing && request.trial.rawValue % 3 == 0 ? 8 * (1 - share) : 0
        return CurvePoint(step: Double(step * 10), value: 7 + 20 * final + 3 * (1 - share) + late)
      }
    }
    return world
  }

  private func stops(_ world: SimulatedWorld) -> [(AttemptID, EarlyStop)] {
    world.events.compactMap { if case .attemptStopped(let id, let stop) = $0 { (id, stop) } else { nil } }
  }

  private func requests(_ world: SimulatedWorld) -> [AttemptID: AttemptRequest] {
    var requests: [AttemptID: AttemptRequest] = [:]
    for case .attemptRequested(let request) in world.events { requests[request.id] = request }
    return requests
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `stops hopeless first attempts of candidates and nothing else`(seed: UInt64) throws {
    var world = world(seed: seed)
    world.begin(try configuration())
    world.run()
    #expect(world.finished == "120 trials are done")
    let stops = stops(world)
    #expect(stops.count >= 10, "\(stops.count)")
    let requests = requests(world)
    var heads: Set<TrialID> = [.baseline]
    var firsts: Set<TrialID> = []
    for event in world.events {
      switch event {
      case .headMoved(let trial, _): heads.insert(trial)
      case .attemptStopped(let id, let stop):
        let request = try #require(requests[id])
        #expect(request.purpose == .search && request.rung == 1)
        #expect(!heads.contains(request.trial))
        #expect(firsts.insert(request.trial).inserted)
        #expect(!world.engine.state.isAudit(request))
        #expect(stop.gain < stop.price && stop.expected < 0 && stop.deviation > 0)
        // In truth, too, it is worse than the head that it was held against by far.
        #expect((world.changes[request.trial] ?? 0) > 0)
      default: break
      }
    }
    var verdicts = 0
    for case .trialJudged(let trial, let verdict, let evidence) in world.events where evidence.stoppedAt != nil {
      verdicts += 1
      #expect(firsts.contains(trial) && verdict == .discarded && evidence.measurements == 0)
    }
    #expect(verdicts == stops.count && world.engine.state.stopped == stops.count)
    // What looks as bad and is audited runs to its end.
    let audited = requests.values.filter { world.engine.state.isAudit($0) && $0.purpose == .search }
    #expect(!audited.isEmpty)
    #expect(world.engine.state.progress.isEmpty && world.engine.state.stopping.isEmpty)
  }

  @Test(arguments: [1, 2] as [UInt64]) func `is replayed to the same state, event by event`(seed: UInt64) throws {
    var world = world(seed: seed)
    world.begin(try configuration(trials: 60))
    world.run()
    #expect(!stops(world).isEmpty)
    var again = Engine()
    for recorded in world.transactions.joined() { again.replay(recorded) }
    #expect(again.state == world.engine.state)
  }

  @Test func `survives a kill between the decision and the end`() throws {
    var world = world(seed: 4)
    world.begin(try configuration(trials: 60))
    while stops(world).isEmpty, !world.pending.isEmpty { world.completeOne() }
    let (attempt, _) = try #require(stops(world).last)
    let request = try #require(requests(world)[attempt])
    #expect(world.engine.state.inFlight[attempt] != nil)
    world.crash(workers: 3)
    // It is asked to stop again, and not made again.
    #expect(world.pending.contains(.stopAttempt(request)) && !world.pending.contains(.startAttempt(request)))
    world.run()
    #expect(world.finished == "60 trials are done")
    let ends = world.events.count { if case .attemptFinished(let result) = $0 { result.id == attempt } else { false } }
    #expect(ends == 1)
    let isDiscarded = world.events.contains {
      if case .trialJudged(request.trial, .discarded, let evidence) = $0 { evidence.stoppedAt != nil } else { false }
    }
    #expect(isDiscarded)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func `does not happen where curves cross`(seed: UInt64) throws {
    var world = world(seed: seed, crossing: true)
    world.begin(try configuration())
    world.run()
    // The first third of attempts that start badly shows it, or makes every forecast too wide.
    #expect(stops(world).count <= 2, "\(stops(world).count)")
    #expect(world.engine.state.ended == 120)
  }

  @Test func `does not happen where the study only writes curves down, or follows none`() throws {
    var world = world(seed: 1)
    world.begin(try configuration(stops: false))
    world.run()
    #expect(stops(world).isEmpty)
    #expect(world.engine.state.curves.length != nil)
  }

  /// The same proposals for the same trials; what is compared is where the search ends and what it used.
  @Test func `takes a search as far with less compute`() throws {
    var (with, without) = ((truth: 0.0, seconds: 0.0), (truth: 0.0, seconds: 0.0))
    let seeds: ClosedRange<UInt64> = 1...12
    for seed in seeds {
      for stops in [true, false] {
        var world = world(seed: seed)
        // By its number alone, so that both searches are offered the same.
        world.changes = Dictionary(
          uniqueKeysWithValues: (1...150).map { trial in
            var own = SeededGenerator(seed: seed &* 1_000 &+ UInt64(trial))
            return (TrialID(rawValue: trial), 0.1 * (own.unit() - 0.15))
          })
        world.begin(try configuration(stops: stops))
        world.run()
        let state = world.engine.state
        let truth = world.truth(of: try #require(state.head).commit)
        if stops {
          with = (with.truth + truth, with.seconds + state.computeSeconds)
        } else {
          without = (without.truth + truth, without.seconds + state.computeSeconds)
        }
      }
    }
    let count = Double(seeds.count)
    #expect(with.seconds < 0.8 * without.seconds, "\(with.seconds) \(without.seconds)")
    // A hundredth of what the search gained at most.
    let gained = 1 - without.truth / count
    #expect(with.truth / count < without.truth / count + 0.01 * gained, "\(with) \(without)")
  }
}
