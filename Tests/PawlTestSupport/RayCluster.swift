public import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A real Ray with one node, this machine, on ports and in a folder of its own; stopped with the object.
public final class RayCluster {
  /// Why there is none here, as tests show it that are skipped.
  public static let need: Comment =
    "set PAWL_RAY to the `ray` program (pip install 'ray[default]') to run these; never in CI"

  private static var program: String? { getenv("PAWL_RAY").map { String(cString: $0) } }
  public static var isPossible: Bool { getenv("CI") == nil && program.map { access($0, X_OK) == 0 } == true }

  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Short: Ray has sockets below it, whose names have no room for more.
  public let place: String
  public let address: String
  private let ports: [UInt16]
  private let cores: Int
  private var process: RunningProgram?

  /// - Parameters:
  ///   - cores: that it is told to have.
  public init(cores: Int) throws {
    var template = Array("/tmp/pr.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(description: "no temporary folder") }
    place = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    ports = try (0..<5).map { _ in try freePort() }
    address = "http://127.0.0.1:\(ports[0])"
    self.cores = cores
    try start()
  }

  /// Starts it, with no job that it knows of; returns before its dashboard answers.
  public func start() throws {
    guard let program = Self.program else { throw Failure(description: "no `ray`") }
    let options = [
      "start", "--head", "--block", "--node-ip-address=127.0.0.1", "--dashboard-host=127.0.0.1",
      "--dashboard-port=\(ports[0])", "--port=\(ports[1])", "--dashboard-agent-listen-port=\(ports[2])",
      "--dashboard-agent-grpc-port=\(ports[3])", "--metrics-export-port=\(ports[4])", "--include-dashboard=true",
      "--temp-dir=\(place)", "--num-cpus=\(cores)", "--num-gpus=0", "--memory=\(8 << 30)",
      "--object-store-memory=\(100 << 20)", "--disable-usage-stats",
    ]
    let environment = [
      "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(place)", "LANG=C.UTF-8", "RAY_USAGE_STATS_ENABLED=0",
      "PYTHONUNBUFFERED=1",
    ]
    process = RunningProgram(
      program, options, environment: environment, directory: place, captureIn: "\(place)/start")
    guard let process else { throw Failure(description: "`\(program)` did not start") }
    guard eventually(seconds: 120, { process.output.contains("Ray runtime started") || process.hasEnded }),
      !process.hasEnded
    else { throw Failure(description: "Ray does not come up: \(process.output) \(process.messages)") }
  }

  /// Stops it and all that runs in it, as a machine that goes down would; a later `start` knows of no job.
  public func stop() {
    guard let process else { return }
    process.kill(SIGTERM)
    // All that it starts stays in its session, but for the jobs, which end themselves when it is gone.
    if !eventually(seconds: 20, { members(of: process.process).isEmpty }) {
      for member in members(of: process.process) { kill(member, SIGKILL) }
    }
    _ = process.wait(seconds: 20)
    self.process = nil
  }

  private func members(of session: pid_t) -> [pid_t] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var found: [pid_t] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let id = pid_t(name), let text = fileText("/proc/\(id)/stat"), let end = text.lastIndex(of: ")") else {
        continue
      }
      // proc(5): state, parent, group, session.
      let fields = text[end...].split(separator: " ")
      if fields.count > 4, fields[1] != "Z", pid_t(fields[4]) == session { found.append(id) }
    }
    return found
  }

  deinit {
    stop()
    _ = RunningProgram("/bin/rm", ["-rf", place], environment: [], directory: "/tmp", captureIn: "\(place)-rm")?.wait()
  }
}
