internal import CSQLite
internal import PawlCore

/// The journal's tables: `events` is the truth, `snapshots` may be lost, the rest is derived from the events.
enum Schema {
  /// "Pawl" in ASCII, at offset 68 of the file, so that file(1) and others can tell a journal.
  static let applicationID: Int64 = 0x5061_776c
  /// The version of the tables that cannot be rebuilt; stored as `user_version`.
  static let version: Int64 = 1
  /// The version of the derived tables; where a journal has a lower one, opening it for writing rebuilds them.
  static let derivedVersion: Int64 = 4

  static let truth = """
    CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE events(
      sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, digest BLOB NOT NULL);
    CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
      BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
    CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
      BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
    CREATE TABLE snapshots(
      sequence INTEGER PRIMARY KEY, version INTEGER NOT NULL, chain BLOB NOT NULL, digest BLOB NOT NULL,
      bytes BLOB NOT NULL);
    """

  static let derived = """
    CREATE TABLE tally(
      id INTEGER PRIMARY KEY CHECK(id = 1), sequence INTEGER NOT NULL, digest BLOB NOT NULL, body TEXT NOT NULL);
    CREATE TABLE trials(
      id INTEGER PRIMARY KEY, parent INTEGER, agent TEXT, hypothesis TEXT, commit_hash TEXT, state TEXT NOT NULL,
      verdict TEXT, outcome TEXT, remark TEXT, total REAL NOT NULL DEFAULT 0,
      measurements INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
      wall_seconds REAL NOT NULL DEFAULT 0, peak_memory INTEGER, added INTEGER, removed INTEGER,
      certified INTEGER NOT NULL DEFAULT 0, proposed_at INTEGER NOT NULL, ended_at INTEGER, proposal INTEGER,
      effect REAL, deviation REAL, gain REAL, loss REAL, mean REAL, basis INTEGER, sigma REAL, head INTEGER);
    CREATE INDEX trials_by_state ON trials(state);
    CREATE INDEX trials_by_verdict ON trials(verdict);
    CREATE INDEX trials_by_agent ON trials(agent);
    CREATE INDEX trials_by_hypothesis ON trials(hypothesis);
    CREATE TABLE attempts(
      id INTEGER PRIMARY KEY, trial INTEGER NOT NULL, counts INTEGER NOT NULL, requested INTEGER NOT NULL,
      finished INTEGER, rung INTEGER NOT NULL, seconds REAL);
    CREATE INDEX attempts_by_trial ON attempts(trial);
    CREATE INDEX attempts_by_end ON attempts(finished) WHERE finished IS NOT NULL;
    CREATE INDEX attempts_unfinished ON attempts(id) WHERE finished IS NULL;
    CREATE TABLE tests(event INTEGER PRIMARY KEY);
    CREATE TABLE certificates(number INTEGER PRIMARY KEY, event INTEGER NOT NULL);
    CREATE TABLE replies(
      event INTEGER PRIMARY KEY, trial INTEGER NOT NULL, agent TEXT NOT NULL, cost REAL NOT NULL);
    CREATE INDEX replies_by_trial ON replies(trial);
    CREATE TABLE offers(mark TEXT PRIMARY KEY NOT NULL, trial INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE head_moves(event INTEGER PRIMARY KEY, trial INTEGER NOT NULL, at INTEGER NOT NULL);
    """

  static let derivedTables = [
    "tally", "trials", "attempts", "tests", "certificates", "replies", "offers", "head_moves",
  ]

  /// Settings of a connection that writes.
  ///
  /// FULL makes a commit sync the write-ahead file; a checkpoint every 512 pages (`Journal.checkpointPages`) keeps that file near 2 MiB; 2 MiB
  /// of cache.
  static func writerSettings(checkpointPages: Int) -> String {
    """
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = \(checkpointPages); PRAGMA cache_size = -2048;
    PRAGMA journal_size_limit = 4194304; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
    """
  }
  static let readerSettings =
    "PRAGMA query_only = ON; PRAGMA cache_size = -2048; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"

  /// Makes the tables in an empty database, with the digest of no event at all.
  static func lay(in connection: Connection) throws(JournalError) {
    try connection.transaction { () throws(JournalError) in
      try connection.execute(
        truth + derived + "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version);")
      try setMeta("eventFormat", Int64(Event.formatVersion), in: connection)
      try setMeta("derivedVersion", derivedVersion, in: connection)
      try Tally().save(sequence: 0, digest: .genesis, in: connection)
    }
  }

  static func setMeta(_ key: String, _ value: Int64, in connection: Connection) throws(JournalError) {
    try connection.run(
      "INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", .text(key),
      .text(String(value)))
  }

  static func meta(_ key: String, in connection: Connection) throws(JournalError) -> Int64? {
    try connection.first("SELECT value FROM meta WHERE key = ?", [.text(key)]) { row throws(JournalError) in
      Int64(row.text(0))
    } ?? nil
  }

  /// Throws unless the database is a journal, of a version that this program knows.
  static func check(_ connection: Connection) throws(JournalError) {
    let path = connection.path
    guard let pages = try connection.integer("PRAGMA page_count"), pages > 0 else {
      throw .cutShort(path, "the file is empty")
    }
    guard try connection.integer("PRAGMA application_id") == applicationID else { throw .notAJournal(path) }
    let version = try connection.integer("PRAGMA user_version") ?? 0
    let format = try meta("eventFormat", in: connection) ?? 0
    let derived = try meta("derivedVersion", in: connection) ?? 0
    if version > Self.version { throw .newerVersion(path, "its tables have version \(version)") }
    if format > Event.formatVersion { throw .newerVersion(path, "its events have version \(format)") }
    if derived > derivedVersion { throw .newerVersion(path, "its query tables have version \(derived)") }
    guard version >= 1, format >= 1 else { throw .damaged(path, "it does not say which version it has") }
  }
}
