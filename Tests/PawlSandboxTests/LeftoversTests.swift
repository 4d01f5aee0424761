import Foundation
import Testing

@testable import PawlSandbox

@Suite struct `What a killed Pawl leaves behind` {
  private func named(_ name: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "exec -a \(name) sleep 60"]
    try process.run()
    return process
  }

  @Test func `is ended when its starter is gone, and left alone while that lives`() throws {
    let gone = Process()
    gone.executableURL = URL(fileURLWithPath: "/bin/true")
    try gone.run()
    gone.waitUntilExit()
    let orphan = try named("pawl-bwrap-\(gone.processIdentifier)")
    let other = try named("pawl-bwrap-\(getpid())")
    let stranger = try named("another-\(gone.processIdentifier)")
    defer { for process in [other, stranger] { process.terminate() } }
    let deadline = Date(timeIntervalSinceNow: 20)
    while orphan.isRunning, Date() < deadline {
      Leftovers.end()
      usleep(20_000)
    }
    #expect(!orphan.isRunning)
    #expect(other.isRunning)
    #expect(stranger.isRunning)
  }

  @Test(arguments: [("pawl-bwrap-12\u{0}--args", 12), ("pawl-bwrap-", nil), ("bwrap\u{0}", nil), ("", nil)])
  func `is told by its name`(line: String, starter: pid_t?) {
    #expect(Leftovers.starter(of: Array(line.utf8)) == starter)
  }
}
