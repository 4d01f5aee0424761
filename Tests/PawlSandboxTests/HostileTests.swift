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
    #expect((0.2..<200).contains(run.usage.wallSeconds))
    #expect(run.notes == ["stopped after 0.200 s of wall time"])
  }

  @Test(arguments: both)
  func `one that hears SIGTERM may tidy up, one that ignores it may not`(
    requirement: SandboxPolicy.Requirement
  ) throws {
    // A grace longer than anything else here: the polite one must not use it up.
    let polite = try Fixture(requirement, grace: 1_000).runUntilReady(
      "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    #expect(polite.outcome == .timedOut)
    #expect(polite.tail.contains("tidied"))
    #expect(polite.usage.wallSeconds < 900)
    let deaf = try Fixture(requirement, grace: 0.2).runUntilReady(
      "trap '' TERM; echo ready; while :; do sleep 0.05; done")
    #expect(deaf.outcome == .timedOut)
    #expect((0.5..<900).contains(deaf.usage.wallSeconds))
  }

  @Test(arguments: both, [true, false])
  func `a daemon ends with its attempt`(requirement: SandboxPolicy.Requirement, hangs: Bool) throws {
    let word = "9\(UInt32.random(in: 100_000_000 ... 999_999_999))"
    // Forks twice, leaves the session, closes every descriptor.
    let shell = """
      (setsid sh -c '(trap "" TERM HUP; sleep \(word)) >/dev/null 2>&1 </dev/null &' &)
      setsid sleep \(word) >/dev/null 2>&1 &
      sleep \(word)1 &
      echo ready
      \(hangs ? "wait" : "sleep 0.1; exit 7")
      """
    let fixture = try Fixture(requirement)
    let run = try hangs ? fixture.runUntilReady(shell) : fixture.run(shell)
    #expect(run.outcome == (hangs ? .timedOut : .exited(code: 7)))
    #expect(!isRunning(word))
  }

  @Test(arguments: [true, false])
  func `a fork bomb is stopped near the limit`(grouped: Bool) throws {
    let fixture = try Fixture(grouped: grouped)
    // Where the kernel does not count for us the bomb ends by itself, at about 600 processes: without an end it takes, before it is
    // noticed on a busy machine, all the process numbers that there are, and nobody else can start anything.
    let bomb =
      grouped
      ? "b() { b | b & b; }; b"
      : "b() { [ $1 = 0 ] && exec sleep 1000; b $(($1 - 1)) | b $(($1 - 1)) & b $(($1 - 1)); }; b 5"
    // Of this test alone: another run of the tests on this machine has bombs too.
    let word = "pawl-bomb-\(UInt64.random(in: .min ... .max))"
    let run = try fixture.run(
      "bash -c '\(bomb)' \(word)", budget: Budget(wallSeconds: 600, processes: 40))
    #expect(run.outcome == .signalled(signal: SIGKILL))
    #expect(run.notes == ["started more than 40 processes"])
    #expect(!isRunning(word))
  }

  @Test func `threads and processes under the limit are fine`() throws {
    let shell = "for i in $(seq 30); do sleep 0.2 & done; wait; echo done"
    let run = try Fixture().run(shell, budget: Budget(wallSeconds: 300, processes: 40))
    #expect(run.outcome == .exited(code: 0))
    #expect(run.tail == "done\n")
  }

  @Test(arguments: both, [true, false])
  func `one that eats memory is stopped`(requirement: SandboxPolicy.Requirement, grouped: Bool) throws {
    let budget = Budget(wallSeconds: 300, memory: .mebibytes(96))
    let run = try Fixture(requirement, grouped: grouped).run(
      // At 50 MiB a second at most, so that what it gets is the watcher's doing and not the machine's.
      "perl -e 'while (1) { push @x, \"x\" x (1 << 20); select undef, undef, undef, 0.02 }'", budget: budget)
    #expect(run.outcome == .outOfMemory)
    #expect(run.usage.peakMemory < .gibibytes(3))
  }

  @Test(arguments: ["/tmp/file", "/dev/shm/file"])
  func `memory behind private folders counts`(path: String) throws {
    let budget = Budget(wallSeconds: 1_000, memory: .mebibytes(64), disk: .mebibytes(512))
    let run = try Fixture().run("head -c 300M /dev/zero > \(path); sleep 900", budget: budget)
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
    let run = try Fixture().run(shell, budget: Budget(wallSeconds: 300, disk: .mebibytes(32)))
    #expect(run.outcome == .diskFull)
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
    let run = try Fixture(requirement).run(shell, budget: Budget(wallSeconds: 600, cpuSeconds: 0.4))
    #expect(run.outcome == .timedOut)
    // How much more depends on when the watcher gets to look; one that waits for the wall time would find a hundred times it.
    #expect((0.4..<100).contains(run.usage.cpuSeconds) && run.usage.wallSeconds < 500)
    #expect(run.notes == ["stopped after 0.400 s of CPU time"])
  }

  @Test func `a flood of output is read to the end and kept to the cap`() throws {
    let fixture = try Fixture()
    let before = residentBytes()
    var (seen, growth): (Int64, Int64) = (0, 0)
    let run = try fixture.run(
      "yes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 1G; echo; echo end",
      budget: Budget(wallSeconds: 600, log: .mebibytes(1))
    ) { chunk in
      seen += Int64(chunk.count)
      if seen % (64 << 20) < Int64(chunk.count) { growth = max(growth, residentBytes() - before) }
    }
    let all: Int64 = (1 << 30) + 5
    #expect(run.outcome == .exited(code: 0))
    #expect(seen == all)
    #expect(run.usage.output == Bytes(all))
    // Other tests run in this process and need memory meanwhile: what is told apart is whether the flood, a gibibyte, is kept.
    #expect(growth < 256 << 20)
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
      "trap '' TERM; echo ready; sleep 1000", budget: Budget(), cancellation: cancellation
    ) { _ in
      // From within the run itself, so the child is surely there; the pipe wakes the next wait.
      cancellation.cancel()
    }
    #expect(run.cancelled)
    #expect(run.usage.wallSeconds < 500)
    #expect(cancellation.isCancelled)
    #expect(try Fixture(requirement).run("sleep 1000", budget: Budget(), cancellation: cancellation).cancelled)
  }

  private func residentBytes() -> Int64 {
    let fields = text(at: "/proc/self/statm")?.split(separator: " ") ?? []
    return fields.count > 1 ? (Int64(fields[1]) ?? 0) * Int64(sysconf(Int32(_SC_PAGESIZE))) : 0
  }
}
