import PawlCore
import PawlEngine
import PawlTestSupport
import Testing

@Suite struct `A study with two workers` {
  /// Runs a study of two candidates, both better than the baseline, that are measured at the same time.
  ///
  /// - Parameter late: the value of A whose attempt ends only after the other one is kept.
  private func study(_ knobs: String, late: Int? = nil) throws -> (repository: TemporaryRepository, run: ProgramRun) {
    let repository = try TemporaryRepository(["train.sh": "", "sum.sh": "echo loss: $((A + ${B:-50} + ${C:-50}))\n"])
    let gate = "\(repository.home)/gate"
    repository.shell("mkdir -p '\(gate)'")
    let baseline = "[ $A${B:-50}${C:-50} = 505050 ]"
    let wait = "while ! \(baseline) && [ ! -e '\(gate)/open' ]; do sleep 0.02; done"
    let waitLonger = "while [ $A = \(late ?? -1) ] && [ ! -e '\(gate)/late' ]; do sleep 0.02; done"
    try repository.write("\(knobs)\n\(wait)\n\(waitLonger)\n. ./sum.sh\n", to: "train.sh")
    try repository.commit("wait at the gate")
    try #require(repository.initialise("--workers", "2").code == 0)
    try repository.configure([("read", "[\(gate)]")])
    let program = try #require(repository.start(["run", "--trials", "2"]))
    let both = eventually {
      let status = repository.pawl("status").output
      return program.hasEnded || status.contains("of trial 1, search") && status.contains("of trial 2, search")
    }
    try #require(both && !program.hasEnded, "\(program.messages)")
    try repository.write("", to: "\(gate)/open")
    if late != nil {
      let one = eventually { program.hasEnded || repository.pawl("status").output.contains("1 kept") }
      try #require(one && !program.hasEnded, "\(program.messages)")
      try repository.write("", to: "\(gate)/late")
    }
    return (repository, program.wait())
  }

  @Test func `has a head with every kept change in it, each commit on the one before`() throws {
    let knobs = ["A", "B", "C"].map { "\($0)=50  # pawl: choices 50, 20" }.joined(separator: "\n")
    let (repository, run) = try study(knobs)
    #expect(run.code == 0, "\(run.messages)")
    let study = try RecordedStudy(repository)
    try study.expectNothingLostOrDoubled()
    let state = study.state()
    let rebased = study.events.compactMap {
      if case .candidateRebased(let candidate) = $0.event { candidate } else { nil }
    }
    #expect(rebased.count == 1)
    var kept: [String] = [try #require(state.start).baseline.rawValue]
    var commits: [TrialID: CommitHash] = [:]
    var proposals: [TrialID: Proposal] = [:]
    var lines: [TrialID: [String]] = [:]
    for recorded in study.events {
      switch recorded.event {
      case .proposalReceived(let trial, let proposal): proposals[trial] = proposal
      case .candidateCreated(let trial, let commit, _): commits[trial] = commit
      case .candidateRebased(let candidate): commits[candidate.trial] = candidate.commit
      case .headMoved(let trial, _):
        kept.append(try #require(commits[trial]).rawValue)
        for case .lines(let changes) in try #require(proposals[trial]).edits.map(\.change) {
          lines[trial] = changes.map(\.new)
        }
      default: continue
      }
    }
    #expect(kept.count == 3)
    let head = try #require(kept.last)
    let history = try repository.git("rev-list", "--reverse", head).split(separator: "\n").map(String.init)
    #expect(history.suffix(kept.count) == kept[...])
    let code = try repository.git("show", "\(head):train.sh")
    for line in lines.values.joined() { #expect(code.contains(line), "\(code)") }

    let trial = try #require(rebased.first)
    let shown = repository.pawl("show", "\(trial.trial)").output
    #expect(shown.contains("parent    trial \(trial.onto)\n") && shown.contains("commit    \(trial.commit)\n"))
    let evidence = repository.pawl("log", "--evidence").output
    #expect(evidence.contains("re-based onto \(trial.onto)"), "\(evidence)")
    #expect(shown.contains(", before it was re-based\n"), "\(shown)")
    #expect(run.messages.contains("trial \(trial.trial.description)     promising    "), "\(run.messages)")
    let diff = repository.pawl("diff", "\(trial.trial)").output
    #expect(diff.split(separator: "\n").count { $0.hasPrefix("+") } == 1 + trial.size.added, "\(diff)")
    #expect(repository.pawl("export", "--format", "tsv").output.contains(String(trial.commit.rawValue.prefix(7))))
  }

  @Test func `refuses a change that excludes what the head took in, and says what that is`() throws {
    let (repository, run) = try study("A=50  # pawl: choices 50, 40, 30", late: 40)
    #expect(run.code == 0, "\(run.messages)")
    let study = try RecordedStudy(repository)
    try study.expectNothingLostOrDoubled()
    let conflicts = study.events.compactMap {
      if case .rebaseConflicted(let conflict) = $0.event { conflict } else { nil }
    }
    let conflict = try #require(conflicts.first)
    #expect(conflicts.count == 1 && conflict.paths == ["train.sh"] && conflict.steps == [conflict.onto])
    let reason = "conflicts with trial \(conflict.onto) in `train.sh`"
    #expect(run.messages.contains("refused      \(reason)"), "\(run.messages)")
    #expect(repository.pawl("log", "--state", "refused").output.contains(reason))
    #expect(repository.pawl("show", "\(conflict.trial)").output.contains("because   \(reason)\n"))
    #expect(repository.pawl("log", "--evidence").output.contains(reason))
    #expect(repository.pawl("log", "--evidence", "--json").output.contains("\"conflict\":{"))
    #expect(repository.read(".pawl/repo/report.html")?.contains("conflicts with trial \(conflict.onto)") == true)
    // It was measured, which its agent learns from.
    #expect(study.state().history.count == 2)
  }

  @Test func `judges a change that excludes what the head took in as it is, where it looks better than the head`()
    throws
  {
    let (repository, run) = try study("A=50  # pawl: choices 50, 40, 30", late: 30)
    #expect(run.code == 0, "\(run.messages)")
    let study = try RecordedStudy(repository)
    try study.expectNothingLostOrDoubled()
    let conflicts = study.events.compactMap {
      if case .rebaseConflicted(let conflict) = $0.event { conflict } else { nil }
    }
    let conflict = try #require(conflicts.first)
    #expect(conflicts.count == 1 && conflict.stays == true)
    #expect(run.messages.contains("so it is judged as it is"), "\(run.messages)")
    #expect(study.state().head?.trial == conflict.trial)
    #expect(repository.pawl("log", "--verdict", "kept").output.contains("50 -> 30"))
  }
}
