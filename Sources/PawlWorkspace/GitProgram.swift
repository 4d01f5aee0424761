import CPawlSystem
import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How `git` is started: always with the same clean environment and with everything off that could run the user's code.
struct GitProgram: Sendable {
  /// The folder that git works in.
  let root: String

  /// What a finished git process left.
  struct Finished {
    let code: Int32
    let output: [UInt8]
    let complaint: String
    var text: String { String(decoding: output, as: UTF8.self) }
    /// The output without its last line break.
    var line: String { output.last == 0x0a ? String(decoding: output.dropLast(), as: UTF8.self) : text }
  }

  /// Written objects and refs reach the disk before their names do, without a flush of the disk's cache: after a power cut each is
  /// there whole or not there, and Pawl makes again what is not there (git-config(1), core.fsyncMethod).
  static let orderedWrites = ["-c", "core.fsync=loose-object,reference", "-c", "core.fsyncMethod=writeout-only"]
  /// Written objects and refs are on the disk when git is done.
  static let durableWrites = ["-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"]

  private static let configuration = [
    "core.fsmonitor=", "core.hooksPath=/dev/null", "core.untrackedCache=keep", "core.quotePath=false",
    "core.splitIndex=false", "core.safecrlf=false",
    // Otherwise each commit is looked up as a branch and a tag of that name first.
    "core.warnAmbiguousRefs=false",
    "core.logAllRefUpdates=true", "commit.gpgSign=false", "gc.auto=0", "maintenance.auto=false",
    "advice.addEmbeddedRepo=false", "submodule.recurse=false",
  ]
  /// All that git may see of Pawl's own environment: no `GIT_*` variable, no key, no proxy.
  private static let inherited = [
    "PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "USER", "LOGNAME", "SUDO_UID", "LD_LIBRARY_PATH",
  ]
  private static let fixed = [
    "LC_ALL=C", "TZ=UTC", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1",
    "GIT_NO_LAZY_FETCH=1", "GIT_LITERAL_PATHSPECS=1", "GIT_PAGER=cat", "GIT_AUTHOR_NAME=Pawl",
    "GIT_AUTHOR_EMAIL=pawl@localhost", "GIT_COMMITTER_NAME=Pawl", "GIT_COMMITTER_EMAIL=pawl@localhost",
  ]

  /// Runs git to its end and returns what it printed, whatever its exit code was.
  ///
  /// - Parameter input: what it reads; nil for nothing.
  func run(
    _ arguments: [String], environment: [String] = [], input: Descriptor? = nil
  ) throws(WorkspaceError) -> Finished {
    let complaints = try Descriptor.anonymousFile()
    let source: Descriptor
    if let input { source = input } else { source = try Descriptor.open("/dev/null", O_RDONLY) }
    let (reading, writing) = try Descriptor.pipe()
    let pid = try start(
      arguments, environment: environment, input: source, output: writing, complaints: complaints, extra: nil)
    writing.close()
    var output: [UInt8] = []
    let failure: WorkspaceError?
    do throws(WorkspaceError) {
      output = try reading.readAll()
      failure = nil
    } catch {
      failure = error
    }
    reading.close()
    let code = Self.reap(pid)
    if let failure { throw failure }
    return Finished(code: code, output: output, complaint: Self.complaint(in: complaints))
  }

  /// Runs git and returns what it printed; any exit code but 0 is an error that quotes git's last line.
  func demand(_ arguments: [String], environment: [String] = []) throws(WorkspaceError) -> Finished {
    let finished = try run(arguments, environment: environment)
    guard finished.code == 0 else { throw failure(of: arguments, finished) }
    return finished
  }

  func failure(of arguments: [String], _ finished: Finished) -> WorkspaceError {
    let name = arguments.first { !$0.hasPrefix("-") && !$0.contains("=") } ?? "git"
    return Self.failure(name: name, code: finished.code, complaint: finished.complaint, root: root)
  }

  static func failure(name: String, code: Int32, complaint: String, root: String) -> WorkspaceError {
    if complaint.contains("dubious ownership") || complaint.contains("unsafe repository") {
      return WorkspaceError(
        .unsafeOwnership, "the repository at `\(root)` belongs to another user, so git refuses to use it",
        hints: ["if you trust it: `git config --global --add safe.directory '\(root)'`"])
    }
    let lines = complaint.split(separator: "\n")
    let said =
      (lines.first { $0.hasPrefix("fatal: ") || $0.hasPrefix("error: ") } ?? lines.last).map { ": \($0)" } ?? ""
    return WorkspaceError(.gitFailed, "`git \(name)` failed with code \(code) in `\(root)`\(said)")
  }

  /// Starts git with the given descriptors as its 0, 1, 2 and 3; the caller closes its own copies and reaps it.
  func start(
    _ arguments: [String], environment: [String], input: Descriptor, output: Descriptor, complaints: Descriptor,
    extra: Descriptor?
  ) throws(WorkspaceError) -> pid_t {
    var words = ["git", "-C", root, "--no-pager"]
    for setting in Self.configuration { words += ["-c", setting] }
    words += arguments
    var variables = Self.fixed
    for name in Self.inherited {
      if let value = getenv(name) { variables.append("\(name)=\(String(cString: value))") }
    }
    variables += environment
    let argv = words.map { strdup($0) } + [nil]
    let envp = variables.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let descriptors = [input.number, output.number, complaints.number, extra?.number ?? -1]
    let error = pawl_workspace_spawn(&pid, argv, envp, descriptors)
    guard error == 0 else {
      if error == ENOENT {
        throw WorkspaceError(.gitMissing, "there is no `git` program in PATH", hints: ["install git 2.30 or newer"])
      }
      throw WorkspaceError(.gitFailed, "`git` could not be started", cause: SystemError(number: error))
    }
    return pid
  }

  /// Waits for the process and returns its exit code, or 128 plus the signal that ended it.
  static func reap(_ pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      guard errno == EINTR else { return 127 }
    }
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }

  static func complaint(in file: Descriptor) -> String {
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = bytes.withUnsafeMutableBytes { pread(file.number, $0.baseAddress, $0.count, 0) }
    var text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    return text
  }
}
