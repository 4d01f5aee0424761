import PawlCore
import Testing

@testable import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Children that want more than they were given, or do not want to go.
@Suite(.serialized) struct HostileTests {
  static let both = [SandboxPolicy.Requirement.full, .none]

  @Test(arguments: both)
  func `a hung run times out`(requirement: SandboxPolicy.Requirement) throws {
    let run = try Fixture(requirement).run("sleep 1000", budget: Budget(wallSeconds: 0.2))
    #expect(run.outcome == .timedOut)
    #expect((0.2..<5).contains(run.usage.wallSeconds))
    #expect(run.notes == ["stopped after 0.200 s of wall time"])
  }

  @Test(arguments: both)
  func `one that hears SIGTERM may tidy up, one that ignores it may not`(
    requirement: SandboxPolicy.Requirement
  ) throws {
    let fixture = try Fixture(requirement, grace: 5)
    let polite = try fixture.run(
      "trap 'echo tidied; exit 0' TERM; while :; do sleep 0.05; done", budget: Budget(wallSeconds: 0.3))
    #expect(polite.outcome == .timedOut)
    #expect(polite.tail.contains("tidied"))
    #expect(polite.usage.wallSeconds < 4)
    let deaf = try Fixture(requirement, grace: 0.2).run(
      "trap '' TERM; while :; do sleep 0.05; done", budget: Budget(wallSeconds: 0.3))
    #expect(deaf.outcome == .timedOut)
    #expect((0.5..<4).contains(deaf.usage.wallSeconds))
  }

  @Test(arguments: both, [true, false])
  func `a daemon ends with its attempt`(requirement: SandboxPolicy.Requirement, hangs: Bool) throws {
    let word = "9\(UInt32.random(in: 100_000_000 ... 999_999_999))"
    // Forks twice, leaves the session, closes every descriptor.
    let shell = """
      (setsid sh -c '(trap "" TERM HUP; sleep \(word)) >/dev/null 2>&1 </dev/null &' &)
      setsid sleep \(word) >/dev/null 2>&1 &
      sleep \(word)1 &
      \(hangs ? "wait" : "sleep 0.1; exit 7")
      """
    let run = try Fixture(requirement).run(shell, budget: Budget(wallSeconds: hangs ? 0.3 : 10))
    #expect(run.outcome == (hangs ? .timedOut : .exited(code: 7)))
    #expect(!isRunning(word))
  }

  @Test(arguments: [true, false])
  func `a fork bomb is stopped near the limit`(grouped: Bool) throws {
    let fixture = try Fixture(grouped: grouped)
    let run = try fixture.run(
      "bash -c 'b() { b | b & b; }; b' pawl-bomb", budget: Budget(wallSeconds: 120, processes: 40))
    #expect(run.outcome == .signalled(signal: SIGKILL))
    #expect(run.notes == ["started more than 40 processes"])
    #expect(!isRunning("pawl-bomb"))
  }

  @Test func `threads and processes under the limit are fine`() throws {
    let shell = "for i in $(seq 30); do sleep 0.2 & done; wait; echo done"
    let run = try Fixture().run(shell, budget: Budget(wallSeconds: 10, processes: 40))
    #expect(run.outcome == .exited(code: 0))
    #expect(run.tail == "done\n")
  }

  @Test(arguments: both, [true, false])
  func `one that eats memory is stopped`(requirement: SandboxPolicy.Requirement, grouped: Bool) throws {
    let budget = Budget(wallSeconds: 15, memory: .mebibytes(96))
    let run = try Fixture(requirement, grouped: grouped).run(
      "perl -e 'while (1) { push @x, \"x\" x (1 << 20) }'", budget: budget)
    #expect(run.outcome == .outOfMemory)
    #expect(run.usage.peakMemory < .gibibytes(3))
  }

  @Test(arguments: ["/tmp/file", "/dev/shm/file"])
  func `memory behind private folders counts`(path: String) throws {
    let budget = Budget(wallSeconds: 15, memory: .mebibytes(64), disk: .mebibytes(512))
    let run = try Fixture().run("head -c 300M /dev/zero > \(path); sleep 10", budget: budget)
    #expect(run.outcome == .outOfMemory || run.outcome == .diskFull)
  }

  @Test(
    arguments: [
      "head -c 100M /dev/zero > big",
      "i=0; while :; do i=$((i+1)); head -c 1M /dev/zero > file$i; done",
      "mkdir -p a/b/c; cd a/b/c; while :; do head -c 1M /dev/zero >> $((i%7)); i=$((i+1)); done",
      "head -c 100M /dev/zero > /tmp/big",
    ])
  func `one that fills its disk is stopped`(shell: String) throws {
    let run = try Fixture().run(shell, budget: Budget(wallSeconds: 15, disk: .mebibytes(32)))
    #expect(run.outcome == .diskFull)
    #expect(run.usage.wallSeconds < 10)
  }

  @Test func `what lay in its folder before is not its own use`() throws {
    let fixture = try Fixture()
    #expect(try fixture.run("head -c 40M /dev/zero > there", budget: Budget()).outcome == .exited(code: 0))
    let run = try fixture.run("sleep 0.5; cat there | wc -c", budget: Budget(disk: .mebibytes(8)))
    #expect(run.outcome == .exited(code: 0))
  }

  @Test(arguments: both)
  func `processor time is summed over the tree`(requirement: SandboxPolicy.Requirement) throws {
    let shell = "(while :; do :; done) & (while :; do :; done) & wait"
    let run = try Fixture(requirement).run(shell, budget: Budget(wallSeconds: 15, cpuSeconds: 0.4))
    #expect(run.outcome == .timedOut)
    #expect((0.4..<5).contains(run.usage.cpuSeconds))
    #expect(run.notes == ["stopped after 0.400 s of CPU time"])
  }

  @Test func `a flood of output is read to the end and kept to the cap`() throws {
    let fixture = try Fixture()
    let before = residentBytes()
    var (seen, growth): (Int64, Int64) = (0, 0)
    let run = try fixture.run(
      "yes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 1G; echo; echo end",
      budget: Budget(wallSeconds: 60, log: .mebibytes(1))
    ) { chunk in
      seen += Int64(chunk.count)
      if seen % (64 << 20) < Int64(chunk.count) { growth = max(growth, residentBytes() - before) }
    }
    let all: Int64 = (1 << 30) + 5
    #expect(run.outcome == .exited(code: 0))
    #expect(seen == all)
    #expect(run.usage.output == Bytes(all))
    #expect(growth < 32 << 20)
    let file = try #require(Descriptor.open(fixture.log, O_RDONLY))
    let kept = try #require(contents(of: file.number, limit: 4 << 20))
    #expect(kept.count < (1 << 20) + (65 << 10))
    #expect(run.tail.hasSuffix("\nend\n"))
    #expect(String(decoding: kept.suffix(5), as: UTF8.self) == "\nend\n")
    #expect(String(decoding: kept, as: UTF8.self).contains("\n[… \(all - (1 << 20) - (64 << 10)) bytes not kept …]\n"))
  }

  @Test(arguments: both)
  func `cancelling wakes a run at once`(requirement: SandboxPolicy.Requirement) throws {
    let cancellation = Cancellation()
    let run = try Fixture(requirement).run(
      "trap '' TERM; echo ready; sleep 1000", cancellation: cancellation
    ) { _ in
      // From within the run itself, so the child is surely there; the pipe wakes the next wait.
      cancellation.cancel()
    }
    #expect(run.cancelled)
    #expect(run.usage.wallSeconds < 2)
    #expect(cancellation.isCancelled)
    #expect(try Fixture(requirement).run("sleep 1000", cancellation: cancellation).cancelled)
  }

  private func residentBytes() -> Int64 {
    let fields = text(at: "/proc/self/statm")?.split(separator: " ") ?? []
    return fields.count > 1 ? (Int64(fields[1]) ?? 0) * Int64(sysconf(Int32(_SC_PAGESIZE))) : 0
  }
}
