import PawlCluster
import PawlCore
import Testing

@testable import PawlRuntime

/// What follows from a look at a job, for all that a scheduler can say.
@Suite struct JobWatchTests {
  private func record(_ state: JobState, id: String = "7") -> JobRecord { JobRecord(id: id, state: state) }

  private func look(
    _ watch: inout JobWatch, _ records: [JobRecord]?, at now: Double, hasResult: Bool = false
  ) -> JobWatch.Action {
    watch.look(hasResult: hasResult, records: records, words: "the last words", grace: 10, now: now)
  }

  @Test func `a result is collected whatever the scheduler says, also when it says nothing`() {
    for records in [nil, [], [record(.running(node: "n"))], [record(.ended(.cancelled))]] as [[JobRecord]?] {
      var watch = JobWatch(.submitted(id: "7"))
      #expect(look(&watch, records, at: 0, hasResult: true) == .collect)
    }
  }

  @Test func `a queue that cannot be asked is no reason to hand a job in again`() {
    for phase in [JobWatch.Phase.inDoubt, .submitted(id: "7")] {
      var watch = JobWatch(phase)
      for now in stride(from: 0.0, to: 1e6, by: 1e5) { #expect(look(&watch, nil, at: now) == .wait) }
    }
  }

  @Test func `a job that is gone is handed in again only after the grace, which a new sight of it begins anew`() {
    var watch = JobWatch(.inDoubt)
    #expect(look(&watch, [], at: 100) == .wait)
    #expect(look(&watch, [record(.queued(reason: nil))], at: 109) == .wait)
    #expect(watch.phase == .submitted(id: "7"))
    #expect(look(&watch, [], at: 110) == .wait)
    #expect(look(&watch, nil, at: 119) == .wait)
    #expect(look(&watch, [], at: 119.9) == .wait)
    guard case .again = look(&watch, [], at: 120) else {
      Issue.record("it is gone")
      return
    }
  }

  @Test func `an earlier submission that ended says nothing about one that nobody knows the number of`() {
    var watch = JobWatch(.inDoubt)
    let old = record(.ended(.outOfMemory), id: "3")
    #expect(look(&watch, [old], at: 0) == .wait)
    #expect(look(&watch, [old, record(.running(node: "n"), id: "9")], at: 9) == .wait)
    #expect(watch.phase == .submitted(id: "9"))
    #expect(look(&watch, [old, record(.ended(.timedOut), id: "9")], at: 10) == .wait)
    #expect(
      look(&watch, [old, record(.ended(.timedOut), id: "9")], at: 20)
        == .give(.timedOut, remark: "the scheduler stopped it at its own time limit, before the budget's"))
  }

  @Test(arguments: [JobEnd.gaveUpWaiting, .preempted, .nodeFailed])
  func `what is no fault of the attempt's is made again as often as it takes`(end: JobEnd) {
    var watch = JobWatch(.submitted(id: "7"))
    for _ in 0..<2 * JobWatch.mostStarts {
      _ = look(&watch, [record(.ended(end))], at: 0)
      guard case .again = look(&watch, [record(.ended(end))], at: 10) else {
        Issue.record("\(end)")
        return
      }
      watch.reset()
      watch.phase = .submitted(id: "7")
    }
  }

  @Test(arguments: [
    JobEnd.cancelled, .completed, .exited(code: 1), .exited(code: 66), .exited(code: 126), .exited(code: 127),
    .signalled(9),
    .other("FAILED"),
  ])
  func `a start that came to nothing is made again twice, and then it is the outcome`(end: JobEnd) throws {
    var watch = JobWatch(.submitted(id: "7"))
    func outcome() -> JobWatch.Action {
      let first = look(&watch, [record(.ended(end))], at: 0)
      return first == .wait ? look(&watch, [record(.ended(end))], at: 10) : first
    }
    for _ in 1..<JobWatch.mostStarts {
      guard case .again = outcome() else {
        Issue.record("\(end)")
        return
      }
      watch.reset()
      watch.phase = .submitted(id: "7")
    }
    guard case .give(.launchFailed(let reason), _) = outcome() else {
      Issue.record("\(end)")
      return
    }
    #expect(reason.hasSuffix(", 3 times"))
  }

  @Test(arguments: [JobEnd.nodeFailed, .preempted])
  func `what the cluster does is never held against a candidate`(end: JobEnd) {
    var watch = JobWatch(.submitted(id: "7"))
    for _ in 1...50 {
      _ = look(&watch, [record(.ended(end))], at: 0)
      guard case .again = look(&watch, [record(.ended(end))], at: 10) else {
        Issue.record("\(end)")
        return
      }
      watch.reset()
      watch.phase = .submitted(id: "7")
    }
    #expect(watch.failures == 0)
  }

  @Test func `the reason why a job waits is kept while it does`() {
    var watch = JobWatch(.submitted(id: "7"))
    _ = look(&watch, [record(.queued(reason: "QOSMaxGRESPerUser"))], at: 0)
    #expect(watch.reason == "QOSMaxGRESPerUser")
    _ = look(&watch, [record(.running(node: "n"))], at: 1)
    #expect(watch.reason == nil)
  }

  @Test func `a second start takes an attempt over only where the scheduler restarted the same job`() {
    func claim(_ host: String, _ environment: [String: String]) -> AttemptClaim {
      AttemptClaim(host: host, process: 1, environment: environment)
    }
    let first = claim("a", ["SLURM_JOB_ID": "7"])
    #expect(claim("b", ["SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": "1"]).replaces(first))
    #expect(!claim("b", ["SLURM_JOB_ID": "7"]).replaces(first))
    #expect(!claim("b", ["SLURM_JOB_ID": "8", "SLURM_RESTART_COUNT": "1"]).replaces(first))
    #expect(!claim("b", ["SLURM_RESTART_COUNT": "1"]).replaces(claim("a", [:])))
  }
}
