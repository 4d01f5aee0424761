internal import CSQLite
public import PawlCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A study's append-only record of what happened: the truth that everything else is folded from.
///
/// One writer, serialised by a lock; every call blocks its thread, so keep it off the threads that run Swift tasks.
public final class Journal: Sendable {
  private struct State {
    var writer: Writer?
    var lastSequence: Int64
  }

  /// Answers queries beside this writer.
  public let reader: JournalReader
  private let state: Locked<State>
  private let path: String

  private init(folder: String, lock: LockFile, vfs: String?, checkpointPages: Int) throws(JournalError) {
    path = Self.file(in: folder)
    let writer = try Writer(path, lock: lock, vfs: vfs, checkpointPages: checkpointPages)
    state = Locked(State(writer: writer, lastSequence: writer.chain.sequence))
    reader = JournalReader(path: path)
  }

  /// Pages in the write-ahead file after which SQLite folds it into the database.
  private static let checkpointPages = 512

  /// The journal's file name in a study's folder; beside it stand `journal.sqlite-wal` and `-shm` while it is open.
  static func file(in folder: String) -> String { "\(folder)/journal.sqlite" }

  /// Creates the journal in the study's folder (file `journal.sqlite`), with its writer lock.
  ///
  /// - Throws: `.alreadyExists`, `.locked`, `.lockingUnsupported`, `.readOnly`, `.diskFull`, `.noJournal` where there is no folder.
  public static func create(in folder: String) throws(JournalError) -> Journal {
    try create(in: folder, vfs: nil, checkpointPages: checkpointPages)
  }

  /// `vfs` names a file system layer of SQLite, for tests that make it fail.
  static func create(in folder: String, vfs: String?, checkpointPages: Int) throws(JournalError) -> Journal {
    let lock = try LockFile(folder: folder)
    let path = file(in: folder)
    guard !Files.exist(path) else {
      throw JournalError(
        .alreadyExists, "there is a journal at `\(path)` already",
        hints: ["continue that study with `pawl run`, or give the new one another name in pawl.yaml (`study:`)"])
    }
    // Under another name until it is whole, so that a crash here leaves either no journal or an empty one.
    let draft = path + ".new"
    for leftover in [draft, draft + "-journal"] where Files.exist(leftover) {
      guard unlink(leftover) == 0 else { throw .system("remove", leftover, errno: errno) }
    }
    try lay(draft, vfs: vfs)
    guard rename(draft, path) == 0 else { throw .system("rename", draft, errno: errno) }
    try Files.synchronize(folder)
    lock.forget()
    return try Journal(folder: folder, lock: lock, vfs: vfs, checkpointPages: checkpointPages)
  }

  private static func lay(_ draft: String, vfs: String?) throws(JournalError) {
    let connection = try Connection(draft, path: draft, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs: vfs)
    try connection.execute("PRAGMA synchronous = FULL")
    try Schema.lay(in: connection)
  }

  /// Opens the journal for writing: takes the writer lock, checks the version and the digests of all events.
  ///
  /// - Throws: `.noJournal`, `.locked`, `.lockingUnsupported`, `.readOnly`, `.cutShort`, `.altered`, `.newerVersion`,
  ///   `.notADatabase`, `.damaged`, `.diskFull`, `.busy`, `.ioFailed`.
  public static func open(in folder: String) throws(JournalError) -> Journal {
    try open(in: folder, vfs: nil, checkpointPages: checkpointPages)
  }

  static func open(in folder: String, vfs: String?, checkpointPages: Int) throws(JournalError) -> Journal {
    guard Files.exist(file(in: folder)) else { throw .noJournal(file(in: folder)) }
    return try Journal(folder: folder, lock: try LockFile(folder: folder), vfs: vfs, checkpointPages: checkpointPages)
  }

  /// Opens the journal for queries only, beside a running writer or on a read-only folder.
  ///
  /// Needs no lock and changes no file. - Throws: `.noJournal`, `.newerVersion`, `.notADatabase`, `.cutShort`, `.damaged`.
  public static func read(in folder: String) throws(JournalError) -> JournalReader {
    let reader = JournalReader(path: file(in: folder))
    try reader.check()
    return reader
  }

  /// Returns who holds the writer lock now, or nil where it is free.
  public static func holder(in folder: String) -> LockHolder? { LockFile.holder(in: folder) }

  /// Appends all events in one transaction with their derived rows; on return they are on disk.
  ///
  /// Returns the sequence of the last one. After a throw none of them is in the journal, save where the failure is `.ioFailed`:
  /// then opening it again tells. - Throws: `.diskFull` (try again later), `.unencodable`, `.busy`, `.ioFailed`, `.closed`.
  public func append(_ events: [Event], at: Timestamp) throws(JournalError) -> Int64 {
    try state.withLock { state throws(JournalError) in
      guard let writer = state.writer else { throw .closed(path) }
      state.lastSequence = try writer.append(events, at: at)
      return state.lastSequence
    }
  }

  /// Calls `body` with every event after `sequence`, in order; `body` may use the journal.
  public func replay(after sequence: Int64, _ body: (RecordedEvent) -> Void) throws(JournalError) {
    var position = sequence
    while true {
      let events = try reader.events(after: position, limit: 1024)
      guard let last = events.last else { return }
      for event in events { body(event) }
      position = last.sequence
    }
  }

  /// Stores the engine's state as of the event `sequence`, and keeps the newest two. - Throws: `.unknownSequence`, as `append`.
  public func saveSnapshot(_ bytes: [UInt8], version: Int, sequence: Int64) throws(JournalError) {
    try withWriter { writer throws(JournalError) in
      try writer.saveSnapshot(bytes, version: version, sequence: sequence)
    }
  }

  /// Returns the newest snapshot of `version` that belongs to this very history and is undamaged, or nil.
  public func latestSnapshot(version: Int) throws(JournalError) -> JournalSnapshot? {
    try withWriter { writer throws(JournalError) in try writer.latestSnapshot(version: version) }
  }

  /// Sequence of the last event on disk; 0 where there is none.
  public var lastSequence: Int64 { state.withLock { $0.lastSequence } }

  /// Makes the tables for queries anew from the events.
  public func rebuildDerivedTables() throws(JournalError) {
    try withWriter { writer throws(JournalError) in try writer.rebuild() }
  }

  /// Closes the journal and frees the writer lock; `reader` stays usable.
  public func close() {
    // Before the writer: the last connection to go folds the write-ahead file into the database and removes it.
    reader.disconnect()
    state.withLock { $0.writer = nil }
  }

  private func withWriter<Result>(
    _ body: (Writer) throws(JournalError) -> Result
  ) throws(JournalError) -> Result {
    try state.withLock { state throws(JournalError) in
      guard let writer = state.writer else { throw .closed(path) }
      return try body(writer)
    }
  }
}
