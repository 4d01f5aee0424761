import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Audit {
  /// Returns the replay of a file that tells nothing of its noise: up to which noise each keep would be evidence.
  ///
  /// The two summaries are at the least noise that there can be, that of rounding, and at the most that the file allows: a
  /// difference of two runs of equal code is below `0.45 sigma` in a quarter of cases, and effects only add to it.
  static func bracketed(_ course: AuditCourse, rows: [AuditRow], direction: Direction, notes: [String]) -> AuditReport {
    var steps = course.steps
    let sizes = steps.map { abs($0.difference) }.sorted()
    var resolution = Resolution()
    for row in rows { if let value = row.value { resolution.add(value) } }
    let least = max(resolution.step * 0.288_675_134_594_812_9, 1e-100)
    let most = max(least, (sizes.isEmpty ? 0 : sizes[sizes.count / 4]) / 0.450_6)
    let positive = steps.lazy.filter { $0.kept && $0.difference > 0 }.map(\.difference)
    if let smallest = positive.min(), let largest = positive.max() {
      // No keep is evidence at a noise of twice its difference; each is long before a hundredth.
      let low = log(max(smallest / 100, 1e-100))
      let high = log(max(2 * largest, 2e-100))
      // Each point is a replay of the whole file.
      let points = max(8, min(60, 60_000 / max(1, steps.count)))
      for point in 0...points {
        let sigma = exp(low + (high - low) * Double(point) / Double(points))
        let replay = AuditReplay(course, sigma: sigma, inflation: 1, settling: false)
        for (index, judged) in replay.judged.enumerated()
        where steps[index].kept && judged.posterior.probabilityImproves >= AuditReplay.sure {
          steps[index].evidenceUpToSigma = sigma
        }
      }
    }
    let summaries = [least, most].map {
      AuditReplay(course, sigma: $0, inflation: 1, settling: false).summary(direction: direction)
    }
    return AuditReport(noise: nil, steps: steps, summaries: summaries, notes: notes)
  }
}
