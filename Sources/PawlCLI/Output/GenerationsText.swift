import PawlCore

/// What `pawl status` and `pawl show` say of a study of generations.
struct GenerationsText {
  let summary: GenerationsSummary

  /// Lines for `pawl status`.
  var lines: [(String, String)] {
    var lines = [
      (
        "model",
        "generation \(summary.generation) is the head, \(summary.champion) the champion; \(summary.snapshots) snapshots were made"
      )
    ]
    if let last = summary.rows.last, !last.record.plan.isControl { lines.append(("snapshot", Self.words(last.record))) }
    for alarm in summary.rows.last?.record.alarms ?? [] { lines.append(("alarm", alarm)) }
    if let fidelity = summary.fidelity { lines += Self.lines(of: fidelity) }
    return lines
  }

  private static func lines(of fidelity: GenerationsSummary.Fidelity) -> [(String, String)] {
    guard let standing = fidelity.standing, !fidelity.steps.isEmpty else {
      return [("fidelity", "the baseline gets \(fidelity.baseline) of \(fidelity.canaries) canaries right")]
    }
    var words = "\(percent(standing)) of the baseline's \(fidelity.baseline) canaries are kept"
    words += standing.value < fidelity.floor ? ", below the floor" : ", floor"
    words += " \((100 * fidelity.floor).formatted(digits: 3)) %"
    var lines = [("fidelity", words)]
    if let left = fidelity.generationsLeft {
      let range = [fidelity.fewestLeft, fidelity.mostLeft].map { $0.map(String.init) ?? "no end" }
      lines.append(("forecast", "\(left) generations until the floor [\(range[0]), \(range[1])], at the loss so far"))
    }
    if let shortage = fidelity.shortage { lines.append(("", shortage)) }
    return lines
  }

  /// Lines for `pawl show` of a trial.
  static func lines(of row: GenerationsSummary.Row) -> [(String, String)] {
    let record = row.record
    var lines = [("model", "generation \(record.plan.generation), \(words(record))")]
    if let weights = record.plan.weights {
      lines.append(
        (
          "weights",
          "made \(weights.made.formatted(digits: 2)), aim \(weights.aim.formatted(digits: 2)), temperature \(weights.temperature.formatted(digits: 2))"
        ))
    }
    let dropped = record.dropped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if !dropped.isEmpty {
      lines.append(("dropped", dropped.map { "\($0.value) by \($0.key)" }.joined(separator: ", ")))
    }
    for alarm in record.alarms { lines.append(("alarm", alarm)) }
    if let preference = row.preference {
      let shares = [preference.share, preference.low, preference.high].map { (100 * $0).formatted(digits: 3) }
      lines.append(
        (
          "preferred",
          "in \(shares[0]) % [\(shares[1]), \(shares[2])] of \(preference.pairs) pairs over the baseline's outputs, judged in both orders"
        ))
    }
    if let snapshot = record.plan.snapshot { lines.append(("snapshot", snapshot)) }
    return lines
  }

  private static func words(_ record: GenerationRecord) -> String {
    guard !record.plan.isControl else { return "control: real documents alone" }
    let share = Double(record.madeBytes) / Double(max(1, record.madeBytes + record.realBytes))
    return
      "\(record.kept) of \(record.made) made documents kept; \((100 * share).formatted(digits: 2)) % of the snapshot is made"
  }

  private static func percent(_ share: GenerationsSummary.Share) -> String {
    let digits = [share.value, share.low, share.high].map { (100 * $0).formatted(digits: 3) }
    return "\(digits[0]) % [\(digits[1]), \(digits[2])]"
  }
}
