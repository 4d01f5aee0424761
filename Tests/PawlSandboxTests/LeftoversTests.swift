import Foundation
import Testing

@testable import PawlSandbox

@Suite struct `What a killed Pawl leaves behind` {
  private func named(_ name: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "exec -a \(name) sleep 600"]
    try process.run()
    return process
  }

  @Test func `is ended when its starter is gone, and left alone while that lives`() throws {
    // A number that no process ever has (proc_sys_kernel(5), pid_max); that of one that ended may be another's by now.
    let gone = pid_t.max
    let orphan = try named("pawl-bwrap-\(gone)")
    let other = try named("pawl-bwrap-\(getpid())")
    let stranger = try named("another-\(gone)")
    // Not by SIGTERM, which the thread that started them may have blocked.
    defer {
      for process in [orphan, other, stranger] where process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
    let deadline = Date(timeIntervalSinceNow: 300)
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
