import PawlCore
import PawlRuntime

/// `pawl log --evidence`: what each verdict rests on, and the certifications of the candidates among them.
struct EvidenceListing {
  let metric: String
  let console: Console

  /// A line of `--json`; one of the two is there.
  private struct Line: Encodable {
    var trial: TrialSummary?
    var certification: CertificationRecord?
  }

  func text(_ trials: [TrialSummary], _ tests: [CertificationRecord]) -> String {
    [verdicts(trials, tests), certifications(tests)].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  func json(_ trials: [TrialSummary], _ tests: [CertificationRecord]) throws -> String {
    let lines = trials.map { Line(trial: $0) } + tests.map { Line(certification: $0) }
    return try lines.map { try JSONText.encode($0, pretty: false) + "\n" }.joined()
  }

  private func verdicts(_ trials: [TrialSummary], _ tests: [CertificationRecord]) -> String {
    let rows = trials.compactMap { trial in trial.evidence.map { (trial, $0) } }
    guard !rows.isEmpty else { return "" }
    let certificates = tests.filter { $0.standing == .certified }
    let header = ["trial", "verdict", "effect", "gain", "loss", "n", metric, "over", "σ", ""]
    return TextTable(header: header, numbers: [0, 3, 4, 5, 6, 7, 8], console: console).text(
      rows.map { trial, evidence in
        let certificate = certificates.last { $0.candidate == trial.id }
        let cells = [
          trial.id.description, trial.standing,
          "\(evidence.effect.asEffect) ± \(evidence.deviation.formatted(digits: 2))",
          evidence.gain.formatted(digits: 2), evidence.loss.formatted(digits: 2), String(evidence.measurements),
          evidence.mean.asMetric, evidence.head.description, evidence.sigma.formatted(digits: 2),
          certificate.map { "★ \($0.number)" } ?? "",
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
          test.standing == .certified ? "★ certified" : test.standing.rawValue,
        ]
        return (cells, test.standing == .certified)
      })
  }
}

extension CertificationRecord {
  /// The confidence sequence as shown; empty while it is unbounded.
  var interval: String {
    guard let lower, let upper else { return "" }
    return "[\(lower.formatted(digits: 3)), \(upper.formatted(digits: 3))]"
  }
}
