import Foundation
import PawlCore
import PawlRatchet
import Testing

@testable import PawlEngine

@Suite struct `Seeds of a study` {
  private func requests(_ world: SimulatedWorld) -> [AttemptRequest] {
    world.events.compactMap { if case .attemptRequested(let request) = $0 { request } else { nil } }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `the first measurements of all candidates share a seed, no code meets one twice, and the ratchet knows`(
    seed: UInt64
  ) throws {
    var world = SimulatedWorld(seed: seed, noise: 0.02, crashRate: 0.2)
    world.begin(try SimulatedWorld.configuration(workers: 3, trials: 40))
    world.run()
    let asked = requests(world).filter { $0.purpose == .search || $0.purpose == .calibration }
    for (code, attempts) in Dictionary(grouping: asked, by: \.commit) {
      #expect(Set(attempts.map(\.seed)).count == attempts.count, "\(code) met a seed twice")
    }
    let first = Dictionary(grouping: asked, by: \.commit).values.compactMap { $0.min { $0.id < $1.id }?.seed }
    #expect(Set(first).count == 1, "one seed for the first measurement of everything")
    let certified = requests(world).filter { if case .certification = $0.purpose { true } else { false } }
    #expect(Set(certified.map(\.seed)).isDisjoint(with: Set(asked.map(\.seed))))
    let ratchet = try #require(world.engine.state.ratchet)
    let stored = try JSONSerialization.jsonObject(with: JSONEncoder().encode(ratchet)) as? [String: Any]
    #expect((stored?["seeds"] as? [Any])?.isEmpty == false)
  }

  @Test func `either half of a certificate's pair may go first`() throws {
    var world = SimulatedWorld(seed: 3, noise: 0.01, crashRate: 0)
    world.begin(try SimulatedWorld.configuration(workers: 1, trials: 60))
    world.run()
    var first: [String: Bool] = [:]
    for request in requests(world) {
      guard case .certification(let number, let pair, let candidate) = request.purpose else { continue }
      if first["\(number).\(pair)"] == nil { first["\(number).\(pair)"] = candidate }
    }
    #expect(first.count >= 4 && Set(first.values).count == 2)
  }

  @Test func `on another machine the head is measured before anything is judged by it`() throws {
    var world = SimulatedWorld(seed: 5, noise: 0.02, crashRate: 0)
    world.begin(try SimulatedWorld.configuration(workers: 1, trials: 60))
    while world.engine.state.ended < 12 { world.completeOne() }
    let head = try #require(world.engine.state.head)
    let before = requests(world).count
    world.pending = []
    world.observe([
      .sessionStarted(
        SessionStart(
          version: "1", host: "another", process: 2, sandbox: .full, stop: StopRule(), workers: 1))
    ])
    while requests(world).count < before + 6, !world.pending.isEmpty { world.completeOne() }
    #expect(requests(world).dropFirst(before).contains { $0.trial == head.trial && $0.purpose == .search })
  }
}
