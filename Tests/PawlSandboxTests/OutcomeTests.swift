import PawlCore
import Testing

@testable import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct OutcomeTests {
  @Test(
    arguments: [
      ("true", .exited(code: 0)), ("exit 3", .exited(code: 3)), ("no-such-command", .exited(code: 127)),
      ("exit 255", .exited(code: 255)), ("kill -SEGV $$", .signalled(signal: SIGSEGV)),
      ("sh -c 'kill -9 $$'", .signalled(signal: SIGKILL)),
    ] as [(String, Outcome)]
  )
  func `tells how a command ended`(shell: String, expected: Outcome) throws {
    for requirement in [SandboxPolicy.Requirement.full, .none] {
      let run = try Fixture(requirement).run(shell)
      #expect(run.outcome == expected)
      #expect(!run.cancelled)
    }
  }
}
