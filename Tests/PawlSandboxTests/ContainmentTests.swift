import class Foundation.FileManager
import PawlCore
import Testing

@testable import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a child can reach; every refusal has a control that shows the same act succeeding without the sandbox.
@Suite struct ContainmentTests {
  @Test func `this host gives the full sandbox`() throws {
    let sandbox = try Sandbox.probe(requirement: .full)
    #expect(sandbox.level == .full)
    #expect(sandbox.findings.filter { !$0.present }.map { "\($0.name): \($0.detail)" } == [])
  }

  @Test func `no network, not even to this machine`() throws {
    let (listener, port) = try listen()
    defer { close(listener) }
    let fixture = try Fixture()
    let reach = "bash -c 'exec 3<>/dev/tcp/127.0.0.1/\(port)'"
    #expect(try fixture.run(reach).outcome == .exited(code: 1))
    #expect(try fixture.run(reach, policy: SandboxPolicy(network: true)).outcome == .exited(code: 0))
  }

  @Test func `the home folder is empty, but for what the study lists`() throws {
    let fixture = try Fixture()
    try fixture.write("secret", to: "home/key")
    try fixture.write("open", to: "home/data")
    let key = fixture.place + "/home/key"
    let data = fixture.place + "/home/data"
    #expect(try fixture.run("cat '\(key)'").outcome == .exited(code: 1))
    let policy = SandboxPolicy(readable: [data, fixture.place + "/home/absent"])
    #expect(try fixture.run("cat '\(data)'", policy: policy).tail == "open")
    #expect(try fixture.run("cat '\(key)'", policy: policy).outcome == .exited(code: 1))
    #expect(try fixture.run("echo x > '\(data)'", policy: policy).outcome != .exited(code: 0))
    #expect(try fixture.run("find /home /root /run -type f -o -type s").tail == "")
    #expect(try Fixture(.none).run("cat '\(key)'").outcome == .exited(code: 0))
  }

  @Test func `HOME stays where it is, as a private folder that can be written to`() throws {
    let fixture = try Fixture()
    let home = fixture.place + "/home"
    try FileManager.default.createDirectory(atPath: home + "/.cache/models", withIntermediateDirectories: true)
    try fixture.write("data", to: "home/.cache/models/x")
    try fixture.write("secret", to: "home/.cache/token")
    let policy = SandboxPolicy(readable: [home + "/.cache/models"])
    let look = "echo $HOME; cat ~/.cache/models/x; echo; echo new > ~/.cache/mine && cat ~/.cache/*; ls -A ~"
    let run = try fixture.run(look, policy: policy)
    #expect(run.tail.hasPrefix("\(home)\ndata\nnew\n"), "\(run.tail)")
    #expect(run.tail.hasSuffix("\n.cache\n"))
    #expect(!run.tail.contains("secret"))
    #expect(!FileManager.default.fileExists(atPath: home + "/.cache/mine"))
    #expect(try fixture.run("echo x > ~/.cache/models/x", policy: policy).outcome != .exited(code: 0))
    // With nothing listed, with all of it listed, and as the folder that holds the attempt.
    #expect(try fixture.run("ls -A ~; touch ~/a && ls ~").tail == "a\n")
    let open = try fixture.run("echo $HOME; cat '\(home)/.cache/token'", policy: SandboxPolicy(readable: [home]))
    #expect(open.tail == "/tmp/home\nsecret")
    #expect(try fixture.run("echo x > ~/y && cat ~/y", in: "home").tail == "x\n")
  }

  @Test func `a cache that is a link to another disk is found under both names`() throws {
    let fixture = try Fixture()
    let home = fixture.place + "/home"
    try FileManager.default.createDirectory(atPath: fixture.place + "/disk/models", withIntermediateDirectories: true)
    try fixture.write("data", to: "disk/models/x")
    try fixture.write("private", to: "disk/other")
    #expect(symlink("../disk", home + "/.cache") == 0)
    let policy = SandboxPolicy(readable: [home + "/.cache/models"])
    let run = try fixture.run(
      "cat ~/.cache/models/x '\(fixture.place)/disk/models/x'; ls -A ~/.cache", policy: policy,
      hidden: [fixture.place + "/disk"])
    #expect(run.tail == "datadatamodels\n")
  }

  @Test func `what is written to the home folder counts`() throws {
    let fixture = try Fixture()
    let budget = Budget(wallSeconds: 300, disk: .mebibytes(4))
    // What is full is seen by looks now and then: it stays full for longer where none fell into that time.
    var outcome: Outcome?
    for seconds in [1, 10, 100] where outcome != .diskFull {
      let fill = "for i in 1 2 3 4 5 6 7 8; do head -c 1000000 /dev/zero > ~/$i || { sleep \(seconds); exit 1; }; done"
      outcome = try fixture.run(fill, budget: budget).outcome
    }
    #expect(outcome == .diskFull)
    let wide = try fixture.run("head -c 30000000 /dev/zero > ~/big && wc -c < ~/big")
    #expect(wide.tail == "30000000\n")
  }

  @Test func `the journal, the history and another attempt's files are out of reach`() throws {
    let fixture = try Fixture()
    try fixture.write("history", to: "repository/.git/config")
    try fixture.write("events", to: "repository/.pawl/journal")
    try fixture.write("other", to: "repository/.pawl/attempts/2/result")
    try fixture.write("mine", to: "repository/.pawl/attempts/1/own")
    let repository = fixture.place + "/repository"
    let own = "repository/.pawl/attempts/1"
    let hidden = [repository, repository + "/.pawl"]
    let files = ["/.git/config", "/.pawl/journal", "/.pawl/attempts/2/result"].map { repository + $0 }
    for file in files {
      for shell in ["cat '\(file)'", "ln -s '\(file)' link; cat link", "rm '\(file)'"] {
        let run = try fixture.run(shell, in: own, hidden: hidden)
        #expect(run.outcome != .exited(code: 0), "\(shell)")
      }
      // Below /tmp, which is private, it may write where the file would be: what counts is the file itself.
      _ = try fixture.run("echo gone > '\(file)'", in: own, hidden: hidden)
      #expect(text(at: file) != nil)
      #expect(text(at: file)?.contains("gone") == false)
    }
    let run = try fixture.run("cat own && pwd && echo new > made", in: own, hidden: hidden)
    #expect(run.outcome == .exited(code: 0))
    #expect(run.tail.hasPrefix("mine"))
    #expect(text(at: "\(fixture.place)/\(own)/made") == "new\n")
    let list = try fixture.run("find '\(repository)' -type f | wc -l", in: own, hidden: hidden)
    #expect(list.tail == "2\n" || list.tail == "3\n")
  }

  @Test func `a link in its folder leads nowhere`() throws {
    let fixture = try Fixture()
    try fixture.write("secret", to: "home/key")
    #expect(symlink(fixture.place + "/home/key", fixture.work + "/link") == 0)
    #expect(symlink("../home/key", fixture.work + "/relative") == 0)
    #expect(try fixture.run("cat link").outcome == .exited(code: 1))
    #expect(try fixture.run("cat relative").outcome == .exited(code: 1))
    #expect(text(at: fixture.work + "/link") == "secret")
  }

  @Test(arguments: ["/etc", "/usr", "/", "/var", "/sys/kernel", "/proc/sys/kernel", "/dev"])
  func `nothing outside its folder can be written`(folder: String) throws {
    let run = try Fixture().run("echo x > \(folder)/pawl-sandbox-test")
    #expect(run.outcome != .exited(code: 0))
    #expect(access("\(folder)/pawl-sandbox-test", F_OK) != 0)
  }

  @Test func `the folder above its own stays as it is`() throws {
    let fixture = try Fixture()
    _ = try fixture.run("echo x > ../planted; rm -rf ../home")
    #expect(access("\(fixture.place)/planted", F_OK) != 0)
    #expect(access("\(fixture.place)/home", F_OK) == 0)
  }

  @Test func `its /tmp is its own`() throws {
    let fixture = try Fixture()
    let name = "/tmp/pawl-\(UInt64.random(in: .min ... .max))"
    #expect(
      try fixture.run("echo x > \(name) && cat \(name) && test -w \"$HOME\" -a -w /dev/shm").outcome == .exited(code: 0)
    )
    #expect(access(name, F_OK) != 0)
    #expect(try fixture.run("cat \(name)").outcome == .exited(code: 1))
  }

  @Test func `the environment is clean, and its descriptors are three`() throws {
    setenv("PAWL_TEST_SECRET", "do-not-show", 1)
    let leak = open("/etc/passwd", O_RDONLY)
    defer { close(leak) }
    let fixture = try Fixture()
    for requirement in [SandboxPolicy.Requirement.full, .none] {
      let run = try Fixture(requirement).run("env; ls /proc/self/fd | wc -l", environment: ["GIVEN": "a b\nc"])
      #expect(!run.tail.contains("do-not-show"))
      #expect(run.tail.contains("GIVEN=a b\nc\n"))
      // 0, 1, 2 and the folder that `ls` reads.
      #expect(run.tail.hasSuffix("\n4\n"))
    }
    let names = try fixture.run("env | cut -d= -f1 | sort | tr '\\n' ' '")
    #expect(names.outcome == .exited(code: 0))
    #expect(names.tail == "HOME LANG PATH PWD TMPDIR ")
  }

  @Test func `it sees and signals no process but its own`() throws {
    let fixture = try Fixture()
    let run = try fixture.run("ls /proc | grep -c '^[0-9]*$'; kill -0 \(getpid())")
    #expect(run.outcome == .exited(code: 1))
    #expect((Int(run.tail.prefix { $0.isNumber }) ?? 99) < 8)
    #expect(try Fixture(.none).run("kill -0 \(getpid())").outcome == .exited(code: 0))
  }

  @Test(
    arguments: [
      "mount -o remount,rw /", "umount /tmp", "mount -t tmpfs none /mnt", "unshare -m true",
      "unshare -Ur -m sh -c 'mount -o remount,rw / && touch /etc/x'", "unshare -Ur -m umount /root /home /run",
      "cat /etc/shadow", "mknod node b 8 0", "chroot / true", "cat /dev/mem", "cat /dev/kmsg",
      "echo 1 > /proc/sysrq-trigger", "kill -9 1 && sleep 0.2 && test -e /proc/1 && exit 1",
    ])
  func `root inside has no power`(shell: String) throws {
    #expect(try Fixture().run(shell).outcome != .exited(code: 0))
  }

  @Test func `all capabilities are gone`() throws {
    let run = try Fixture().run("grep -E 'Cap(Eff|Prm|Inh|Amb)|NoNewPrivs' /proc/self/status | cut -f2 | sort -u")
    // Without new privileges what is left in the bounding set can never be had.
    #expect(run.tail == "0000000000000000\n1\n")
  }

  private func listen() throws -> (Int32, UInt16) {
    #if canImport(Glibc)
      let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let number = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isReady = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(number, pointer, length) == 0 && startListening(number, 8) == 0
          && getsockname(number, pointer, &length) == 0
      }
    }
    try #require(isReady)
    return (number, UInt16(bigEndian: address.sin_port))
  }
}

private func startListening(_ socket: Int32, _ backlog: Int32) -> Int32 { listen(socket, backlog) }
