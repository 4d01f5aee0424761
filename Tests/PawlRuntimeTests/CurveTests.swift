import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlTestSupport
import Testing

@testable import PawlRuntime

@Suite struct `An attempt whose curve is followed` {
  /// What an executor said, in its order.
  private final class Heard: Sendable {
    enum Word: Sendable { case progressed(AttemptID, CurvePoint), ended(AttemptID, AttemptResult?) }
    private let words = Mailbox<Word>()
    var listener: AttemptListener {
      AttemptListener(
        ended: { [words] in words.post(.ended($0, $1)) }, progressed: { [words] in words.post(.progressed($0, $1)) },
        note: { _ in }, failed: { _ in })
    }
    func next() -> Word { words.takeOne() }
  }

  private static let curve = CurveRule(pattern: #"^step (\d+) at (\S+)$"#)

  private func executor(
    _ place: ProgramPlace, _ command: String, cancellation: Cancellation = Cancellation(), heard: Heard
  ) throws -> LocalExecutor {
    var configuration = StudyConfiguration(
      name: try #require(ProgramPlace.study), command: command,
      metric: MetricRule(name: "loss", pattern: "^loss: (.*)$", direction: .minimize), editable: ["train.py"])
    configuration.curve = Self.curve
    let runner = AttemptRunner(
      workspace: place.workspace, sandbox: place.sandbox, paths: place.paths, configuration: configuration,
      baseline: place.baseline, scanner: try MetricScanner(rule: configuration.metric),
      curve: try CurveScanner(rule: Self.curve), hidden: [])
    return LocalExecutor(runner, on: nil, workers: 2, cancellation: cancellation, listener: heard.listener)
  }

  private func request(_ number: Int, _ place: ProgramPlace) -> AttemptRequest {
    AttemptRequest(
      id: AttemptID(rawValue: number), trial: TrialID(rawValue: number), commit: place.baseline,
      seed: UInt64(number), purpose: .search)
  }

  /// Only a stop ends the first one: the file that it waits for is never made.
  private static let command = """
    echo 'step 1 at 9'; echo 'step 2 at 8.5'
    if [ $PAWL_SEED = 1 ]; then while [ ! -e never ]; do sleep 1; done; fi
    echo 'step 3 at 8'; echo 'loss: 8'
    """

  @Test func `is stopped alone, with what it used and its curve so far`() throws {
    let place = try ProgramPlace()
    let heard = Heard()
    let executor = try executor(place, Self.command, heard: heard)
    defer { executor.finish() }
    executor.start(request(1, place))
    guard case .progressed(let attempt, let point) = heard.next() else {
      Issue.record("it ended")
      return
    }
    #expect(attempt.rawValue == 1 && point == CurvePoint(step: 2, value: 8.5))
    executor.start(request(2, place))
    guard case .ended(let other, let whole?) = heard.next() else {
      Issue.record("the other attempt did not end by itself")
      return
    }
    #expect(other.rawValue == 2 && whole.measurement == 8)
    #expect(whole.curve?.map(\.step) == [1, 2, 3])
    executor.stop(request(1, place))
    guard case .ended(_, let stopped?) = heard.next() else {
      Issue.record("no result")
      return
    }
    #expect(stopped.outcome == .stoppedEarly && stopped.measurement == nil)
    #expect(stopped.usage.wallSeconds > 0.5)
    #expect(stopped.curve == [CurvePoint(step: 1, value: 9), CurvePoint(step: 2, value: 8.5)])
    // A second word comes too late for a result that the journal does not have yet.
    executor.stop(request(1, place))
    executor.settled(AttemptID(rawValue: 1))
    executor.stop(request(3, place))
    guard case .ended(let unknown, let nothing?) = heard.next() else {
      Issue.record("no result")
      return
    }
    #expect(unknown.rawValue == 3 && nothing.outcome == .stoppedEarly && nothing.usage.wallSeconds == 0)
  }

  @Test func `is made again later where the session ends, stopped or not`() throws {
    let place = try ProgramPlace()
    let heard = Heard()
    let cancellation = Cancellation()
    let executor = try executor(place, Self.command, cancellation: cancellation, heard: heard)
    defer { executor.finish() }
    executor.start(request(1, place))
    guard case .progressed = heard.next() else {
      Issue.record("it ended")
      return
    }
    cancellation.cancel()
    executor.stop(request(1, place))
    guard case .ended(_, nil) = heard.next() else {
      Issue.record("it has a result")
      return
    }
  }

  @Test func `is reported once it is a tenth further, and not behind its end`() throws {
    let points = Mailbox<CurvePoint>()
    let follower = CurveFollower(try CurveScanner(rule: Self.curve), every: 0) { points.post($0) }
    func say(_ step: Int) { Array("step \(step) at 1\n".utf8).withUnsafeBytes { follower.scan($0) } }
    say(100)
    #expect(points.takeOne().step == 100)
    for step in 101...109 { say(step) }
    say(111)
    #expect(points.takeOne().step == 111)
    follower.end()
    say(1_000)
    #expect(follower.finish().last?.step == 1_000)
    #expect(points.take(waiting: 0.05).isEmpty)
  }
}
