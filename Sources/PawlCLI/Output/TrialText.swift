import PawlCore

/// One trial in a few lines: what came of it, and by which evidence.
enum TrialText {
  /// Whether nothing more will come of it.
  static func isOver(_ trial: TrialSummary) -> Bool {
    switch trial.state {
    case .judged, .crashed, .refused, .failed: true
    case .proposing, .proposed, .ready, .measuring: false
    }
  }

  /// Lines of label and text; `metric` names the numbers.
  static func lines(_ trial: TrialSummary, metric: MetricRule) -> [(String, String)] {
    var lines = [("trial \(trial.id)", trial.standing + (trial.certified ? ", certified" : ""))]
    if let why = trial.explanation { lines.append(("because", why.replacing("\n", with: " "))) }
    if let evidence = trial.evidence {
      lines.append(
        (
          "effect",
          "\(evidence.effect.asEffect) ± \(evidence.deviation.formatted(digits: 2)) over trial \(evidence.head) (positive is better, noise σ \(evidence.sigma.formatted(digits: 2)))"
        ))
    }
    if let mean = trial.mean {
      lines.append(
        (
          metric.name,
          "\(mean.asMetric), mean of \(trial.measurements) measurement\(trial.measurements == 1 ? "" : "s")"
        ))
    }
    return lines
  }

  static func text(_ trial: TrialSummary, metric: MetricRule) -> String {
    let lines = lines(trial, metric: metric)
    let width = (lines.map(\.0.count).max() ?? 0) + 2
    return lines.map { "\($0.0.padded(to: width))\($0.1)\n" }.joined()
  }

  /// What is under way, for somebody who waits.
  static func progress(_ trial: TrialSummary?) -> String {
    guard let trial else { return "waits to be taken in" }
    // Behind others, or behind the baseline, which a study measures first.
    if trial.state == .ready { return "trial \(trial.id): waits to be measured" }
    let done = trial.measurements == 0 ? "" : ", \(trial.measurements) measured"
    return "trial \(trial.id): \(trial.standing)\(done)"
  }
}
