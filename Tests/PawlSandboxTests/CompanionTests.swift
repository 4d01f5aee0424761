import CPawlSystem
import class Foundation.FileManager
import PawlCore
import Testing

@testable import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Sends a line, keeps what comes back, and notes what the command had used by then.
private final class Echo: Companion {
  private var (ownReading, ownWriting): (Int32, Int32)
  let channel: (reading: Int32, writing: Int32)
  private(set) var received = ""
  private(set) var spent: Spent?
  private var isOpen = true
  /// Wall seconds after which it ends the command.
  private let patience: Double
  /// Hangs up as soon as it hears something: a command that reads on comes to the end of its input.
  private let hearsOnce: Bool

  init(_ line: String, patience: Double = 300, hearsOnce: Bool = false) throws {
    var (there, back) = ([Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2))
    try #require(pawl_pipe(&there) == 0 && pawl_pipe(&back) == 0)
    (ownReading, ownWriting) = (back[0], there[1])
    channel = (there[0], back[1])
    self.patience = patience
    self.hearsOnce = hearsOnce
    _ = Array(line.utf8).withUnsafeBytes { writeAll(ownWriting, $0) }
  }

  deinit { for descriptor in [ownReading, ownWriting] where descriptor >= 0 { close(descriptor) } }

  var descriptor: Int32 { isOpen ? ownReading : -1 }

  func commandHasBegun() {
    close(channel.reading)
    close(channel.writing)
  }

  func attend(isReady: Bool, spent: () -> Spent) -> Double? {
    let now = spent()
    if isReady {
      var space = [UInt8](repeating: 0, count: 4096)
      let count = read(ownReading, &space, space.count)
      if count > 0 {
        received += String(decoding: space.prefix(count), as: UTF8.self)
        self.spent = now
        if hearsOnce, ownWriting >= 0 {
          close(ownWriting)
          ownWriting = -1
        }
      } else {
        isOpen = false
      }
    }
    return now.wallSeconds < patience ? patience - now.wallSeconds : nil
  }
}

@Suite struct CompanionTests {
  private func run(
    _ shell: String, _ companion: Echo, _ requirement: SandboxPolicy.Requirement = .full, threads: Int? = nil,
    visible: [String]? = nil, hidden: [String] = []
  ) throws -> (run: SandboxedRun, output: String) {
    let fixture = try Fixture(requirement)
    try fixture.write("secret", to: "work/hidden.txt")
    let command = SandboxedCommand(
      arguments: ["/bin/sh", "-c", shell], directory: fixture.work, hidden: hidden.map { "\(fixture.place)/\($0)" },
      visible: visible, budget: Budget(wallSeconds: 600), threads: threads, logPath: fixture.log)
    var output = ""
    let run = try fixture.sandbox.run(command, cancellation: Cancellation(), companion: companion) {
      output += String(decoding: $0, as: UTF8.self)
    }
    return (run, output)
  }

  @Test(arguments: [SandboxPolicy.Requirement.full, .none])
  func `a command talks over 3 and 4, to the last word before it ends`(requirement: SandboxPolicy.Requirement) throws {
    let echo = try Echo("hello\n")
    let run = try run("read line <&3; echo said $line >&4; echo last >&4; ls /proc/self/fd", echo, requirement)
    #expect(run.run.outcome == .exited(code: 0))
    #expect(echo.received == "said hello\nlast\n")
    // 5 is the listing itself.
    #expect(run.output.split(separator: "\n") == ["0", "1", "2", "3", "4", "5"])
  }

  @Test(arguments: [SandboxPolicy.Requirement.full, .none])
  func `what is used is known while it runs, that of ended processes too`(
    requirement: SandboxPolicy.Requirement
  ) throws {
    let echo = try Echo("", hearsOnce: true)
    // Its own clock says when to end, not a count of turns.
    let burn = "perl -e \"1 while (times)[0] < 0.2\""
    // In a child that has ended by then.
    let run = try run("(\(burn)); echo done >&4; read line <&3", echo, requirement)
    let cpu = try #require(echo.spent?.cpuSeconds)
    #expect(cpu > 0.15 && cpu <= run.run.usage.cpuSeconds + 0.03)
  }

  @Test func `a companion may end the command`() throws {
    let run = try run("sleep 500", try Echo("", patience: 0.2))
    #expect(run.run.outcome == .signalled(signal: SIGKILL) && !run.run.cancelled)
    #expect(run.run.usage.wallSeconds < 400)
  }

  @Test func `threads are limited`() throws {
    let script =
      "import threading,time\nthreading.stack_size(65536)\nfor _ in range(300): threading.Thread(target=time.sleep,args=(500,),daemon=True).start()\ntime.sleep(500)"
    let run = try run("exec /usr/bin/python3 -c '\(script)'", try Echo(""), threads: 40)
    #expect(run.run.notes == ["started more than 40 threads"] || run.output.contains("can't start new thread"))
    #expect(run.run.usage.wallSeconds < 400)
  }

  @Test func `a hidden file cannot be read, written or uncovered, in the attempt's own folder too`() throws {
    let shell = """
      cat hidden.txt; echo x > hidden.txt; rm -f hidden.txt; mv hidden.txt other; ln hidden.txt link; cat link
      unshare -rm sh -c 'umount hidden.txt && cat hidden.txt'; mv ../work ../play; cat hidden.txt
      """
    let run = try run(shell, try Echo(""), hidden: ["work/hidden.txt"])
    #expect(!run.output.contains("secret"))
    #expect(run.output.contains("cat: hidden.txt: Permission denied"))
  }

  @Test func `with visible paths nothing else of the host is there, and nothing of it can be written`() throws {
    let shell =
      "echo /*; echo /etc/*; echo x > /usr/planted; echo x > /planted; echo mine > file; cat file; echo x > /tmp/t && echo t"
    let libraries = ["/bin/sh", "/bin/cat", "/lib", "/lib64", "/etc/hostname"]
    let echo = try Echo("")
    let run = try run(shell, echo, visible: libraries)
    let lines = run.output.split(separator: "\n")
    // The attempt's own folder lies somewhere: the first name of its path is there too, and nothing beside it.
    let own = FileManager.default.currentDirectoryPath.split(separator: "/").first.map { "/\($0)" } ?? "/"
    let roots = Set(try #require(lines.first).split(separator: " ").map(String.init))
    #expect(roots.isSubset(of: ["/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/tmp", "/usr", own]))
    #expect(roots.isSuperset(of: ["/bin", "/dev", "/etc"]))
    #expect(lines.contains("/etc/hostname") && lines.contains("mine") && lines.contains("t"))
    #expect(run.output.contains("cannot create /usr/planted") && run.output.contains("cannot create /planted"))
  }

  @Test func `an attempt is not root, and can make a sandbox of its own`() throws {
    let inner = "bwrap --unshare-all --ro-bind / / --dev /dev --tmpfs /proc"
    let run = try run("id -u; \(inner) echo inside", try Echo(""))
    #expect(!run.output.hasPrefix("0\n") && run.output.hasSuffix("inside\n"), "\(run.output)")
  }
}
