import CPawlSystem
import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How attempts are kept in on this host.
enum Isolation: Sendable, Hashable {
  case bubblewrap(Bubblewrap)
  /// A session of its own, and nothing that hides the host.
  case session
}

/// `bwrap`, and what the kernel lets it do here.
struct Bubblewrap: Sendable, Hashable {
  let program: String
  /// A network without any interface but loopback.
  var network = true
  /// A procfs of its own. The kernel gives none inside of another sandbox, whose own is covered in part: /proc is empty then.
  var processes = true
  /// Another user inside than root. Root without capabilities could not make a sandbox of its own (user_namespaces(7),
  /// CAP_SETFCAP), and a referee that runs as an attempt has to.
  var unprivileged = false
}

/// A started attempt.
struct Launched {
  /// Our own child: `bwrap`, or the shell itself.
  let child: pid_t
  /// -1 where the kernel has no such thing.
  let childHandle: Descriptor
  /// Process 1 of the sandbox.
  let initial: pid_t?
  let initialHandle: Descriptor
  /// Holds one byte until `bwrap` has laid out the sandbox and takes it.
  let gate: Pipe?
  /// As the attempt has it.
  let home: String
  /// What `bwrap` reports; ends when it does.
  let status: Descriptor
  let report: [UInt8]
  let group: ControlGroup?
  let mark: String
  /// Whether the attempt has a procfs of its own, which then lists its processes only.
  var ownsTable = false

  /// Whether the command can have begun: before, process 1 still sees the host's files and processes.
  var isLaidOut: Bool { gate.map { pawl_waiting_bytes($0.reading.number) == 0 } ?? true }

  /// What `bwrap` reported after `report`; to be asked for once it has ended.
  func restOfReport() -> [UInt8] { contents(of: status.number, limit: 4096) ?? [] }
}

/// How a launch came out.
enum LaunchResult {
  case launched(Launched)
  /// A lowercase fragment that says why it did not start.
  case failed(String)
}

/// Starts one command; the output goes to `output`.
struct Launch {
  let host: Host
  let isolation: Isolation
  let groups: ControlGroups
  let serial: UInt64
  let cores: Int

  /// - Parameter channel: what the command gets as 3 and 4; -1 for none.
  func start(
    _ command: SandboxedCommand, output: Int32, channel: (reading: Int32, writing: Int32) = (-1, -1)
  ) throws(SandboxError) -> LaunchResult {
    guard let input = Descriptor.open("/dev/null", O_RDONLY) else { throw .noDescriptors(errno) }
    switch isolation {
    case .bubblewrap(let bubblewrap):
      return try startBubblewrap(command, bubblewrap, input: input, output: output, channel: channel)
    case .session: return startSession(command, input: input, output: output, channel: channel)
    }
  }

  private func startBubblewrap(
    _ command: SandboxedCommand, _ bubblewrap: Bubblewrap, input: Descriptor, output: Int32,
    channel: (reading: Int32, writing: Int32)
  ) throws(SandboxError) -> LaunchResult {
    guard var status = Pipe(), let block = Pipe() else { throw .noDescriptors(errno) }
    let layout = BubblewrapArguments(host: host, bubblewrap: bubblewrap, statusDescriptor: 5, blockDescriptor: 6)
    let options = layout.options(for: command)
    // Not on the command line, where every user of the machine could read the environment.
    let arguments = Descriptor(pawl_memory_file("pawl-arguments"))
    guard arguments.number >= 0 else { throw .noDescriptors(errno) }
    var bytes = [UInt8]()
    for option in options { bytes += Array(option.utf8) + [0] }
    guard bytes.withUnsafeBytes({ writeAll(arguments.number, $0) }) == 0, lseek(arguments.number, 0, SEEK_SET) == 0
    else { throw .noDescriptors(errno) }

    var request = pawl_spawn_request()
    (request.input, request.output, request.error) = (input.number, output, output)
    request.kept = (
      channel.reading, channel.writing, status.writing?.number ?? -1, block.reading.number, arguments.number
    )
    limit(&request, command.budget)
    let home = layout.home(of: command)
    let spawned = withExtendedLifetime((input, status, block, arguments)) {
      spawn(
        request, on: command.cores, bubblewrap.program,
        [Leftovers.programName, "--args", "7", "--"] + command.arguments,
        environment: environment(home: home, temporary: "/tmp", [:]))
    }
    let child: pid_t
    switch spawned {
    case .success(let started): child = started
    case .failure(let error): return .failed("`\(bubblewrap.program)` does not start: \(error)")
    }
    status.closeWriting()
    let childHandle = Descriptor(pawl_pidfd_open(child))

    // `bwrap` names its first process and then waits for a byte, so the process cannot be gone yet.
    let report = readLine(status.reading.number)
    let initial = StatusReport(parsing: report).child
    let initialHandle = Descriptor(initial.map { pawl_pidfd_open($0) } ?? -1)
    var group: ControlGroup?
    if let initial {
      let made = ControlGroup(
        in: groups, budget: command.budget, threads: command.threads, serial: serial, cores: cores)
      if let made, made.add(initial) { group = made }
      // Counts per user and namespace, and never for root.
      if !host.isRoot, let most = command.budget.processes {
        let tasks = ControlGroup.tasks(processes: most, threads: command.threads, cores: cores)
        _ = pawl_limit_processes(initial, UInt64(tasks))
      }
    }
    if let writing = block.writing { _ = [UInt8(1)].withUnsafeBytes { writeAll(writing.number, $0) } }
    return .launched(
      Launched(
        child: child, childHandle: childHandle, initial: initial, initialHandle: initialHandle, gate: block, home: home,
        status: status.reading, report: report, group: group, mark: "", ownsTable: bubblewrap.processes))
  }

  private func startSession(
    _ command: SandboxedCommand, input: Descriptor, output: Int32, channel: (reading: Int32, writing: Int32)
  ) -> LaunchResult {
    let words = command.arguments
    guard let name = words.first, let program = name.contains("/") ? name : host.program(name) else {
      return .failed("`\(words.first ?? "")` is not on PATH")
    }
    var request = pawl_spawn_request()
    (request.input, request.output, request.error) = (input.number, output, output)
    request.kept = (channel.reading, channel.writing, -1, -1, -1)
    limit(&request, command.budget)
    let mark = "\(getpid())-\(serial)"
    var added = command.environment
    added[ProcessTree.markName] = mark
    let spawned = command.directory.withCString { directory in
      request.directory = directory
      return withExtendedLifetime(input) {
        spawn(
          request, on: command.cores, program, words,
          environment: environment(home: host.home, temporary: host.temporary, added))
      }
    }
    switch spawned {
    case .success(let child):
      return .launched(
        Launched(
          child: child, childHandle: Descriptor(pawl_pidfd_open(child)), initial: nil, initialHandle: Descriptor(-1),
          gate: nil, home: host.home,
          status: Descriptor(-1), report: [], group: nil, mark: mark))
    case .failure(let error): return .failed("`\(program)` does not start in `\(command.directory)`: \(error)")
    }
  }

  private func environment(home: String, temporary: String, _ added: [String: String]) -> [String] {
    let clean = ["PATH": host.path, "HOME": home, "TMPDIR": temporary, "LANG": "C.UTF-8"]
    return clean.merging(added) { _, new in new }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  private func limit(_ request: inout pawl_spawn_request, _ budget: Budget) {
    // Whole seconds, one more than asked, since the watcher knows better; this one holds when it is starved.
    request.cpu_seconds = budget.cpuSeconds.map { $0 < 1e9 ? UInt64(max(0, $0)) + 2 : .max } ?? .max
    request.file_bytes = budget.disk.map { UInt64(clamping: $0.count) } ?? .max
    request.die_with_parent = 1
  }
}

/// Reads up to the first newline, or the end.
private func readLine(_ descriptor: Int32) -> [UInt8] {
  var bytes = [UInt8]()
  var chunk = [UInt8](repeating: 0, count: 512)
  while !bytes.contains(UInt8(ascii: "\n")) {
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { break }
    bytes += chunk.prefix(count)
  }
  return bytes
}

private func spawn(
  _ request: pawl_spawn_request, on cores: [Int], _ path: String, _ arguments: [String], environment: [String]
) -> Result<pid_t, SystemError> {
  withStrings(arguments) { argv in
    withStrings(environment) { envp in
      path.withCString { path in
        var request = request
        request.path = path
        request.argv = argv
        request.envp = envp
        var child: pid_t = 0
        let number = withCoreWords(cores) { words in
          request.core_words = words.baseAddress
          request.core_word_count = words.count
          return pawl_spawn(&request, &child)
        }
        return number == 0 ? .success(child) : .failure(SystemError(number: number))
      }
    }
  }
}

/// Calls `body` with a null-terminated array of C strings; a string ends at its first NUL.
private func withStrings<Value>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
  let copies = strings.map { strdup($0) } + [nil]
  defer { for copy in copies { free(copy) } }
  return copies.withUnsafeBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return withStrings([""], body) }
    return body(base)
  }
}

/// What `bwrap --json-status-fd` said: one object a line.
struct StatusReport {
  let child: pid_t?
  /// Absent unless the command was really started.
  let exitCode: Int32?

  init(parsing bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    func number(after key: String) -> Int32? {
      guard let range = text.firstRange(of: "\"\(key)\": ") else { return nil }
      return Int32(text[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
    }
    child = number(after: "child-pid").flatMap { $0 > 1 ? $0 : nil }
    exitCode = number(after: "exit-code")
  }
}

extension SandboxError {
  static func noDescriptors(_ number: Int32) -> SandboxError {
    SandboxError(
      .resources, "no descriptors or memory are left for a sandbox", hints: ["lower `workers` in pawl.yaml"],
      errno: number)
  }
}

/// Calls `body` with the cores' bits as sched_setaffinity(2) takes them; with no words where there is no core.
private func withCoreWords<Value>(_ cores: [Int], _ body: (UnsafeBufferPointer<UInt64>) -> Value) -> Value {
  let known = cores.filter { (0..<65_536).contains($0) }
  guard let last = known.max() else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
  var words = [UInt64](repeating: 0, count: last / 64 + 1)
  for core in known { words[core / 64] |= 1 << UInt64(core % 64) }
  return words.withUnsafeBufferPointer(body)
}
