internal import PawlCore

/// Brings the derived tables up to an event; the one place that says what an event means to the queries.
///
/// The journal decides nothing: an event about a trial or an attempt that is not there changes no row, and is no error.
struct Derivation {
  let connection: Connection
  let coder: JSONCoder

  func apply(_ record: RecordedEvent, to tally: inout Tally) throws(JournalError) {
    tally.lastEventAt = record.at
    switch record.event {
    case .studyStarted, .sessionStarted, .configurationChanged, .paused, .resumed, .stopRequested, .studyFailed,
      .sessionEnded:
      try applyToStudy(record, &tally)
    case .proposalRequested, .proposalReceived, .proposalFailed, .agentFailed, .proposalRefused, .candidateCreated,
      .trialJudged,
      .trialCrashed:
      try applyToTrial(record, &tally)
    case .rebaseRequested, .candidateRebased, .rebaseConflicted: try applyToRebasing(record, &tally)
    case .attemptRequested(let request): try requested(request, record, &tally)
    case .attemptFinished(let result): try finished(result, record, &tally)
    case .headMoved(let head, _):
      try closeBaseline(at: record.at, &tally)
      tally.head = head
      let effect = try connection.first("SELECT effect FROM trials WHERE id = ?", [.integer(head.rawValue)]) {
        row throws(JournalError) in row.isNull(0) ? nil : row.real(0)
      }
      if let effect = effect ?? nil { tally.headEffect = (tally.headEffect ?? 0) + effect }
      try addHeadMove(head, record)
    case .championCertified(let certificate):
      try addTest(record)
      tally.champion = certificate.candidate
      try connection.run(
        "INSERT OR IGNORE INTO certificates(number, event) VALUES (?, ?)", .integer(certificate.number),
        .integer(record.sequence))
      tally.certificates += connection.changes
      try connection.run("UPDATE trials SET certified = 1 WHERE id = ?", .integer(certificate.candidate.rawValue))
    case .replyReceived(let reply):
      tally.cost += reply.cost.isFinite ? reply.cost : 0
      try connection.run(
        "INSERT OR IGNORE INTO replies(event, trial, agent, cost) VALUES (?, ?, ?, ?)", .integer(record.sequence),
        .integer(reply.trial.rawValue), .text(reply.agent), .real(reply.cost.isFinite ? reply.cost : 0))
    case .certificationStarted, .certificationFailed, .transplantRequested, .transplantMade, .transplantFailed,
      .promotionStarted, .promotionFailed, .promotionCertified:
      try addTest(record)
    case .branchAdvanced, .branchBlocked, .hintGiven, .hintDone, .attemptProgressed, .attemptStopped, .noteAdded,
      .noteDropped, .claimed, .claimReleased,
      .pinned, .unpinned, .banned, .banLifted, .approvalRequested, .approvalDecided, .dataTaken,
      .stageFinished, .generationMade:
      break
    }
  }

  private func applyToStudy(_ record: RecordedEvent, _ tally: inout Tally) throws(JournalError) {
    switch record.event {
    case .studyStarted(let start):
      tally.name = start.configuration.name
      tally.baseline = start.baseline
      tally.startedAt = record.at
      tally.start = record.sequence
      tally.headEffect = 0
      tally.direction = start.configuration.metric.direction
      tally.configuration = record.sequence
      try connection.run(
        "INSERT OR IGNORE INTO trials(id, commit_hash, state, proposed_at) VALUES (0, ?, 'measuring', ?)",
        .text(start.baseline.rawValue), .integer(record.at.milliseconds))
      tally.baselineIsMeasured = tally.baselineIsMeasured || connection.changes > 0
      try addHeadMove(.baseline, record)
    case .sessionStarted:
      tally.sessions += 1
      tally.paused = false
      tally.stopRequested = nil
      tally.failed = nil
      try reopenBaseline(&tally)
    case .configurationChanged(let configuration):
      tally.name = configuration.name
      tally.direction = configuration.metric.direction
      tally.configuration = record.sequence
    case .paused: tally.paused = true
    case .resumed: tally.paused = false
    case .stopRequested(let reason): tally.stopRequested = reason
    case .studyFailed(let reason):
      tally.failed = reason
      try failBaseline(reason: reason, at: record.at, &tally)
    default: break
    }
  }

  private func applyToTrial(_ record: RecordedEvent, _ tally: inout Tally) throws(JournalError) {
    let at = SQLValue.integer(record.at.milliseconds)
    switch record.event {
    case .proposalRequested(let request):
      try closeBaseline(at: record.at, &tally)
      try connection.run(
        "INSERT OR IGNORE INTO trials(id, parent, agent, state, proposed_at) VALUES (?, ?, ?, 'proposing', ?)",
        .integer(request.trial.rawValue), .integer(request.parent.rawValue), .text(request.agent), at)
      if request.trial != .baseline { tally.open += connection.changes }
      if let mark = request.offer {
        try connection.run(
          "INSERT OR IGNORE INTO offers(mark, trial) VALUES (?, ?)", .text(mark), .integer(request.trial.rawValue))
      }
    case .proposalReceived(let trial, let proposal):
      tally.cost += proposal.cost.isFinite ? proposal.cost : 0
      try update(trial, to: .proposed, &tally)
      try connection.run(
        "UPDATE trials SET agent = ?, hypothesis = ?, proposal = ? WHERE id = ?", .text(proposal.agent),
        .text(proposal.hypothesis), .integer(record.sequence), .integer(trial.rawValue))
    case .candidateCreated(let trial, let commit, let size):
      try update(trial, to: .ready, &tally)
      try connection.run(
        "UPDATE trials SET commit_hash = ?, added = ?, removed = ? WHERE id = ?", .text(commit.rawValue),
        .integer(size.added), .integer(size.removed), .integer(trial.rawValue))
    case .proposalFailed(let trial, let reason):
      try update(trial, to: .failed, &tally)
      try end(trial, remark: reason, at)
    case .agentFailed(let trial, let failure):
      try update(trial, to: .failed, &tally)
      try end(trial, remark: failure.reason, at)
    case .proposalRefused(let trial, let reason):
      try update(trial, to: .refused, &tally)
      try end(trial, remark: reason, at)
    case .trialJudged(let trial, let verdict, let evidence):
      try closeBaseline(at: record.at, &tally)
      if evidence.sigma.isFinite { tally.sigma = evidence.sigma }
      try update(trial, to: .judged, verdict: verdict, &tally)
      try end(trial, remark: evidence.besides, at)
      try note(evidence, of: trial)
    case .trialCrashed(let trial, let outcome):
      let known = try connection.first("SELECT remark FROM trials WHERE id = ?", [.integer(trial.rawValue)]) {
        row throws(JournalError) in row.optionalText(0)
      }
      try update(trial, to: .crashed, &tally)
      try end(trial, remark: (known ?? nil) ?? outcome.description, at)
      try note(outcome, of: trial)
    default: break
    }
  }

  /// From the first trial on, the baseline is what the search builds on: kept.
  private func closeBaseline(at: Timestamp, _ tally: inout Tally) throws(JournalError) {
    guard tally.baselineIsMeasured else { return }
    tally.baselineIsMeasured = false
    try connection.run(
      "UPDATE trials SET state = 'judged', verdict = 'kept', ended_at = ? WHERE id = 0 AND state = 'measuring'",
      .integer(at.milliseconds))
  }

  /// A study that fails before anything was judged fails because its baseline did.
  private func failBaseline(reason: String, at: Timestamp, _ tally: inout Tally) throws(JournalError) {
    guard !tally.hasJudged else { return }
    tally.baselineIsMeasured = false
    try connection.run(
      "UPDATE trials SET state = 'crashed', verdict = NULL, ended_at = ?, remark = coalesce(remark, ?) WHERE id = 0",
      .integer(at.milliseconds), .text(reason))
  }

  /// Every session tries a baseline that failed again.
  private func reopenBaseline(_ tally: inout Tally) throws(JournalError) {
    try connection.run(
      "UPDATE trials SET state = 'measuring', ended_at = NULL, remark = NULL, outcome = NULL WHERE id = 0 AND state = 'crashed'"
    )
    tally.baselineIsMeasured = tally.baselineIsMeasured || connection.changes > 0
  }

  private func addHeadMove(_ trial: TrialID, _ record: RecordedEvent) throws(JournalError) {
    try connection.run(
      "INSERT INTO head_moves(event, trial, at) VALUES (?, ?, ?)", .integer(record.sequence), .integer(trial.rawValue),
      .integer(record.at.milliseconds))
  }

  private func addTest(_ record: RecordedEvent) throws(JournalError) {
    try connection.run("INSERT OR IGNORE INTO tests(event) VALUES (?)", .integer(record.sequence))
  }

  func update(
    _ trial: TrialID, to state: TrialState, verdict: Verdict? = nil, _ tally: inout Tally
  ) throws(JournalError) {
    let old = try connection.first(
      "SELECT state, verdict FROM trials WHERE id = ?", [.integer(trial.rawValue)]
    ) { row throws(JournalError) in
      (TrialState(rawValue: row.text(0)), row.optionalText(1).flatMap(Verdict.init))
    }
    guard let (oldState, oldVerdict) = old else { return }
    tally.move(
      trial, from: oldState.flatMap { TrialEnd(state: $0, verdict: oldVerdict) },
      to: TrialEnd(state: state, verdict: verdict))
    try connection.run(
      "UPDATE trials SET state = ?, verdict = ?, ended_at = NULL WHERE id = ?", .text(state.rawValue),
      .optional(verdict?.rawValue), .integer(trial.rawValue))
  }

  func end(_ trial: TrialID, remark: String?, _ at: SQLValue) throws(JournalError) {
    try connection.run(
      "UPDATE trials SET remark = ?, ended_at = ? WHERE id = ?", .optional(remark), at, .integer(trial.rawValue))
  }

  func note(_ evidence: Evidence, of trial: TrialID) throws(JournalError) {
    try connection.run(
      """
      UPDATE trials SET effect = ?, deviation = ?, gain = ?, loss = ?, mean = ?, basis = ?, sigma = ?, head = ? WHERE id = ?
      """, .real(evidence.effect), .real(evidence.deviation), .real(evidence.gain), .real(evidence.loss),
      .real(evidence.mean), .integer(evidence.measurements), .real(evidence.sigma),
      .integer(evidence.head.rawValue), .integer(trial.rawValue))
  }

  private func note(_ outcome: Outcome, of trial: TrialID) throws(JournalError) {
    guard outcome != .exited(code: 0) else { return }
    try connection.run(
      "UPDATE trials SET outcome = ? WHERE id = ?", .text(try coder.encode(outcome)), .integer(trial.rawValue))
  }
}
