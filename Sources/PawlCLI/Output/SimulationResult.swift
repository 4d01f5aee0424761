import PawlCore
import PawlReport
import PawlSimulation

/// What the policies made of one setting.
struct SimulationResult {
  let cell: SimulationWishes.Cell
  let wishes: SimulationWishes
  let summaries: [PolicySummary]

  /// A mean over studies; the error is absent where there is only one.
  struct Figure: Encodable {
    let value: Double
    let standardError: Double?
  }

  /// One policy in one setting. Progress is in the metric's unit where `effect` is there, else in typical changes.
  struct Row: Encodable {
    let policy: String
    let sigma: Double
    let budget: Int
    let effects: String
    let noise: String
    let workers: Int
    let alpha: Double
    let studies: Int
    let seed: UInt64
    /// What a typical change is worth in the metric's unit.
    let effect: Double?
    let progress: Figure
    /// The progress over that of the best other policy, where that made any.
    let rival: String?
    let ratio: Figure?
    let certifiedProgress: Figure?
    /// A study.
    let certificates: Figure?
    let certificatesInAll: Int?
    let falseCertificates: Int?
    let falseShare: Double?
    /// Exact 95 % upper bound (Clopper and Pearson).
    let falseShareBound: Double?
    let intervalCoverage: Double?
    let certifyingStudies: Double?
    let attemptsToFirstCertificate: Int?
    let attemptsToTarget: Int?
    let certifiedAttemptsToTarget: Int?
    let trials: Figure
    let checkpoints: [Int]
    let path: [Double]
    let certifiedPath: [Double]?
  }

  var scale: Double { cell.unit ?? 1 }
  var rows: [Row] { summaries.map(row) }
  /// The rows whose policy certifies: only the whole engine does.
  var ours: (summary: PolicySummary, row: Row)? {
    summaries.first { $0.policy == .ours }.map { ($0, row($0)) }
  }

  private func row(_ summary: PolicySummary) -> Row {
    let certifies = summary.policy == .ours
    let claims = summary.claims
    let rival = summary.rival(among: summaries)
    // Beside a policy that made no clear progress "times as much" says nothing.
    let ratio = rival.flatMap { rival -> Figure? in
      guard rival.progress.value > 2 * rival.progress.error else { return nil }
      return figure(summary.ratio(to: rival))
    }
    let path = summary.path.map { $0 * scale }
    let certified = summary.certifiedPath(cell.checkpoints).map { $0 * scale }
    return Row(
      policy: summary.policy.rawValue, sigma: cell.plan.sigma, budget: cell.plan.budget,
      effects: cell.plan.effects.name,
      noise: cell.plan.noise.rawValue, workers: cell.plan.workers, alpha: cell.plan.rule.alpha,
      studies: summary.outcomes.count, seed: wishes.seed, effect: cell.unit,
      progress: figure(summary.progress, times: scale), rival: rival?.policy.rawValue, ratio: ratio,
      certifiedProgress: certifies ? figure(summary.certifiedProgress, times: scale) : nil,
      certificates: certifies ? figure(summary.certificates) : nil,
      certificatesInAll: certifies ? claims.certificates : nil, falseCertificates: certifies ? claims.wrong : nil,
      falseShare: certifies ? claims.falseShare : nil, falseShareBound: certifies ? claims.falseShareBound : nil,
      intervalCoverage: certifies ? claims.coverage : nil,
      certifyingStudies: certifies ? summary.certifyingShare : nil,
      attemptsToFirstCertificate: certifies ? summary.attemptsToFirstCertificate : nil,
      attemptsToTarget: attempts(to: wishes.target, along: path),
      certifiedAttemptsToTarget: certifies ? attempts(to: wishes.target, along: certified) : nil,
      trials: figure(summary.trials), checkpoints: cell.checkpoints, path: path,
      certifiedPath: certifies ? certified : nil)
  }

  private func figure(_ mean: PolicySummary.Mean, times scale: Double = 1) -> Figure {
    let hasError = wishes.studies > 1 && mean.error.isFinite
    return Figure(value: mean.value * scale, standardError: hasError ? mean.error * scale : nil)
  }

  private func attempts(to target: Double?, along path: [Double]) -> Int? {
    guard let target else { return nil }
    return zip(cell.checkpoints, path).first { $0.1 >= target }?.0
  }

  // MARK: words and a picture

  /// The setting in one line.
  var title: String {
    let plan = cell.plan
    let unit =
      cell.unit.map {
        " (noise \(($0 * plan.sigma).formatted(digits: 3)), typical change \($0.formatted(digits: 3)))"
      } ?? ""
    let effects = plan.effects == .nothing ? "changes that do nothing" : "\(plan.effects.name) effects"
    let workers = plan.workers > 1 ? ", \(plan.workers) workers" : ""
    return
      "sigma \(plan.sigma.formatted(digits: 3))\(unit), \(plan.budget) attempts\(workers), "
      + "\(effects), \(plan.noise.rawValue) noise"
  }

  private static let inks: [Policy: LinePlot.Ink] = [
    .anyBetter: .bad, .replicates3: .careful, .bootstrap95: .accent, .search: .good, .ours: .good, .oracle: .soft,
  ]

  var plot: LinePlot {
    var lines = summaries.map { summary in
      LinePlot.Line(
        name: summary.policy.rawValue, ink: SimulationResult.inks[summary.policy] ?? .soft,
        isDashed: summary.policy == .oracle, isMain: summary.policy == .ours,
        points: points(summary.path.map { $0 * scale }))
    }
    if let ours {
      lines.append(
        .init(
          name: "ours, certified", ink: .good, isDashed: true, points: points(ours.row.certifiedPath ?? [])))
    }
    let unit = cell.unit == nil ? " in typical changes" : ""
    return LinePlot(
      title: "true progress over the baseline\(unit)", hint: "↑ higher is better", xTitle: "attempts",
      note:
        "\(title); mean of \(wishes.studies) simulated \(wishes.studies == 1 ? "study" : "studies"), seed \(wishes.seed)",
      lines: lines)
  }

  private func points(_ path: [Double]) -> [(x: Double, y: Double)] {
    [(0, 0)] + zip(cell.checkpoints, path).map { (Double($0), $1) }
  }
}
