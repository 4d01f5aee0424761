import Testing

import PawlRefereeProtocol
@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Real child programs, written in shell, that misbehave in one way each.
@Suite struct TrainingRunTests {
  private func run(_ script: String, wallSeconds: Double = 30) throws -> LabError? {
    var template = Array("/tmp/pawl-lab-tests-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { removeFolder(folder) }
    try writeFile(Array("#!/bin/sh\n\(script)\n".utf8), to: folder + "/candidate")
    try #require(chmod(folder + "/candidate", 0o755) == 0)
    let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { close(nowhere) }
    let referee = try Referee(text: [UInt8](repeating: 1, count: 100), context: 8, windows: 2)
    let run = TrainingRun(
      program: folder + "/candidate", environment: ["PATH=/usr/bin:/bin"], referee: referee, operations: 1000,
      wallSeconds: wallSeconds, targets: (nowhere, nowhere))
    do throws(LabError) {
      _ = try run.execute()
      return nil
    } catch { return error }
  }

  @Test func `a program that fails gives no metric`() throws {
    let error = try #require(try run("exit 7"))
    #expect(error.code == .trainingFailed && error.message.contains("exit code `7`"))
  }

  @Test func `a program that is killed gives no metric`() throws {
    #expect(try #require(try run("kill -9 $$")).message.contains("signal `9`"))
  }

  @Test func `a program that only prints a metric gives none`() throws {
    let error = try #require(try run("echo ---; echo 'val_bpb: 0.01'"))
    #expect(error.code == .trainingFailed && error.message.contains("before it had handed in"))
  }

  @Test func `rubbish instead of messages gives no metric`() throws {
    #expect(try #require(try run("echo 'val_bpb: 0.01' >&4; cat <&3")).code == .trainingFailed)
  }

  @Test func `predictions that nobody asked for give no metric`() throws {
    let error = try #require(try run(#"printf '\004\000\000\000\000\000\000\000' >&4; cat <&3"#))
    #expect(error.message.contains("out of turn"))
  }

  @Test func `predictions of the wrong length give no metric`() throws {
    let trained = #"printf '\002\000\000\000\040\000\000\000' >&4; head -c 32 /dev/zero >&4; "#
    let error = try #require(try run(trained + #"printf '\004\000\000\000\000\000\000\000' >&4; cat <&3 >/dev/null"#))
    #expect(error.code == .invalidPredictions)
  }

  @Test func `a program that does not end is stopped`() throws {
    let error = try #require(try run("exec tail -f /dev/null", wallSeconds: 0.2))
    #expect(error.code == .outOfTime)
  }

  @Test func `a flood of output does no harm`() throws {
    #expect(try #require(try run("head -c 300000 /dev/zero >&2; exit 3")).message.contains("exit code `3`"))
  }
}
