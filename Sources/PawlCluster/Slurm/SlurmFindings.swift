import PawlCore

extension SlurmScheduler {
  /// One partition, as sinfo(1) has it.
  struct Partition: Hashable {
    let name: String
    let isDefault: Bool
    let isUp: Bool
    /// nil for one without a limit.
    let limitSeconds: Double?

    /// Reads `%P|%a|%l`.
    init?(_ line: Substring) {
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      guard fields.count == 3, !fields[0].isEmpty else { return nil }
      isDefault = fields[0].hasSuffix("*")
      name = String(isDefault ? fields[0].dropLast() : fields[0])
      isUp = fields[1] == "up"
      limitSeconds = Self.seconds(fields[2])
    }

    /// Reads `days-hours:minutes:seconds`, where the front or, behind days, the end may be missing; nil for `infinite` and what is no time.
    static func seconds(_ text: Substring) -> Double? {
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count <= 2, let clock = parts.last else { return nil }
      var figures = clock.split(separator: ":", omittingEmptySubsequences: false).compactMap { Double($0) }
      guard (1...3).contains(figures.count), figures.count == clock.split(separator: ":").count else { return nil }
      guard parts.count == 2 else { return figures.reduce(0) { $0 * 60 + $1 } }
      guard let days = Double(parts[0]) else { return nil }
      while figures.count < 3 { figures.append(0) }
      return days * 86_400 + figures.reduce(0) { $0 * 60 + $1 }
    }
  }

  func partitions() throws(ClusterError) -> [Partition] {
    let answer = try call("sinfo", ["--noheader", "--format=%P|%a|%l"])
    guard answer.code == 0 else { throw SlurmComplaint.error(answer.messages, program: "sinfo") }
    var seen: Set<Partition> = []
    return answer.output.split(separator: "\n").compactMap(Partition.init).filter { seen.insert($0).inserted }
  }

  /// The partitions that jobs may go to: several can be named, with commas between.
  private func wanted(of all: [Partition]) throws(ClusterError) -> [Partition] {
    guard let names = rule.partition?.split(separator: ",").map(String.init) else {
      return all.filter(\.isDefault)
    }
    for name in names where !all.contains(where: { $0.name == name }) {
      let known = all.map { "`\($0.name)`" }.joined(separator: ", ")
      throw ClusterError(
        .refused, "Slurm has no partition `\(name)`",
        hints: [
          known.isEmpty ? "it shows you none: ask your administrator" : "set `executor.slurm.partition` to \(known)"
        ])
    }
    return all.filter { names.contains($0.name) }
  }

  public func check(_ resources: ClusterResources) throws(ClusterError) {
    _ = try call("sbatch", ["--version"])
    try refuseShort(try wanted(of: partitions()), resources)
  }

  private func refuseShort(_ partitions: [Partition], _ resources: ClusterResources) throws(ClusterError) {
    guard let minutes = SlurmBatch.minutes(resources), !partitions.isEmpty,
      partitions.allSatisfy({ ($0.limitSeconds ?? .infinity) < Double(minutes) * 60 }),
      !rule.options.contains(where: { $0.hasPrefix("--time") || $0.hasPrefix("-t") })
    else { return }
    let names = partitions.map { "`\($0.name)`" }.joined(separator: ", ")
    throw ClusterError(
      .refused, "an attempt may take \(minutes) minutes with what is around it, which is more than \(names) allows",
      hints: [
        "lower `budget.wall`, or set `executor.slurm.partition` to one with a longer limit: `sinfo -o '%P %l'` shows them"
      ])
  }

  public func findings(_ resources: ClusterResources) -> [ClusterFinding] {
    do {
      let version = try call("sbatch", ["--version"]).output.oneLine
      let all = try partitions()
      let wanted = try wanted(of: all)
      var findings = [ClusterFinding(name: "Slurm", state: .good, detail: version)]
      let names = wanted.map(\.name).joined(separator: ", ")
      if wanted.isEmpty {
        findings.append(
          ClusterFinding(
            name: "  partition", state: .warning, detail: "Slurm has no default partition",
            remedy: "set `executor.slurm.partition` in pawl.yaml"))
      } else if !wanted.contains(where: \.isUp) {
        findings.append(
          ClusterFinding(
            name: "  partition", state: .warning, detail: "`\(names)` is down: jobs wait",
            remedy: "see `sinfo`, or set `executor.slurm.partition` in pawl.yaml"))
      } else {
        try refuseShort(wanted, resources)
        findings.append(ClusterFinding(name: "  partition", state: .good, detail: names))
      }
      return findings
    } catch {
      return [ClusterFinding(name: "Slurm", state: .missing, detail: error.message, remedy: error.hints.first)]
    }
  }
}
