import PawlRefereeProtocol
import Testing

@testable import PawlReferee

/// Real child programs, written in shell, that misbehave in one way each.
@Suite struct TrainingRunTests {
  private func run(_ script: String, hardSeconds: Double = 600) throws -> LabError {
    let place = try CandidatePlace()
    try place.write(script, to: "candidate.sh")
    return try place.judged(["/bin/sh", "candidate.sh"], budget: TrainingBudget(hardSeconds: hardSeconds)).failure()
  }

  @Test func `a program that fails gives no metric`() throws {
    let error = try run("exit 7")
    #expect(error.code == .trainingFailed && error.message.contains("exit code `7`"))
  }

  @Test func `a program that is killed gives no metric`() throws {
    #expect(try run("kill -9 $$").message.contains("signal `9`"))
  }

  @Test func `a program that does not start gives no metric`() throws {
    let error = try CandidatePlace().judged(["/no/such/program"]).failure()
    #expect(error.code == .cannotRun && error.message.contains("/no/such/program"))
  }

  @Test func `rubbish instead of messages gives no metric`() throws {
    let error = try run("echo 'val_bpb: 0.01' >&4; cat <&3")
    #expect(error.code == .trainingFailed && error.message.contains("not a message"))
  }

  @Test func `predictions that nobody asked for give no metric`() throws {
    let error = try run(#"printf '\004\000\000\000\000\000\000\000' >&4; cat <&3"#)
    #expect(error.message.contains("out of turn"))
  }

  @Test func `a message longer than any gives no metric`() throws {
    let error = try run(#"printf '\001\000\000\000\000\000\000\003' >&4; cat <&3"#)
    #expect(error.message.contains("a message of `50331648` bytes"))
  }

  @Test func `predictions of the wrong length give no metric`() throws {
    let trained = #"printf '\002\000\000\000\040\000\000\000' >&4; head -c 32 /dev/zero >&4; "#
    let error = try run(trained + #"printf '\004\000\000\000\000\000\000\000' >&4; cat <&3 >/dev/null"#)
    #expect(error.code == .invalidPredictions && error.message.contains("answered `0` bytes"))
  }

  @Test func `a program that does not end is stopped`() throws {
    let error = try run("exec tail -f /dev/null", hardSeconds: 0.3)
    #expect(error.code == .outOfTime && error.message.contains("had not ended"))
  }

  @Test func `one that closes its channel and stays is stopped too`() throws {
    let error = try run("exec 3<&- 4>&-; exec tail -f /dev/null", hardSeconds: 0.3)
    #expect(error.code == .outOfTime)
  }

  @Test func `a flood of output does no harm`() throws {
    #expect(try run("head -c 300000 /dev/zero >&2; exit 3").message.contains("exit code `3`"))
  }
}
