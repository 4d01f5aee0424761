internal import CSQLite
public import PawlCore

/// Answers questions about a study from the journal's derived tables; safe to use from any thread, one query at a time.
public final class JournalReader: Sendable {
  private let state: Locked<ReadState>

  init(path: String) { state = Locked(ReadState(path: path)) }

  /// Throws unless there is a journal that this program can read.
  func check() throws(JournalError) {
    try query { _, _ throws(JournalError) in () }
  }

  /// Lets go of the files until the next query.
  func disconnect() { state.withLock { $0.disconnect() } }

  private func query<Result>(
    _ body: (Connection, JSONCoder) throws(JournalError) -> Result
  ) throws(JournalError) -> Result {
    try state.withLock { state throws(JournalError) in try state.query(body) }
  }

  /// Returns the trials that match, the newest last.
  public func trials(_ filter: TrialFilter) throws(JournalError) -> [TrialSummary] {
    let (condition, values) = filter.condition
    return try query { connection, coder throws(JournalError) in
      try connection.all(
        """
        SELECT \(TrialSummary.columns) FROM trials WHERE id IN (SELECT id FROM trials \(condition) ORDER BY id DESC LIMIT ?)
          ORDER BY id
        """, values
      ) { row throws(JournalError) in try TrialSummary(row, coder, path: connection.path) }
    }
  }

  /// Returns one trial, or nil where there is none of that number.
  public func trial(_ id: TrialID) throws(JournalError) -> TrialSummary? {
    try query { connection, coder throws(JournalError) in
      try connection.first(
        "SELECT \(TrialSummary.columns) FROM trials WHERE id = ?", [.integer(id.rawValue)]
      ) { row throws(JournalError) in try TrialSummary(row, coder, path: connection.path) }
    }
  }

  /// Returns a trial's attempts, in the order in which they were asked for.
  public func attempts(of trial: TrialID) throws(JournalError) -> [AttemptSummary] {
    try attempts("trial = ?", [.integer(trial.rawValue)])
  }

  /// Returns the attempts that were asked for and are not finished, of whatever trial and purpose, the oldest first.
  public func unfinishedAttempts() throws(JournalError) -> [AttemptSummary] { try attempts("finished IS NULL", []) }

  private func attempts(_ condition: String, _ values: [SQLValue]) throws(JournalError) -> [AttemptSummary] {
    try query { connection, coder throws(JournalError) in
      let rows = try connection.all(
        "SELECT requested, finished FROM attempts WHERE \(condition) ORDER BY id", values
      ) { row throws(JournalError) in (row.integer(0), row.optionalInteger(1)) }
      var attempts: [AttemptSummary] = []
      for (requested, finished) in rows {
        let start = try coder.event(at: requested, in: connection)
        guard case .attemptRequested(let request) = start.event else { throw .misplaced(connection.path, requested) }
        var attempt = AttemptSummary(request: request, result: nil, requestedAt: start.at, finishedAt: nil)
        if let finished {
          let end = try coder.event(at: finished, in: connection)
          guard case .attemptFinished(let result) = end.event else { throw .misplaced(connection.path, finished) }
          attempt.result = result
          attempt.finishedAt = end.at
        }
        attempts.append(attempt)
      }
      return attempts
    }
  }

  /// Returns what the agent proposed, or nil where the trial has no proposal.
  public func proposal(of trial: TrialID) throws(JournalError) -> Proposal? {
    try query { connection, coder throws(JournalError) in
      let found = try connection.first(
        "SELECT proposal FROM trials WHERE id = ?", [.integer(trial.rawValue)]
      ) { row throws(JournalError) in row.optionalInteger(0) }
      guard let sequence = found ?? nil else { return nil }
      guard case .proposalReceived(_, let proposal) = try coder.event(at: sequence, in: connection).event else {
        throw .misplaced(connection.path, sequence)
      }
      return proposal
    }
  }

  /// Returns what agents answered for a trial, the oldest first.
  public func replies(of trial: TrialID) throws(JournalError) -> [AgentReply] {
    try query { connection, coder throws(JournalError) in
      // A journal that an older version wrote last has none.
      guard try Self.has("replies", in: connection) else { return [] }
      let sequences = try connection.all(
        "SELECT event FROM replies WHERE trial = ? ORDER BY event", [.integer(trial.rawValue)]
      ) { row throws(JournalError) in row.integer(0) }
      var replies: [AgentReply] = []
      for sequence in sequences {
        guard case .replyReceived(let reply) = try coder.event(at: sequence, in: connection).event else {
          throw .misplaced(connection.path, sequence)
        }
        replies.append(reply)
      }
      return replies
    }
  }

  /// Returns what each agent has cost and brought, in the order of their names.
  public func agentTotals() throws(JournalError) -> [AgentTotals] {
    try query { connection, _ throws(JournalError) in
      var totals = try connection.all(
        """
        SELECT agent, count(*), sum(verdict = 'kept'), sum(certified), sum(wall_seconds) FROM trials
          WHERE agent IS NOT NULL GROUP BY agent ORDER BY agent
        """, []
      ) { row throws(JournalError) in
        AgentTotals(
          agent: row.text(0), trials: Int(row.integer(1)), kept: Int(row.optionalInteger(2) ?? 0),
          certified: Int(row.optionalInteger(3) ?? 0), wallSeconds: row.real(4))
      }
      guard try Self.has("replies", in: connection) else { return totals }
      let paid = try connection.all("SELECT agent, count(*), sum(cost) FROM replies GROUP BY agent", []) {
        row throws(JournalError) in (row.text(0), Int(row.integer(1)), row.real(2))
      }
      for (agent, replies, cost) in paid {
        guard let index = totals.firstIndex(where: { $0.agent == agent }) else { continue }
        totals[index].replies = replies
        totals[index].cost = cost
      }
      return totals
    }
  }

  /// Returns the trial that was handed in under a mark, or nil where none was.
  public func trial(offeredAs mark: String) throws(JournalError) -> TrialSummary? {
    let found = try query { connection, _ throws(JournalError) in
      guard try Self.has("offers", in: connection) else { return Int64?.none }
      return try connection.first("SELECT trial FROM offers WHERE mark = ?", [.text(mark)]) {
        row throws(JournalError) in row.integer(0)
      }
    }
    return try found.flatMap { number throws(JournalError) in try trial(TrialID(rawValue: Int(number))) }
  }

  /// Returns the newest trial whose candidate is that commit, or nil where there is none.
  public func trial(of commit: CommitHash) throws(JournalError) -> TrialID? {
    try query { connection, _ throws(JournalError) in
      try connection.first(
        "SELECT id FROM trials WHERE commit_hash = ? ORDER BY id DESC LIMIT 1", [.text(commit.rawValue)]
      ) { row throws(JournalError) in TrialID(rawValue: Int(row.integer(0))) }
    }
  }

  private static func has(_ table: String, in connection: Connection) throws(JournalError) -> Bool {
    try connection.first("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [.text(table)]) {
      row throws(JournalError) in row.integer(0)
    } != nil
  }

  /// Returns the certificates that moved the champion, the oldest first.
  public func certificates() throws(JournalError) -> [Certificate] {
    try query { connection, coder throws(JournalError) in
      let sequences = try connection.all("SELECT event FROM certificates ORDER BY number") {
        row throws(JournalError) in row.integer(0)
      }
      var certificates: [Certificate] = []
      for sequence in sequences {
        guard case .championCertified(let certificate) = try coder.event(at: sequence, in: connection).event else {
          throw .misplaced(connection.path, sequence)
        }
        certificates.append(certificate)
      }
      return certificates
    }
  }

  /// Returns what happened to certifications and promotions of all rungs, the oldest first: all events of `kindsOfTests`.
  public func tests() throws(JournalError) -> [RecordedEvent] {
    let sequences = try query { connection, _ throws(JournalError) in
      // A journal that an older version wrote last has no such table.
      guard try Self.has("tests", in: connection) else { return [Int64]?.none }
      return try connection.all("SELECT event FROM tests ORDER BY event") { row throws(JournalError) in row.integer(0) }
    }
    guard let sequences else { return try events(ofKinds: Self.kindsOfTests) }
    return try query { connection, coder throws(JournalError) in
      var events: [RecordedEvent] = []
      for sequence in sequences { events.append(try coder.event(at: sequence, in: connection)) }
      return events
    }
  }

  private static let kindsOfTests = [
    "certificationStarted", "certificationFailed", "championCertified", "transplantRequested", "transplantMade",
    "transplantFailed", "promotionStarted", "promotionFailed", "promotionCertified",
  ]

  /// Returns what the attempts used, by rung, that had finished at each of these sequences, which ascend.
  public func use(at sequences: [Int64]) throws(JournalError) -> [[RungUse]] {
    try query { connection, _ throws(JournalError) in
      let isKnown = try connection.first("SELECT 1 FROM pragma_table_info('attempts') WHERE name = 'rung'") {
        row throws(JournalError) in row.integer(0)
      }
      // An older version wrote the journal last: it did not keep when how much was used.
      guard isKnown != nil else { return sequences.map { _ in [] } }
      var uses: [[RungUse]] = []
      var (tally, last) = (Tally(), Int64.min)
      for sequence in sequences {
        let added = try connection.all(
          "SELECT rung, count(*), sum(seconds) FROM attempts WHERE finished > ? AND finished <= ? GROUP BY rung",
          [.integer(last), .integer(sequence)]
        ) { row throws(JournalError) in
          RungUse(rung: Int(row.integer(0)), attempts: Int(row.integer(1)), wallSeconds: row.real(2))
        }
        for use in added { tally.add(use) }
        uses.append(tally.rungs ?? [])
        last = sequence
      }
      return uses
    }
  }

  /// Returns all events of these kinds (`Event.kind`), the oldest first; for kinds that are few beside attempts.
  public func events(ofKinds kinds: [String]) throws(JournalError) -> [RecordedEvent] {
    let places = kinds.map { _ in "?" }.joined(separator: ", ")
    return try query { connection, coder throws(JournalError) in
      try connection.all(
        "SELECT \(eventColumns) FROM events WHERE kind IN (\(places)) ORDER BY sequence", kinds.map { .text($0) }
      ) { row throws(JournalError) in try coder.event(row, in: connection) }
    }
  }

  /// Returns at most `limit` events after `sequence`, the oldest first.
  public func events(after sequence: Int64, limit: Int) throws(JournalError) -> [RecordedEvent] {
    try query { connection, coder throws(JournalError) in
      try connection.all(
        "SELECT \(eventColumns) FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?",
        [.integer(sequence), .integer(max(0, limit))]
      ) { row throws(JournalError) in try coder.event(row, in: connection) }
    }
  }

  /// Returns everything that `pawl status` shows. - Throws: `.empty` before the study has started.
  public func overview() throws(JournalError) -> StudyOverview {
    try query { connection, _ throws(JournalError) in
      // One transaction: the counters and the means are of one moment.
      try connection.run("BEGIN")
      defer { try? connection.run("COMMIT") }
      let row = try Tally.load(from: connection)
      let overview = try row?.tally.overview(sequence: row?.sequence ?? 0) { trial throws(JournalError) in
        try connection.first(
          "SELECT total / measurements FROM trials WHERE id = ? AND measurements > 0", [.integer(trial.rawValue)]
        ) { row throws(JournalError) in row.real(0) }
      }
      if let overview { return overview }
      if row == nil { throw .damaged(connection.path, "its counters cannot be read") }
      throw JournalError(
        .empty, "the journal `\(connection.path)` has no study yet", hints: ["start the study with `pawl run`"])
    }
  }

  /// Returns the head's path, the baseline first.
  public func headPath() throws(JournalError) -> [HeadMove] {
    try query { connection, _ throws(JournalError) in
      try connection.all("SELECT trial, event, at FROM head_moves ORDER BY event") { row throws(JournalError) in
        HeadMove(
          trial: TrialID(rawValue: Int(row.integer(0))), sequence: row.integer(1),
          at: Timestamp(milliseconds: row.integer(2)))
      }
    }
  }

  /// Returns what the study began with, or nil before it has started.
  public func start() throws(JournalError) -> StudyStart? {
    try query { connection, coder throws(JournalError) in
      guard let sequence = try Tally.load(from: connection)?.tally.start else { return nil }
      guard case .studyStarted(let start) = try coder.event(at: sequence, in: connection).event else {
        throw .misplaced(connection.path, sequence)
      }
      return start
    }
  }

  /// Returns the newest configuration: the start's, or that of the last `configurationChanged`.
  public func configuration() throws(JournalError) -> StudyConfiguration? {
    try query { connection, coder throws(JournalError) in
      guard let sequence = try Tally.load(from: connection)?.tally.configuration else { return nil }
      switch try coder.event(at: sequence, in: connection).event {
      case .studyStarted(let start): return start.configuration
      case .configurationChanged(let configuration): return configuration
      default: throw .misplaced(connection.path, sequence)
      }
    }
  }
}

extension JournalError {
  fileprivate static func misplaced(_ path: String, _ sequence: Int64) -> JournalError {
    .damaged(path, "a table for queries points at event \(sequence), which is of another kind")
  }
}
