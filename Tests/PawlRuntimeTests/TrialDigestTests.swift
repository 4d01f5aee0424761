import PawlCore
import PawlJournal
import PawlTestSupport
import Testing

@testable import PawlRuntime

@Suite struct TrialDigestTests {
  @Test func `a long study is thinned evenly but for what was kept and what is new, and all of it is counted`() throws {
    let repository = try TemporaryRepository(["a": ""])
    let journal = try Journal.create(in: repository.home)
    defer { journal.close() }
    let name = try #require(StudyName(rawValue: "long"))
    let metric = MetricRule(name: "loss", pattern: "loss: (.*)", direction: .minimize)
    let commit = CommitHash(rawValue: String(repeating: "0", count: 40))
    var events: [Event] = [
      .studyStarted(
        StudyStart(
          configuration: StudyConfiguration(name: name, command: "true", metric: metric, editable: ["a"]),
          baseline: commit, frozenDigest: "", dirty: false, fingerprint: 1))
    ]
    let (count, kept) = (25_000, TrialID(rawValue: 1_001))
    for number in 1...count {
      let trial = TrialID(rawValue: number)
      events.append(
        .proposalRequested(
          ProposalRequest(trial: trial, agent: "knobs", parent: .baseline, parentCommit: commit, seed: 1)))
      if trial == kept {
        let evidence = Evidence(
          effect: 1, deviation: 1, gain: 1, loss: 0, mean: 1, measurements: 1, sigma: 1, head: .baseline)
        events.append(.trialJudged(trial, .kept, evidence))
      } else {
        events.append(.trialCrashed(trial, .timedOut))
      }
    }
    _ = try journal.append(events, at: Timestamp(milliseconds: 1))

    let digest = try TrialDigest(journal.reader, headPath: [.baseline, kept])
    let totals = "\(digest.totals)"
    for sum in ["trials: \(count),", " kept: 1,", " crashed: \(count - 1),"] {
      #expect(totals.contains(sum), "\(totals)")
    }
    let shown = Set(digest.trials.map(\.id))
    #expect(shown.count == digest.trials.count && shown.isSuperset(of: [.baseline, kept, TrialID(rawValue: count)]))
    #expect(digest.trials.map(\.id) == digest.trials.map(\.id).sorted())
    #expect(digest.trials.suffix(TrialDigest.newest).map(\.id.rawValue) == Array((count - 499)...count))
    #expect(digest.trials.count <= TrialDigest.mostDots + TrialDigest.newest + 2)
    // Every third of the rest, without holes.
    for number in stride(from: 3, through: count, by: 3) { #expect(shown.contains(TrialID(rawValue: number))) }
    let old = try #require(digest.trials.first { $0.id.rawValue == 3 })
    #expect(old.agent == nil && old.state == .crashed)
  }
}
