internal import PawlCore

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Turns values into JSON with sorted keys and back; not to be used by two threads at a time.
final class JSONCoder {
  private let encoder = JSONEncoder()
  private let decoder = JSONDecoder()

  init() {
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // An e-value may overflow to infinity; JSON has no number for that, and a verdict must not be lost over it.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  }

  func encode(_ value: some Encodable) throws(JournalError) -> String {
    do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
      throw JournalError(
        .unencodable, "a value of type `\(type(of: value))` has no JSON form",
        hints: ["look at the study's last events with `pawl log`"], cause: error)
    }
  }

  func decode<Value: Decodable>(_ type: Value.Type, from bytes: UnsafeRawBufferPointer) throws -> Value {
    try decoder.decode(type, from: Data(bytes))
  }
}

/// The columns of an event, in the order in which `RecordedEvent.init(row:)` reads them.
let eventColumns = "events.sequence, events.at, events.kind, events.payload"

extension JSONCoder {
  /// Returns the event in the row's columns `eventColumns`, which start at `first`.
  func event(_ row: Statement, first: Int32 = 0, in connection: Connection) throws(JournalError) -> RecordedEvent {
    let sequence = row.integer(first)
    do {
      let event = try decode(Event.self, from: row.bytes(first + 3))
      return RecordedEvent(sequence: sequence, at: Timestamp(milliseconds: row.integer(first + 1)), event: event)
    } catch {
      throw try Self.undecodable(sequence, in: connection)
    }
  }

  /// Returns why an event cannot be read: where its digest is right, a newer release has written it; otherwise it was altered.
  private static func undecodable(_ sequence: Int64, in connection: Connection) throws(JournalError) -> JournalError {
    var chain = try Chain(at: sequence - 1, in: connection)
    do throws(JournalError) { try chain.verify(to: sequence, in: connection) } catch { return error }
    let kind = try connection.first("SELECT kind FROM events WHERE sequence = ?", [.integer(sequence)]) {
      row throws(JournalError) in row.text(0)
    }
    return .newerVersion(connection.path, "it has the unknown event `\(kind ?? "")` at \(sequence)")
  }
}

extension JSONCoder {
  /// Returns the event at `sequence`, which a derived table points at.
  func event(at sequence: Int64, in connection: Connection) throws(JournalError) -> RecordedEvent {
    let found = try connection.first(
      "SELECT \(eventColumns) FROM events WHERE sequence = ?", [.integer(sequence)]
    ) { row throws(JournalError) in try event(row, in: connection) }
    guard let found else { throw .altered(connection.path, "event \(sequence) is missing") }
    return found
  }
}
