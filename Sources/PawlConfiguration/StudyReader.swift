import PawlCore

/// Makes a configuration of the nodes of one pawl.yaml.
struct StudyReader {
  var reader = NodeReader()

  static let keys = [
    "study", "kind", "builds_on", "command", "referee", "evaluate", "artifacts", "metric", "constraints", "editable",
    "frozen",
    "budget",
    "sandbox", "workers", "executor", "placement", "foreign_load", "stop", "ratchet", "approve", "agents", "search",
    "check", "rungs", "curve", "generations", "seed",
  ]
  static let metricKeys = ["name", "pattern", "direction", "plausible", "memory_pattern"]
  static let budgetKeys = ["wall", "cpu", "memory", "disk", "processes", "log"]
  static let sandboxKeys = ["level", "network", "read", "environment"]
  static let stopKeys = ["trials", "for", "compute", "spend"]
  static let ratchetKeys = ["alpha", "calibration", "max_replicates", "max_pairs", "policy"]

  static func read(_ root: YAMLNode) -> (configuration: StudyConfiguration?, problems: [ConfigurationError.Problem]) {
    var this = Self()
    let configuration = this.study(root)
    return (this.reader.problems.isEmpty ? configuration : nil, this.reader.problems)
  }

  private mutating func study(_ root: YAMLNode) -> StudyConfiguration? {
    let file = reader.map(root, "", keys: Self.keys)
    guard case .mapping = root.content else { return nil }
    let name = name(in: file)
    let command = command(in: file)
    let metric = metric(in: file)
    let generations = generations(in: file)
    let editable = generations == nil ? paths("editable", of: file) : recipe(in: file)
    if file.values["editable"] == nil, generations == nil {
      missing(
        "editable", in: file, hint: "`editable` lists the files that agents may change, as in `editable: [train.py]`")
    } else if let node = file.values["editable"], case .sequence(let items) = node.content, items.isEmpty {
      reader.report(.badValue, at: node, "`editable` is empty: there is nothing to change")
    }
    let frozen = paths("frozen", of: file) ?? []
    refuseOverlap(editable ?? [], frozen)
    if file.values["referee"] != nil, frozen.isEmpty { refuseEverything(editable ?? []) }
    let defaults = (
      budget: budget(in: file), sandbox: sandbox(in: file), stop: stop(in: file), ratchet: ratchet(in: file)
    )
    refuseLinked(editable ?? [], defaults.sandbox.readable)
    let evaluate = reader.text("evaluate", of: file)
    let artifacts = paths("artifacts", of: file) ?? []
    refuseBesideReferee(in: file)
    if file.values["referee"] == nil, let node = file.values["evaluate"], artifacts.isEmpty {
      reader.report(
        .missingKey, at: node, "`evaluate` has nothing to score: `artifacts` is missing",
        hint: "list what `command` leaves for it, as in `artifacts: [out/]`")
    }
    let workers = reader.integer("workers", of: file, 1...1024) ?? 1
    let constraints = constraints(in: file)
    let foreignLoad = reader.choice("foreign_load", of: file, ForeignLoadRule.allCases) ?? .repeats
    let agents = generations == nil ? agents(in: file) : [.generations]
    let search = search(in: file)
    let executor = executor(in: file)
    let placement = placement(in: file)
    let check = reader.text("check", of: file)
    let approvals = approvals(in: file)
    let rungs = rungs(in: file, budget: defaults.budget)
    let curve = curve(in: file)
    let buildsOn = buildsOn(in: file, study: name)
    let seed = seed(in: file)
    guard let name, let command, let metric, let editable else { return nil }
    return StudyConfiguration(
      name: name, command: command, isReferee: file.values["referee"] != nil, evaluate: evaluate,
      artifacts: artifacts.map(\.text), metric: metric, constraints: constraints, editable: editable.map(\.text),
      frozen: frozen.map(\.text), budget: defaults.budget, sandbox: defaults.sandbox, foreignLoad: foreignLoad,
      workers: workers, stop: defaults.stop, ratchet: defaults.ratchet, agents: agents,
      search: search, check: check, rungs: rungs, executor: executor, placement: placement, curve: curve,
      approvals: approvals, generations: generations, buildsOn: buildsOn, seed: seed)
  }

  /// Returns what runs one attempt: `command`, or the `referee` in its place.
  private mutating func command(in file: Section) -> String? {
    guard let referee = file.values["referee"] else {
      return required(
        "command", in: file,
        hint: "`command` is what runs one attempt, as in `command: python3 train.py`; `referee` may stand in its place")
    }
    if file.values["command"] != nil {
      reader.report(
        .overlap, at: referee, "`referee` and `command` both say what runs one attempt",
        hint: "keep `referee` where a frozen program starts the candidate itself and judges it, else `command`")
    }
    return reader.text("referee", of: file)
  }

  /// A referee prints the metric itself: there is nothing left to score.
  private mutating func refuseBesideReferee(in file: Section) {
    guard file.values["referee"] != nil else { return }
    for key in ["evaluate", "artifacts"] {
      guard let node = file.values[key] else { continue }
      reader.report(
        .overlap, at: node, "`\(key)` cannot stand beside `referee`, which prints the metric itself",
        hint: "take `\(key)` out, or write `command` in place of `referee`")
    }
  }

  /// What judges a candidate must be out of its reach.
  private mutating func refuseEverything(_ editable: [(text: String, node: YAMLNode)]) {
    for (text, node) in editable where PathCheck.coversEverything(text) {
      reader.report(
        .overlap, at: node, "`\(text.shown())` in `editable` covers everything, and a `referee` must be frozen",
        hint: "list the candidate's own files, as in `editable: [train.swift]`, or what judges them in `frozen`")
    }
  }

  private mutating func missing(_ key: String, in section: Section, hint: String) {
    reader.report(.missingKey, at: section.node, "`\(section.path(key))` is missing", hint: hint)
  }

  private mutating func required(_ key: String, in section: Section, hint: String) -> String? {
    guard section.values[key] != nil else {
      missing(key, in: section, hint: hint)
      return nil
    }
    return reader.text(key, of: section)
  }

  private mutating func name(in file: Section) -> StudyName? {
    let hint = "`study` names the branch and folder: a letter or digit, then letters, digits, `.`, `_`, `-`, at most 64"
    guard let text = required("study", in: file, hint: hint), let node = file.values["study"] else { return nil }
    guard let name = StudyName(rawValue: text) else {
      reader.report(.badValue, at: node, "`\(text.shown())` is not a study name", hint: hint)
      return nil
    }
    return name
  }

  private mutating func buildsOn(in file: Section, study: StudyName?) -> StudyName? {
    guard let node = file.values["builds_on"], !node.isNull, let text = reader.text("builds_on", of: file) else {
      return nil
    }
    let other = StudyName(rawValue: text)
    if other == nil || other == study {
      reader.report(
        .badValue, at: node,
        other == nil ? "`\(text.shown())` is not a study name" : "a study cannot build on itself",
        hint: "name another study of this repository, whose champion this one begins with")
    }
    return other
  }

  private mutating func paths(_ key: String, of section: Section) -> [(text: String, node: YAMLNode)]? {
    guard let items = reader.texts(key, of: section) else { return nil }
    for (text, node) in items {
      if let flaw = PathCheck.flaw(of: text) {
        reader.report(.badValue, at: node, "`\(text.shown())` in `\(section.path(key))` \(flaw)")
      }
    }
    return items
  }

  private mutating func refuseOverlap(
    _ editable: [(text: String, node: YAMLNode)], _ frozen: [(text: String, node: YAMLNode)]
  ) {
    let known = Set(editable.map { PathCheck.canonical($0.text) })
    for (text, node) in frozen where known.contains(PathCheck.canonical(text)) {
      reader.report(
        .overlap, at: node, "`\(text.shown())` is both editable and frozen",
        hint: "take it out of `editable` or out of `frozen`; what is not editable is frozen anyway")
    }
  }

  private mutating func refuseLinked(_ editable: [(text: String, node: YAMLNode)], _ readable: [String]) {
    let linked = readable.filter {
      !$0.hasPrefix("/") && !$0.hasPrefix("~") && PathCheck.flaw(ofReadable: $0) == nil
    }
    for (text, node) in editable {
      guard let entry = linked.first(where: { PathCheck.leads(text, into: $0) }) else { continue }
      reader.report(
        .overlap, at: node, "`\(text.shown())` is editable and lies in `\(entry.shown())` of `sandbox.read`",
        hint: "take it out of `editable` or out of `sandbox.read`: what attempts only read cannot be changed")
    }
  }

  private mutating func metric(in file: Section) -> MetricRule? {
    guard let node = file.values["metric"] else {
      missing("metric", in: file, hint: "`metric` needs `name`, `pattern` and `direction`")
      return nil
    }
    let section = reader.map(node, "metric", keys: Self.metricKeys)
    guard case .mapping = node.content else { return nil }
    let name = required("name", in: section, hint: "`metric.name` is what the number is called, as in `val_bpb`")
    let example = MetricCheck.pattern(forMetric: name ?? "loss")
    let pattern = required(
      "pattern", in: section, hint: "for lines like `\(name ?? "loss"): 0.5` write `pattern: '\(example)'`")
    for (key, text) in [("pattern", pattern), ("memory_pattern", reader.text("memory_pattern", of: section))] {
      guard let text, let node = section.values[key], let flaw = MetricCheck.flaw(ofPattern: text) else { continue }
      reader.report(
        .badPattern, at: node, "`metric.\(key)` \(flaw)",
        hint: "put one group around the number, as in `'\(example)'`; other groups are written `(?:…)`")
    }
    var direction = reader.choice("direction", of: section, [Direction.minimize, .maximize])
    if section.values["direction"] == nil, let name {
      direction = MetricCheck.direction(ofMetric: name)
      if direction == nil {
        missing(
          "direction", in: section,
          hint: "say which way `\(name.shown())` improves: `direction: minimize` or `maximize`")
      }
    }
    let plausible = plausible(in: section)
    guard let name, let pattern, let direction else { return nil }
    return MetricRule(
      name: name, pattern: pattern, direction: direction, plausible: plausible,
      memoryPattern: section.values["memory_pattern"]?.text)
  }

  private mutating func plausible(in section: Section) -> ClosedRange<Double>? {
    guard let node = section.values["plausible"] else { return nil }
    guard case .sequence(let items) = node.content, items.count == 2 else {
      reader.report(
        .wrongType, at: node, "`metric.plausible` must be a list of two numbers", hint: "write `plausible: [0, 10]`")
      return nil
    }
    guard let low = reader.number(items[0], "metric.plausible"), let high = reader.number(items[1], "metric.plausible")
    else { return nil }
    guard low <= high else {
      reader.report(
        .badValue, at: node, "`metric.plausible` is reversed: `[\(Quantity.number(low)), \(Quantity.number(high))]`",
        hint: "write the lower limit first: `[\(Quantity.number(high)), \(Quantity.number(low))]`")
      return nil
    }
    return low...high
  }

  /// Returns the budget of the study, or of a rung that takes what it does not say from the study's.
  mutating func budget(in file: Section, from inherited: Budget = Budget()) -> Budget {
    var budget = inherited
    guard let node = file.values["budget"] else { return budget }
    let section = reader.map(node, file.path("budget"), keys: Self.budgetKeys)
    if let wall = reader.quantity("wall", of: section, as: Quantity.seconds, example: "10min") {
      budget.wallSeconds = wall.value
    }
    if let cpu = reader.quantity("cpu", of: section, as: Quantity.seconds, example: "5min") {
      budget.cpuSeconds = cpu.value
    }
    if let memory = reader.quantity("memory", of: section, as: Quantity.bytes, example: "16GB") {
      budget.memory = memory.value
    }
    if let disk = reader.quantity("disk", of: section, as: Quantity.bytes, example: "10GB") { budget.disk = disk.value }
    if let processes = reader.count("processes", of: section, 1...1_000_000) { budget.processes = processes.value }
    switch reader.quantity("log", of: section, as: Quantity.bytes, example: "16MB") {
    case .value(let log): budget.log = log
    case .unlimited:
      reader.report(
        .badValue, at: section.values["log"] ?? node, "`\(section.path("log"))` cannot be `none`",
        hint: "logs are always capped; the metric is found behind the cap too")
    case nil: break
    }
    return budget
  }

  private mutating func sandbox(in file: Section) -> SandboxPolicy {
    var policy = SandboxPolicy()
    guard let node = file.values["sandbox"] else { return policy }
    let section = reader.map(node, "sandbox", keys: Self.sandboxKeys)
    policy.requirement =
      reader.choice("level", of: section, [SandboxPolicy.Requirement.available, .full, .none]) ?? policy.requirement
    policy.network = reader.boolean("network", of: section) ?? policy.network
    for (text, node) in reader.texts("read", of: section) ?? [] {
      policy.readable.append(text)
      if let flaw = PathCheck.flaw(ofReadable: text) {
        reader.report(
          .badValue, at: node, "`\(text.shown())` in `sandbox.read` \(flaw)",
          hint: "write `/data`, `~/.cache/x`, or a path in the repository that git ignores, as `.venv`")
      }
    }
    policy.environment = environment(section, "sandbox.environment", reserved: AttemptRequest.variables)
    return policy
  }

  /// Reads variables that a program may see: `NAME`, or `NAME=value` where the value is no secret, as pawl.yaml and the journal keep it.
  mutating func environment(_ section: Section, _ name: String, reserved: Set<String> = []) -> [String] {
    let entries = reader.texts("environment", of: section) ?? []
    for (text, node) in entries {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let (word, value) = (String(parts.first ?? ""), parts.count > 1 ? parts[1] : "")
      let isName = word.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == 0x5f
      }
      if !isName || word.isEmpty || text.first?.isNumber == true || text.utf8.contains(0) {
        reader.report(
          .badValue, at: node, "`\(text.shown())` in `\(name)` is not the name of a variable",
          hint: "write `NAME` for the value from where `pawl run` is started, or `NAME=value`")
      } else if reserved.contains(word) {
        reader.report(.badValue, at: node, "`\(word)` in `\(name)` is set by Pawl, for each attempt anew")
      } else if SecretCheck.isSecret(value, of: word) {
        reader.report(
          .badValue, at: node,
          "`\(word)` in `\(name)` has its secret written out: pawl.yaml and the journal would keep it",
          hint: "write `\(word)` alone, and set that variable where `pawl run` is started")
      }
    }
    return entries.map(\.text)
  }

  private mutating func stop(in file: Section) -> StopRule {
    var rule = StopRule()
    guard let node = file.values["stop"] else { return rule }
    let section = reader.map(node, "stop", keys: Self.stopKeys)
    rule.trials = reader.count("trials", of: section, 1...1_000_000_000)?.value
    rule.wallSeconds = reader.quantity("for", of: section, as: Quantity.seconds, example: "8h")?.value
    rule.computeSeconds = reader.quantity("compute", of: section, as: Quantity.seconds, example: "40h")?.value
    if let node = section.values["spend"], node.plain != "none",
      let spend = reader.number(node, "stop.spend")
    {
      rule.spend = spend
      if spend < 0 {
        reader.report(.badValue, at: node, "`stop.spend` must be at least 0 US dollars, not \(node.kind)")
      }
    }
    return rule
  }

  private mutating func ratchet(in file: Section) -> RatchetRule {
    var rule = RatchetRule()
    guard let node = file.values["ratchet"] else { return rule }
    let section = reader.map(node, "ratchet", keys: Self.ratchetKeys)
    let hint = "it is the share of false certificates that you accept; 0.05 is usual"
    if let node = section.values["alpha"], let alpha = reader.number(node, "ratchet.alpha", hint: hint) {
      rule.alpha = alpha
      if !(alpha > 0 && alpha <= 0.5) {
        reader.report(
          .badValue, at: node, "`ratchet.alpha` must be above 0 and at most 0.5, not \(node.kind)",
          hint: hint)
      }
    }
    rule.calibration = reader.integer("calibration", of: section, 2...1000) ?? rule.calibration
    rule.maximumReplicates = reader.integer("max_replicates", of: section, 1...1000) ?? rule.maximumReplicates
    rule.maximumPairs = reader.integer("max_pairs", of: section, 1...1000) ?? rule.maximumPairs
    if let node = section.values["policy"] {
      let names = HeadPolicy.allCases.map(\.rawValue)
      if let policy = node.plain.flatMap(HeadPolicy.init) {
        rule.policy = policy
      } else {
        reader.report(
          .badValue, at: node, "`ratchet.policy` must be `evidence` or `any-better`, not \(node.kind)",
          hint: node.plain.flatMap { nearest($0, in: names) }.map { "did you mean `\($0)`?" })
      }
    }
    return rule
  }

  private mutating func seed(in file: Section) -> UInt64 {
    guard let node = file.values["seed"] else { return 1 }
    guard let text = node.plain, let seed = UInt64(text) else {
      reader.report(.wrongType, at: node, "`seed` must be a whole number from 0 to \(UInt64.max), not \(node.kind)")
      return 1
    }
    return seed
  }
}
