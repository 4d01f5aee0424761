public import PawlCore

extension ResultsFile {
  /// Returns how much better each measured row is than the best kept before it, in file order; positive is better.
  ///
  /// The first measured row is the baseline. Without a status any better row counts as kept, and rows that were not kept and say
  /// exactly 0 are no measurements, as in an audit. - Throws: where there are no two measurements.
  public func differences(direction: Direction) throws -> [Double] {
    try requireMetric()
    let saysWhatWasKept = rows.contains { ["keep", "discard", "crash"].contains($0.status) }
    let measured = rows.compactMap { row -> (value: Double, kept: Bool)? in
      guard let value = row.metric, value.magnitude <= 1e150, value != 0 || row.status == "keep" else { return nil }
      return (value, row.status == "keep")
    }
    guard measured.count > 1, var best = measured.first?.value else {
      throw RuntimeError(
        .usage,
        "it takes two measurements or more to tell how much changes are worth, and there are `\(measured.count)`",
        hints: ["`pawl log --results FILE` lists what was read", "`--effects exponential` needs no file"])
    }
    return measured.dropFirst().map { row in
      let difference = direction.improvement(of: row.value, over: best)
      if saysWhatWasKept ? row.kept && difference > 0 : difference > 0 { best = row.value }
      return difference
    }
  }

  /// - Throws: where no column holds the metric.
  func requireMetric() throws {
    guard metricName == nil else { return }
    throw RuntimeError(
      .usage, problems.first ?? "there are no results",
      hints: [
        "the layout is that of karpathy/autoresearch: `commit val_bpb memory_gb status description`, tab-separated"
      ])
  }
}
