import PawlCore
import Synchronization
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
      ("sh -c 'kill -9 $$'", .signalled(signal: SIGKILL)), ("kill -TERM $$", .signalled(signal: SIGTERM)),
    ] as [(String, Outcome)]
  )
  func `tells how a command ended`(shell: String, expected: Outcome) throws {
    for requirement in [SandboxPolicy.Requirement.full, .none] {
      let run = try Fixture(requirement).run(shell)
      #expect(run.outcome == expected)
      #expect(!run.cancelled)
      #expect(run.notes.isEmpty)
      #expect(run.level == (requirement == .full ? .full : .none))
    }
  }

  @Test func `a folder that is not there is a failed launch`() throws {
    let fixture = try Fixture()
    guard case .launchFailed(let reason) = try fixture.run("true", in: "absent").outcome else {
      Issue.record("it ran")
      return
    }
    #expect(reason.contains("/absent"))
  }

  @Test func `a mount that fails is a failed launch, with the words of bwrap`() throws {
    let fixture = try Fixture()
    let found = fixture.sandbox.host
    let host = Host(
      isRoot: found.isRoot, path: found.path, home: found.home, temporary: found.temporary, memoryBytes: 0,
      hidden: ["/absent/place"], secrets: [], devices: [])
    let broken = Sandbox(
      host: host, isolation: fixture.sandbox.isolation, groups: fixture.sandbox.groups, level: .full, findings: [])
    let command = SandboxedCommand(shell: "echo bwrap: fooled; exit 1", directory: fixture.work, logPath: fixture.log)
    guard
      case .launchFailed(let reason) = try broken.run(command, cancellation: Cancellation(), output: { _ in }).outcome
    else {
      Issue.record("it ran")
      return
    }
    #expect(reason.hasPrefix("bwrap: Can't mkdir"))
    #expect(try fixture.run("echo bwrap: fooled; exit 1").outcome == .exited(code: 1))
  }

  @Test func `a log that cannot be written is an error`() throws {
    let fixture = try Fixture()
    let error = #expect(throws: SandboxError.self) { _ = try fixture.run("true", log: "absent/log") }
    #expect(error?.code == .log)
    #expect(error?.cause.map { "\($0)" } == "No such file or directory")
  }

  @Test func `without bwrap full is refused, and available runs with what there is`() throws {
    let found = Host.current()
    let host = Host(
      isRoot: found.isRoot, path: "/nowhere", home: found.home, temporary: found.temporary,
      memoryBytes: found.memoryBytes, hidden: [], secrets: [], devices: [])
    let error = #expect(throws: SandboxError.self) { _ = try Sandbox.probe(requirement: .full, host: host) }
    #expect(error?.code == .unavailable)
    #expect(error?.message == "this host gives a `none` sandbox, and the study asks for `full`")
    #expect(error?.hints.first == "install the `bubblewrap` package, then run `pawl doctor`")
    let sandbox = try Sandbox.probe(requirement: .available, host: host)
    #expect(sandbox.level == .none)
    #expect(sandbox.findings.first { $0.name == "bubblewrap" }?.present == false)
  }

  @Test(arguments: [SandboxPolicy.Requirement.full, .none])
  func `counts the whole tree's time and memory`(requirement: SandboxPolicy.Requirement) throws {
    // Its own clock says when to end, not a count of turns: how fast those go depends on what else the machine does.
    let burn = "perl -e \"1 while (times)[0] < 0.2\""
    // In orphans that nobody in the tree waits for; `cat` ends when the last of them has.
    let orphans = try Fixture(requirement).run("{ (setsid sh -c '\(burn)' &); (\(burn) &); } | cat")
    #expect(orphans.usage.cpuSeconds > 0.35)
    // Memory is looked at now and then, less often on a busy machine: it is held longer where no look fell into that time.
    var peak = Bytes(0)
    for seconds in [0.3, 3, 30, 100] where peak <= .mebibytes(60) {
      let hold = "perl -e '$x = \"x\" x (100 << 20); select undef, undef, undef, \(seconds)'"
      peak = try Fixture(requirement).run(hold).usage.peakMemory
    }
    #expect(peak > .mebibytes(60))
  }

  @Test func `runs at the same time do not take each other's children`() throws {
    for requirement in [SandboxPolicy.Requirement.full, .none] {
      let fixture = try Fixture(requirement)
      let codes = Mutex([Int32: Outcome]())
      JoinedThreads.run(8) { index in
        let run = try? fixture.run("(sleep 0.05 &); exit \(index)", log: "log\(index)")
        codes.withLock { $0[Int32(index)] = run?.outcome }
      }
      #expect(codes.withLock { $0 } == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, .exited(code: $0)) }))
    }
  }

  @Test func `reads what bwrap reports`() {
    let report = StatusReport(parsing: Array("{ \"child-pid\": 42, \"x\": 1 }\n{ \"exit-code\": 137 }\n".utf8))
    #expect(report.child == 42)
    #expect(report.exitCode == 137)
    for text in ["", "{", "{ \"child-pid\": ", "{ \"child-pid\": 99999999999 }", "{ \"child-pid\": 1 }"] {
      #expect(StatusReport(parsing: Array(text.utf8)).child == nil)
    }
  }

  @Test func `finds descendants, sessions and marked strangers`() throws {
    func status(_ identifier: Int, parent: Int, session: Int) throws -> ProcessStatus {
      let line = "\(identifier) (a) b) (c) S \(parent) 1 \(session) 0 0 0 0 0 0 0 5 6 7 8 0 0 1 0 9 4096 3 0"
      return try #require(ProcessStatus(parsing: Array(line.utf8)))
    }
    let all = try [(2, 1, 1), (3, 2, 1), (4, 3, 1), (5, 1, 3), (6, 1, 9), (7, 6, 9), (8, 1, 1)].map {
      try status($0.0, parent: $0.1, session: $0.2)
    }
    #expect(all[0].ownTicks == 11 && all[0].childTicks == 15)
    #expect(all[0].residentPages == 3)
    let found = ProcessTree.descendants(of: 3, in: all) { $0.identifier == 6 }
    #expect(found.map(\.identifier) == [3, 4, 5, 6, 7])
    #expect(ProcessStatus(parsing: Array("1 (x".utf8)) == nil)
    #expect(ProcessStatus(parsing: Array("1 (x) S 1 2 3".utf8)) == nil)
  }
}

/// Plain threads, joined at the end: a run blocks its thread.
enum JoinedThreads {
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads = [pthread_t]()
    for index in 0..<count {
      var thread = pthread_t()
      let work = Unmanaged.passRetained(Work { body(index) }).toOpaque()
      let made = pthread_create(
        &thread, nil,
        { raw in
          if let raw { Unmanaged<Work>.fromOpaque(raw).takeRetainedValue().body() }
          return nil
        }, work)
      if made == 0 { threads.append(thread) }
    }
    for thread in threads { pthread_join(thread, nil) }
  }
}
