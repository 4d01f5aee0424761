import PawlConfiguration
import PawlCore
import PawlRuntime
import PawlSimulation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The ratchet beside other policies in every setting, with fixed seeds: the figures are the same on every machine.
struct RatchetCells {
  private static let sigmas = [0.1, 0.25, 0.5, 1, 2, 4]
  private static let budgets = [100, 500]
  private static let policies: [Policy] = [.anyBetter, .replicates3, .bootstrap95, .search, .ours]

  private struct Cell {
    let plan: StudyPlan
    let search: Standing
    let ours: Standing
    let claims: Claims
    /// Certified over true progress of the head; NaN where that is not clearly above zero.
    let certified: Double
  }

  /// A policy beside the best of those that are not ours.
  private struct Standing {
    let rival: PolicySummary
    let progress: PolicySummary.Mean
    let ratio: PolicySummary.Mean
    private let differences: (Double) -> (mean: Double, error: Double)

    init(_ policy: PolicySummary, rival: PolicySummary) {
      self.rival = rival
      progress = policy.progress
      ratio = policy.ratio(to: rival)
      differences = { times in
        // A rival that goes backwards is beaten by standing still.
        let least = rival.progress.value > 0 ? times : 0
        let values = zip(policy.outcomes, rival.outcomes).map { $0.progress - least * $1.progress }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, sqrt(squares / Double(values.count * max(1, values.count - 1))))
      }
    }

    /// Returns how far it is above `times` the rival's progress, in standard errors.
    func margin(_ times: Double) -> Double {
      let (mean, error) = differences(times)
      return error > 0 ? mean / error : mean < 0 ? -.infinity : .infinity
    }

    /// Both numbers.
    var beside: String { "\(progress.value.fixed(decimals: 2)) beside \(rival.progress.value.fixed(decimals: 2))" }

    var text: String {
      rival.progress.value > 2 * rival.progress.error
        ? "\(ratio.value.fixed(decimals: 2)) ± \(ratio.error.fixed(decimals: 2))" : "-"
    }
  }

  static func run(studies: Int, nullStudies: Int, results: String?) throws {
    var effects: [EffectDistribution] = [.exponential, .heavyTailed]
    if let results {
      let file = try ResultsFile(path: results, hint: "benchmarks/ratchet/lab.tsv is a study's own export")
      let direction = file.metricName.flatMap { FlagValues.direction(ofMetric: $0) } ?? .minimize
      if let empirical = EffectDistribution.empirical(of: try file.differences(direction: direction)) {
        effects.append(empirical.effects)
      }
    }
    print("ratchet: true progress over that of the best of any-better, replicates-3 and bootstrap-95")
    print(
      "\(studies) studies a row, seeds from 1; sigma in typical changes; certified: share of the head's true progress\n"
    )
    print(
      line(
        "effects", "noise", "sigma", "attempts", "best other", "ours-search", "ours", "certified", "false", "covered"))
    var cells: [Cell] = []
    for effect in effects {
      for noise in NoiseModel.allCases {
        for sigma in sigmas {
          for budget in budgets {
            let plan = StudyPlan(effects: effect, noise: noise, sigma: sigma, budget: budget)
            guard let cell = cell(plan, studies: studies) else { continue }
            print(row(cell))
            cells.append(cell)
          }
        }
      }
    }
    print()
    progress(cells, of: "ours-search") { $0.search }
    progress(cells, of: "ours") { $0.ours }
    certificates(cells)
    null(studies: nullStudies)
  }

  private static func cell(_ plan: StudyPlan, studies: Int) -> Cell? {
    let summaries = plan.compare(policies, studies: studies)
    guard let ours = summaries.first(where: { $0.policy == .ours }),
      let search = summaries.first(where: { $0.policy == .search }), let rival = ours.rival(among: summaries)
    else { return nil }
    return Cell(
      plan: plan, search: Standing(search, rival: rival), ours: Standing(ours, rival: rival), claims: ours.claims,
      certified: ours.progress.value > 2 * ours.progress.error
        ? ours.certifiedProgress.value / ours.progress.value : .nan)
  }

  // MARK: lines

  private static func line(_ cells: String...) -> String {
    let widths = [-12, -17, 5, 8, 20, 12, 12, 9, 9, 7]
    return zip(cells, widths).map { cell, width in
      let pad = String(repeating: " ", count: max(0, abs(width) - cell.count))
      return width < 0 ? cell + pad : pad + cell
    }.joined(separator: " ")
  }

  private static func row(_ cell: Cell) -> String {
    let rival = cell.ours.rival
    return line(
      cell.plan.effects.name, cell.plan.noise.rawValue, "\(cell.plan.sigma)", "\(cell.plan.budget)",
      "\(rival.policy.rawValue) \(rival.progress.value.fixed(decimals: 1))", cell.search.text, cell.ours.text,
      cell.certified.isFinite ? percent(cell.certified, 0) : "-",
      "\(cell.claims.wrong)/\(cell.claims.certificates)", cell.claims.coverage.map { percent($0, 1) } ?? "-")
  }

  private static func percent(_ share: Double, _ decimals: Int) -> String {
    "\((share * 100).fixed(decimals: decimals)) %"
  }

  private static func bar(_ isMet: Bool, _ text: String, _ figures: String) {
    print("\(isMet ? "met   " : "missed")  \(text)\n          \(figures)")
  }

  private static func name(_ plan: StudyPlan) -> String {
    "\(plan.effects.name), \(plan.noise.rawValue), sigma \(plan.sigma), \(plan.budget) attempts"
  }

  // MARK: bars

  private static func progress(_ cells: [Cell], of name: String, _ standing: (Cell) -> Standing) {
    let bars: [(times: Double, title: String, holds: (StudyPlan) -> Bool)] = [
      (0.97, "in every setting", { _ in true }),
      (1.25, "at sigma 1 and 500 attempts", { $0.sigma == 1 && $0.budget == 500 }),
      (1.8, "at sigma 2 and 500 attempts", { $0.sigma == 2 && $0.budget == 500 }),
      (4, "at sigma 4 and 500 attempts", { $0.sigma == 4 && $0.budget == 500 }),
    ]
    for bar in bars {
      let margins = cells.filter { bar.holds($0.plan) }.map { ($0, standing($0).margin(bar.times)) }
      guard let worst = margins.min(by: { $0.1 < $1.1 }) else { continue }
      let missed = margins.count { $0.1 < 0 }
      let clearly = margins.count { $0.1 < -2 }
      self.bar(
        missed == 0,
        "\(name): progress at least \(bar.times) x the best other \(bar.title)",
        "below in \(missed) of \(margins.count), by over two standard errors in \(clearly); least sure: "
          + "\(standing(worst.0).beside) (\(self.name(worst.0.plan)))")
    }
  }

  private static func certificates(_ cells: [Cell]) {
    for noise in NoiseModel.allCases {
      let part = cells.filter { $0.plan.noise == noise }
      let claims = Claims(part.map(\.claims))
      let studies = part.reduce(0) { $0 + $1.ours.rival.outcomes.count }
      bar(
        claims.falseShareBound <= RatchetRule().alpha,
        "false certificates under \(noise.rawValue) noise at most 5 %",
        "\(claims.wrong) of \(claims.certificates) in \(studies) studies, \(percent(claims.falseShare ?? 0, 2)), 95 % sure below \(percent(claims.falseShareBound, 2))"
      )
    }
    let large = cells.filter { $0.plan.budget == 500 && $0.plan.sigma <= 1 && $0.certified.isFinite }
    if let least = large.min(by: { $0.certified < $1.certified }) {
      bar(
        least.certified >= 0.8,
        "certified progress at least 80 % of the head's, 500 attempts, sigma <= 1",
        "\(percent(least.certified, 0)) at the least (\(name(least.plan)))")
    }
    let claims = Claims(cells.map(\.claims))
    let worst = cells.filter { $0.claims.certificates >= 100 }.min {
      ($0.claims.coverage ?? 1) < ($1.claims.coverage ?? 1)
    }
    bar(
      (claims.coverage ?? 1) >= 0.95,
      "intervals hold the truth at least 95 % of the time",
      "\(percent(claims.coverage ?? 1, 2)) of \(claims.certificates)"
        + (worst.map { "; worst setting \(percent($0.claims.coverage ?? 1, 1)) (\(name($0.plan)))" } ?? ""))
  }

  /// Studies in which no change does anything.
  private static func null(studies: Int) {
    for noise in NoiseModel.allCases {
      let plan = StudyPlan(effects: .nothing, noise: noise, sigma: 1, budget: 500)
      guard let summary = plan.compare([.ours], studies: studies).first else { continue }
      let certifying = summary.outcomes.count { !$0.certificates.isEmpty }
      bar(
        summary.certifyingShare <= 0.05,
        "A/A studies that certify anything under \(noise.rawValue) noise at most 5 %",
        "\(certifying) of \(studies), \(percent(summary.certifyingShare, 2)), 95 % sure below "
          + percent(BinomialBound.upper(successes: certifying, trials: studies), 2))
    }
  }
}
