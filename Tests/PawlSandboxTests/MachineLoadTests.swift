import PawlCore
import Synchronization
import Testing

@testable import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct MachineLoadTests {
  /// A machine whose clocks the test moves.
  private final class Clocks: Sendable {
    struct Reading {
      var (busy, total): (Int64, Int64) = (1_000, 10_000)
      var itself = 3.0
    }
    private let reading = Mutex(Reading())
    func advance(_ change: (inout Reading) -> Void) { reading.withLock { change(&$0) } }
    var machine: MachineTime? {
      reading.withLock { MachineTime(parsing: "cpu  \($0.busy) 0 0 \($0.total - $0.busy) 0 0 0 0 0 0\n") }
    }
    var itself: Double { reading.withLock { $0.itself } }
  }

  private func load(_ clocks: Clocks) -> MachineLoad {
    MachineLoad(ticks: 100, machine: { clocks.machine }, itself: { clocks.itself })
  }

  @Test func `the machine's time counts steal and interrupts as busy, and waiting for a disk as idle`() throws {
    let text = "cpu  10 20 30 400 50 6 7 8 5 5\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
    let time = try #require(MachineTime(parsing: text))
    #expect(time.busy == 10 + 20 + 30 + 6 + 7 + 8)
    #expect(time.total == time.busy + 450)
    for text in ["", "cpu\n", "cpu  1 2 3\n", "intr 1 2 3 4 5\n"] {
      #expect(MachineTime(parsing: text) == nil, "\(text)")
    }
    #expect(try #require(MachineTime(parsing: "cpu  9223372036854775807 1 x 2 3\n")).busy != 0)
  }

  @Test func `what others use is what is left when Pawl and its attempts are taken off`() {
    let clocks = Clocks()
    let load = load(clocks)
    let first = load.begin()
    // Ten seconds of two cores: 1,300 of 2,000 ticks are busy.
    clocks.advance { ($0.busy, $0.total, $0.itself) = ($0.busy + 1_300, $0.total + 2_000, $0.itself + 1) }
    // 8 seconds of its own, 1 of Pawl's: 4 of 20 are left.
    #expect(load.end(first, wallSeconds: 10, cpuSeconds: 8) == 0.2)
  }

  @Test func `an attempt beside it is not foreign, whether it ends before or goes on`() {
    let clocks = Clocks()
    let load = load(clocks)
    let (long, short) = (load.begin(), load.begin())
    clocks.advance { ($0.busy, $0.total) = ($0.busy + 800, $0.total + 2_000) }
    load.report(long, cpuSeconds: 3)
    let middle = load.begin()
    #expect(load.end(short, wallSeconds: 10, cpuSeconds: 5) == 0)
    clocks.advance { ($0.busy, $0.total) = ($0.busy + 1_500, $0.total + 2_000) }
    load.report(long, cpuSeconds: 6)
    // A report that comes late takes nothing back.
    load.report(long, cpuSeconds: 4)
    #expect(load.end(middle, wallSeconds: 10, cpuSeconds: 2) == 0.25)
    #expect(load.end(long, wallSeconds: 20, cpuSeconds: 10) == 0.15)
    let later = load.begin()
    clocks.advance { $0.total += 2_000 }
    #expect(load.end(later, wallSeconds: 10, cpuSeconds: 5) == 0)
  }

  @Test func `short attempts, and machines that do not tell, give nothing`() {
    let clocks = Clocks()
    let known = load(clocks)
    let mark = known.begin()
    clocks.advance { ($0.busy, $0.total) = ($0.busy + 90, $0.total + 90) }
    #expect(known.end(mark, wallSeconds: 0.45, cpuSeconds: 0) == nil)
    let silent = MachineLoad(ticks: 100, machine: { nil }, itself: { 0 })
    #expect(silent.end(silent.begin(), wallSeconds: 10, cpuSeconds: 1) == nil)
    let frozen = load(Clocks())
    #expect(frozen.end(frozen.begin(), wallSeconds: 10, cpuSeconds: 1) == nil)
  }

  #if os(Linux)
    @Test(arguments: [SandboxPolicy.Requirement.full, .none])
    func `what an attempt uses itself is not foreign, and a short one says nothing`(
      requirement: SandboxPolicy.Requirement
    ) throws {
      let fixture = try Fixture(requirement)
      let began = try #require(MachineTime.now())
      // By its own clock, the exact one: a limit of the kernel's counts in ticks, which a busy machine gives to the wrong process.
      let run = try fixture.run("perl -e '1 while (times)[0] < 1'; sleep 0.3")
      let available = Double(try #require(MachineTime.now()).total - began.total) / ProcessTable.ticks
      let foreign = try #require(run.usage.foreignLoad)
      #expect(run.usage.cpuSeconds > 0.9)
      // Together they cannot have used more than there was; on a busy machine they would if one were counted twice.
      #expect((0...1).contains(foreign) && foreign * available + run.usage.cpuSeconds < available + 0.5)
      let short = try fixture.run("true")
      #expect(short.usage.foreignLoad == nil || short.usage.wallSeconds >= MachineLoad.leastSeconds)
    }

    @Test func `a process that is not Pawl's is seen on the real machine`() throws {
      // Its own second of work, however long that takes here: the kernel ends it then.
      let load = MachineLoad()
      let before = try #require(MachineTime.now())
      let began = monotonicSeconds()
      let mark = load.begin()
      var child: pid_t = 0
      let arguments = ["/bin/sh", "-c", "ulimit -t 1; while :; do :; done"]
      let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
      defer { for word in words { free(word) } }
      try #require(posix_spawn(&child, "/bin/sh", nil, nil, words, nil) == 0)
      var status: Int32 = 0
      while waitpid(child, &status, 0) < 0 && errno == EINTR {}
      let wall = monotonicSeconds() - began
      let share = try #require(load.end(mark, wallSeconds: wall, cpuSeconds: 0))
      let total = Double(try #require(MachineTime.now()).total - before.total) / ProcessTable.ticks
      // Ticks and the process clock differ a little; what else runs here can only add.
      #expect(share * total > 0.8, "\(share) of \(total) s")
    }
  #endif
}
