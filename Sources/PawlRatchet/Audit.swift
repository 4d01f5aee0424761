public import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Replays anybody's results through the beliefs of the ratchet: which keeps are evidence, and which are noise.
///
/// The prior of effects is learned from the rows in their order, as a study learns it (docs/design/ratchet.md); then every row is
/// judged in the light of all of them.
public enum Audit {
  /// Returns the replay of rows in file order.
  ///
  /// The first row with a number is the baseline. Throws `noMeasurement`, `nothingKept`, `wrongDirection` or `badNoise`.
  public static func report(_ rows: [AuditRow], direction: Direction, noise source: AuditNoiseSource)
    throws(RatchetError)
    -> AuditReport
  {
    var notes: [String] = []
    let saysWhatWasKept = rows.contains { $0.kept != nil }
    let counted = measured(rows, notes: &notes)
    let rows = saysWhatWasKept ? counted : keepingAnyBetter(counted, direction: direction)
    let replicates = AuditReplicates(rows)
    guard let course = AuditCourse(rows, replicates: replicates, direction: direction) else {
      throw RatchetError(
        .noMeasurement, "no row has a measurement", hints: ["`pawl log --results FILE` lists what was read"])
    }
    try check(course, saysWhatWasKept: saysWhatWasKept, direction: direction, notes: &notes)
    if !replicates.commitsTell, rows.contains(where: { $0.commit != nil }) {
      notes.append("rows share their commits, so a commit seen twice is not taken for a measurement made twice")
    }
    guard let noise = try noise(source, rows: rows, replicates: replicates, notes: &notes) else {
      return bracketed(course, rows: rows, direction: direction, notes: notes)
    }
    var steps = course.steps
    let replay = AuditReplay(course, sigma: noise.known.sigma, inflation: noise.inflation, settling: true)
    for (index, judged) in replay.judged.enumerated() {
      steps[index].effect = judged.posterior.mean
      steps[index].deviation = judged.posterior.deviation
      steps[index].probabilityImproves = judged.posterior.probabilityImproves
      guard steps[index].kept else { continue }
      steps[index].verdict = AuditReplay.verdict(judged.posterior)
      steps[index].pairs = judged.pairs
    }
    notes += oddities(course.steps, sigma: noise.known.sigma)
    return AuditReport(
      noise: noise.known, steps: steps, summaries: [replay.summary(direction: direction)], notes: notes)
  }

  /// Returns the rows that count, their values held where squares are finite.
  private static func measured(_ rows: [AuditRow], notes: inout [String]) -> [AuditRow] {
    var zeros: [Int] = []
    let hasOthers = rows.contains { $0.value.map { $0 != 0 } ?? false }
    let kept = rows.compactMap { row -> AuditRow? in
      guard let value = row.value, value.isFinite else { return nil }
      if value == 0, hasOthers, row.kept != true {
        zeros.append(row.line)
        return nil
      }
      return AuditRow(
        line: row.line, commit: row.commit, value: max(-1e100, min(1e100, value)), kept: row.kept,
        description: row.description)
    }
    if !zeros.isEmpty { notes.append("\(lines(zeros)): a value of exactly 0 is taken for a run without a measurement") }
    return kept
  }

  /// Returns the rows as if any better one had been kept.
  private static func keepingAnyBetter(_ rows: [AuditRow], direction: Direction) -> [AuditRow] {
    var best: Double?
    return rows.map { row in
      guard let value = row.value else { return row }
      let better = best.map { direction.improvement(of: value, over: $0) > 0 } ?? true
      if better { best = value }
      return AuditRow(
        line: row.line, commit: row.commit, value: row.value, kept: better, description: row.description)
    }
  }

  private static func check(
    _ course: AuditCourse, saysWhatWasKept: Bool, direction: Direction, notes: inout [String]
  ) throws(RatchetError) {
    let keeps = course.steps.filter(\.kept)
    let other = direction == .minimize ? Direction.maximize : .minimize
    guard !keeps.isEmpty else {
      throw RatchetError(
        .nothingKept, "nothing was kept after the first row: there is no claim to audit",
        hints: ["kept rows have the status `keep`"]
          + (saysWhatWasKept ? [] : ["is more better? then `--direction \(other.rawValue)`"]))
    }
    guard keeps.allSatisfy({ $0.difference < 0 }) else { return }
    let hint = "is \(direction == .minimize ? "more" : "less") better? then `--direction \(other.rawValue)`"
    guard keeps.count == 1 else {
      throw RatchetError(
        .wrongDirection, "all \(keeps.count) kept rows are worse than the code that they replaced", hints: [hint])
    }
    notes.append("the only kept row is worse than the code that it replaced: \(hint)")
  }

  private static func noise(
    _ source: AuditNoiseSource, rows: [AuditRow], replicates: AuditReplicates, notes: inout [String]
  ) throws(RatchetError) -> (known: AuditNoise, inflation: Double)? {
    let pooled: PooledNoise
    var members: [Int] = []
    var resolution = Resolution()
    switch source {
    case .given(let sigma):
      // Outside, squares would be zero or infinite.
      guard sigma >= 1e-100, sigma <= 1e100 else {
        throw RatchetError(
          .badNoise, "a noise of `\(sigma)` is none", hints: ["`--sigma` takes the standard deviation of one run"])
      }
      return (AuditNoise(source: .given, sigma: sigma), 1)
    case .runs(let values):
      guard values.count > 1, values.allSatisfy({ $0.isFinite && abs($0) <= 1e100 }) else {
        throw RatchetError(
          .badNoise, "\(values.count == 1 ? "one run tells" : "these runs tell") nothing of the noise",
          hints: ["`--noise-runs 0.9969,0.9972,0.9965` takes two or more measurements of one unchanged code"])
      }
      var all = PooledNoise()
      all.fold(Moments(values))
      pooled = all
      for value in values { resolution.add(value) }
      if let alone = outlier(values) {
        notes.append("the run `\(alone)` stands alone among the runs for the noise: is it one of the same code?")
      }
    case .rows:
      guard let found = replicates.noise(of: rows) else { return nil }
      (pooled, members) = found
      for row in rows { if let value = row.value { resolution.add(value) } }
    }
    guard let sigma = pooled.sigma else { return nil }
    let rounding = resolution.step * 0.288_675_134_594_812_9
    if sigma < rounding {
      notes.append("the runs for the noise agree to the last digit: the noise is taken to be that of rounding")
    }
    let interval = pooled.interval(confidence: 0.95)
    let floor = max(sigma, rounding)
    return (
      AuditNoise(
        source: source == .rows ? .rows : .runs, sigma: floor, low: max(interval?.lowerBound ?? 0, rounding),
        high: max(interval?.upperBound ?? 0, floor), degreesOfFreedom: Int(pooled.degreesOfFreedom), lines: members),
      pooled.inflation
    )
  }

  /// Returns a value that is further from the median than 20 times the median distance; nil below four values.
  private static func outlier(_ values: [Double]) -> Double? {
    guard values.count > 3 else { return nil }
    let middle = values.sorted()[values.count / 2]
    let distance = values.map { abs($0 - middle) }.sorted()[values.count / 2]
    return values.first { distance > 0 && abs($0 - middle) > 20 * distance }
  }

  /// Says which kept differences are far beyond both the noise and all others.
  private static func oddities(_ steps: [AuditStep], sigma: Double) -> [String] {
    // Kept ones only: after a wild keep every row that was not kept differs wildly from it.
    let keeps = steps.filter(\.kept)
    let sizes = keeps.map { abs($0.difference) }.sorted()
    guard !sizes.isEmpty else { return [] }
    let limit = max(1000 * sigma, 100 * sizes[sizes.count / 2])
    let odd = keeps.filter { abs($0.difference) > limit }.map(\.line)
    return odd.isEmpty ? [] : ["\(lines(odd)): a difference far beyond all others, as from a slip or another metric"]
  }

  static func lines(_ numbers: [Int]) -> String {
    let shown = numbers.prefix(5).map(String.init).joined(separator: ", ")
    let more = numbers.count > 5 ? " and \(numbers.count - 5) more" : ""
    return "\(numbers.count == 1 ? "line" : "lines") \(shown)\(more)"
  }
}
