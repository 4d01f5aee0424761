import PawlCore

extension StudyReader {
  private static let executors = ["local", "slurm", "ray"]
  private static let slurmKeys = ["partition", "account", "qos", "options", "program", "poll", "grace"]
  private static let rayKeys = ["address", "program", "poll", "grace"]
  private static let placementKeys = ["gpus", "cores"]
  /// What is said to sbatch(1) by Pawl itself, and would break what depends on it.
  private static let ownOptions = [
    "--array", "-a", "--job-name", "-J", "--parsable", "--chdir", "-D", "--wrap", "--wait", "-W", "--ntasks", "-n",
  ]

  /// Returns where attempts run.
  mutating func executor(in file: Section) -> ExecutorRule {
    guard let node = file.values["executor"] else { return .local }
    if let name = node.text {
      switch name {
      case "local": return .local
      case "slurm": return .slurm(SlurmRule())
      case "ray": return .ray(RayRule(address: Self.rayAddress))
      default:
        reader.report(
          .badValue, at: node, "`executor` cannot be `\(name.shown())`",
          hint: nearest(name, in: Self.executors).map { "did you mean `\($0)`?" }
            ?? "choose one of `local`, `slurm`, `ray`, or write `executor: {slurm: {partition: NAME}}`")
        return .local
      }
    }
    let section = reader.map(node, "executor", keys: ["slurm", "ray"])
    switch (section.values["slurm"], section.values["ray"]) {
    case (let slurm?, nil): return .slurm(slurmRule(slurm))
    case (nil, let ray?): return .ray(rayRule(ray))
    case (_?, let ray?):
      reader.report(
        .overlap, at: ray, "`executor` names both `slurm` and `ray`", hint: "keep one: attempts run in one place")
    case (nil, nil):
      if case .mapping(let pairs) = node.content, pairs.isEmpty {
        reader.report(.missingKey, at: node, "`executor` names nothing", hint: "write `executor: slurm`")
      }
    }
    return .local
  }

  private mutating func slurmRule(_ node: YAMLNode) -> SlurmRule {
    var rule = SlurmRule()
    let section = reader.map(node, "executor.slurm", keys: Self.slurmKeys)
    rule.partition = word("partition", of: section)
    rule.account = word("account", of: section)
    rule.qos = word("qos", of: section)
    for (text, node) in reader.texts("options", of: section) ?? [] {
      rule.options.append(text)
      let name = text.prefix { $0 != "=" }
      if !text.hasPrefix("-") || text.contains(where: \.isWhitespace) || text.utf8.contains(0) {
        reader.report(
          .badValue, at: node, "`\(text.shown())` in `executor.slurm.options` is not one option of sbatch",
          hint: "write each with its value in one word, as `--constraint=a100`")
      } else if Self.ownOptions.contains(String(name)) {
        reader.report(
          .badValue, at: node, "`\(text.shown())` in `executor.slurm.options` is set by Pawl itself",
          hint: "take it out: jobs are found by their names, and gathered into arrays")
      }
    }
    rule.program = program(in: section)
    rule.pollSeconds = seconds("poll", of: section, example: "2s", 0.05...3_600) ?? rule.pollSeconds
    rule.graceSeconds = seconds("grace", of: section, example: "60s", 0.05...86_400) ?? rule.graceSeconds
    return rule
  }

  /// Of a Ray that `ray start --head` began on this machine.
  private static let rayAddress = "http://127.0.0.1:8265"

  private mutating func rayRule(_ node: YAMLNode) -> RayRule {
    var rule = RayRule(address: Self.rayAddress)
    let section = reader.map(node, "executor.ray", keys: Self.rayKeys)
    if let address = reader.text("address", of: section), let node = section.values["address"] {
      rule.address = address
      if !["http://", "https://"].contains(where: { address.hasPrefix($0) && address.count > $0.count }) {
        reader.report(
          .badValue, at: node, "`executor.ray.address` is no address: `\(address.shown())`",
          hint: "it is where Ray's dashboard answers, as `\(Self.rayAddress)`")
      }
    }
    rule.program = program(in: section)
    rule.pollSeconds = seconds("poll", of: section, example: "2s", 0.05...3_600) ?? rule.pollSeconds
    rule.graceSeconds = seconds("grace", of: section, example: "60s", 0.05...86_400) ?? rule.graceSeconds
    return rule
  }

  /// Returns what attempts have to themselves.
  mutating func placement(in file: Section) -> PlacementRule {
    guard let node = file.values["placement"] else { return PlacementRule() }
    return placement(node, "placement")
  }

  /// Reads a `placement`, of the study or of a rung.
  mutating func placement(_ node: YAMLNode, _ name: String) -> PlacementRule {
    let section = reader.map(node, name, keys: Self.placementKeys)
    return PlacementRule(
      gpus: reader.integer("gpus", of: section, 0...1_024) ?? 0,
      cores: reader.count("cores", of: section, 1...65_536)?.value)
  }

  /// A name that stands behind an option of a program.
  private mutating func word(_ key: String, of section: Section) -> String? {
    guard let text = reader.text(key, of: section), let node = section.values[key] else { return nil }
    if text.contains(where: \.isWhitespace) || text.hasPrefix("-") {
      reader.report(.badValue, at: node, "`\(section.path(key))` must be one name, not `\(text.shown())`")
    }
    return text
  }

  /// The `pawl` of the nodes.
  private mutating func program(in section: Section) -> String? {
    guard let text = reader.text("program", of: section), let node = section.values["program"] else { return nil }
    if !text.hasPrefix("/") {
      reader.report(
        .badValue, at: node, "`\(section.path("program"))` must be an absolute path, not `\(text.shown())`",
        hint: "write where `pawl` lies on the nodes, as `/opt/pawl/bin/pawl`")
    }
    return text
  }

  private mutating func seconds(
    _ key: String, of section: Section, example: String, _ range: ClosedRange<Double>
  ) -> Double? {
    guard let limit = reader.quantity(key, of: section, as: Quantity.seconds, example: example),
      let node = section.values[key]
    else { return nil }
    guard let value = limit.value, range.contains(value) else {
      let limits = "from \(Quantity.text(seconds: range.lowerBound)) to \(Quantity.text(seconds: range.upperBound))"
      reader.report(.badValue, at: node, "`\(section.path(key))` must be \(limits), not \(node.kind)")
      return nil
    }
    return value
  }
}
