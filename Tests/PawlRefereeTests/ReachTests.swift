import PawlRefereeProtocol
import Testing

@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Candidates that reach for what is not theirs: the held-out text, the referee, the next attempt, the machine.
@Suite(.serialized) struct ReachTests {
  /// Walks every file that it can see and looks for a line of the held-out text; then scores like any other.
  private static let walk = """
    needle = bytes.fromhex(open("needle").read())
    seen, found = 0, []
    # Without what is large and surely not it; the build folder is walked as far as it is the test's own.
    skipped = ("/proc", "/sys", "/usr", "/opt")
    def places():
        for top in ("/", os.path.dirname(os.getcwd())):
            for folder, names, files in os.walk(top):
                yield folder, files
                names[:] = [name for name in names
                            if name not in (".build", ".git") and os.path.join(folder, name) not in skipped]
    for folder, files in places():
        for name in files:
            path = os.path.join(folder, name)
            try:
                if not os.path.isfile(path) or os.path.getsize(path) > 200_000: continue
                seen += 1
                with open(path, "rb") as file:
                    if needle in file.read(): found.append(path)
            except OSError: pass
    print("looked into", seen > 50, "found", found)

    """

  @Test func `a search of the whole file system does not find the held-out text, unless isolation is off`() throws {
    let place = try CandidatePlace()
    // As hexadecimal digits, or it would find itself.
    let hex = CandidatePlace.text[10_000..<10_060].map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      .joined()
    try place.write(hex, to: "needle")
    let kept = try place.judged(python: Self.walk + "trained(); answer()")
    #expect(kept.output.contains("| looked into True found []"))
    #expect(try kept.result.get().isolation == .full)
    let open = try place.judged(
      python: "print(open(\"\(place.heldOut)\").read()[:4]); trained(); answer()", isolation: .none)
    #expect(open.output.contains("warning: `--isolation none`: the candidate can read the held-out text"))
    #expect(open.output.contains("| " + String(decoding: CandidatePlace.text[..<4], as: UTF8.self)))
    #expect(try open.result.get().isolation == .none)
  }

  @Test func `a compiled candidate sees its libraries, its text and nothing else`() throws {
    let place = try CandidatePlace()
    // The shell stands for it: whatever was linked is found by the loader.
    let libraries = try SharedLibraries.paths(of: "/bin/ls", environment: ["PATH=/usr/bin"])
    #expect(libraries.contains { $0.contains("libc.so") })
    var generator = SystemRandomNumberGenerator()
    let examination = try Examination(text: CandidatePlace.text, context: 32, windows: 20, generator: &generator)
    let candidate = Candidate(
      ["/bin/ls", "-A", "/", "/usr", "/etc", "/dev", "/tmp", place.path], directory: place.path + "/work",
      view: .only(["/bin/ls"] + libraries), threads: 20)
    var run = TrainingRun(
      candidate, examination: examination, budget: TrainingBudget(hardSeconds: 600), seed: 0, isolation: .full)
    let printed = place.path + "/listing"
    run.output = open(printed, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    #expect(throws: LabError.self) { try run.execute() }
    // By folder, as `ls` heads its lists.
    var seen: [String: Set<String>] = [:]
    var folder = ""
    for line in String(decoding: readFile(printed) ?? [], as: UTF8.self).split(separator: "\n") {
      let name = String(line.dropFirst(2))
      if name.hasSuffix(":") {
        folder = String(name.dropLast())
        seen[folder] = []
      } else if !name.isEmpty {
        seen[folder]?.insert(name)
      }
    }
    // Of a folder that leads to what it may see, wherever that lies: the next name on the way, and nothing beside it.
    func ways(in folder: String) -> Set<String> {
      let start = folder == "/" ? "/" : folder + "/"
      let visible = ["/bin/ls", "/etc/ld.so.cache", place.path + "/work"] + libraries
      return Set(
        visible.compactMap { path in
          guard path.hasPrefix(start) else { return nil }
          return path.dropFirst(start.count).split(separator: "/").first.map(String.init)
        })
    }
    #expect(try #require(seen["/"]).isSuperset(of: ["proc", "tmp", "dev", "etc", "bin"]))
    #expect(try #require(seen["/"]).isSubset(of: ways(in: "/").union(["proc", "tmp", "dev"])))
    #expect(seen["/etc"] == ways(in: "/etc"))
    #expect(seen["/tmp"] == ways(in: "/tmp").union(["home"]))
    #expect(try #require(seen["/dev"]).contains("null"))
    #expect(seen[place.path] == ["work"])
    if let usr = seen["/usr"] { #expect(usr.isSubset(of: ways(in: "/usr"))) }
  }

  @Test func `neither the referee's memory nor its descriptors can be read`() throws {
    let error = try CandidatePlace().judged(
      python: """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        # Process 1 is `bwrap`, which holds nothing: no pipe but the candidate's own, and no capability.
        others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]
        def opened(path):
            try: os.open(path, os.O_RDWR); return True
            except OSError: return False
        print("parent", os.getppid(), "memory", [name for name in others if opened(f"/proc/{name}/mem")])
        print("attached", [pid for pid in range(2, 4000) if pid != os.getpid() and libc.ptrace(16, pid, None, None) == 0])
        pipes = []
        for name in others:
            try: pipes += os.listdir(f"/proc/{name}/fd")
            except OSError: pass
        print("descriptors", pipes)
        print("own", sorted(int(name) for name in os.listdir("/proc/self/fd"))[:5])
        try: os.read(4, 1); print("the answers can be read")
        except OSError: print("the answers cannot be read")
        sys.exit(9)
        """)
    for line in [
      "parent 1 memory []", "attached []", "descriptors []", "own [0, 1, 2, 3, 4]", "the answers cannot be read",
    ] {
      #expect(error.output.contains("| " + line + "\n"), "\(error.output)")
    }
    #expect(try error.failure().code == .trainingFailed)
  }

  @Test func `without a sandbox the referee's memory is out of reach for its own user, if not for root`() throws {
    let judged = try CandidatePlace().judged(
      python: """
        try:
            os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY); print("open", os.geteuid())
        except OSError: print("closed")
        sys.exit(9)
        """, isolation: .none)
    #expect(judged.output.contains("| closed") || judged.output.contains("| open 0"))
    _ = try judged.failure()
  }

  @Test func `nothing is left for the next attempt but in its own folder`() throws {
    let place = try CandidatePlace()
    let leave = """
      for path in ["/tmp/left", "/dev/shm/left", "/var/tmp/left", os.environ["HOME"] + "/left", "/usr/left"]:
          print(path, "is there" if os.path.exists(path) else "is not there")
          try: open(path, "w").write("weights")
          except OSError: pass
      trained(); answer()
      """
    for _ in 0..<2 {
      let judged = try place.judged(python: leave)
      #expect(judged.output.contains("| /tmp/left is not there") && !judged.output.contains("is there\n"))
      _ = try judged.result.get()
    }
  }

  @Test func `a thousand threads give no metric`() throws {
    let error = try CandidatePlace().judged(
      python: """
        import threading, time
        threading.stack_size(65536)
        for _ in range(1000): threading.Thread(target=time.sleep, args=(500,), daemon=True).start()
        # The threads are counted now and then: it must not be done between two looks.
        time.sleep(500); trained(); answer()
        """
    ).failure()
    #expect(error.code == .trainingFailed)
    #expect(error.message.contains("started more than 200 threads") || error.message.contains("exit code `1`"))
  }

  @Test func `more memory than was given, and more disk, give no metric`() throws {
    let place = try CandidatePlace()
    let memory = try place.judged(python: "x = bytearray(400 << 20); trained(); answer()", memoryBytes: 200 << 20)
      .failure()
    #expect(memory.code == .trainingFailed && memory.message.hasPrefix("the candidate ran out of memory"))
    let disk = try place.judged(
      python: "open('big', 'wb').write(bytes(100 << 20)); trained(); answer()", diskBytes: 20 << 20
    ).failure()
    #expect(disk.code == .trainingFailed)
  }

  @Test func `the network is not there`() throws {
    let judged = try CandidatePlace().judged(
      python: """
        import socket
        try: socket.create_connection(("127.0.0.1", 22), 1); print("connected")
        except OSError as error: print("no network")
        print(os.listdir("/sys/class/net") if os.path.exists("/sys/class/net") else [])
        trained(); answer()
        """)
    #expect(judged.output.contains("| no network"))
  }
}
