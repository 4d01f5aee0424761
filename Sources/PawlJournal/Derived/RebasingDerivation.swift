internal import PawlCore

extension Derivation {
  func applyToRebasing(_ record: RecordedEvent, _ tally: inout Tally) throws(JournalError) {
    switch record.event {
    case .rebaseRequested(let request):
      // Shown where nothing comes of it: it is why the change was worth to be tried on the newer head.
      guard let evidence = request.evidence else { return }
      try note(evidence, of: request.trial)
    case .candidateRebased(let candidate):
      try update(candidate.trial, to: .ready, &tally)
      // The mean of a trial is that of its commit: what the older one measured stands with its attempts.
      try connection.run(
        """
        UPDATE trials SET parent = ?, commit_hash = ?, added = ?, removed = ?, total = 0, measurements = 0, effect = NULL,
          deviation = NULL, gain = NULL, loss = NULL, mean = NULL, basis = NULL, sigma = NULL, head = NULL WHERE id = ?
        """, .integer(candidate.onto.rawValue), .text(candidate.commit.rawValue), .integer(candidate.size.added),
        .integer(candidate.size.removed), .integer(candidate.trial.rawValue))
      try connection.run(
        "UPDATE attempts SET counts = 0 WHERE trial = ? AND finished IS NULL", .integer(candidate.trial.rawValue))
    case .rebaseConflicted(let conflict):
      // Judged as it is, on what it measured.
      if conflict.stays == true { return try update(conflict.trial, to: .measuring, &tally) }
      try update(conflict.trial, to: .refused, &tally)
      try end(conflict.trial, remark: conflict.reason, .integer(record.at.milliseconds))
    default: break
    }
  }
}
