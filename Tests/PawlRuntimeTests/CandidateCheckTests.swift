import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlTestSupport
import Synchronization
import Testing

@testable import PawlRuntime

@Suite struct `The check of a candidate` {
  private let place: ProgramPlace

  init() throws { place = try ProgramPlace() }

  private func check(_ command: String) throws -> CandidateCheck {
    var configuration = StudyConfiguration(
      name: try #require(ProgramPlace.study), command: "true",
      metric: MetricRule(name: "loss", pattern: "(.*)", direction: .minimize), editable: ["*.py"])
    configuration.sandbox.readable = ["\(place.repository.home)/bin"]
    return CandidateCheck(
      command: command,
      runner: AttemptRunner(
        workspace: place.workspace, sandbox: place.sandbox, paths: place.paths, configuration: configuration,
        baseline: place.baseline, scanner: try MetricScanner(rule: configuration.metric), hidden: []))
  }

  @Test func `runs its command in one thread at a time`() throws {
    try place.install("turn", "")
    // Two that overlap cannot both have the lock.
    let check = try check(
      "grep -q 'lr = 2' train.py && exec flock -n -E 9 '\(place.repository.home)/bin/turn' sleep 0.3")
    let ends = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 4) { index in
      let end = Result { try check.run(trial: index + 1) }
      ends.withLock { $0.append("\(end)") }
    }
    let all = ends.withLock { $0 }
    #expect(all.count == 4 && all.allSatisfy { $0.contains("passed") }, "\(all)")
  }

  @Test func `does not begin once it is cancelled`() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect("\(try check("true").run(cancellation))" == "cancelled")
  }
}

extension CandidateCheck {
  fileprivate func run(trial: Int = 1, _ cancellation: Cancellation = Cancellation()) throws -> Result {
    let edit = FileEdit(path: "train.py", change: .lines([.init(line: 1, old: "lr = 1", new: "lr = 2")]))
    return try run(
      [edit], on: runner.layer.baseline, trial: TrialID(rawValue: trial), ["train.py": "lr = 1\nwd = 2\n"], cancellation
    )
  }
}
