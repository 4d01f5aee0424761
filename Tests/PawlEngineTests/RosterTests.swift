import Foundation
import PawlCore
import PawlRatchet
import Testing

@testable import PawlEngine

@Suite struct `The roster of open trials` {
  /// What is derived, beside what it is derived from.
  private func check(_ state: StudyState) throws {
    let trials = state.open.values.sorted { $0.request.trial < $1.request.trial }
    #expect(state.open.roster == trials.map(RosterEntry.init))
    for agent in Set(trials.map(\.request.agent)) {
      var tally = AgentTally()
      for entry in state.open.roster where entry.agent == agent { tally.count(entry, 1) }
      #expect(state.open.tally(of: agent) == tally)
    }
    #expect(state.open.tally.open == trials.count)
    for opened in trials {
      let trial = opened.request.trial
      #expect(opened.running == state.inFlight.values.count { $0.trial == trial && $0.purpose == .search })
      #expect(opened.isMeasured == (state.ratchet?.moments(of: trial) != nil))
    }
    let ofHead = state.inFlight.values.count { $0.trial == state.head?.trial && $0.purpose == .search }
    #expect(state.headRunning == ofHead)
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `says of every trial what the trial itself says, after every turn`(seed: UInt64) throws {
    var world = SimulatedWorld(seed: seed, noise: 0.05)
    world.conflicts = { $0.rawValue % 7 == 3 }
    world.proposalMilliseconds = 4_000
    world.begin(try SimulatedWorld.configuration(workers: 6, trials: 60))
    while world.finished == nil, !world.pending.isEmpty {
      world.completeOne()
      try check(world.engine.state)
      if world.transactions.count == 150 { world.crash(workers: 6) }
    }
    #expect(world.finished == "60 trials are done")
  }

  @Test func `comes back with a snapshot that does not hold it`() throws {
    var world = SimulatedWorld(seed: 5)
    world.begin(try SimulatedWorld.configuration(workers: 6, trials: 60))
    world.run(limit: 120)
    #expect(!world.engine.state.open.isEmpty)
    let bytes = try JSONEncoder().encode(world.engine.state)
    let state = try JSONDecoder().decode(StudyState.self, from: bytes)
    #expect(state == world.engine.state)
    #expect(state.open.roster == world.engine.state.open.roster)
    try check(state)
  }
}
