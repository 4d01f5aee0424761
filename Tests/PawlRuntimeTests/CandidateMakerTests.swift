import PawlCore
import PawlGuard
import PawlSearch
import PawlTestSupport
import PawlWorkspace
import Testing

@testable import PawlEngine
@testable import PawlRuntime

@Suite struct `Candidates on a newer head` {
  private struct Place {
    let repository: TemporaryRepository
    let workspace: Workspace
    let configuration: StudyConfiguration
    let baseline: CommitHash
    let maker: CandidateMaker

    init(_ files: [String: String]) throws {
      repository = try TemporaryRepository(files)
      workspace = try Workspace.open(at: repository.root)
      configuration = StudyConfiguration(
        name: try #require(StudyName(rawValue: "s")), command: "true",
        metric: MetricRule(name: "loss", pattern: "(.*)", direction: .minimize), editable: ["*.sh"])
      baseline = try workspace.headCommit()
      maker = try CandidateMaker(workspace: workspace, configuration: configuration, baseline: baseline)
    }

    func make(_ trial: Int, on parent: CommitHash, _ edits: [FileEdit]) throws -> HeadStep {
      let id = TrialID(rawValue: trial)
      let events = try maker.create(
        study: configuration.name, id, parent: parent, proposal(edits), at: Timestamp(milliseconds: 0))
      guard case .candidateCreated(_, let commit, _) = events.first else { throw Failure(events: events) }
      return HeadStep(trial: id, commit: commit)
    }

    func proposal(_ edits: [FileEdit], knobs: [String: KnobValue] = [:], fingerprint: UInt64 = 1) -> Proposal {
      Proposal(agent: "a", hypothesis: "h", edits: edits, knobs: knobs, cost: 0, fingerprint: fingerprint)
    }

    func rebase(
      _ candidate: HeadStep, _ proposal: Proposal, heads: [HeadStep], known: Set<UInt64> = []
    ) throws -> Event? {
      guard let head = heads.last else { return nil }
      let request = RebaseRequest(trial: candidate.trial, onto: head.trial, ontoCommit: head.commit, evidence: nil)
      let rebasing = Rebasing(
        request: request, parent: HeadStep(trial: .baseline, commit: baseline), commit: candidate.commit,
        proposal: proposal, writtenFor: baseline, at: Timestamp(milliseconds: 0))
      return try maker.rebase(rebasing, known: known) { [HeadStep(trial: .baseline, commit: baseline)] + heads }.first
    }
  }

  private struct Failure: Error { let events: [Event] }

  private func line(_ path: String, _ number: Int, _ old: String, _ new: String) -> FileEdit {
    FileEdit(path: path, change: .lines([.init(line: number, old: old, new: new)]))
  }

  @Test func `have the knobs and the fingerprint of what they are now`() throws {
    let place = try Place(["a.sh": "LR=1\nWD=2\n", "b.sh": "x=3\n"])
    let head = try place.make(1, on: place.baseline, [line("a.sh", 1, "LR=1", "LR=5")])
    let edits = [line("a.sh", 2, "WD=2", "WD=6")]
    let proposal = place.proposal(edits, knobs: ["LR": .integer(1), "WD": .integer(6), "gone": .integer(0)])
    let candidate = try place.make(2, on: place.baseline, edits)
    guard case .candidateRebased(let rebased) = try place.rebase(candidate, proposal, heads: [head]) else {
      Issue.record("it was not re-based")
      return
    }
    #expect(rebased.trial.rawValue == 2 && rebased.onto == head.trial && rebased.ontoCommit == head.commit)
    #expect(rebased.knobs == ["LR": .integer(5), "WD": .integer(6)])
    #expect(rebased.fingerprint == CodeFingerprint.exact(of: ["a.sh": "LR=5\nWD=6\n", "b.sh": "x=3\n"]))
    #expect(rebased.size == DiffStatistics(added: 1, removed: 1))
  }

  @Test func `are refused where nothing is left of them, or the code is known`() throws {
    let place = try Place(["a.sh": "LR=1\nWD=2\n"])
    let head = try place.make(1, on: place.baseline, [line("a.sh", 1, "LR=1", "LR=5")])
    let same = [line("a.sh", 1, "LR=1", "LR=5")]
    #expect(
      try place.rebase(try place.make(2, on: place.baseline, same), place.proposal(same), heads: [head])
        == .proposalRefused(TrialID(rawValue: 2), reason: "trial 1 has all of its change already"))
    let edits = [line("a.sh", 2, "WD=2", "WD=6")]
    let known = CodeFingerprint.exact(of: ["a.sh": "LR=5\nWD=6\n"])
    let candidate = try place.make(3, on: place.baseline, edits)
    #expect(
      try place.rebase(candidate, place.proposal(edits), heads: [head], known: [known])
        == .proposalRefused(TrialID(rawValue: 3), reason: "on trial 1 it is code that was tried before"))
    guard
      case .candidateRebased = try place.rebase(
        candidate, place.proposal(edits, fingerprint: known), heads: [head], known: [known])
    else {
      Issue.record("a candidate's own code is no duplicate of it")
      return
    }
  }

  @Test func `name the steps that touched the files of a conflict, and no others`() throws {
    let place = try Place(["a.sh": "LR=1\n", "b.sh": "x=3\n", "n\u{1b}.sh": "y=1\n"])
    let one = try place.make(1, on: place.baseline, [line("a.sh", 1, "LR=1", "LR=5")])
    let two = try place.make(2, on: one.commit, [line("b.sh", 1, "x=3", "x=4")])
    let three = try place.make(
      3, on: two.commit, [line("n\u{1b}.sh", 1, "y=1", "y=2"), line("a.sh", 1, "LR=5", "LR=6")])
    let edits = [line("a.sh", 1, "LR=1", "LR=9"), line("n\u{1b}.sh", 1, "y=1", "y=9")]
    let candidate = try place.make(4, on: place.baseline, edits)
    guard
      case .rebaseConflicted(let conflict) = try place.rebase(
        candidate, place.proposal(edits), heads: [one, two, three])
    else {
      Issue.record("there is no conflict")
      return
    }
    #expect(conflict.reason == "conflicts with trials 1 and 3 in `a.sh` and `n\u{fffd}.sh`")
  }

  @Test func `take a step out of the head again, or are refused where later steps build on it`() throws {
    let place = try Place(["a.sh": "LR=1\nWD=2\n"])
    let one = try place.make(1, on: place.baseline, [.init(path: "a.sh", change: .content("LR=1\nuse()\nWD=2\n"))])
    let two = try place.make(
      2, on: one.commit, [line("a.sh", 3, "WD=2", "WD=6"), .init(path: "n.sh", change: .content("1\n"))])
    let three = try place.make(3, on: two.commit, [line("n.sh", 1, "1", "2")])
    func proposal(_ step: HeadStep, _ parent: CommitHash) throws -> [Event] {
      try place.maker.propose(
        ProposalRequest(
          trial: TrialID(rawValue: 9), agent: Reversal.agent, parent: three.trial, parentCommit: three.commit, seed: 1,
          reversal: Reversal(step: step.trial, commit: step.commit, parent: parent)), history: [], known: [])
    }
    let events = try proposal(two, one.commit)
    #expect(events == [.proposalRefused(TrialID(rawValue: 9), reason: "later steps build on trial 2")])
    guard case .proposalReceived(_, let removal) = try proposal(three, two.commit).first else {
      Issue.record("the newest step can be taken out")
      return
    }
    #expect(removal.agent == "pawl" && removal.edits == [line("n.sh", 1, "2", "1")] && removal.knobs.isEmpty)
    #expect(removal.fingerprint == CodeFingerprint.exact(of: ["a.sh": "LR=1\nuse()\nWD=6\n", "n.sh": "1\n"]))
  }
}
