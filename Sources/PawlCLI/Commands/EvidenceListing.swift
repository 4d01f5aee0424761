import PawlCore
import PawlRuntime

/// `pawl log --evidence`: what each verdict rests on, and the certifications of the candidates among them.
struct EvidenceListing {
  let metric: String
  let console: Console

  /// A line of `--json`: a trial, a certification or a promotion.
  private struct Line: Encodable {
    var trial: TrialSummary?
    /// The heads that the candidate was re-based onto, and what it conflicted with.
    var rebasedOnto: [TrialID]?
    var conflict: RebaseConflict?
    var certification: CertificationRecord?
    /// The rung and how a change of the one below fared on it, in a test or before it came to one.
    var rung: Int?
    var promotion: LadderSummary.Point?
    var transplantConflict: LadderSummary.Conflict?
  }

  func text(
    _ trials: [TrialSummary], _ tests: [CertificationRecord], _ rebases: RebaseRecord, _ ladder: LadderSummary
  ) -> String {
    [verdicts(trials, tests, rebases), certifications(tests), promotions(ladder)].filter { !$0.isEmpty }.joined(
      separator: "\n")
  }

  func json(
    _ trials: [TrialSummary], _ tests: [CertificationRecord], _ rebases: RebaseRecord, _ ladder: LadderSummary
  ) throws -> String {
    let lines =
      trials.map { Line(trial: $0, rebasedOnto: rebases.onto[$0.id], conflict: rebases.conflicts[$0.id]) }
      + tests.map { Line(certification: $0) }
      + ladder.transfers.flatMap { transfer in
        transfer.points.map { Line(rung: transfer.rung, promotion: $0) }
          + transfer.conflicts.map { Line(rung: transfer.rung, transplantConflict: $0) }
      }
    return try lines.map { try JSONText.encode($0, pretty: false) + "\n" }.joined()
  }

  private func verdicts(
    _ trials: [TrialSummary], _ tests: [CertificationRecord], _ rebases: RebaseRecord
  ) -> String {
    guard !trials.isEmpty else { return "" }
    let certificates = tests.filter { $0.standing == .certified }
    let header = ["trial", "verdict", "effect", "gain", "loss", "n", metric, "over", "σ", ""]
    return TextTable(header: header, numbers: [0, 3, 4, 5, 6, 7, 8], console: console).text(
      trials.map { trial in
        let onto = rebases.onto[trial.id].map { "re-based onto \($0.map(\.description).joined(separator: ", "))" }
        let certificate = certificates.last { $0.candidate == trial.id }.map { "★ \($0.number)" }
        let breach = trial.evidence?.breach?.description
        let notes = [certificate, onto, breach, rebases.conflicts[trial.id]?.reason].compactMap(\.self)
          .joined(separator: ", ")
        guard let evidence = trial.evidence else {
          return ([trial.id.description, trial.standing] + Array(repeating: "", count: 7) + [notes], false)
        }
        let cells = [
          trial.id.description, trial.standing,
          "\(evidence.effect.asEffect) ± \(evidence.deviation.formatted(digits: 2))",
          evidence.gain.formatted(digits: 2), evidence.loss.formatted(digits: 2), String(evidence.measurements),
          evidence.mean.asMetric, evidence.head.description, evidence.sigma.formatted(digits: 2),
          notes,
        ]
        return (cells, trial.verdict == .kept)
      })
  }

  private func certifications(_ tests: [CertificationRecord]) -> String {
    guard !tests.isEmpty else { return "" }
    let header = ["certificate", "of", "over", "effect", "interval", "e-value", "asked", "pairs", "result"]
    return TextTable(header: header, numbers: [0, 1, 2, 5, 6, 7], console: console).text(
      tests.map { test in
        let cells = [
          "\(test.number)", test.candidate.description, test.champion.description, test.effect?.asEffect ?? "",
          test.interval, test.eValue.formatted(digits: 3), test.threshold.formatted(digits: 3), "\(test.pairs)",
          test.standing == .certified
            ? "★ certified" : test.standing.rawValue + (test.breach.map { ": \($0)" } ?? ""),
        ]
        return (cells, test.standing == .certified)
      })
  }

  private func promotions(_ ladder: LadderSummary) -> String {
    let rows = ladder.transfers.flatMap { transfer -> [([String], Bool)] in
      let name = ladder.name(of: transfer.rung)
      let tests = transfer.points.map { point -> ([String], Bool) in
        let above = point.above.map { above in
          above.asEffect + (point.standardError.map { " ± \($0.formatted(digits: 2))" } ?? "")
        }
        let cells = [
          "\(point.test)", name, point.trials.listed, point.champion.description, point.below.asEffect, above ?? "",
          point.chance.asPercent, point.eValue?.formatted(digits: 3) ?? "", point.threshold.formatted(digits: 3),
          point.pairs.map(String.init) ?? "", point.standing == .certified ? "★ certified" : point.standing.words,
        ]
        return (cells, point.standing == .certified)
      }
      return tests
        + transfer.conflicts.map { conflict in
          (["", name, conflict.trials.listed] + Array(repeating: "", count: 7) + [conflict.reason], false)
        }
    }
    guard !rows.isEmpty else { return "" }
    let header = [
      "test", "on rung", "trials", "over", "effect below", "effect above", "chance", "e-value", "asked", "pairs",
      "result",
    ]
    return TextTable(header: header, numbers: [0, 3, 6, 7, 8, 9], console: console).text(rows)
  }
}

extension CertificationRecord {
  /// The confidence sequence as shown; empty while it is unbounded.
  var interval: String {
    guard let lower, let upper else { return "" }
    return "[\(lower.formatted(digits: 3)), \(upper.formatted(digits: 3))]"
  }
}
