public import PawlCore

/// A study's trials as the tables that other tools read.
public enum ResultsTable {
  /// Returns the `results.tsv` of karpathy/autoresearch: commit, metric, memory in GiB, status and description.
  ///
  /// Only trials that ran are rows: refused, failed and unfinished ones are left out. The baseline is a `keep`. A crash has
  /// 0.000000 and 0.0, as that format wants it; nowhere else does Pawl write a sentinel. One that was stopped early has what was foretold.
  public static func tsv(_ trials: [TrialSummary], metric: MetricRule) -> String {
    var text = "commit\t\(cell(metric.name))\tmemory_gb\tstatus\tdescription\n"
    for trial in trials {
      guard let status = status(of: trial) else { continue }
      let mean = status == "crash" ? 0 : trial.mean ?? foretold(of: trial) ?? 0
      let memory = status == "crash" ? 0 : Double(trial.peakMemory?.count ?? 0) / 1_073_741_824
      text +=
        "\(cell(trial.commit?.short ?? "-"))\t\(mean.fixed(decimals: 6))\t\(memory.fixed(decimals: 1))\t\(status)\t"
      text += cell(trial.hypothesis ?? (trial.id == .baseline ? "baseline" : "")) + "\n"
    }
    return text
  }

  private static func status(of trial: TrialSummary) -> String? {
    switch trial.state {
    case .crashed: return "crash"
    case .judged, .measuring:
      guard let mean = trial.mean ?? foretold(of: trial), mean.isFinite else {
        return trial.state == .judged ? "crash" : nil
      }
      if trial.id == .baseline || trial.verdict == .kept { return "keep" }
      return trial.verdict == nil ? nil : "discard"
    case .proposing, .proposed, .ready, .refused, .failed: return nil
    }
  }

  /// What a trial whose attempt was stopped early was expected to measure.
  private static func foretold(of trial: TrialSummary) -> Double? {
    trial.evidence.flatMap { $0.stoppedAt == nil ? nil : $0.mean }
  }

  /// Tabs and line breaks would shift columns; a leading quote would open a quoted field in pandas.
  private static func cell(_ text: String) -> String {
    let line = text.onOneLine
    return line.hasPrefix("\"") ? String(line.map { $0 == "\"" ? "'" : $0 }) : line
  }

  /// Returns one JSON object a line for every trial: sorted snake_case keys; what is absent or not finite is left out.
  ///
  /// Times are UTC in ISO 8601, memory is in bytes, durations are in seconds.
  public static func jsonLines(_ trials: [TrialSummary]) -> String {
    var text = ""
    for trial in trials {
      var fields: [(String, String?)] = []
      fields.append(("added", trial.added.map(String.init)))
      fields.append(("agent", trial.agent?.jsonQuoted))
      fields.append(("attempts", String(trial.attempts)))
      fields.append(("certified", String(trial.certified)))
      fields.append(("commit", trial.commit?.rawValue.jsonQuoted))
      fields.append(("ended_at", trial.endedAt?.iso8601.jsonQuoted))
      fields.append(("evidence", trial.evidence.map(object)))
      fields.append(("hypothesis", trial.hypothesis?.jsonQuoted))
      fields.append(("id", String(trial.id.rawValue)))
      fields.append(("mean", number(trial.mean)))
      fields.append(("measurements", String(trial.measurements)))
      fields.append(("outcome", trial.outcome?.description.jsonQuoted))
      fields.append(("parent", trial.parent.map { String($0.rawValue) }))
      fields.append(("peak_memory_bytes", trial.peakMemory.map { String($0.count) }))
      fields.append(("proposed_at", trial.proposedAt.iso8601.jsonQuoted))
      fields.append(("remark", trial.remark?.jsonQuoted))
      fields.append(("removed", trial.removed.map(String.init)))
      fields.append(("state", trial.state.rawValue.jsonQuoted))
      fields.append(("verdict", trial.verdict?.rawValue.jsonQuoted))
      fields.append(("wall_seconds", number(trial.wallSeconds)))
      text += object(fields) + "\n"
    }
    return text
  }

  private static func object(_ evidence: Evidence) -> String {
    object([
      ("deviation", number(evidence.deviation)), ("effect", number(evidence.effect)), ("gain", number(evidence.gain)),
      ("head", String(evidence.head.rawValue)), ("loss", number(evidence.loss)), ("mean", number(evidence.mean)),
      ("measurements", String(evidence.measurements)), ("sigma", number(evidence.sigma)),
      ("stopped_at", number(evidence.stoppedAt)),
    ])
  }

  private static func object(_ fields: [(String, String?)]) -> String {
    "{" + fields.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",") + "}"
  }

  private static func number(_ value: Double?) -> String? {
    guard let value, value.isFinite else { return nil }
    // Swift writes the shortest digits that read back as the same number, which are JSON in every case.
    return "\(value)"
  }
}
