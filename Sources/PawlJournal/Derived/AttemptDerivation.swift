internal import PawlCore

extension Derivation {
  /// An attempt that is asked for twice, as after a crash, stays one.
  func requested(_ request: AttemptRequest, _ record: RecordedEvent, _ tally: inout Tally) throws(JournalError) {
    var counts = true
    if case .certification = request.purpose { counts = false }
    try connection.run(
      "INSERT OR IGNORE INTO attempts(id, trial, counts, requested, rung) VALUES (?, ?, ?, ?, ?)",
      .integer(request.id.rawValue), .integer(request.trial.rawValue), .integer(counts ? 1 : 0),
      .integer(record.sequence), .integer(request.rung))
    guard connection.changes > 0 else { return }
    tally.attemptsRunning += 1
    try connection.run("UPDATE trials SET attempts = attempts + 1 WHERE id = ?", .integer(request.trial.rawValue))
    if counts {
      try connection.run(
        "UPDATE trials SET state = 'measuring' WHERE id = ? AND state IN ('proposing', 'proposed', 'ready')",
        .integer(request.trial.rawValue))
    }
  }

  /// The first result of an attempt counts, any other does not.
  func finished(_ result: AttemptResult, _ record: RecordedEvent, _ tally: inout Tally) throws(JournalError) {
    let attempt = try connection.first(
      "SELECT trial, counts, rung FROM attempts WHERE id = ? AND finished IS NULL", [.integer(result.id.rawValue)]
    ) { row throws(JournalError) in
      (trial: row.integer(0), counts: row.integer(1) != 0, rung: Int(row.integer(2)))
    }
    guard let attempt else { return }
    let wall = result.usage.wallSeconds.isFinite ? result.usage.wallSeconds : 0
    try connection.run(
      "UPDATE attempts SET finished = ?, seconds = ? WHERE id = ?", .integer(record.sequence), .real(wall),
      .integer(result.id.rawValue))
    tally.attemptsRunning -= 1
    tally.attemptsFinished += 1
    tally.wallSeconds += wall
    tally.add(RungUse(rung: attempt.rung, attempts: 1, wallSeconds: wall))
    let isSetAside = result.disturbance == .repeated
    if isSetAside { tally.attemptsRepeated = (tally.attemptsRepeated ?? 0) + 1 }
    let measurement = result.measurement.flatMap { $0.isFinite && attempt.counts && !isSetAside ? $0 : nil }
    if result.outcome == .stoppedEarly { tally.note(stoppedAttempt: wall) }
    let memory = result.reportedMemory ?? result.usage.peakMemory
    try connection.run(
      """
      UPDATE trials SET wall_seconds = wall_seconds + ?, peak_memory = max(coalesce(peak_memory, 0), ?),
        total = total + ?, measurements = measurements + ? WHERE id = ?
      """, .real(wall), .integer(memory.count), .real(measurement ?? 0), .integer(measurement == nil ? 0 : 1),
      .integer(attempt.trial))
    if isSetAside { return }
    if result.outcome != .exited(code: 0) {
      try connection.run(
        "UPDATE trials SET outcome = ? WHERE id = ?", .text(try coder.encode(result.outcome)), .integer(attempt.trial))
    }
    if result.measurement == nil, let remark = result.remark {
      // Kept until the trial ends: it is why a trial crashed.
      try connection.run(
        "UPDATE trials SET remark = ? WHERE id = ? AND (ended_at IS NULL OR id = 0 AND ?)", .text(remark),
        .integer(attempt.trial), .integer(tally.hasJudged ? 0 : 1))
    }
  }
}
