#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writes loose objects and refs through git processes that are kept alive: about 0.2 ms an object, against 2 ms a process.
struct ObjectWriter: Sendable {
  private let blobs: GitHelper
  private let trees: GitHelper
  private let commits: GitHelper
  private let refs: GitHelper

  /// All processes, for tests that kill them.
  var helpers: [GitHelper] { [blobs, trees, commits, refs] }

  init(_ program: GitProgram) {
    func hasher(_ type: String) -> GitHelper {
      let arguments = GitProgram.orderedWrites + ["hash-object", "-t", type, "-w", "--no-filters", "--stdin-paths"]
      return GitHelper(program, arguments, scratch: true)
    }
    blobs = hasher("blob")
    trees = hasher("tree")
    commits = hasher("commit")
    refs = GitHelper(program, GitProgram.orderedWrites + ["update-ref", "--stdin"])
  }

  func blob(_ content: [UInt8]) throws(WorkspaceError) -> ObjectName { try write(content, blobs) }
  func tree(_ items: [TreeItem]) throws(WorkspaceError) -> ObjectName { try write(TreeFormat.bytes(items), trees) }
  func commit(_ content: [UInt8]) throws(WorkspaceError) -> ObjectName { try write(content, commits) }

  /// Sets a ref, whatever it was before.
  func setRef(_ ref: String, _ commit: ObjectName) throws(WorkspaceError) {
    try refs.exchange { (channel) throws(HelperDied) in
      try channel.send("start\nupdate \(ref) \(commit.hex)\ncommit\n")
      guard try channel.line() == "start: ok", try channel.line() == "commit: ok" else { throw HelperDied() }
    }
  }

  private func write(_ content: [UInt8], _ helper: GitHelper) throws(WorkspaceError) -> ObjectName {
    try helper.exchange { (channel) throws(HelperDied) -> ObjectName in
      guard let scratch = channel.scratch else { throw HelperDied() }
      guard ftruncate(scratch.number, 0) == 0, lseek(scratch.number, 0, SEEK_SET) == 0 else { throw HelperDied() }
      var written = 0
      while written < content.count {
        let count = content.withUnsafeBytes {
          pwrite(scratch.number, $0.baseAddress.map { $0 + written }, content.count - written, off_t(written))
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw HelperDied() }
        written += count
      }
      #if os(Linux)
        try channel.send("/proc/self/fd/3\n")
      #else
        try channel.send("/dev/fd/3\n")
      #endif
      guard let name = ObjectName(hex: try channel.line()) else { throw HelperDied() }
      return name
    }
  }
}
