import Foundation
public import PawlCore
import PawlRatchet
import PawlReport

/// Any fork's `results.tsv`, as `pawl log --results` lists it and `pawl audit` replays it.
public struct ResultsFile: Sendable {
  public struct Row: Sendable, Encodable {
    /// In the file, from 1.
    public let line: Int
    public let commit: String?
    /// Absent for a crash, whatever number stands there.
    public let metric: Double?
    public let memoryGB: Double?
    /// `keep`, `discard`, `crash`, or the fork's own word.
    public let status: String
    public let description: String
  }

  /// The header of the column taken as the metric.
  public let metricName: String?
  public let rows: [Row]
  /// What could not be read, with line numbers.
  public let problems: [String]

  /// Reads the file at `path`; rows survive where they can. - Throws: with `hint` where the file cannot be read at all.
  public init(path: String, hint: String) throws {
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
      throw RuntimeError(.system, "cannot read `\(path)`", hints: [hint])
    }
    let parsed = ResultsTable.parse(String(decoding: data, as: UTF8.self))
    metricName = parsed.metricName
    problems = parsed.problems
    rows = parsed.rows.map { row in
      let status =
        switch row.status {
        case .keep: "keep"
        case .discard: "discard"
        case .crash: "crash"
        case .other(let word): word
        }
      return Row(
        line: row.line, commit: row.commit, metric: row.metric, memoryGB: row.memoryGB, status: status,
        description: row.description)
    }
  }

  /// Replays the rows in file order, and says which keeps are evidence (`Audit`).
  ///
  /// - Throws: where no column holds the metric, and what `Audit.report` throws.
  public func audit(direction: Direction, noise: AuditNoiseSource) throws -> AuditReport {
    try requireMetric()
    let rows = rows.map { row in
      let kept: Bool? =
        switch row.status {
        case "keep": true
        case "discard", "crash": false
        default: nil
        }
      return AuditRow(
        line: row.line, commit: row.commit, value: row.metric, kept: kept, description: row.description)
    }
    return try Audit.report(rows, direction: direction, noise: noise)
  }
}
