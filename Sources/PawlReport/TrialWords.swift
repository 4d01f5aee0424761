import PawlCore

extension TrialSummary {
  /// Where the trial stands, in one or a few words.
  var standing: String {
    switch state {
    case .proposing, .proposed: "being proposed"
    case .ready: "waiting"
    case .measuring: "being measured"
    case .crashed: "crashed" + (outcome.map { ": \($0)" } ?? "")
    case .refused: "refused" + (remark.map { ": \($0.abbreviated(to: 80))" } ?? "")
    case .failed: "no proposal"
    case .judged:
      if id == .baseline { "baseline" } else { (verdict?.rawValue ?? "judged") + (certified ? ", certified" : "") }
    }
  }
}

extension ReportInput {
  /// Standard error of a trial's mean, from the noise of one measurement; nil where that is not known.
  func standardError(of trial: TrialSummary) -> Double? {
    guard let sigma, sigma.isFinite, sigma > 0, trial.measurements > 0 else { return nil }
    return sigma / Double(trial.measurements).squareRoot()
  }
}

extension Int {
  /// The number with its noun, as in `1 trial` and `2 trials`.
  func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}

extension Double {
  /// Three significant digits, without zeros at the end.
  var short: String {
    let text = formatted(digits: 3)
    guard text.contains("."), !text.contains("e") else { return text }
    var kept = Substring(text)
    while kept.hasSuffix("0") { kept.removeLast() }
    return String(kept.hasSuffix(".") ? kept.dropLast() : kept)
  }
}
