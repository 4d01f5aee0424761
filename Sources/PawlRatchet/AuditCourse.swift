import PawlCore

/// What happened in a file, in order: the baseline, changes against the code kept before them, and re-measurements.
struct AuditCourse {
  enum Event {
    /// A change: its place in `steps`, and its value turned so that larger is better.
    case step(Int, Double)
    /// The code built upon last, measured again.
    case again(Double)
  }
  /// The first row's value, turned so that larger is better.
  let baseline: Double
  private(set) var events: [Event] = []
  private(set) var steps: [AuditStep] = []
  /// The last kept row.
  private(set) var final: (line: Int, value: Double)
  /// Its value less the first row's, positive is better.
  private(set) var claimed = 0.0

  /// `rows` have values and say whether they were kept; the first one is the baseline.
  init?(_ rows: [AuditRow], replicates: AuditReplicates, direction: Direction) {
    guard let first = rows.first, let start = first.value else { return nil }
    func oriented(_ value: Double) -> Double { direction == .minimize ? -value : value }
    baseline = oriented(start)
    var head = (index: 0, line: first.line, value: start)
    for (index, row) in rows.enumerated().dropFirst() {
      guard let value = row.value else { continue }
      let difference = direction.improvement(of: value, over: head.value)
      let kept = row.kept == true
      if let original = replicates.original[index] {
        let isHead = original == head.index || replicates.original[head.index] == original
        let isSameCommit = row.commit != nil && row.commit == rows[original].commit
        // A kept row that only drew a new seed was built upon: it is a step like any other.
        if !kept || isSameCommit {
          if isHead { events.append(.again(oriented(value))) }
          continue
        }
      }
      events.append(.step(steps.count, oriented(value)))
      steps.append(
        AuditStep(
          line: row.line, commit: row.commit, value: value, kept: kept, against: head.line, difference: difference,
          description: row.description))
      if kept { head = (index, row.line, value) }
    }
    final = (head.line, head.value)
    claimed = direction.improvement(of: head.value, over: start)
  }
}
