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
      [ "$HOME" = \(repository.home) ] && echo LEAK HOME
      for other in \(root)/.pawl/repo/attempts/*; do [ "$other/work" = "$PWD" ] || [ ! -e "$other" ] || echo LEAK $other; done
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
