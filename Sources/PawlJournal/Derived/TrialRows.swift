internal import PawlCore

extension TrialSummary {
  /// The columns that `init(_:_:path:)` reads.
  static let columns = """
    id, parent, agent, hypothesis, commit_hash, state, verdict, head, outcome, remark, total, measurements, attempts, \
    wall_seconds, peak_memory, added, removed, certified, proposed_at, ended_at, effect, deviation, gain, loss, mean, \
    basis, sigma
    """

  init(_ row: Statement, _ coder: JSONCoder, path: String) throws(JournalError) {
    let id = row.integer(0)
    guard let state = TrialState(rawValue: row.text(5)) else {
      throw .damaged(path, "trial \(id) has the unknown state `\(row.text(5))`")
    }
    self.init(
      id: TrialID(rawValue: Int(id)), state: state, proposedAt: Timestamp(milliseconds: row.integer(18)))
    parent = row.optionalInteger(1).map { TrialID(rawValue: Int($0)) }
    agent = row.optionalText(2)
    hypothesis = row.optionalText(3)
    commit = row.optionalText(4).map(CommitHash.init(rawValue:))
    verdict = row.optionalText(6).flatMap(Verdict.init)
    evidence = row.isNull(7) ? nil : Evidence(row)
    if !row.isNull(8) {
      do { outcome = try coder.decode(Outcome.self, from: row.bytes(8)) } catch {
        throw .damaged(path, "trial \(id) has an outcome that cannot be read", cause: error)
      }
    }
    remark = row.optionalText(9)
    measurements = Int(row.integer(11))
    mean = measurements > 0 ? row.real(10) / Double(measurements) : nil
    attempts = Int(row.integer(12))
    wallSeconds = row.real(13)
    peakMemory = row.optionalInteger(14).map { Bytes($0) }
    added = row.optionalInteger(15).map { Int($0) }
    removed = row.optionalInteger(16).map { Int($0) }
    certified = row.integer(17) != 0
    endedAt = row.optionalInteger(19).map { Timestamp(milliseconds: $0) }
  }
}

extension TrialFilter {
  /// The WHERE clause and its values, with the limit's at the end.
  var condition: (sql: String, values: [SQLValue]) {
    var (terms, values): ([String], [SQLValue]) = ([], [])
    func anyOf(_ column: String, _ texts: [String]) {
      guard !texts.isEmpty else { return }
      terms.append("\(column) IN (\(texts.map { _ in "?" }.joined(separator: ", ")))")
      values += texts.sorted().map { .text($0) }
    }
    anyOf("state", states.map(\.rawValue))
    anyOf("verdict", verdicts.map(\.rawValue))
    anyOf("agent", Array(agents))
    if let ids {
      terms.append("id BETWEEN ? AND ?")
      values += [.integer(ids.lowerBound.rawValue), .integer(ids.upperBound.rawValue)]
    }
    if let text, !text.isEmpty {
      terms.append("hypothesis LIKE ? ESCAPE '\\'")
      let escaped = text.map { "\\%_".contains($0) ? "\\\($0)" : String($0) }.joined()
      values.append(.text("%\(escaped)%"))
    }
    // A negative limit is none (sqlite.org/lang_select.html).
    values.append(.integer(limit.map { max(0, $0) } ?? -1))
    return (terms.isEmpty ? "" : "WHERE " + terms.joined(separator: " AND "), values)
  }
}

extension Evidence {
  /// Reads a trial's own columns and not JSON: a report reads a hundred thousand of them.
  fileprivate init(_ row: Statement) {
    // SQLite has no NaN and keeps NULL for it (sqlite.org/floatingpoint.html).
    func real(_ column: Int32) -> Double { row.isNull(column) ? .nan : row.real(column) }
    self.init(
      effect: real(20), deviation: real(21), gain: real(22), loss: real(23), mean: real(24),
      measurements: Int(row.integer(25)), sigma: real(26), head: TrialID(rawValue: Int(row.integer(7))))
  }
}
