import PawlCore
import Testing

@testable import PawlJournal

@Suite struct DerivedTests {
  @Test(arguments: 1...12) func `derived tables equal a rebuild`(seed: UInt64) throws {
    let folder = try StudyFolder()
    var stream = EventStream(seed: seed)
    var journal = try Journal.create(in: folder.path)
    if seed % 3 != 0 { _ = try journal.append([.studyStarted(try start())], at: at(0)) }
    for time in 1...60 {
      _ = try journal.append(try stream.next(1 + Int(stream.generator.next() % 5)), at: at(Int64(time)))
      if time == 30 {
        journal.close()
        journal = try Journal.open(in: folder.path)
      }
    }
    let live = try derivedRows(folder)
    try checkCounts(folder)
    try journal.rebuildDerivedTables()
    #expect(try derivedRows(folder) == live)
    _ = try journal.append(try stream.next(3), at: at(99))
    journal.close()
  }

  /// The counters against a count of the rows.
  private func checkCounts(_ folder: StudyFolder) throws {
    let reader = try Journal.read(in: folder.path)
    guard let overview = try? reader.overview() else { return }
    let trials = try reader.trials(TrialFilter()).filter { $0.id != .baseline }
    let ends = trials.map { TrialEnd(state: $0.state, verdict: $0.verdict) }
    func count(_ end: TrialEnd?) -> Int { ends.filter { $0 == end }.count }
    #expect(overview.trialsKept == count(.kept))
    #expect(overview.trialsDiscarded == count(.discarded))
    #expect(overview.trialsInconclusive == count(.inconclusive))
    #expect(overview.trialsCrashed == count(.crashed))
    #expect(overview.trialsRefused == count(.refused))
    #expect(overview.trialsFailed == count(.failed))
    #expect(overview.trialsOpen == count(nil))
    #expect(overview.trialsEnded + overview.trialsOpen == trials.count)
    #expect(overview.certificates == (try reader.certificates().count))
    #expect(overview.headMean == (try reader.trial(overview.head)?.mean))
  }

  @Test func `a trial keeps what counted for its verdict besides the metric`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    let one = TrialID(rawValue: 1)
    var priced = evidence()
    priced.offset = -0.25
    var broken = evidence()
    broken.breach = Breach(quantity: .memory, value: 9.1, limit: 8)
    _ = try journal.append(
      [
        .studyStarted(try start()),
        .proposalRequested(
          ProposalRequest(trial: one, agent: "knobs", parent: .baseline, parentCommit: commit(0), seed: 1)),
        .trialJudged(one, .discarded, priced),
      ], at: at(0))
    #expect(try journal.reader.trial(one)?.remark == "prices add -0.250 to the effect")
    _ = try journal.append([.trialJudged(one, .discarded, broken)], at: at(1))
    #expect(try journal.reader.trial(one)?.remark == "memory 9.1 GiB is over the limit of 8 GiB")
    journal.close()
  }

  @Test func `an attempt that was disturbed and made again counts for nothing but its time`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    let one = TrialID(rawValue: 1)
    var disturbed = [result(2, 9.0), result(3, nil, outcome: .timedOut, remark: "slow"), result(4, 2.0)]
    (disturbed[0].disturbance, disturbed[1].disturbance) = (.repeated, .repeated)
    disturbed[2].disturbance = .counted
    _ = try journal.append(
      [
        .studyStarted(try start()),
        .proposalRequested(
          ProposalRequest(trial: one, agent: "knobs", parent: .baseline, parentCommit: commit(0), seed: 1)),
        .attemptRequested(request(2, trial: 1)), .attemptFinished(disturbed[0]),
        .attemptRequested(request(3, trial: 1)), .attemptFinished(disturbed[1]),
        .attemptRequested(request(4, trial: 1)), .attemptFinished(disturbed[2]),
      ], at: at(0))
    let trial = try #require(try journal.reader.trial(one))
    #expect(trial.mean == 2 && trial.measurements == 1 && trial.attempts == 3 && trial.wallSeconds == 4.5)
    #expect(trial.outcome == nil && trial.remark == nil)
    #expect(try journal.reader.overview().attemptsRepeated == 2)
    #expect(try journal.reader.attempts(of: one).map { $0.result?.disturbance } == [.repeated, .repeated, .counted])
    journal.close()
  }

  @Test func `a whole study reads as it was`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    for (time, event) in try everyKind().enumerated() { _ = try journal.append([event], at: at(Int64(time))) }
    let reader = try Journal.read(in: folder.path)
    let overview = try reader.overview()
    #expect(overview.name.rawValue == "study-1")
    #expect(overview.baseline == commit(0))
    #expect(overview.head.rawValue == 1 && overview.champion.rawValue == 1)
    #expect(overview.trialsKept == 1 && overview.trialsCrashed == 1 && overview.trialsRefused == 1)
    #expect(overview.trialsFailed == 1 && overview.trialsOpen == 0 && overview.trialsEnded == 4)
    #expect(overview.attemptsFinished == 5 && overview.attemptsRunning == 0)
    #expect(overview.wallSeconds == 7.5)
    #expect(overview.certificates == 1 && overview.sessions == 1 && !overview.paused)
    #expect(overview.stopRequested == "trials" && overview.failed == "the baseline fails")
    #expect(overview.startedAt == at(0) && overview.lastEventAt == at(34) && overview.lastSequence == 35)
    #expect(overview.sigma == 0.01 && overview.cost == 0.75)
    #expect(overview.headEstimate == 2.0 - evidence().effect)
    #expect(overview.headMean == 1.5 && overview.championMean == 1.5 && overview.baselineMean == 2.0)

    let trials = try reader.trials(TrialFilter())
    #expect(trials.map(\.id.rawValue) == [0, 1, 2, 3, 4])
    #expect(trials.map(\.state) == [.judged, .judged, .failed, .refused, .crashed])
    #expect(trials[0].verdict == .kept && trials[0].commit == commit(0) && trials[0].endedAt == at(4))
    let one = try #require(try reader.trial(TrialID(rawValue: 1)))
    #expect(one == trials[1])
    #expect(one.parent == .baseline && one.agent == "knobs" && one.hypothesis == "a larger step 1 helps")
    #expect(one.evidence == evidence() && one.outcome == .signalled(signal: 9) && one.remark == nil)
    #expect(one.mean == 1.5 && one.measurements == 1 && one.attempts == 3 && one.wallSeconds == 4.5)
    #expect(one.peakMemory == .mebibytes(100) && one.added == 3 && one.removed == 1 && one.certified)
    #expect(one.proposedAt == at(4) && one.endedAt == at(11))
    #expect(trials[2].remark == "no reply" && trials[3].remark == "a duplicate of trial 1")
    #expect(trials[4].remark == "hung" && trials[4].outcome == .timedOut && trials[4].mean == nil)

    #expect(try reader.attempts(of: TrialID(rawValue: 1)).map(\.request.id.rawValue) == [2, 3, 4])
    #expect(try reader.attempts(of: TrialID(rawValue: 1))[1].result?.outcome == .signalled(signal: 9))
    #expect(try reader.proposal(of: TrialID(rawValue: 3))?.agent == "claude")
    #expect(try reader.proposal(of: TrialID(rawValue: 2)) == nil)
    #expect(try reader.certificates() == [certificate(2, candidate: 1)])
    #expect(try reader.headPath().map(\.trial.rawValue) == [0, 1])
    #expect(try reader.start() == start())
    #expect(try reader.configuration()?.command == "sh new.sh")
    #expect(try reader.trial(TrialID(rawValue: 77)) == nil)
  }

  @Test func `filters choose by state, verdict, agent, number and text, and take the last`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    _ = try journal.append(try everyKind(), at: at(0))
    func ids(_ filter: TrialFilter) throws -> [Int] { try journal.reader.trials(filter).map(\.id.rawValue) }
    #expect(try ids(TrialFilter(states: [.refused, .failed])) == [2, 3])
    #expect(try ids(TrialFilter(verdicts: [.kept])) == [0, 1])
    #expect(try ids(TrialFilter(agents: ["knobs"])) == [1, 4])
    #expect(try ids(TrialFilter(states: [.judged], agents: ["knobs"])) == [1])
    #expect(try ids(TrialFilter(ids: TrialID(rawValue: 1)...TrialID(rawValue: 3))) == [1, 2, 3])
    #expect(try ids(TrialFilter(limit: 2)) == [3, 4])
    #expect(try ids(TrialFilter(limit: 0)) == [])
    #expect(try ids(TrialFilter(text: "STEP 4")) == [4])
    #expect(try ids(TrialFilter(text: "100%")) == [3])
    #expect(try ids(TrialFilter(text: "wider_net\\")) == [3])
    #expect(try ids(TrialFilter(text: "_")) == [3])
    #expect(try ids(TrialFilter(text: "' OR 1=1 --")) == [])
  }

  @Test func `an attempt that is asked for or finished twice counts once`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    let again: [Event] = [
      .studyStarted(try start()), .attemptRequested(request(1, trial: 0)), .attemptRequested(request(1, trial: 0)),
      .attemptFinished(result(1, 2.0)), .attemptFinished(result(1, 4.0)),
    ]
    _ = try journal.append(again, at: at(0))
    let overview = try journal.reader.overview()
    #expect(overview.attemptsFinished == 1 && overview.attemptsRunning == 0 && overview.baselineMean == 2.0)
    let baseline = try #require(try journal.reader.trial(.baseline))
    #expect(baseline.attempts == 1 && baseline.measurements == 1 && baseline.state == .measuring)
  }

  @Test func `unfinished attempts of every purpose are found, the oldest first`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    let certification = AttemptPurpose.certification(1, pair: 2, candidate: false)
    _ = try journal.append(
      [
        .studyStarted(try start()), .attemptRequested(request(1, trial: 0, purpose: .calibration)),
        .attemptRequested(request(2, trial: 0, purpose: .calibration)), .attemptFinished(result(1, 2.0)),
        .attemptRequested(request(3, trial: 0)), .attemptRequested(request(4, trial: 0, purpose: certification)),
      ], at: at(7))
    let unfinished = try journal.reader.unfinishedAttempts()
    #expect(unfinished.map(\.request.purpose) == [.calibration, .search, certification])
    #expect(unfinished.map(\.request.id.rawValue) == [2, 3, 4])
    #expect(unfinished.allSatisfy { $0.result == nil && $0.requestedAt == at(7) })
    _ = try journal.append([.attemptFinished(result(2, nil)), .attemptFinished(result(4, 1))], at: at(8))
    #expect(try journal.reader.unfinishedAttempts().map(\.request.id.rawValue) == [3])
  }

  @Test func `a baseline that fails is crashed and not kept, and is measured again by the next session`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    let proposal = ProposalRequest(
      trial: TrialID(rawValue: 1), agent: "knobs", parent: .baseline, parentCommit: commit(0), seed: 1)
    _ = try journal.append(
      [
        .studyStarted(try start()), .attemptRequested(request(1, trial: 0, purpose: .calibration)),
        .proposalRequested(proposal), .attemptFinished(result(1, nil, remark: "metric is not finite: `nan`")),
        .studyFailed(reason: "the baseline gave no measurement"),
      ], at: at(0))
    var baseline = try #require(try journal.reader.trial(.baseline))
    #expect(baseline.state == .crashed && baseline.verdict == nil && baseline.endedAt == at(0))
    #expect(baseline.remark == "metric is not finite: `nan`")
    let session = SessionStart(
      version: "1", host: "h", process: 1, sandbox: .none, stop: StopRule(), workers: 1)
    _ = try journal.append([.sessionStarted(session)], at: at(1))
    baseline = try #require(try journal.reader.trial(.baseline))
    #expect(baseline.state == .measuring && baseline.remark == nil && baseline.endedAt == nil)
    _ = try journal.append(
      [
        .attemptRequested(request(2, trial: 0, purpose: .calibration)), .attemptFinished(result(2, 1.0)),
        .trialJudged(TrialID(rawValue: 1), .discarded, evidence()),
      ], at: at(2))
    baseline = try #require(try journal.reader.trial(.baseline))
    #expect(baseline.state == .judged && baseline.verdict == .kept)
    let rows = try derivedRows(folder)
    try journal.rebuildDerivedTables()
    #expect(try derivedRows(folder) == rows)
  }

  @Test func `a new session clears what stopped the last one`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    let session = SessionStart(
      version: "1", host: "h", process: 1, sandbox: .none, stop: StopRule(), workers: 1)
    _ = try journal.append(
      [.studyStarted(try start()), .stopRequested(reason: "a"), .studyFailed(reason: "b"), .sessionStarted(session)],
      at: at(0))
    let overview = try journal.reader.overview()
    #expect(overview.stopRequested == nil && overview.failed == nil)
  }

  @Test func `a lost row of counters is made anew on opening`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    _ = try journal.append(try everyKind(), at: at(0))
    let overview = try journal.reader.overview()
    journal.close()
    try folder.run("UPDATE tally SET body = '{'; DELETE FROM trials")
    #expect(code { _ = try Journal.read(in: folder.path).overview() } == .damaged)
    let again = try Journal.open(in: folder.path)
    #expect(try again.reader.overview() == overview)
    #expect(try again.reader.trials(TrialFilter()).count == 5)
  }

  @Test func `there is no overview before the study starts`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    #expect(code { _ = try journal.reader.overview() } == .empty)
    #expect(try journal.reader.start() == nil)
    #expect(try journal.reader.configuration() == nil)
  }
}
