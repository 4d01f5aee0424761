import PawlCore
import PawlStatistics

/// Fits loss over compute to the levels of the rungs, or says why that cannot be done.
struct LadderScaling {
  private let configuration: StudyConfiguration
  private let rungs: [LadderSummary.Rung]
  /// What a maximized metric is taken from to be a loss.
  private let best: Double?

  init(_ configuration: StudyConfiguration, rungs: [LadderSummary.Rung]) {
    self.configuration = configuration
    self.rungs = rungs
    best = configuration.metric.plausible.map(\.upperBound).flatMap { $0.isFinite ? $0 : nil }
  }

  private var isLoss: Bool { configuration.metric.direction == .minimize }

  func scaling() -> LadderSummary.Scaling {
    let metric = configuration.metric.name
    guard isLoss || best != nil else {
      var scaling = LadderSummary.Scaling(loss: metric)
      scaling.reason =
        "`\(metric)` is maximized, and a curve needs the best value it can have: say it as the upper end of `plausible` in pawl.yaml"
      return scaling
    }
    var scaling = LadderSummary.Scaling(
      loss: isLoss ? metric : "\((best ?? 0).formatted(digits: 6)) - \(metric)", points: rungs.compactMap(point))
    do throws(StatisticsError) {
      scaling.reason = shortage(scaling.points)
      if scaling.reason != nil { return scaling }
      let (baseline, champion) = (points(scaling.points, \.baseline), points(scaling.points, \.champion))
      scaling.baseline = .init(try ScalingFit(baseline))
      guard rungs.contains(where: { $0.number > 1 && $0.certified != nil }) else {
        scaling.reason = "no rung above the first has certified anything: its champion is the baseline"
        return scaling
      }
      scaling.champion = .init(try ScalingFit(champion))
      let largest = scaling.points.map(\.compute).max() ?? 0
      let multiplier = try ComputeMultiplier(
        baseline: baseline, champion: champion, at: largest, seed: configuration.seed)
      scaling.multiplier = .init(
        value: multiplier.value, lower: multiplier.lower, upper: multiplier.upper, compute: largest)
    } catch {
      scaling.reason = error.message
    }
    return scaling
  }

  private func point(_ rung: LadderSummary.Rung) -> LadderSummary.ScalingRung? {
    guard let compute = rung.compute, let baseline = rung.baseline, let champion = rung.level else { return nil }
    return .init(rung: rung.number, compute: compute, baseline: loss(baseline), champion: loss(champion))
  }

  private func loss(_ level: LadderSummary.Level) -> LadderSummary.Level {
    var level = level
    if !isLoss, let best { level.mean = best - level.mean }
    return level
  }

  private func points(
    _ rungs: [LadderSummary.ScalingRung], _ level: KeyPath<LadderSummary.ScalingRung, LadderSummary.Level>
  ) -> [ScalingPoint] {
    rungs.map { rung in
      ScalingPoint(
        compute: rung.compute, loss: rung[keyPath: level].mean, standardError: rung[keyPath: level].standardError ?? 0)
    }
  }

  /// Why there are too few measurements for a curve; nil where there are enough.
  private func shortage(_ points: [LadderSummary.ScalingRung]) -> String? {
    let known = Set(points.map(\.rung))
    if points.count < 2 {
      let missing = rungs.filter { !known.contains($0.number) }.map { "`\($0.name)`" }.joined(separator: ", ")
      return "the baseline was in no test that is over on \(missing): a curve needs its level on two rungs at least"
    }
    let few = points.filter { $0.baseline.standardError == nil || $0.champion.standardError == nil }
    guard let first = few.first.flatMap({ point in rungs.first { $0.number == point.rung } }) else { return nil }
    return "one pair on `\(first.name)` does not tell its noise"
  }
}

extension LadderSummary.Curve {
  fileprivate init(_ fit: ScalingFit) {
    self.init(
      asymptote: fit.asymptote, coefficient: fit.coefficient, exponent: fit.exponent,
      asymptoteIsAssumed: fit.asymptoteIsAssumed)
  }
}
