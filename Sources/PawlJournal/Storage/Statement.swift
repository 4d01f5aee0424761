internal import CSQLite

/// A value to bind to a parameter.
enum SQLValue {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  static func integer(_ number: Int) -> Self { .integer(Int64(number)) }
  static func optional(_ text: String?) -> Self { text.map { .text($0) } ?? .null }
  static func optional(_ number: Int64?) -> Self { number.map { .integer($0) } ?? .null }
}

/// A compiled statement, positioned at a row after `step()` returned true.
final class Statement {
  private let handle: OpaquePointer
  private unowned let connection: Connection

  init(_ handle: OpaquePointer, connection: Connection) {
    self.handle = handle
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  func bind(_ values: [SQLValue]) throws(JournalError) {
    for (offset, value) in values.enumerated() { try bind(value, at: Int32(offset + 1)) }
  }

  func bind(_ value: SQLValue, at index: Int32) throws(JournalError) {
    let status =
      switch value {
      case .null: sqlite3_bind_null(handle, index)
      case .integer(let number): sqlite3_bind_int64(handle, index, number)
      case .real(let number): sqlite3_bind_double(handle, index, number)
      case .text(var text):
        text.withUTF8 {
          // Of an empty buffer the address may be nil, which would bind NULL.
          guard let start = $0.baseAddress else { return sqlite3_bind_text(handle, index, "", 0, Self.copied) }
          return start.withMemoryRebound(to: CChar.self, capacity: $0.count) { [count = $0.count] in
            sqlite3_bind_text64(handle, index, $0, UInt64(count), Self.copied, UInt8(SQLITE_UTF8))
          }
        }
      case .blob(let bytes):
        bytes.isEmpty
          ? sqlite3_bind_zeroblob(handle, index, 0)
          : bytes.withUnsafeBytes { sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), Self.copied) }
      }
    guard status == SQLITE_OK else { throw connection.error(status) }
  }

  /// Moves to the next row; returns false at the end.
  func step() throws(JournalError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let status:
      let error = connection.error(status)
      sqlite3_reset(handle)
      throw error
    }
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
  func real(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

  /// Returns the raw bytes of a text or a blob, valid until the next `step()`; empty for NULL.
  func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
  }

  func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }
  func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  /// `SQLITE_TRANSIENT`, a macro that Swift does not import: SQLite makes its own copy.
  private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
