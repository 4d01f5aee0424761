import PawlCore

/// The page that a researcher opens in the morning.
public enum StudyReport {
  /// Returns one self-contained HTML file: inline style, script and plot; nothing is loaded from anywhere.
  ///
  /// It reads without JavaScript, follows the reader's light or dark scheme, and prints in light.
  public static func html(_ input: ReportInput) -> String {
    let page = ReportPage(input)
    let name = input.configuration.name.rawValue.escaped
    var html = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="Pawl \(input.version.escaped)">
      <title>\(name) · Pawl report</title>
      <style>\(ReportStyle.css)</style>
      </head>
      <body>
      <main>

      """
    html += page.masthead() + page.headline()
    html += "<figure class=\"card plot\">\(ProgressPlot.svg(input, width: 1120, height: 500))"
    if input.isThinned {
      html +=
        "<figcaption class=\"soft\">The page holds \(input.trials.count) of \(input.sums.trials + 1) trials: all that were "
      html += "kept, the newest, and an even choice of the rest.</figcaption>\n"
    }
    html += "</figure>\n"
    html += page.kept() + page.certificates() + page.generations() + page.ladder() + page.diff() + page.allTrials()
    html += page.budget() + page.configuration() + page.reproduction() + page.caveats()
    html += """
      <footer>Made by Pawl \(input.version.escaped) on \(input.generatedAt.readable).</footer>
      </main>
      <script>\(ReportStyle.script)</script>
      </body>
      </html>

      """
    return html
  }
}

/// The parts of the page; every text from outside is escaped where it is written.
struct ReportPage {
  let input: ReportInput
  let style: NumberStyle
  let trials: [TrialID: TrialSummary]
  /// Certificates that reached their threshold, in order.
  let held: [Certificate]

  init(_ input: ReportInput) {
    self.input = input
    held = input.certificates.filter(\.holds)
    trials = Dictionary(input.trials.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    let heads = input.headPath.compactMap { [trials] in trials[$0]?.mean }.filter(\.isFinite)
    let others = input.trials.compactMap(\.mean).filter(\.isFinite)
    let spread = (heads.max() ?? 0) - (heads.min() ?? 0)
    style = NumberStyle(
      values: heads.isEmpty ? others : heads, resolution: input.sigma ?? (spread > 0 ? spread / 20 : nil))
  }

  var metric: MetricRule { input.configuration.metric }

  func section(_ title: String, id: String, _ body: String) -> String {
    "<section id=\"\(id)\"><h2>\(title)</h2>\n\(body)</section>\n"
  }

  /// A difference in the metric's unit, signed so that positive is better.
  func effect(_ value: Double?) -> String { value.map { style.difference.signed($0) } ?? "–" }

  func effect(_ evidence: Evidence?) -> String {
    guard let evidence, evidence.effect.isFinite else { return "–" }
    let deviation = evidence.deviation.isFinite ? " <i>± \(style.difference.text(evidence.deviation))</i>" : ""
    return effect(evidence.effect) + deviation
  }

  func value(of trial: TrialSummary) -> String {
    guard let mean = trial.mean, mean.isFinite else { return "–" }
    let error = input.standardError(of: trial).map { " <i>± \(style.difference.text($0))</i>" } ?? ""
    return style.text(mean) + error
  }

  func change(of trial: TrialSummary) -> String {
    guard let added = trial.added, let removed = trial.removed else { return "–" }
    return "<span class=\"plus\">+\(added)</span> <span class=\"minus\">−\(removed)</span>"
  }

  func hypothesis(of trial: TrialSummary) -> String {
    (trial.hypothesis ?? (trial.id == .baseline ? "baseline" : "–")).abbreviated(to: 300).escaped
  }

  /// Raw value for sorting; empty sorts last.
  func sortKey(_ value: Double?) -> String {
    guard let value, value.isFinite else { return " data-v=\"\"" }
    return " data-v=\"\(value)\""
  }

  func percent(_ part: Double, of whole: Double) -> String? {
    let share = part / whole.magnitude * 100
    guard share.isFinite, whole != 0 else { return nil }
    let decimals = share.magnitude < 1 ? 2 : share.magnitude < 100 ? 1 : 0
    return share.magnitude < 1e6 ? "\(share.fixed(decimals: decimals).replacingMinus) %" : nil
  }
}

extension [Double] {
  /// The mean, or nil where there are no values or it is not finite.
  var mean: Double? {
    guard !isEmpty else { return nil }
    let result = reduce(0) { $0 + $1 / Double(count) }
    return result.isFinite ? result : nil
  }
}
