import PawlCore
import PawlEngine
import Testing

@testable import PawlSimulation

@Suite struct `A simulated swarm` {
  private func plan(workers: Int = 12, trials: Int = 300, seed: UInt64 = 1) -> SwarmPlan {
    var plan = SwarmPlan(workers: workers, trials: trials)
    plan.seed = seed
    return plan
  }

  private func outcome(_ plan: SwarmPlan) throws -> SwarmOutcome {
    var swarm = try #require(SimulatedSwarm(plan: plan))
    let isFinished = swarm.run()
    #expect(isFinished)
    return swarm.outcome
  }

  @Test func `of forty workers has hardly one idle, replays to the same state, and survives a kill`() throws {
    let plan = plan(workers: 40, trials: 1_000)
    let (outcome, kill) = try #require(try SwarmKill.run(plan, nanoseconds: { 0 }))
    #expect(outcome.trials == 1_000 && outcome.kept > 0 && outcome.certificates > 0)
    #expect(outcome.search.utilisation > 0.98 && outcome.working.utilisation > 0.9)
    #expect(outcome.isReplayed)
    #expect(kill.lostNothing && kill.compared > 900)
    #expect(kill.same == kill.compared)
  }

  @Test func `decides the same from the same seed, and something else from another`() throws {
    let first = try outcome(plan(seed: 7))
    #expect(try outcome(plan(seed: 7)) == first)
    #expect(try outcome(plan(seed: 8)).decisions != first.decisions)
  }

  @Test func `never has more attempts in flight than workers, and is never quicker than a perfect scheduler`() throws {
    let plan = plan(seed: 3)
    var swarm = try #require(SimulatedSwarm(plan: plan))
    var attempts = 0
    repeat {
      #expect(swarm.engine.state.inFlight.count <= plan.workers)
      attempts += 1
    } while !swarm.run(attempts: attempts)
    #expect(swarm.outcome.whole.seconds >= swarm.outcome.perfect.seconds)
  }

  @Test func `without failures every attempt measures, and with nothing but crashes the study stalls`() throws {
    var smooth = plan(seed: 2)
    (smooth.crashes, smooth.launchFailures, smooth.nodeFailures) = (0, 0, 0)
    var swarm = try #require(SimulatedSwarm(plan: smooth))
    swarm.run(attempts: 100)
    #expect(swarm.outcome.lost == 0 && swarm.engine.state.open.values.allSatisfy { $0.failures == 0 })
    var broken = plan(seed: 2)
    broken.crashes = 1
    let outcome = try outcome(broken)
    #expect(outcome.trials < 300 && outcome.kept == 0)
  }

  @Test func `an event queue gives what is earliest, and of equals the first`() {
    var queue = EventQueue<Int>()
    var generator = SeededGenerator(seed: 5)
    let times = (0..<500).map { _ in Int64(generator.next() % 40) }
    for (index, time) in times.enumerated() { queue.schedule(index, at: time) }
    var order: [Int] = []
    while let next = queue.next() { order.append(next.what) }
    #expect(order == times.indices.sorted { (times[$0], $0) < (times[$1], $1) })
  }
}
