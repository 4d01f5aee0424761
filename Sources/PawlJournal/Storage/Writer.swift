internal import CSQLite
internal import PawlCore

/// The one connection that writes, with what it must remember between two transactions.
final class Writer {
  let connection: Connection
  let coder = JSONCoder()
  private let derivation: Derivation
  private let lock: LockFile
  private(set) var chain: Chain
  private var tally: Tally
  /// The first failure after which the state of the disk is not known; nothing is appended after it.
  private var failure: JournalError?

  /// Opens the database, checks it from the first event to the last, and mends the derived tables where they are out of date.
  init(_ path: String, lock: LockFile, vfs: String?, checkpointPages: Int) throws(JournalError) {
    let connection = try Connection(path, path: path, flags: SQLITE_OPEN_READWRITE, vfs: vfs)
    try Schema.check(connection)
    try connection.execute(Schema.writerSettings(checkpointPages: checkpointPages))
    var chain = try Chain()
    try chain.verify(in: connection)
    let row = try Tally.load(from: connection)
    if let row { try Self.compare(row, with: chain, path: path) }
    if let witnessed = lock.witnessed, witnessed > chain.sequence {
      throw .cutShort(path, "it ends at event \(chain.sequence), yet event \(witnessed) was written")
    }
    self.connection = connection
    self.lock = lock
    self.chain = chain
    derivation = Derivation(connection: connection, coder: coder)
    tally = row?.tally ?? Tally()
    let version = try Schema.meta("derivedVersion", in: connection)
    if row == nil || version != Schema.derivedVersion { try rebuild() }
    lock.write(sequence: chain.sequence)
  }

  /// The counters are of the same transaction as the last event; where they name another, rows were added or taken away.
  private static func compare(_ row: Tally.Row, with chain: Chain, path: String) throws(JournalError) {
    if row.sequence > chain.sequence { throw .altered(path, "event \(chain.sequence + 1) is missing") }
    if row.sequence < chain.sequence { throw .altered(path, "event \(row.sequence + 1) was not written by pawl") }
    if row.digest != chain.digest { throw .altered(path, "event \(chain.sequence) was replaced") }
  }

  func append(_ events: [Event], at: Timestamp) throws(JournalError) -> Int64 {
    try checkUsable()
    guard !events.isEmpty else { return chain.sequence }
    do throws(JournalError) {
      let (newChain, newTally) = try connection.transaction { () throws(JournalError) in try write(events, at: at) }
      (chain, tally) = (newChain, newTally)
    } catch {
      remember(error)
      throw error
    }
    lock.write(sequence: chain.sequence)
    return chain.sequence
  }

  private func write(_ events: [Event], at: Timestamp) throws(JournalError) -> (Chain, Tally) {
    var (chain, tally) = (chain, tally)
    for event in events {
      let payload = try coder.encode(event)
      chain = try chain.following(at: at.milliseconds, kind: event.kind, payload: payload)
      try connection.run(
        "INSERT INTO events(sequence, at, kind, payload, digest) VALUES (?, ?, ?, ?, ?)", .integer(chain.sequence),
        .integer(at.milliseconds), .text(event.kind), .text(payload), .blob(chain.digest.bytes))
      try derivation.apply(RecordedEvent(sequence: chain.sequence, at: at, event: event), to: &tally)
    }
    try tally.save(sequence: chain.sequence, digest: chain.digest, in: connection)
    return (chain, tally)
  }

  /// Makes the derived tables anew from the events, in one transaction.
  func rebuild() throws(JournalError) {
    try checkUsable()
    do throws(JournalError) {
      tally = try connection.transaction { () throws(JournalError) in
        for table in Schema.derivedTables { try connection.execute("DROP TABLE IF EXISTS \(table)") }
        try connection.execute(Schema.derived)
        var tally = Tally()
        let rows = try connection.statement("SELECT \(eventColumns) FROM events ORDER BY sequence")
        defer { rows.reset() }
        while try rows.step() { try derivation.apply(try coder.event(rows, in: connection), to: &tally) }
        try Schema.setMeta("derivedVersion", Schema.derivedVersion, in: connection)
        try tally.save(sequence: chain.sequence, digest: chain.digest, in: connection)
        return tally
      }
    } catch {
      remember(error)
      throw error
    }
  }

  func saveSnapshot(_ bytes: [UInt8], version: Int, sequence: Int64) throws(JournalError) {
    try checkUsable()
    guard let row = try Chain.digest(of: sequence, in: connection) else {
      throw JournalError(
        .unknownSequence, "the journal `\(connection.path)` has no event \(sequence)",
        hints: ["see the last event with `pawl log`"])
    }
    let digest = try Self.digest(of: bytes)
    do throws(JournalError) {
      try connection.transaction { () throws(JournalError) in
        try connection.run(
          "INSERT OR REPLACE INTO snapshots(sequence, version, chain, digest, bytes) VALUES (?, ?, ?, ?, ?)",
          .integer(sequence), .integer(version), .blob(row.bytes), .blob(digest.bytes), .blob(bytes))
        try connection.run(
          "DELETE FROM snapshots WHERE sequence NOT IN (SELECT sequence FROM snapshots ORDER BY sequence DESC LIMIT 2)")
      }
    } catch {
      remember(error)
      throw error
    }
  }

  func latestSnapshot(version: Int) throws(JournalError) -> JournalSnapshot? {
    try checkUsable()
    let found = try connection.all(
      """
      SELECT snapshots.sequence, snapshots.bytes, snapshots.digest FROM snapshots JOIN events USING (sequence)
        WHERE version = ? AND snapshots.chain = events.digest ORDER BY sequence DESC
      """, [.integer(version)]
    ) { row throws(JournalError) in
      (snapshot: JournalSnapshot(sequence: row.integer(0), bytes: Array(row.bytes(1))), digest: Digest(row.bytes(2)))
    }
    for (snapshot, digest) in found where try Self.digest(of: snapshot.bytes) == digest { return snapshot }
    return nil
  }

  private static func digest(of bytes: [UInt8]) throws(JournalError) -> Digest {
    let context = try DigestContext()
    return try bytes.withUnsafeBytes { buffer in
      Result { () throws(JournalError) in try context.digest(of: buffer) }
    }.get()
  }

  private func checkUsable() throws(JournalError) {
    guard let failure else { return }
    throw JournalError(
      .ioFailed, "the journal `\(connection.path)` failed earlier and must be opened again",
      hints: ["stop, then continue with `pawl run`: nothing that was recorded is lost"], cause: failure)
  }

  /// A full disk leaves the last transaction whole, and so does a value without a JSON form; after a failed read, write or sync only
  /// a fresh look at the file tells what is on disk.
  private func remember(_ error: JournalError) {
    let harmless: [JournalError.Code] = [.diskFull, .unencodable, .busy]
    if !harmless.contains(error.code) { failure = error }
  }
}
