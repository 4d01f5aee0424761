import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A git repository and a home folder of their own for one test, removed with it; knows how to call `pawl` there.
public final class TemporaryRepository {
  /// Everything below is the test's.
  public let place: String
  public let root: String
  public let home: String
  private var captures = 0

  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Makes the repository with these files in its first commit; with no files it has no commit.
  public init(_ files: [String: String], named name: String = "repo") throws {
    var template = Array("/tmp/pawl-e2e.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(description: "no temporary folder") }
    place = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    root = "\(place)/\(name)"
    home = "\(place)/home"
    mkdir(home, 0o700)
    mkdir(root, 0o700)
    try git("init", "-q", "-b", "main")
    for (path, text) in files { try write(text, to: path) }
    if !files.isEmpty { try commit("start") }
  }

  deinit { shell("chmod -R u+rwX '\(place)'; rm -rf '\(place)'") }

  public func write(_ text: String, to path: String) throws {
    let whole = path.hasPrefix("/") ? path : "\(root)/\(path)"
    var folder = whole
    if let slash = folder.lastIndex(of: "/") { folder = String(folder[..<slash]) }
    shell("mkdir -p '\(folder)'")
    guard let file = fopen(whole, "wb") else { throw Failure(description: "cannot write `\(whole)`") }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, file)
  }

  public func read(_ path: String) -> String? { fileText(path.hasPrefix("/") ? path : "\(root)/\(path)") }
  public func exists(_ path: String) -> Bool {
    access(path.hasPrefix("/") ? path : "\(root)/\(path)", F_OK) == 0
  }

  public func commit(_ message: String) throws {
    try git("add", "-A")
    try git("commit", "-q", "-m", message)
  }

  /// Runs git and returns what it printed, without the last line break.
  @discardableResult
  public func git(_ arguments: String...) throws -> String {
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "protocol.file.allow=always"]
    let run = call("/usr/bin/env", ["git"] + identity + arguments)
    guard run.code == 0 else { throw Failure(description: "git \(arguments): \(run.messages)") }
    return run.output.hasSuffix("\n") ? String(run.output.dropLast()) : run.output
  }

  /// Runs a shell command in the repository; one that does not run to its end is an issue of the test.
  @discardableResult
  public func shell(_ command: String) -> ProgramRun {
    let run = call("/bin/sh", ["-c", command])
    if run.signal != 0 { Issue.record("`\(command)` did not run to its end: signal \(run.signal), \(run.messages)") }
    return run
  }

  /// Runs `pawl` to its end.
  @discardableResult
  public func pawl(
    _ arguments: String..., environment: [String: String] = [:], directory: String? = nil
  ) -> ProgramRun {
    start(arguments, environment: environment, directory: directory)?.wait() ?? Self.notStarted
  }

  /// Starts `pawl` and does not wait for it.
  public func start(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil, input: String = "/dev/null"
  ) -> RunningProgram? {
    captures += 1
    return RunningProgram(
      Self.program, arguments, environment: variables(environment), directory: directory ?? root,
      captureIn: "\(place)/call-\(captures)", input: input)
  }

  /// Writes a `pawl.yaml` by `pawl init` for the given command, and returns what that said; foreign load is ignored in it.
  @discardableResult
  public func initialise(
    command: String = "sh train.sh", metric: String = "loss", editable: String = "train.sh", _ more: String...
  ) -> ProgramRun {
    let run =
      start(
        ["init", "--command", command, "--metric", metric, "--direction", "minimize", "--editable", editable] + more)?
      .wait() ?? Self.notStarted
    ignoreForeignLoad()
    return run
  }

  /// Sets in a `pawl.yaml` as `pawl init` wrote it that what else runs on the machine counts for nothing.
  ///
  /// Tests run beside others: how many attempts a study makes must not depend on them.
  public func ignoreForeignLoad() { shell("sed -i 's/^# foreign_load: repeat/foreign_load: ignore/' pawl.yaml") }

  /// Sets keys in `pawl.yaml` that stand there as comments, at their defaults.
  public func configure(_ values: [(key: String, value: String)]) throws {
    guard let yaml = read("pawl.yaml") else { throw Failure(description: "there is no pawl.yaml") }
    var lines = yaml.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (key, value) in values {
      let start = "# \(key):"
      let place = lines.firstIndex { $0.drop { $0 == " " }.hasPrefix(start) }
      guard let place else { throw Failure(description: "no commented key `\(key)` in pawl.yaml") }
      lines[place] = "\(lines[place].prefix { $0 == " " })\(key): \(value)"
    }
    try write(lines.joined(separator: "\n"), to: "pawl.yaml")
  }

  private func call(_ path: String, _ arguments: [String]) -> ProgramRun {
    captures += 1
    return RunningProgram(
      path, arguments, environment: variables([:]), directory: root, captureIn: "\(place)/call-\(captures)")?.wait()
      ?? Self.notStarted
  }

  private func variables(_ added: [String: String]) -> [String] {
    // Not the caller's: what `pawl init` writes depends on it.
    let own = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", "USER": "tester"]
    return own.merging(added) { _, new in new }.map { "\($0.key)=\($0.value)" }.sorted()
  }

  private static let notStarted = ProgramRun(code: -1, signal: -1, output: "", messages: "it did not start")

  /// The `pawl` that was built with these tests: it lies in the same folder as the program that runs them.
  public static let program: String = {
    guard let real = realpath("/proc/self/exe", nil) else { return "pawl" }
    defer { free(real) }
    let parts = String(cString: real).split(separator: "/")
    for length in stride(from: parts.count - 1, to: 0, by: -1) {
      let candidate = "/" + parts.prefix(length).joined(separator: "/") + "/pawl"
      var status = stat()
      if stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(candidate, X_OK) == 0 {
        return candidate
      }
    }
    return "pawl"
  }()
}

/// A script that needs nothing but `sh`: two knobs that matter, two that do not, a little noise from the seed, and the optimum at depth 8, width 24.
public enum TrainingScript {
  public static func shell(before: String = ":") -> String {
    """
    #!/bin/sh
    depth=4
    width=16
    batch=100
    warmup=37
    \(before)
    loss=$(((depth - 8) * (depth - 8) * 10000 + (width - 24) * (width - 24) * 500 + ${PAWL_SEED:-0} % 1000 + 1000000))
    echo "depth $depth, width $width, seed $PAWL_SEED"
    echo ---
    printf 'loss: %d.%06d\\n' $((loss / 1000000)) $((loss % 1000000))

    """
  }
}
