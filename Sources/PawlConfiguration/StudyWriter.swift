import PawlCore

/// Writes a commented pawl.yaml.
struct StudyWriter {
  private(set) var text = ""

  init(_ configuration: StudyConfiguration, layout: StudyLayout) {
    let heading =
      switch layout {
      case .autoresearch: "a study of the karpathy/autoresearch layout"
      case .piAutoresearch: "a study of the pi-autoresearch layout"
      case .lab: "a study of the embedded lab"
      case .generations: "a study of generations, in which a model makes training data for the next one"
      case .custom: "a study"
      }
    line("# pawl.yaml: \(heading). Commented keys are at their default.")
    line("# Times: 90s, 10min, 1.5h, 2d. Sizes: 512MB, 16GB (10^9), 16GiB (2^30). `none` lifts a limit.")
    line("")
    line("study: \(Self.scalar(configuration.name.rawValue))")
    if configuration.generations != nil { line("kind: generations") }
    if let other = configuration.buildsOn { line("builds_on: \(Self.scalar(other.rawValue))") }
    task(configuration)
    metric(configuration.metric)
    curve(configuration.curve)
    if let rule = configuration.generations { generations(rule) } else { files(configuration) }
    budget(configuration.budget)
    constraints(configuration.constraints)
    sandbox(configuration.sandbox)
    rules(configuration)
  }

  mutating func line(_ line: String) { text += line + "\n" }

  /// Writes a key, as a comment where it is at its default.
  mutating func key(_ key: String, _ value: String, isDefault: Bool, indent: Bool = false, _ remark: String) {
    let start = (indent ? "  " : "") + (isDefault ? "# " : "")
    line("\(start)\(key): \(value)\(remark.isEmpty ? "" : "  # \(remark)")")
  }

  private mutating func task(_ configuration: StudyConfiguration) {
    line("")
    line("# What runs one attempt, by `sh -c` in a copy of the repository.")
    if configuration.isReferee {
      line("# A referee is frozen, keeps the held-out data, starts the candidate itself and prints the metric.")
      line("referee: \(Self.scalar(configuration.command))")
      return
    }
    line("# A frozen program that starts the candidate itself and judges it stands in its place, under `referee`.")
    line("command: \(Self.scalar(configuration.command))")
    line(
      "# Scores what `command` leaves behind, with the frozen files laid down afresh; without it the printed number counts."
    )
    key(
      "evaluate", Self.scalar(configuration.evaluate ?? "python3 evaluate.py"),
      isDefault: configuration.evaluate == nil, "")
    key(
      "artifacts", configuration.artifacts.isEmpty ? "[out/]" : Self.list(configuration.artifacts),
      isDefault: configuration.artifacts.isEmpty, "files and folders that `command` leaves for `evaluate`")
  }

  private mutating func metric(_ rule: MetricRule) {
    line("")
    line("metric:")
    line("  name: \(Self.scalar(rule.name))")
    line("  # Found line by line; the group captures the number. The last match after the last `---` counts.")
    line("  pattern: \(Self.scalar(rule.pattern, alwaysQuoted: true))")
    line("  direction: \(rule.direction.rawValue)")
    let range = rule.plausible.map { "[\(Quantity.number($0.lowerBound)), \(Quantity.number($0.upperBound))]" }
    key(
      "plausible", range ?? "[0, 10]", isDefault: range == nil, indent: true, "a value outside is no measurement")
    key(
      "memory_pattern", Self.scalar(rule.memoryPattern ?? "^peak_vram_mb:", alwaysQuoted: true),
      isDefault: rule.memoryPattern == nil, indent: true, "peak memory in MiB, where the program prints it")
  }

  private mutating func curve(_ rule: CurveRule?) {
    line("")
    line(
      "# Lines that tell on the way how an attempt goes: one group for the step, one for the value there, of any quantity."
    )
    line("# What no longer matters by them is stopped.")
    guard let rule, !rule.stopsEarly else {
      return key(
        "curve", Self.scalar(rule?.pattern ?? MetricCheck.labCurve, alwaysQuoted: true), isDefault: rule == nil, "")
    }
    line("curve: {pattern: \(Self.scalar(rule.pattern, alwaysQuoted: true)), stop: false}")
  }

  private mutating func constraints(_ constraints: [Constraint]) {
    line("")
    line("# A candidate above a limit is not kept; a price is what a unit more costs, in the metric's unit.")
    line("constraints:")
    let examples = [
      Constraint(.memory, limit: 8, price: 0.001), Constraint(.seconds, limit: 320, price: 0.0001),
      Constraint(.lines, price: 0.00002),
    ]
    let remarks: [SecondaryQuantity: String] = [
      .memory: "price of a GiB", .seconds: "wall time of an attempt, price of a second",
      .lines: "added less removed, price of a line",
    ]
    for example in examples {
      let own = constraints.first { $0.quantity == example.quantity }
      key(
        example.quantity.rawValue, Quantity.text(own ?? example), isDefault: own == nil, indent: true,
        remarks[example.quantity] ?? "")
    }
  }

  private mutating func files(_ configuration: StudyConfiguration) {
    line("")
    line("# Globs of the files that agents may change; everything else is frozen.")
    line("editable: \(Self.list(configuration.editable))")
    key(
      "frozen", Self.list(configuration.frozen), isDefault: configuration.frozen.isEmpty,
      "frozen even where `editable` would match")
  }

  private mutating func budget(_ budget: Budget) {
    line("")
    line("# What one attempt may use.")
    line("budget:")
    for entry in Self.entries(of: budget) {
      key(entry.key, entry.value, isDefault: entry.isDefault, indent: true, entry.remark)
    }
  }

  /// The keys of a budget with their values, and what they mean where that is not plain.
  static func entries(of budget: Budget) -> [(key: String, value: String, isDefault: Bool, remark: String)] {
    let standard = Budget()
    func time(_ seconds: Double?) -> String { seconds.map { Quantity.text(seconds: $0) } ?? "none" }
    func size(_ bytes: Bytes?) -> String { bytes.map { Quantity.text($0) } ?? "none" }
    return [
      ("wall", time(budget.wallSeconds), budget.wallSeconds == standard.wallSeconds, ""),
      ("cpu", time(budget.cpuSeconds), budget.cpuSeconds == standard.cpuSeconds, "summed over its processes"),
      ("memory", size(budget.memory), budget.memory == standard.memory, ""),
      ("disk", size(budget.disk), budget.disk == standard.disk, ""),
      (
        "processes", budget.processes.map(String.init) ?? "none", budget.processes == standard.processes, ""
      ),
      (
        "log", size(budget.log), budget.log == standard.log, "kept of its output; the metric is found behind it too"
      ),
    ]
  }

  private mutating func sandbox(_ policy: SandboxPolicy) {
    let standard = SandboxPolicy()
    line("")
    line("# What an attempt may reach beyond its own files.")
    line("sandbox:")
    key(
      "level", policy.requirement.rawValue, isDefault: policy.requirement == standard.requirement, indent: true,
      "full refuses to run where less is to be had; none turns it off")
    key("network", "\(policy.network)", isDefault: policy.network == standard.network, indent: true, "")
    key(
      "read", Self.list(policy.readable), isDefault: policy.readable.isEmpty, indent: true,
      "of your home and of what git ignores here")
    key(
      "environment", Self.list(policy.environment), isDefault: policy.environment.isEmpty, indent: true,
      "variables that it may see, or NAME=value")
  }

  private mutating func rules(_ configuration: StudyConfiguration) {
    line("")
    key("workers", "\(configuration.workers)", isDefault: configuration.workers == 1, "attempts at the same time")
    key(
      "foreign_load", configuration.foreignLoad.rawValue, isDefault: configuration.foreignLoad == .repeats,
      "attempts that something else on the machine disturbed; ignore where no number depends on time")
    let stop = configuration.stop
    line("")
    line("# When to stop; without any of these, when you do.")
    line("stop:")
    key("trials", stop.trials.map(String.init) ?? "100", isDefault: stop.trials == nil, indent: true, "")
    key(
      "for", stop.wallSeconds.map { Quantity.text(seconds: $0) } ?? "8h", isDefault: stop.wallSeconds == nil,
      indent: true, "wall time")
    key(
      "compute", stop.computeSeconds.map { Quantity.text(seconds: $0) } ?? "40h",
      isDefault: stop.computeSeconds == nil, indent: true, "wall time summed over all attempts")
    key(
      "spend", stop.spend.map { Quantity.number($0) } ?? "20", isDefault: stop.spend == nil, indent: true,
      "US dollars for agents")
    let ratchet = configuration.ratchet
    let standard = RatchetRule()
    line("")
    line("# How much evidence is asked for.")
    line("ratchet:")
    key(
      "alpha", Quantity.number(ratchet.alpha), isDefault: ratchet.alpha == standard.alpha, indent: true,
      "expected share of false certificates over the study's life")
    key(
      "calibration", "\(ratchet.calibration)", isDefault: ratchet.calibration == standard.calibration, indent: true,
      "attempts of the unchanged baseline")
    key(
      "max_replicates", "\(ratchet.maximumReplicates)",
      isDefault: ratchet.maximumReplicates == standard.maximumReplicates, indent: true, "attempts of one candidate")
    key(
      "max_pairs", "\(ratchet.maximumPairs)", isDefault: ratchet.maximumPairs == standard.maximumPairs, indent: true,
      "paired seeds of one certification")
    if ratchet.policy != standard.policy {
      key("policy", ratchet.policy.rawValue, isDefault: false, indent: true, "what moves the head")
    }
    approvals(configuration.approvals)
    line("")
    if configuration.generations == nil { agents(configuration) }
    key(
      "seed", "\(configuration.seed)", isDefault: configuration.seed == 1,
      "everything random in the study is derived from it")
  }

  private mutating func approvals(_ rule: ApprovalRule) {
    line("")
    line("# What waits for a person's `pawl approve`; everything else goes on meanwhile.")
    line("approve:")
    key(
      "promotions", "\(rule.promotions)", isDefault: !rule.promotions, indent: true, "a test on a higher rung")
    key(
      "certificates", "\(rule.certificates)", isDefault: !rule.certificates, indent: true,
      "a step of the champion and of the branch")
    key(
      "spend", rule.spend.map { Quantity.number($0) } ?? "5", isDefault: rule.spend == nil, indent: true,
      "each time that agents have cost so many US dollars more")
  }

  static func list(_ items: [String]) -> String {
    "[" + items.map { scalar($0) }.joined(separator: ", ") + "]"
  }

  /// Returns a text as a YAML scalar: plain where that is safe, else quoted.
  static func scalar(_ text: String, alwaysQuoted: Bool = false) -> String {
    let isWord = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || "./_- ".utf8.contains(byte)
    }
    let isReserved = YAMLNode.nulls.contains(text) || text.first == " " || text.last == " " || text.first == "-"
    if !alwaysQuoted, isWord, !isReserved { return text }
    if text.unicodeScalars.allSatisfy({ (0x20..<0x7f).contains($0.value) || (0xa1...0x2027).contains($0.value) }) {
      var result = "'"
      // By scalars: a quote may carry a combining mark.
      for scalar in text.unicodeScalars { result += scalar == "'" ? "''" : String(scalar) }
      return result + "'"
    }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where (0x20..<0x7f).contains(scalar.value): result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        let width = scalar.value > 0xffff ? 8 : 4
        result += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
      }
    }
    return result + "\""
  }
}
