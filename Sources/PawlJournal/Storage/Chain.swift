/// The digests of the events, each over the one before: a position in them, and the check of what follows.
struct Chain {
  private(set) var sequence: Int64 = 0
  private(set) var digest = Digest.genesis
  private let context: DigestContext

  /// Starts before the first event.
  init() throws(JournalError) { context = try DigestContext() }

  /// Starts after the event `sequence`, whose own digest is taken as it stands.
  init(at sequence: Int64, in connection: Connection) throws(JournalError) {
    try self.init()
    guard sequence > 0 else { return }
    guard let digest = try Self.digest(of: sequence, in: connection) else {
      throw .altered(connection.path, "event \(sequence) is missing")
    }
    self.sequence = sequence
    self.digest = digest
  }

  /// Returns the digest that is stored with an event, or nil where there is none.
  static func digest(of sequence: Int64, in connection: Connection) throws(JournalError) -> Digest? {
    try connection.first("SELECT digest FROM events WHERE sequence = ?", [.integer(sequence)]) {
      row throws(JournalError) in Digest(row.bytes(0))
    } ?? nil
  }

  /// Returns where the chain is after one more event.
  func following(at milliseconds: Int64, kind: String, payload: String) throws(JournalError) -> Chain {
    var (next, kind, payload) = (self, kind, payload)
    next.sequence += 1
    let digest = kind.withUTF8 { kind in
      payload.withUTF8 { payload in
        Result { () throws(JournalError) in
          try context.chained(
            after: self.digest, sequence: next.sequence, at: milliseconds, kind: UnsafeRawBufferPointer(kind),
            payload: UnsafeRawBufferPointer(payload))
        }
      }
    }
    next.digest = try digest.get()
    return next
  }

  /// Checks all events up to `last`, or to the end, and moves there.
  ///
  /// - Throws: `.altered`, with the first sequence at which the events and their digests part.
  mutating func verify(to last: Int64 = .max, in connection: Connection) throws(JournalError) {
    let rows = try connection.statement(
      "SELECT sequence, at, kind, payload, digest FROM events WHERE sequence >= ? AND sequence <= ? ORDER BY sequence")
    // From the genesis on, what stands before event 1 is out of place too.
    try rows.bind([.integer(sequence == 0 ? .min : sequence + 1), .integer(last)])
    defer { rows.reset() }
    while try rows.step() {
      let found = rows.integer(0)
      guard found == sequence + 1 else {
        throw .altered(
          connection.path, found <= sequence ? "event \(found) is out of place" : "event \(sequence + 1) is missing")
      }
      let next = try context.chained(
        after: digest, sequence: found, at: rows.integer(1), kind: rows.bytes(2), payload: rows.bytes(3))
      guard next == Digest(rows.bytes(4)) else {
        throw .altered(connection.path, "event \(found) does not match its digest")
      }
      (sequence, digest) = (found, next)
    }
  }
}
