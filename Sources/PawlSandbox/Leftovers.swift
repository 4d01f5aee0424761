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
  private static let prefix = "pawl-bwrap-"

  /// The name under which this process starts `bwrap`: it tells what is ours, and whose.
  static let programName = "\(prefix)\(getpid())"

  /// Ends what was started by a Pawl that is gone.
  static func end() {
    guard let table = ProcessTable(path: "/proc") else { return }
    for status in table.statuses() where !status.isZombie {
      guard let line = table.read("\(status.identifier)/cmdline", limit: 256),
        let starter = starter(of: line), kill(starter, 0) != 0, errno == ESRCH
      else { continue }
      table.signal(status.identifier, SIGKILL)
    }
  }

  /// Returns the process that started a `bwrap` with this command line, or nil for any other program.
  static func starter(of commandLine: [UInt8]) -> pid_t? {
    let name = String(decoding: commandLine.prefix { $0 != 0 }, as: UTF8.self)
    return name.hasPrefix(prefix) ? pid_t(name.dropFirst(prefix.count)) : nil
  }
}
