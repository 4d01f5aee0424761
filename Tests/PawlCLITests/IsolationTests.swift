import CPawlSystem
import PawlTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct IsolationTests {
  /// The sandbox may be less than full where the kernel allows no namespaces; `pawl doctor` says so.
  static let hasFullSandbox: Bool = {
    guard let repository = try? TemporaryRepository(["a": ""]) else { return false }
    return repository.pawl("doctor").output.contains("sandbox          full")
  }()

  @Test(.enabled(if: hasFullSandbox, "`pawl doctor` says that this host gives no full sandbox"))
  func `a candidate reaches neither journal, history, home, other attempts nor the network`() throws {
    let listener = try #require(Listener())
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell(), "frozen.txt": "frozen\n"])
    try repository.write("secret", to: "\(repository.home)/.ssh/id")
    let root = repository.root
    // Each line tells of one thing that worked although it must not; the metric comes all the same.
    let probe = """
      cat \(root)/.pawl/repo/journal.sqlite >/dev/null 2>&1 && echo LEAK journal
      ls \(root)/.git/HEAD >/dev/null 2>&1 && echo LEAK repository
      [ -e .git ] && echo LEAK .git
      git log >/dev/null 2>&1 && echo LEAK history
      cat \(repository.home)/.ssh/id >/dev/null 2>&1 && echo LEAK home
      [ "$(ls -A "$HOME")" ] && echo LEAK what HOME holds
      for other in \(root)/.pawl/repo/attempts/*; do [ "$other" = "$PWD" ] || [ ! -e "$other" ] || echo LEAK $other; done
      ls \(root)/.pawl/repo/logs >/dev/null 2>&1 && echo LEAK logs
      echo x > \(root)/planted 2>/dev/null
      echo x > /usr/planted 2>/dev/null && echo LEAK writes into the system
      (exec 3<>/dev/tcp/127.0.0.1/\(listener.port)) 2>/dev/null && echo LEAK loopback
      [ "$(ls /sys/class/net 2>/dev/null | grep -v '^lo$')" ] && [ "$(cat /proc/net/dev | grep -c :)" -gt 1 ] && echo LEAK interfaces
      kill -0 \(getpid()) 2>/dev/null && [ -e /proc/\(getpid())/exe ] && echo LEAK processes
      env | grep -q TOKEN && echo LEAK environment
      echo reached the end
      sh train.sh
      """
    try repository.write(probe, to: "probe.sh")
    try repository.commit("probe")
    try #require(repository.initialise(command: "bash probe.sh", "--workers", "2").code == 0)
    let run = repository.start(["run", "--trials", "2"], environment: ["API_TOKEN": "secret"])?.wait()
    #expect(run?.code == 0, "\(run?.messages ?? "")")
    #expect(run?.messages.contains("sandbox full") == true)
    let logs = repository.shell("cat .pawl/repo/logs/0/*.log").output
    #expect(logs.contains("reached the end"))
    let leaks = logs.split(separator: "\n").filter { $0.hasPrefix("LEAK") }
    #expect(leaks == [])
    #expect(!repository.exists("planted"))
    #expect(!listener.wasReached)
  }

  @Test(.enabled(if: hasFullSandbox, "`pawl doctor` says that this host gives no full sandbox"))
  func `from a linked working tree the main checkout and the other trees stay hidden`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    // Not under /tmp, which every sandbox hides.
    let current = try #require(getcwd(nil, 0))
    defer { free(current) }
    let place = "\(String(cString: current))/.build/trees-\(getpid())"
    try #require(mkdir(place, 0o700) == 0)
    defer { repository.shell("rm -rf '\(place)'") }
    repository.shell("mv '\(repository.root)' '\(place)/main' && mkdir '\(repository.root)'")
    repository.shell(
      "cd '\(place)/main' && git worktree add -q -b study ../study && git worktree add -q -b third ../third")
    repository.shell("mkdir -p '\(place)/main/.pawl/old' && echo x > '\(place)/main/.pawl/old/journal.sqlite'")
    let leaks = [
      "main/train.sh", "main/.git/HEAD", "main/.pawl/old/journal.sqlite", "third/train.sh", "study/train.sh",
    ]
    let probe = leaks.map { "[ -e '\(place)/\($0)' ] && echo LEAK \($0); " }.joined()
    let command = probe + "echo reached; sh train.sh"
    let study = "\(place)/study"
    let arguments = [
      "init", "--command", command, "--metric", "loss", "--direction", "minimize", "--editable", "train.sh", "--study",
      "tree",
    ]
    #expect(repository.start(arguments, directory: study)?.wait().code == 0)
    let run = repository.pawl("run", "--trials", "1", directory: study)
    #expect(run.code == 0, "\(run.messages)")
    let log = try #require(repository.read("\(study)/.pawl/tree/logs/0/1.log"))
    #expect(log.hasPrefix("reached\n"), "\(log)")
  }

  @Test func `what git ignores is found at its place, and nothing else of the checkout`() throws {
    let train = "cat data/set/x; ls data; echo; ls ../../../../data; echo $MODE\n" + TrainingScript.shell()
    let repository = try TemporaryRepository(["train.sh": train, ".gitignore": "data/\n.venv\n"])
    try repository.write("the data\n", to: "data/set/x")
    try repository.write("not listed\n", to: "data/secret")
    try #require(repository.initialise().code == 0)
    try repository.configure([("read", "[./data/set, .venv]"), ("environment", "[MODE=a=b]")])
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("there is no `.venv` here"), "\(run.messages)")
    let log = try #require(repository.read(".pawl/repo/logs/0/1.log"))
    let visible = Self.hasFullSandbox ? "set" : "secret\nset"
    #expect(log.hasPrefix("the data\nset\n\n\(visible)\na=b\n"), "\(log)")
    #expect(repository.read("data/set/x") == "the data\n")
  }

  @Test func `a tracked file in the place of what is listed is found before the study begins`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell(), "data/x": "tracked\n"])
    try #require(repository.initialise().code == 0)
    try repository.configure([("read", "[data]")])
    try expectSnapshot("read-tracked", repository.pawl("run").shown, normalised: Normaliser(repository))
    #expect(!repository.exists(".pawl/repo/journal.sqlite"))
  }

  @Test func `escape sequences of an attempt reach no terminal`() throws {
    let repository = try TemporaryRepository([
      "train.sh": "printf '\\033]0;owned\\007\\033[2Jfailed\\033[31m here\\r\\n'; exit 3\n"
    ])
    try #require(repository.initialise().code == 0)
    let run = repository.pawl("run")
    let show = repository.pawl("show", "0")
    for text in [run.messages, run.output, show.output, repository.pawl("show", "0", "--json").output] {
      #expect(!text.contains("\u{1b}") && !text.contains("\u{7}") && !text.contains("owned"))
    }
    #expect(run.messages.contains("failed here"))
    #expect(show.output.contains("failed here"))
    #expect(repository.read(".pawl/repo/logs/0/1.log")?.contains("\u{1b}[2J") == true, "the log itself is as it came")
  }

  /// A TCP port of this machine that knows whether somebody came.
  private final class Listener {
    private let descriptor: Int32
    let port: UInt16

    init?() {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let descriptor = descriptor
      let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) == 0 && listen(descriptor, 4) == 0 && getsockname(descriptor, $0, &length) == 0
        }
      }
      port = UInt16(bigEndian: address.sin_port)
      guard bound, pawl_set_nonblocking(descriptor) == 0 else {
        close(descriptor)
        return nil
      }
    }
    deinit { close(descriptor) }
    var wasReached: Bool {
      let peer = accept(descriptor, nil, nil)
      if peer >= 0 { close(peer) }
      return peer >= 0
    }
  }
}
