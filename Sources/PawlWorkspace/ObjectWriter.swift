#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writes loose objects and refs through git processes that are kept alive: about 0.2 ms an object, against 2 ms a process.
struct ObjectWriter: Sendable {
  private let blobs: GitProcess
  private let trees: GitProcess
  private let commits: GitProcess
  private let refs: GitProcess

  /// All processes, for tests that kill them.
  var processes: [GitProcess] { [blobs, trees, commits, refs] }

  init(_ program: GitProgram) {
    func hasher(_ type: String) -> GitProcess {
      let arguments = GitProgram.orderedWrites + ["hash-object", "-t", type, "-w", "--no-filters", "--stdin-paths"]
      return GitProcess(program, arguments, scratch: true)
    }
    blobs = hasher("blob")
    trees = hasher("tree")
    commits = hasher("commit")
    refs = GitProcess(program, GitProgram.orderedWrites + ["update-ref", "--stdin"])
  }

  func blob(_ content: [UInt8]) throws(WorkspaceError) -> ObjectName { try write(content, blobs) }
  func tree(_ items: [TreeItem]) throws(WorkspaceError) -> ObjectName { try write(TreeFormat.bytes(items), trees) }
  func commit(_ content: [UInt8]) throws(WorkspaceError) -> ObjectName { try write(content, commits) }

  /// Sets a ref, whatever it was before.
  func setRef(_ ref: String, _ commit: ObjectName) throws(WorkspaceError) {
    try refs.exchange { (channel) throws(GitProcessDied) in
      try channel.send("start\nupdate \(ref) \(commit.hex)\ncommit\n")
      guard try channel.line() == "start: ok", try channel.line() == "commit: ok" else { throw GitProcessDied() }
    }
  }

  private func write(_ content: [UInt8], _ process: GitProcess) throws(WorkspaceError) -> ObjectName {
    try process.exchange { (channel) throws(GitProcessDied) -> ObjectName in
      guard let scratch = channel.scratch else { throw GitProcessDied() }
      guard ftruncate(scratch.number, 0) == 0, lseek(scratch.number, 0, SEEK_SET) == 0 else { throw GitProcessDied() }
      var written = 0
      while written < content.count {
        let count = content.withUnsafeBytes {
          pwrite(scratch.number, $0.baseAddress.map { $0 + written }, content.count - written, off_t(written))
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw GitProcessDied() }
        written += count
      }
      #if os(Linux)
        try channel.send("/proc/self/fd/3\n")
      #else
        try channel.send("/dev/fd/3\n")
      #endif
      guard let name = ObjectName(hex: try channel.line()) else { throw GitProcessDied() }
      return name
    }
  }
}
