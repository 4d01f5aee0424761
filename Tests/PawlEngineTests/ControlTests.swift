import Foundation
import PawlCore
import Testing

@testable import PawlEngine

func roundTrip(_ state: StudyState) throws -> StudyState {
  try JSONDecoder().decode(StudyState.self, from: JSONEncoder().encode(state))
}

@Suite struct `Control of the loop` {
  @Test func `starts nothing while paused and carries on after`() throws {
    var world = SimulatedWorld(seed: 2)
    world.begin(try SimulatedWorld.configuration(trials: 8))
    world.observe([.paused(by: "somebody")])
    world.run()
    #expect(world.finished == nil)
    #expect(world.engine.state.inFlight.isEmpty)
    world.observe([.resumed(by: "somebody")])
    world.run()
    #expect(world.finished == "8 trials are done")
  }

  @Test func `lets running attempts finish when asked to stop, and carries on in a new session`() throws {
    var world = SimulatedWorld(seed: 2)
    world.begin(try SimulatedWorld.configuration(trials: 8))
    for _ in 0..<12 { world.completeOne() }
    world.observe([.stopRequested(reason: "interrupted")])
    let asked = world.engine.state.lastAttempt
    world.run()
    #expect(world.finished == "interrupted")
    #expect(world.engine.state.lastAttempt == asked)
    world.finished = nil
    world.observe([.sessionEnded(reason: "interrupted"), world.sessionStart(workers: 2)])
    world.run()
    #expect(world.finished == "8 trials are done")
  }

  @Test func `counts a session's bound from the session's start`() throws {
    var world = SimulatedWorld(seed: 4)
    world.begin(try SimulatedWorld.configuration(trials: nil), session: StopRule(trials: 3))
    world.run()
    #expect(world.engine.state.ended == 3)
    world.finished = nil
    world.observe([.sessionEnded(reason: ""), world.sessionStart(workers: 2, stop: StopRule(trials: 5))])
    world.run()
    #expect(world.engine.state.ended == 8)
  }

  @Test func `keeps time back to certify the head before its time is up`() throws {
    var world = SimulatedWorld(seed: 5, noise: 0.001, crashRate: 0)
    // One worker: attempts of this world do not overlap in time.
    world.begin(try SimulatedWorld.configuration(workers: 1, trials: nil), session: StopRule(wallSeconds: 400))
    world.run()
    #expect(world.finished == "its time is used up")
    #expect(world.engine.state.certificates >= 1)
  }

  @Test func `gives up when nothing but crashes comes back`() throws {
    var world = SimulatedWorld(seed: 6, crashRate: 1)
    world.begin(try SimulatedWorld.configuration(trials: nil))
    world.run()
    #expect(world.finished == "the last 25 trials gave no measurement")
  }

  @Test func `ends when the agent has nothing left`() throws {
    var world = SimulatedWorld(seed: 7)
    world.begin(try SimulatedWorld.configuration(workers: 1))
    while world.openQuestion == nil { world.completeOne() }
    let question = try #require(world.openQuestion)
    world.pending.removeAll { $0 == .propose(question, replies: []) }
    world.observe([.proposalFailed(question.trial, reason: "every combination was tried")])
    world.run()
    #expect(world.finished == "the agent has nothing left to propose: every combination was tried")
  }

  @Test func `asks slow agents ahead of need, and quick ones only when a worker is free`() throws {
    func askedAhead(proposalMilliseconds: Int64) throws -> Int {
      var world = SimulatedWorld(seed: 8, crashRate: 0)
      world.proposalMilliseconds = proposalMilliseconds
      world.prefersQuick = true
      world.begin(try SimulatedWorld.configuration(workers: 2, trials: 30))
      var ahead = 0
      while world.finished == nil, !world.pending.isEmpty {
        world.completeOne()
        guard world.engine.state.ended > 5, let step = world.transactions.last else { continue }
        let asked = step.contains { $0.event.kind == "proposalRequested" }
        let waiting = world.engine.state.open.values.count { $0.attempts == 0 }
        if asked, waiting > 2 - world.engine.state.inFlight.count { ahead += 1 }
      }
      return ahead
    }
    #expect(try askedAhead(proposalMilliseconds: 1) == 0)
    let slow = try askedAhead(proposalMilliseconds: 4_000)
    #expect(slow > 5, "\(slow)")
  }
}

@Suite struct `Certification in the loop` {
  @Test func `pairs fresh seeds that search never used`() throws {
    var world = SimulatedWorld(seed: 11)
    world.begin(try SimulatedWorld.configuration(trials: 25))
    world.run()
    var searched: Set<UInt64> = []
    var halves: [String: Set<UInt64>] = [:]
    for case .attemptRequested(let request) in world.events {
      switch request.purpose {
      case .calibration, .search: searched.insert(request.seed)
      case .certification(let number, let pair, _): halves["\(number) \(pair)", default: []].insert(request.seed)
      }
    }
    #expect(!halves.isEmpty)
    for seeds in halves.values {
      #expect(seeds.count == 1)
      #expect(searched.isDisjoint(with: seeds))
    }
  }

  @Test func `moves the champion forward only, one certificate on another`() throws {
    var world = SimulatedWorld(seed: 12)
    world.begin(try SimulatedWorld.configuration(trials: 60))
    world.run()
    var champion = TrialID.baseline
    var heads = [TrialID.baseline]
    for case .headMoved(let trial, _) in world.events { heads.append(trial) }
    for case .championCertified(let certificate) in world.events {
      #expect(certificate.champion == champion)
      let place = try #require(heads.firstIndex(of: certificate.candidate))
      #expect(place > (heads.firstIndex(of: champion) ?? 0))
      #expect(certificate.eValue >= certificate.threshold)
      champion = certificate.candidate
    }
    #expect(world.engine.state.champion?.trial == champion)
  }

  @Test func `halves a stack that fails`() throws {
    var state = StudyState()
    state.apply(
      .studyStarted(
        StudyStart(
          configuration: try SimulatedWorld.configuration(), baseline: CommitHash(rawValue: "base"), frozenDigest: "",
          dirty: false, fingerprint: 0)), at: Timestamp(milliseconds: 0))
    state.stack += (1...4).map { HeadStep(trial: TrialID(rawValue: $0), commit: CommitHash(rawValue: "c\($0)")) }
    state.calibrated = 3
    var tried: [Int] = []
    while let target = state.certificationTarget(finishing: true) {
      tried.append(target.rawValue)
      state.apply(
        .certificationStarted(number: tried.count, candidate: target, champion: .baseline, alpha: 0.01),
        at: Timestamp(milliseconds: 0))
      state.apply(.certificationFailed(number: tried.count, eValue: 0, pairs: 4), at: Timestamp(milliseconds: 0))
    }
    #expect(tried == [4, 2, 1])
  }
}

@Suite struct `A branch that does not take a step` {
  @Test func `neither ends the study nor is forgotten`() throws {
    var world = SimulatedWorld(seed: 12)
    world.begin(try SimulatedWorld.configuration(trials: nil))
    var blocked = 0
    while world.finished == nil, !world.pending.isEmpty {
      let asked = world.pending.firstIndex { effect in
        if case .advanceBranch = effect { return true }
        return false
      }
      guard let asked, case .advanceBranch(let certificates) = world.pending[asked] else {
        world.completeOne()
        continue
      }
      world.pending.remove(at: asked)
      blocked += 1
      #expect(certificates.count == blocked)
      world.observe([.branchBlocked(certificate: certificates[0].number, reason: "it is checked out")])
      if blocked == 2 { world.observe([.stopRequested(reason: "two are enough")]) }
    }
    #expect(world.finished == "two are enough")
    #expect(blocked == 2)
    world.crash(workers: 2)
    let asked = world.pending.contains { effect in
      if case .advanceBranch(let certificates) = effect { return certificates.count == blocked }
      return false
    }
    #expect(asked)
  }
}
