import PawlCore
import Testing

@testable import PawlJournal

@Suite struct RebasingTests {
  private let two = TrialID(rawValue: 2)

  /// Trial 2 was made from the baseline and measured; trial 1 is the head meanwhile.
  private func measured(_ folder: StudyFolder) throws -> Journal {
    let journal = try Journal.create(in: folder.path)
    _ = try journal.append(
      [
        .studyStarted(try start()),
        .proposalRequested(
          ProposalRequest(trial: two, agent: "knobs", parent: .baseline, parentCommit: commit(0), seed: 1)),
        .proposalReceived(two, proposal(2)), .candidateCreated(two, commit(2), DiffStatistics(added: 1, removed: 1)),
        .attemptRequested(request(1, trial: 2)), .attemptFinished(result(1, 1.5)),
        .rebaseRequested(rebase(2, onto: 1, evidence: evidence())),
      ], at: at(0))
    return journal
  }

  @Test func `a re-based trial has the commit, the parent, the size and the measurements of what it is now`() throws {
    let folder = try StudyFolder()
    let journal = try measured(folder)
    _ = try journal.append([.candidateRebased(rebased(2, onto: 1))], at: at(1))
    var trial = try #require(try journal.reader.trial(two))
    #expect(trial.parent?.rawValue == 1 && trial.commit == commit(201) && trial.added == 2 && trial.removed == 5)
    #expect(trial.mean == nil && trial.measurements == 0 && trial.evidence == nil && trial.state == .ready)
    #expect(trial.attempts == 1 && trial.wallSeconds == 1.5)
    _ = try journal.append([.attemptRequested(request(2, trial: 2)), .attemptFinished(result(2, 1.25))], at: at(2))
    trial = try #require(try journal.reader.trial(two))
    #expect(trial.mean == 1.25 && trial.measurements == 1 && trial.attempts == 2 && trial.state == .measuring)
    let live = try derivedRows(folder)
    try journal.rebuildDerivedTables()
    #expect(try derivedRows(folder) == live)
  }

  @Test func `what the replaced commit measures late is not counted`() throws {
    let folder = try StudyFolder()
    let journal = try measured(folder)
    _ = try journal.append(
      [
        .attemptRequested(request(2, trial: 2)), .candidateRebased(rebased(2, onto: 1)), .attemptFinished(result(2, 9)),
      ], at: at(1))
    let trial = try #require(try journal.reader.trial(two))
    #expect(trial.mean == nil && trial.measurements == 0 && trial.wallSeconds == 3)
  }

  @Test func `a conflict refuses the trial, names what it conflicts with, and leaves what was measured`() throws {
    let folder = try StudyFolder()
    let journal = try measured(folder)
    let one = TrialID(rawValue: 1)
    _ = try journal.append(
      [.rebaseConflicted(RebaseConflict(trial: two, onto: one, paths: ["train.py"], steps: [one]))], at: at(1))
    let trial = try #require(try journal.reader.trial(two))
    #expect(trial.state == .refused && trial.verdict == nil && trial.endedAt == at(1))
    #expect(trial.remark == "conflicts with trial 1 in `train.py`")
    #expect(trial.mean == 1.5 && trial.evidence == evidence())
    let overview = try journal.reader.overview()
    #expect(overview.trialsRefused == 1 && overview.trialsOpen == 0)
    #expect(try Journal.read(in: folder.path).events(after: 7, limit: 9).map(\.event.kind) == ["rebaseConflicted"])
  }

  @Test(arguments: [
    ([], ["a"], "conflicts with trial 9 in `a`"), ([7], ["a"], "conflicts with trial 7 in `a`"),
    ([3, 7], ["a", "b"], "conflicts with trials 3 and 7 in `a` and `b`"),
    ([1, 2, 3, 4], ["a", "b", "c", "d"], "conflicts with trials 1, 2, 3 and others in `a`, `b`, `c` and other files"),
  ])
  func `the reason of a conflict is one line`(steps: [Int], paths: [String], reason: String) {
    let conflict = RebaseConflict(
      trial: two, onto: TrialID(rawValue: 9), paths: paths, steps: steps.map { TrialID(rawValue: $0) })
    #expect(conflict.reason == reason)
  }
}
