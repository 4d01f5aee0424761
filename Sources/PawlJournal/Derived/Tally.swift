internal import PawlCore

/// The counters behind `StudyOverview`: one row, written with every transaction.
struct Tally: Codable, Hashable {
  var name: StudyName?
  var baseline: CommitHash?
  var head = TrialID.baseline
  var champion = TrialID.baseline
  var ended: [String: Int] = [:]
  var open = 0
  var attemptsFinished = 0
  var attemptsRunning = 0
  /// nil in the counters of before any were.
  var attemptsRepeated: Int?
  var attemptsStopped: Int?
  var secondsSaved: Double?
  var wallSeconds = 0.0
  /// By rung, ascending; nil in the counters of version 3.
  var rungs: [RungUse]?
  var certificates = 0
  var paused = false
  var stopRequested: String?
  var failed: String?
  var sessions = 0
  var startedAt: Timestamp?
  var lastEventAt: Timestamp?
  var sigma: Double?
  var cost = 0.0
  /// The believed effects of all steps of the head, added up; nil in the counters of version 1.
  var headEffect: Double?
  var direction: Direction?
  /// The baseline is being measured and nothing was built on it yet.
  var baselineIsMeasured = false
  /// Sequence of the start, and of the event that holds the newest configuration.
  var start: Int64?
  var configuration: Int64?

  mutating func note(stoppedAttempt seconds: Double) {
    attemptsStopped = (attemptsStopped ?? 0) + 1
    // Against the mean of all attempts, stopped ones among them: an estimate from below.
    guard attemptsFinished > 0 else { return }
    secondsSaved = (secondsSaved ?? 0) + max(0, wallSeconds / Double(attemptsFinished) - seconds)
  }

  /// Where a trial is counted; nil for the baseline, which is in no count.
  mutating func move(_ trial: TrialID, from old: TrialEnd?, to new: TrialEnd?) {
    guard trial != .baseline, old != new else { return }
    if let old { ended[old.rawValue, default: 0] -= 1 } else { open -= 1 }
    if let new { ended[new.rawValue, default: 0] += 1 } else { open += 1 }
  }

  mutating func add(_ use: RungUse) {
    var all = rungs ?? []
    let place = all.firstIndex { $0.rung >= use.rung } ?? all.count
    if place < all.count, all[place].rung == use.rung {
      all[place].attempts += use.attempts
      all[place].wallSeconds += use.wallSeconds
    } else {
      all.insert(use, at: place)
    }
    rungs = all
  }

  /// Whether any trial but the baseline was judged: the baseline's calibration is over then.
  var hasJudged: Bool {
    [TrialEnd.kept, .discarded, .inconclusive].contains { (ended[$0.rawValue] ?? 0) > 0 }
  }

  func save(sequence: Int64, digest: Digest, in connection: Connection) throws(JournalError) {
    try connection.run(
      "INSERT OR REPLACE INTO tally(id, sequence, digest, body) VALUES (1, ?, ?, ?)", .integer(sequence),
      .blob(digest.bytes), .text(try JSONCoder().encode(self)))
  }

  struct Row {
    let tally: Tally
    let sequence: Int64
    let digest: Digest?
  }

  /// Returns the stored counters, or nil where the row is gone or cannot be read.
  static func load(from connection: Connection) throws(JournalError) -> Row? {
    try connection.first("SELECT sequence, digest, body FROM tally WHERE id = 1") { row throws(JournalError) in
      guard let tally = try? JSONCoder().decode(Tally.self, from: row.bytes(2)) else { return Row?.none }
      return Row(tally: tally, sequence: row.integer(0), digest: Digest(row.bytes(1)))
    } ?? nil
  }

  /// Returns the overview, or nil before the study has started.
  func overview(sequence: Int64, mean: (TrialID) throws(JournalError) -> Double?) throws(JournalError) -> StudyOverview?
  {
    guard let name, let baseline, let startedAt, let lastEventAt else { return nil }
    let baselineMean = try mean(.baseline)
    var headEstimate: Double?
    if let baselineMean, let headEffect, let direction {
      headEstimate = direction == .minimize ? baselineMean - headEffect : baselineMean + headEffect
    }
    func count(_ end: TrialEnd) -> Int { ended[end.rawValue] ?? 0 }
    return StudyOverview(
      name: name, baseline: baseline, head: head, champion: champion, trialsKept: count(.kept),
      trialsDiscarded: count(.discarded), trialsInconclusive: count(.inconclusive), trialsCrashed: count(.crashed),
      trialsRefused: count(.refused), trialsFailed: count(.failed), trialsOpen: open,
      attemptsFinished: attemptsFinished, attemptsRunning: attemptsRunning, wallSeconds: wallSeconds,
      certificates: certificates, paused: paused, stopRequested: stopRequested, failed: failed, sessions: sessions,
      startedAt: startedAt, lastEventAt: lastEventAt, lastSequence: sequence, sigma: sigma, headMean: try mean(head),
      headEstimate: headEstimate, championMean: try mean(champion), baselineMean: baselineMean, cost: cost,
      attemptsRepeated: attemptsRepeated ?? 0, attemptsStopped: attemptsStopped ?? 0, secondsSaved: secondsSaved ?? 0,
      // An older program wrote it: there was one rung then.
      rungs: rungs ?? [RungUse(rung: 1, attempts: attemptsFinished, wallSeconds: wallSeconds)])
  }
}

/// How a trial ended, as the overview counts it.
enum TrialEnd: String {
  case kept, discarded, inconclusive, crashed, refused, failed

  /// Returns nil for a state that is not an end.
  init?(state: TrialState, verdict: Verdict?) {
    switch state {
    case .proposing, .proposed, .ready, .measuring: return nil
    case .crashed: self = .crashed
    case .refused: self = .refused
    case .failed: self = .failed
    case .judged:
      switch verdict {
      case .kept: self = .kept
      case .discarded: self = .discarded
      case .inconclusive, nil: self = .inconclusive
      }
    }
  }
}
