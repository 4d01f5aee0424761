import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a Pawl that was killed can leave behind.
///
/// `bwrap` asks to die with its parent, but its first process inside does so only after it has waited for a word from outside. When
/// both are killed in that instant, the word never comes: it waits for ever, before it has run anything. Seen with bubblewrap 0.8.
enum Leftovers {
  /// The name under which `bwrap` is started, so that only what we started is ever ended.
  static let programName = "pawl-bwrap"

  /// Ends first processes whose `bwrap` is gone: the system's own first process has adopted them.
  static func end() {
    guard let table = ProcessTable(path: "/proc") else { return }
    for status in table.statuses() where status.parent == 1 && !status.isZombie {
      guard let line = table.read("\(status.identifier)/cmdline", limit: 256),
        line.starts(with: Array(programName.utf8) + [0])
      else { continue }
      table.signal(status.identifier, SIGKILL)
    }
  }
}
