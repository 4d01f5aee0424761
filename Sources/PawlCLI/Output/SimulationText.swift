import PawlCore
import PawlSimulation

/// Simulated studies as tables, and what they mean for whoever plans one.
struct SimulationText {
  let wishes: SimulationWishes
  let console: Console

  func text(_ results: [SimulationResult]) -> String {
    var text = wishes.source.map { "\($0)\n\n" } ?? ""
    text += results.map { result in
      Ink.strong.paint(result.title, console.colour) + "\n" + table(result) + advice(result)
    }.joined(separator: "\n")
    return text + "\n" + legend(results)
  }

  private func table(_ result: SimulationResult) -> String {
    let header = [
      "policy", "trials", "progress", "against best", "certified", "certificates", "false (at most)", "covered",
    ]
    return TextTable(header: header, numbers: [1, 2, 3, 4, 5, 6], console: console).text(
      result.rows.map { row in
        let share = row.falseShare.map { "\(Self.percent($0)) (\(Self.percent(row.falseShareBound ?? 1)))" }
        var cells = [row.policy, "\(Int(row.trials.value.rounded()))", Self.figure(row.progress)]
        cells += [
          row.ratio.map(Self.ratio) ?? "-", row.certifiedProgress?.value.asEffect ?? "",
        ]
        cells += [row.certificates?.value.formatted(digits: 2) ?? "-", share ?? "-"]
        cells.append(row.intervalCoverage.map(Self.percent) ?? "-")
        return (cells, row.policy == Policy.ours.rawValue)
      })
  }

  private static func ratio(_ ratio: SimulationResult.Figure) -> String {
    ratio.value.fixed(decimals: 2) + (ratio.standardError.map { " ± \($0.fixed(decimals: 2))" } ?? "")
  }

  /// A mean with its standard error to two digits, and as many decimals as that has.
  private static func figure(_ figure: SimulationResult.Figure) -> String {
    let sign = figure.value >= 0 ? "+" : ""
    guard let error = figure.standardError, error > 0, figure.value.magnitude < 1e12 else {
      return sign + figure.value.formatted(digits: 3)
    }
    let digits = error.formatted(digits: 2)
    guard !digits.contains("e") else { return "\(sign)\(figure.value.formatted(digits: 3)) ± \(digits)" }
    let decimals = digits.split(separator: ".").dropFirst().first?.count ?? 0
    return "\(sign)\(figure.value.fixed(decimals: decimals)) ± \(digits)"
  }

  private static func percent(_ share: Double) -> String { "\((share * 100).fixed(decimals: 1)) %" }

  // MARK: what to expect

  private func advice(_ result: SimulationResult) -> String {
    var sentences: [String] = []
    let plan = result.cell.plan
    if let (summary, row) = result.ours {
      if let least = plan.leastPairs, let attempts = plan.leastAttemptsToCertify {
        sentences.append(
          "a certificate takes at least \(least) pairs of seeds, \(costs(2 * least, plan));\n"
            + "the first, with calibration and one change before it, \(costs(attempts, plan))")
        if plan.budget < attempts {
          sentences.append("so `--budget \(plan.budget)` is too small for any certificate")
        }
      } else {
        sentences.append(
          "at an alpha of \(plan.rule.alpha.formatted(digits: 2)) no certificate is possible within \(plan.rule.maximumPairs) pairs"
        )
      }
      sentences.append(expectation(summary, row, result))
    } else if wishes.attemptSeconds != nil {
      sentences.append("one study takes \(costs(plan.budget, plan))")
    }
    if let target = wishes.target { sentences.append(reach(target, result)) }
    return sentences.map { "\($0)\n" }.joined()
  }

  private func expectation(_ summary: PolicySummary, _ row: SimulationResult.Row, _ result: SimulationResult) -> String
  {
    // A share of what is not clearly above zero says nothing.
    let isClear = summary.progress.value > 2 * summary.progress.error
    let share = isClear ? summary.certifiedProgress.value / summary.progress.value : 0
    let certified = isClear ? ", \((share * 100).fixed(decimals: 0)) % of it certified" : ""
    let unit = result.cell.unit == nil ? " typical changes" : ""
    let plan = result.cell.plan
    let first =
      row.attemptsToFirstCertificate.map { "half of the studies have their first certificate after \(costs($0, plan))" }
      ?? "\(SimulationText.percent(summary.certifyingShare)) of the studies certify anything"
    return "expect \(row.progress.value.asEffect)\(unit) after \(costs(plan.budget, plan))\(certified);\n\(first)"
  }

  private func reach(_ target: Double, _ result: SimulationResult) -> String {
    let goal = "+\(target.formatted(digits: 3))" + (result.cell.unit == nil ? " typical changes" : "")
    let lines = result.rows.map { row in
      let when = row.attemptsToTarget.map { "\($0)" } ?? "not within \(row.budget)"
      let certified = row.certifiedAttemptsToTarget.map { ", certified \($0)" } ?? ""
      return "\n  \(row.policy.padded(to: 14))\(when)\(certified)"
    }
    return "attempts until the mean progress is \(goal):" + lines.joined()
  }

  /// Attempts, and how long they take where that is known.
  private func costs(_ attempts: Int, _ plan: StudyPlan) -> String {
    let time = wishes.attemptSeconds.map { seconds in
      " (\((seconds * Double((attempts + plan.workers - 1) / plan.workers)).asDuration))"
    }
    return "\(attempts) attempts\(time ?? "")"
  }

  private func legend(_ results: [SimulationResult]) -> String {
    var lines = [
      wishes.studies == 1
        ? "one simulated study a row: no standard errors, and luck decides; `--studies 200` says more"
        : "means of \(wishes.studies) simulated studies ± standard error; seed \(wishes.seed)"
    ]
    lines.append("against best: times the progress of the best other policy, the oracle and ours-search left out")
    if results.contains(where: { $0.ours != nil }) {
      lines.append(
        "false: certificates whose step is no better, and the 95 % upper bound; covered: intervals that hold the truth")
    }
    return lines.map { Ink.faint.paint($0, console.colour) + "\n" }.joined()
  }
}
