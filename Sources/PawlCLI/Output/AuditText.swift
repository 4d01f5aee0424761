import PawlCore

/// An audit as a table and a few sentences.
struct AuditText {
  let report: AuditReport
  let metric: String
  let console: Console

  /// The rows in file order; kept ones only unless `all`.
  func table(all: Bool) -> String {
    let steps = report.steps.filter { all || $0.kept }
    if report.noise == nil {
      let header = ["line", "commit", "status", metric, "better by", "evidence up to sigma", "description"]
      return TextTable(header: header, numbers: [0, 3, 4, 5], console: console).text(
        steps.map { step in
          let limit = step.kept ? step.evidenceUpToSigma?.formatted(digits: 2) ?? "never" : ""
          return (start(step) + [limit, step.description], false)
        })
    }
    let header = [
      "line", "commit", "status", metric, "better by", "believed", "improves", "verdict", "pairs", "description",
    ]
    return TextTable(header: header, numbers: [0, 3, 4, 6, 8], console: console).text(
      steps.map { step in
        let believed =
          step.effect.map { "\($0.asEffect) ± \((step.deviation ?? 0).formatted(digits: 2))" } ?? ""
        let pairs = step.kept ? step.pairs.map { $0 == 0 ? "" : "\($0)" } ?? "never" : ""
        let cells = [
          believed, step.probabilityImproves.map { AuditText.share($0) } ?? "", step.verdict?.rawValue ?? "", pairs,
          step.description,
        ]
        return (start(step) + cells, step.verdict == .evidence)
      })
  }

  private func start(_ step: AuditStep) -> [String] {
    [
      "\(step.line)", step.commit.map { String($0.prefix(8)) } ?? "", step.kept ? "keep" : "discard",
      step.value.asMetric, step.difference.asEffect,
    ]
  }

  /// Never 0 % or 100 %: that much is never known.
  private static func share(_ probability: Double) -> String {
    if probability > 0.99 { return ">99 %" }
    return probability < 0.01 ? "<1 %" : "\(Int((probability * 100).rounded())) %"
  }

  var summary: String {
    var text = noise
    if report.noise == nil {
      for (name, summary) in zip(["least", "most"], report.summaries) {
        text += line(
          name, "at a noise of \(summary.sigma.formatted(digits: 2)), of \(summary.keeps) keeps \(counts(summary))")
      }
      if let least = report.summaries.first, let most = report.summaries.last {
        text += line("claimed", claim(least))
        text += line("believed", "\(least.believed.asEffect) to \(most.believed.asEffect), by the noise")
      }
      return text
    }
    guard let summary = report.summaries.first else { return text }
    text += line("keeps", "\(summary.keeps): \(counts(summary))")
    text += line("claimed", claim(summary))
    text += line(
      "believed",
      "\(summary.believed.asEffect), 95 % between \(summary.believedLow.asEffect) and \(summary.believedHigh.asEffect)")
    text += line(
      "again",
      "a new run of line \(summary.finalLine)'s code should give about \(summary.again.asMetric), 95 % of runs between "
        + "\(summary.againLow.asMetric) and \(summary.againHigh.asMetric)")
    let settle =
      if let pairs = summary.pairs {
        "\(pairs) pairs of runs (\(2 * pairs) runs) of that code and of the first should certify the whole claim"
      } else {
        "not even 1,000 pairs of runs are expected to certify the whole claim"
      }
    return text + line("settle", settle)
  }

  private var noise: String {
    guard let noise = report.noise else {
      return line(
        "noise", "unknown: no row measured the same code again, and neither --sigma nor --noise-runs is given")
    }
    var text = "sigma \(noise.sigma.formatted(digits: 3)) of one run"
    if let low = noise.low, let high = noise.high, let freedom = noise.degreesOfFreedom {
      text +=
        " (95 % between \(low.formatted(digits: 2)) and \(high.formatted(digits: 2)), \(freedom) \(freedom == 1 ? "degree" : "degrees") of freedom)"
    }
    switch noise.source {
    case .given: break
    case .runs: text += ", from --noise-runs"
    case .rows:
      let shown = noise.lines.prefix(8).map(String.init).joined(separator: ", ")
      text += ", from lines \(shown)\(noise.lines.count > 8 ? " and \(noise.lines.count - 8) more" : "")"
    }
    return line("noise", text)
  }

  private func counts(_ summary: AuditSummary) -> String {
    let missed = summary.missed == 0 ? "" : "; \(summary.missed) discarded although they look better"
    return "\(summary.evidence) evidence, \(summary.doubtful) doubtful, \(summary.noise) noise\(missed)"
  }

  private func claim(_ summary: AuditSummary) -> String {
    "\(summary.claimed.asEffect), to \(summary.finalValue.asMetric) on line \(summary.finalLine)"
  }

  private func line(_ name: String, _ text: String) -> String {
    "\(Ink.strong.paint(name.padded(to: 8), console.colour))  \(text)\n"
  }
}
