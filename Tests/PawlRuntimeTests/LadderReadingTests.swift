import PawlCore
import PawlEngine
import PawlJournal
import PawlRatchet
import PawlTestSupport
import Testing

@testable import PawlRuntime

@Suite struct `The ladder read back` {
  private func commit(_ number: Int) -> CommitHash {
    let digits = String(number, radix: 16)
    return CommitHash(rawValue: String(repeating: "0", count: 40 - digits.count) + digits)
  }

  private func configuration(_ metric: MetricRule? = nil, compute: [Double?] = [1, 4, 16]) throws -> StudyConfiguration
  {
    var configuration = StudyConfiguration(
      name: try #require(StudyName(rawValue: "climb")), command: "true",
      metric: metric ?? MetricRule(name: "loss", pattern: "loss: (.*)", direction: .minimize), editable: ["a"])
    configuration.rungs = compute.enumerated().map { RungRule(name: "r\($0.offset + 1)", compute: $0.element) }
    return configuration
  }

  private func certificate(
    _ number: Int, _ candidate: Int, over champion: Int, rung: Int?, from: [Double], to: [Double]
  ) -> Certificate {
    let effect = zip(from, to).reduce(0) { $0 + $1.0 - $1.1 } / Double(from.count)
    return Certificate(
      number: number, candidate: TrialID(rawValue: candidate), candidateCommit: commit(candidate),
      champion: TrialID(rawValue: champion), championCommit: commit(champion), effect: effect,
      interval: (effect - 0.1)...(effect + 0.1), eValue: .infinity, threshold: 40, alpha: 0.05,
      seeds: from.indices.map { UInt64($0) }, candidateValues: to, championValues: from, referee: .report,
      sandbox: .full, rung: rung)
  }

  private func promotion(_ rung: Int, _ first: Int, _ last: Int, through: Int) -> Promotion {
    Promotion(
      rung: rung, first: first, last: last, through: TrialID(rawValue: through), before: commit(0),
      after: commit(through))
  }

  private func start(_ number: Int, _ promotion: Promotion, candidate: Int, below: Double, steps: Double) -> Event {
    .promotionStarted(
      PromotionStart(
        number: number, promotion: promotion, candidate: commit(candidate), champion: .baseline,
        championCommit: commit(0), alpha: 0.02, effectBelow: below, steps: steps, chance: 0.6))
  }

  private func trial(_ number: Int, over parent: Int, effect: Double) -> [Event] {
    let (trial, before) = (TrialID(rawValue: number), TrialID(rawValue: parent))
    return [
      .proposalRequested(
        ProposalRequest(trial: trial, agent: "knobs", parent: before, parentCommit: commit(parent), seed: 1)),
      .candidateCreated(trial, commit(number), DiffStatistics(added: 1, removed: 1)),
      .trialJudged(
        trial, .kept,
        Evidence(
          effect: effect, deviation: 0.01, gain: effect, loss: 0, mean: 1, measurements: 1, sigma: 0.01, head: before)),
      .headMoved(to: trial, from: before),
    ]
  }

  private func attempts(_ ids: ClosedRange<Int>, rung: Int, seconds: Double) -> [Event] {
    ids.flatMap { id -> [Event] in
      [
        .attemptRequested(
          AttemptRequest(
            id: AttemptID(rawValue: id), trial: .baseline, commit: commit(0), seed: 1,
            purpose: rung == 1 ? .search : .certification(2, pair: id, candidate: false), rung: rung)),
        .attemptFinished(
          AttemptResult(
            id: AttemptID(rawValue: id), outcome: .exited(code: 0), measurement: 1, remark: nil,
            usage: Usage(wallSeconds: seconds, cpuSeconds: 0, peakMemory: Bytes(1), output: Bytes(1)),
            reportedMemory: nil, sandbox: .full, referee: .report, logTail: nil)),
      ]
    }
  }

  /// Two steps certified below; the stack fails on the second rung and is halved; the first half holds, the second conflicts.
  private func events(_ configuration: StudyConfiguration) -> [Event] {
    let (whole, first, second) = (
      promotion(2, 0, 2, through: 2), promotion(2, 0, 1, through: 1), promotion(2, 1, 2, through: 2)
    )
    var events: [Event] = [
      .studyStarted(
        StudyStart(
          configuration: configuration, baseline: commit(0), frozenDigest: "", dirty: false, fingerprint: 1))
    ]
    events += attempts(1...4, rung: 1, seconds: 10) + trial(1, over: 0, effect: 0.3) + trial(2, over: 1, effect: 0.1)
    events += [
      .certificationStarted(number: 1, candidate: TrialID(rawValue: 2), champion: .baseline, alpha: 0.02),
      .championCertified(certificate(1, 2, over: 0, rung: nil, from: [3, 3.02], to: [2.6, 2.62])),
      start(2, whole, candidate: 2, below: 0.4, steps: 1.6),
    ]
    events += attempts(5...6, rung: 2, seconds: 40)
    events += [
      .promotionFailed(
        PromotionFailure(
          number: 2, promotion: whole, eValue: 0.3, pairs: 2, effect: -0.05, standardError: 0.01,
          championValues: [2.5, 2.52])),
      start(3, first, candidate: 1, below: 0.3, steps: 1),
      .promotionCertified(certificate(3, 1, over: 0, rung: 2, from: [2.5, 2.52], to: [2.25, 2.27])),
      .transplantRequested(Transplant(promotion: second, onto: commit(1))),
      .transplantFailed(Transplant(promotion: second, onto: commit(1)), reason: "a conflicts with trial 1"),
    ]
    return events
  }

  private func summary(_ events: [Event], _ configuration: StudyConfiguration) throws -> LadderSummary {
    let repository = try TemporaryRepository(["a": ""])
    let journal = try Journal.create(in: repository.home)
    defer { journal.close() }
    for (time, event) in events.enumerated() {
      _ = try journal.append([event], at: Timestamp(milliseconds: 1_000 * Int64(time)))
    }
    return try LadderReading(journal.reader, configuration: configuration).summary()
  }

  @Test func `a small study gives each number that it should`() throws {
    let configuration = try configuration()
    let ladder = try summary(events(configuration), configuration)
    #expect(ladder.rungs.map(\.name) == ["r1", "r2", "r3"] && ladder.rungs.map(\.compute) == [1, 4, 16])
    #expect(ladder.rungs.map(\.champion.rawValue) == [2, 1, 0] && ladder.rungs.map(\.tests) == [1, 2, 0])
    #expect(ladder.rungs.map(\.certificates) == [1, 1, 0] && ladder.rungs[1].lost.map(\.rawValue) == [2])
    #expect(ladder.rungs.map(\.attempts) == [4, 2, 0] && ladder.rungs.map(\.wallSeconds) == [40, 80, 0])
    // Both tests on the second rung were against the baseline: four of its runs count.
    #expect(ladder.rungs[1].baseline?.runs == 4 && ladder.rungs[1].level?.runs == 2)
    #expect(abs((ladder.rungs[1].baseline?.mean ?? 0) - 2.51) < 1e-12)
    #expect(abs((ladder.rungs[0].level?.mean ?? 0) - 2.61) < 1e-12)
    #expect(abs((ladder.rungs[0].level?.standardError ?? 0) - 0.01) < 1e-12)
    #expect(ladder.rungs[2].baseline == nil && ladder.rungs[2].certified == nil)
    #expect(abs((ladder.rungs[1].certified?.effect ?? 0) - 0.25) < 1e-12)
    #expect(ladder.highest?.number == 2)

    let transfer = ladder.transfers[0]
    #expect(transfer.points.map(\.standing) == [.failed, .certified])
    #expect(transfer.points.map(\.trials) == [[1, 2].map(TrialID.init(rawValue:)), [TrialID(rawValue: 1)]])
    #expect(transfer.points[0].above == -0.05 && transfer.points[0].chance == 0.6 && transfer.points[0].threshold == 50)
    #expect(transfer.points[1].eValue?.isFinite == true, "JSON has no infinity")
    #expect(transfer.conflicts.map(\.reason) == ["a conflicts with trial 1"] && transfer.waiting.isEmpty)
    #expect(transfer.correlation == nil, "two changes have no ranks to speak of")
    // What the second rung took waits for the third.
    let waiting = try #require(ladder.transfers[1].waiting.first)
    #expect(waiting.trials == [TrialID(rawValue: 1)] && abs(waiting.below - 0.25) < 1e-12 && waiting.steps == 1)
    #expect(abs(waiting.expected - 0.25) < 1e-12 && waiting.chance > 0.5 && !waiting.reason.isEmpty)

    #expect(ladder.gains.map(\.certificate) == [1, 3] && ladder.gains.map(\.rung) == [1, 2])
    #expect(ladder.gains.map(\.computeSeconds) == [40, 120])
    #expect(abs((ladder.gains.last?.total.upper ?? 0) - 0.35) < 1e-12)

    let scaling = try #require(ladder.scaling)
    #expect(scaling.points.map(\.rung) == [1, 2] && scaling.loss == "loss")
    #expect(scaling.baseline?.asymptoteIsAssumed == true)
    let multiplier = try #require(scaling.multiplier)
    // E = 0: a = log(3.01 / 2.51) / log 4, and L_baseline(m C) = L_champion(C) at C = 4 gives m = (2.51 / 2.26)^(1 / a).
    #expect(abs(multiplier.value - 2.231) < 0.01 && multiplier.lower < 2.3 && multiplier.compute == 4)
  }

  @Test func `a metric that is maximized needs its best value, and then gives the same curve`() throws {
    let open = MetricRule(name: "score", pattern: "s: (.*)", direction: .maximize)
    let blind = try configuration(open)
    let without = try #require(try summary(events(blind), blind).scaling)
    #expect(without.multiplier == nil && without.reason?.contains("upper end of `plausible`") == true)
    let bounded = try configuration(
      MetricRule(name: "score", pattern: "s: (.*)", direction: .maximize, plausible: 0...10))
    let with = try #require(try summary(events(bounded), bounded).scaling)
    #expect(with.loss == "10.0000 - score" && with.points.first.map { abs($0.baseline.mean - 6.99) < 1e-9 } == true)
    #expect(with.reason != nil, "these losses rise with compute")
  }

  @Test func `without a word on compute mean wall time counts, and where there are no levels that is said`() throws {
    let configuration = try configuration(compute: [nil, nil])
    let ladder = try summary(events(configuration), configuration)
    #expect(ladder.rungs.map(\.compute) == [10, 40] && ladder.rungs.allSatisfy { !$0.computeIsSaid })
    let early = try summary(Array(events(configuration).prefix(9)), configuration)
    #expect(early.scaling?.multiplier == nil && early.scaling?.reason?.contains("`r1`, `r2`") == true)
    #expect(early.gains.isEmpty && early.rungs.allSatisfy { $0.certified == nil })
  }

  @Test func `one rung has its certificates and nothing else`() throws {
    var configuration = try configuration()
    configuration.rungs = []
    let ladder = try summary(Array(events(configuration).prefix(19)), configuration)
    #expect(!ladder.climbs && ladder.transfers.isEmpty && ladder.scaling == nil && ladder.gains.count == 1)
  }

  @Test func `a real study is read back as the engine has it`() throws {
    let script = """
      depth=4
      width=16
      batch=100
      [ "$PAWL_RUNG" = 2 ] && batch=$((200 - batch))
      loss=$(((depth - 8) * (depth - 8) * 10000 + (width - 24) * (width - 24) * 500 + (batch - 140) * (batch - 140) * 50 + PAWL_SEED % 500 + 1000000))
      printf 'loss: %d.%06d\\n' $((loss / 1000000)) $((loss % 1000000))

      """
    let repository = try TemporaryRepository(["train.sh": script])
    try #require(repository.initialise().code == 0)
    let yaml = try #require(repository.read("pawl.yaml"))
    try repository.write(
      yaml + "\nrungs: [{name: small, compute: 1}, {name: large, compute: 2}]\n", to: "pawl.yaml")
    let run = repository.pawl("run", "--trials", "30", "--workers", "1", "--quiet")
    try #require(run.code == 0, "\(run.messages)")
    let recorded = try RecordedStudy(repository)
    let state = recorded.state()
    let configuration = try #require(state.configuration)
    let journal = try Journal.read(in: "\(repository.root)/.pawl/repo")
    let ladder = try LadderReading(journal, configuration: configuration).summary()
    let rung = try #require(state.rung(2))
    #expect(ladder.rungs[0].championCommit == state.line(of: 1).last?.commit)
    #expect(ladder.rungs[1].championCommit == rung.top.commit && ladder.rungs[1].lost == rung.lost)
    #expect(ladder.rungs[1].tests == rung.tested && ladder.rungs[1].certificates == rung.certified && rung.tested > 0)
    let points = ladder.transfers[0].points
    #expect(points.count == rung.transfer.points.count)
    for (mine, its) in zip(points, rung.transfer.points) {
      #expect(abs(mine.below - its.below) < 1e-9 && abs((mine.above ?? .nan) - its.above) < 1e-9)
      #expect(abs((mine.standardError ?? .nan) - its.standardError) < 1e-9 && mine.steps == its.steps)
    }
    #expect(ladder.rungs.reduce(0) { $0 + $1.attempts } == recorded.results.count)
    let waiting = ladder.transfers[0].waiting.map { $0.trials.last }
    #expect(waiting.allSatisfy { trial in state.line(of: 1).contains { $0.trial == trial } })
  }
}
