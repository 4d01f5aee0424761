internal import CSQLite

/// One connection to the journal's database; not to be used by two threads at a time.
final class Connection {
  private let handle: OpaquePointer
  /// The journal's file, for messages.
  let path: String
  private var statements: [String: Statement] = [:]

  /// Opens the file or `file:` URI `name`; `path` is the plain name for messages.
  init(_ name: String, path: String, flags: Int32, vfs: String? = nil) throws(JournalError) {
    var opened: OpaquePointer?
    let status = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX, vfs)
    guard let opened, status == SQLITE_OK else {
      let error = JournalError.sqlite(opened, status: status, path: path)
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    self.path = path
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 5000)
  }

  deinit {
    statements.removeAll()
    sqlite3_close_v2(handle)
  }

  /// Returns the statement for `sql`, compiled once, reset and without bindings.
  func statement(_ sql: String) throws(JournalError) -> Statement {
    if let known = statements[sql] {
      known.reset()
      return known
    }
    var compiled: OpaquePointer?
    let status = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
    guard status == SQLITE_OK, let compiled else { throw error(status) }
    let statement = Statement(compiled, connection: self)
    statements[sql] = statement
    return statement
  }

  /// Runs statements that return nothing of interest, and that are not worth keeping.
  func execute(_ sql: String) throws(JournalError) {
    let status = sqlite3_exec(handle, sql, nil, nil, nil)
    guard status == SQLITE_OK else { throw error(status) }
  }

  /// Runs one statement to its end.
  func run(_ sql: String, _ values: SQLValue...) throws(JournalError) { try run(sql, values) }

  func run(_ sql: String, _ values: [SQLValue]) throws(JournalError) {
    let statement = try statement(sql)
    try statement.bind(values)
    while try statement.step() {}
    statement.reset()
  }

  /// Returns the first row's value as `read` takes it, or nil where no row matches.
  func first<Result>(
    _ sql: String, _ values: [SQLValue] = [], _ read: (Statement) throws(JournalError) -> Result
  ) throws(JournalError) -> Result? {
    let statement = try statement(sql)
    try statement.bind(values)
    defer { statement.reset() }
    return try statement.step() ? read(statement) : nil
  }

  /// Returns `read` of every row.
  func all<Result>(
    _ sql: String, _ values: [SQLValue] = [], _ read: (Statement) throws(JournalError) -> Result
  ) throws(JournalError) -> [Result] {
    let statement = try statement(sql)
    try statement.bind(values)
    defer { statement.reset() }
    var results: [Result] = []
    while try statement.step() { results.append(try read(statement)) }
    return results
  }

  func integer(_ sql: String) throws(JournalError) -> Int64? {
    try first(sql) { row throws(JournalError) in row.integer(0) }
  }

  /// Rows changed by the last statement.
  var changes: Int { Int(sqlite3_changes(handle)) }

  /// Runs `body` in one transaction that is on disk when this returns, and that never happened when this throws.
  func transaction<Result>(_ body: () throws(JournalError) -> Result) throws(JournalError) -> Result {
    try run("BEGIN IMMEDIATE")
    do throws(JournalError) {
      let result = try body()
      try run("COMMIT")
      return result
    } catch {
      // SQLite itself has rolled back after some errors (sqlite.org/lang_transaction.html); a second time would be an error.
      if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
      throw error
    }
  }

  func error(_ status: Int32) -> JournalError { .sqlite(handle, status: status, path: path) }
}

extension JournalError {
  /// Returns the error for a result code of SQLite (sqlite.org/rescode.html).
  static func sqlite(_ handle: OpaquePointer?, status: Int32, path: String) -> JournalError {
    let text =
      handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? String(cString: sqlite3_errstr(status))
    let cause = SystemFailure(message: "SQLite: \(text) (code \(status))")
    switch status & 0xff {
    case SQLITE_FULL: return .diskFull(path, cause: cause)
    case SQLITE_READONLY, SQLITE_PERM: return .readOnly(path, cause: cause)
    case SQLITE_NOTADB: return .notAJournal(path, cause: cause)
    case SQLITE_CORRUPT: return .cutShort(path, "its pages do not fit together", cause: cause)
    case SQLITE_BUSY, SQLITE_LOCKED:
      return JournalError(
        .busy, "another program keeps the database `\(path)` locked",
        hints: ["close whatever else has it open, then try `pawl run` again"], cause: cause)
    case SQLITE_IOERR where status == SQLITE_IOERR_SHORT_READ_CODE:
      return .cutShort(path, "a page is missing", cause: cause)
    case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOMEM, SQLITE_PROTOCOL, SQLITE_NOLFS:
      return JournalError(
        .ioFailed, "could not read or write `\(path)`", hints: ["check the disk and the folder with `pawl doctor`"],
        cause: cause)
    default: return .damaged(path, "its tables are not as expected", cause: cause)
    }
  }

  static func notAJournal(_ path: String, cause: (any Error)? = nil) -> JournalError {
    JournalError(
      .notADatabase, "`\(path)` is not a journal of pawl",
      hints: ["move the file away and start over with `pawl run`, or bring back the right one"], cause: cause)
  }

  static func damaged(_ path: String, _ what: String, cause: (any Error)? = nil) -> JournalError {
    JournalError(
      .damaged, "the journal `\(path)` is damaged: \(what)",
      hints: ["continue with `pawl run`, which makes the tables for queries anew from the events"], cause: cause)
  }
}

/// `SQLITE_IOERR_SHORT_READ`, a macro that Swift does not import.
private let SQLITE_IOERR_SHORT_READ_CODE: Int32 = SQLITE_IOERR | (2 << 8)
