import PawlCore

extension StudyReader {
  private static let generationKeys = [
    "real", "held", "model", "start", "stages", "budget", "generate", "filters", "mix", "watch", "canaries",
    "preference",
    "control",
  ]
  private static let stageKeys = ["diagnose", "generate", "filter", "mix", "judge"]
  private static let makingKeys = ["documents", "samples", "prompt_bytes", "temperature", "aim", "slice"]
  private static let filterKeys = [
    "exact", "near", "overlap", "band", "novelty", "verify", "vote", "length", "constitution",
  ]
  private static let constitutionKeys = ["file", "labels", "judge", "spend"]

  private enum Kind: String, CaseIterable { case code, generations }

  /// Returns how the study improves its data; nil for a study of code.
  mutating func generations(in file: Section) -> GenerationRule? {
    let given = reader.choice("kind", of: file, Kind.allCases)
    // A slip in the word is told once, and what follows is read as what it is.
    let isSlip = given == nil && file.values["kind"] != nil && file.values["generations"] != nil
    guard given == .generations || isSlip else {
      if let node = file.values["generations"] {
        reader.report(
          .overlap, at: node, "`generations` says nothing to a study of code", hint: "write `kind: generations`, too")
      }
      return nil
    }
    refuseBesideGenerations(in: file)
    guard let node = file.values["generations"] else {
      reader.report(
        .missingKey, at: file.node, "`generations` is missing",
        hint:
          "say where the data is, as in `generations: {real: data/real.jsonl, stages: {generate: python3 generate.py}}`"
      )
      return GenerationRule(real: "")
    }
    let section = reader.map(node, "generations", keys: Self.generationKeys)
    guard case .mapping = node.content else { return GenerationRule(real: "") }
    var rule = GenerationRule(real: plainPath("real", of: section) ?? "")
    if section.values["real"] == nil {
      reader.report(
        .missingKey, at: node, "`generations.real` is missing",
        hint: "name the file of real documents, JSON Lines or a document a line, as in `real: data/real.jsonl`")
    }
    for (text, node) in reader.texts("held", of: section) ?? [] {
      refuseFlaw(of: text, "generations.held", node)
      rule.held.append(text)
    }
    rule.model = plainPath("model", of: section) ?? rule.model
    rule.start = reader.choice("start", of: section, [StartingPoint.scratch, .parent]) ?? rule.start
    rule.stages = stages(in: section)
    rule.budget = budget(in: section)
    rule.making = making(in: section)
    rule.filters = filters(in: section)
    rule.mix = mix(in: section)
    rule.watch = watch(in: section)
    rule.canaries = canaries(in: section)
    rule.preference = preference(in: section, rule)
    rule.control = reader.boolean("control", of: section) ?? rule.control
    check(rule, at: node)
    return rule
  }

  /// The one file that distinguishes candidates; Pawl writes it.
  mutating func recipe(in file: Section) -> [(text: String, node: YAMLNode)] {
    [(GenerationPlan.file, file.node)]
  }

  private mutating func refuseBesideGenerations(in file: Section) {
    let reasons = [
      "editable": "its candidates differ in their data, and nothing else may be edited",
      "agents": "its one agent is built in; a judge is named in `generations.filters.constitution`",
      "rungs": "its snapshots are of one scale", "referee": "its models are kept, which `command` leaves",
      "search": "each generation is made by the newest head",
    ]
    for (key, reason) in reasons.sorted(by: { $0.key < $1.key }) {
      guard let node = file.values[key], !node.isNull else { continue }
      reader.report(
        .overlap, at: node, "`\(key)` cannot stand in a study of generations: \(reason)", hint: "take `\(key)` out")
    }
    if let node = file.values["executor"], node.plain != "local", !node.isNull {
      reader.report(
        .overlap, at: node, "a study of generations runs on this machine only", hint: "take `executor` out")
    }
  }

  private mutating func check(_ rule: GenerationRule, at node: YAMLNode) {
    if rule.stages.generate == nil {
      reader.report(
        .missingKey, at: node, "`generations.stages.generate` is missing: nothing makes documents",
        hint: "name the command that samples from the model, as in `generate: pawl-lab stage generate`")
    }
    if rule.canaries != nil, rule.stages.judge == nil {
      reader.report(
        .missingKey, at: node, "`generations.canaries` has nobody to ask: `generations.stages.judge` is missing",
        hint: "name the command that answers them, as in `judge: pawl-lab stage judge`")
    }
    if rule.filters.band != nil, rule.stages.diagnose == nil {
      reader.report(
        .missingKey, at: node, "`generations.filters.band` needs losses: `generations.stages.diagnose` is missing",
        hint: "name the command that measures them, as in `diagnose: pawl-lab stage diagnose`")
    }
  }

  private mutating func stages(in file: Section) -> StageCommands {
    guard let node = file.values["stages"] else { return StageCommands() }
    let section = reader.map(node, "generations.stages", keys: Self.stageKeys)
    return StageCommands(
      diagnose: reader.text("diagnose", of: section), generate: reader.text("generate", of: section),
      filter: reader.text("filter", of: section), mix: reader.text("mix", of: section),
      judge: reader.text("judge", of: section))
  }

  private mutating func making(in file: Section) -> MakingRule {
    var rule = MakingRule()
    guard let node = file.values["generate"] else { return rule }
    let section = reader.map(node, "generations.generate", keys: Self.makingKeys)
    rule.documents = reader.integer("documents", of: section, 1...1_000_000_000) ?? rule.documents
    rule.samples = reader.integer("samples", of: section, 1...10_000) ?? rule.samples
    rule.promptBytes = reader.integer("prompt_bytes", of: section, 0...1_000_000) ?? rule.promptBytes
    rule.temperature = number("temperature", of: section, 0...10) ?? rule.temperature
    rule.aim = number("aim", of: section, 0...1) ?? rule.aim
    rule.slice = reader.text("slice", of: section)
    return rule
  }

  private mutating func filters(in file: Section) -> FilterRule {
    var rule = FilterRule()
    guard let node = file.values["filters"] else { return rule }
    let section = reader.map(node, "generations.filters", keys: Self.filterKeys)
    rule.exact = reader.boolean("exact", of: section) ?? rule.exact
    if let node = section.values["near"], node.plain == "none" {
      rule.near = nil
    } else {
      rule.near = number("near", of: section, 0.3...1) ?? rule.near
    }
    rule.overlap = reader.integer("overlap", of: section, 5...10_000) ?? rule.overlap
    rule.novelty = number("novelty", of: section, 0...1)
    rule.vote = number("vote", of: section, 0...1)
    rule.length = number("length", of: section, 0...1)
    rule.verify = reader.text("verify", of: section)
    rule.band = band(in: section)
    rule.constitution = constitution(in: section)
    return rule
  }

  private mutating func band(in section: Section) -> QuantileBand? {
    guard let node = section.values["band"], !node.isNull else { return nil }
    let hint = "write two quantiles of the real documents' losses, as in `band: [0.02, 0.98]`"
    guard case .sequence(let items) = node.content, items.count == 2 else {
      reader.report(.wrongType, at: node, "`generations.filters.band` must be a list of two numbers", hint: hint)
      return nil
    }
    guard let low = reader.number(items[0], "generations.filters.band"),
      let high = reader.number(items[1], "generations.filters.band")
    else { return nil }
    guard 0 <= low, low < high, high <= 1 else {
      reader.report(.badValue, at: node, "`generations.filters.band` is no range of quantiles", hint: hint)
      return nil
    }
    return QuantileBand(low: low, high: high)
  }

  private mutating func constitution(in file: Section) -> ConstitutionRule? {
    guard let node = file.values["constitution"], !node.isNull else { return nil }
    let section = reader.map(node, "generations.filters.constitution", keys: Self.constitutionKeys)
    guard case .mapping = node.content else { return nil }
    guard let labels = plainPath("labels", of: section) else {
      reader.report(
        .missingKey, at: node, "`generations.filters.constitution.labels` is missing",
        hint: "a judge is measured before it is believed: name a file of lines `{\"text\": …, \"label\": true}`")
      return nil
    }
    var judge: ModelRule?
    if let node = section.values["judge"], !node.isNull {
      judge = model(reader.map(node, "generations.filters.constitution.judge", keys: Self.modelKeys))
    }
    return ConstitutionRule(
      file: plainPath("file", of: section) ?? "constitution.md", labels: labels, judge: judge,
      spend: money("spend", of: section))
  }

  private mutating func mix(in file: Section) -> MixRule {
    var rule = MixRule()
    guard let node = file.values["mix"] else { return rule }
    let section = reader.map(node, "generations.mix", keys: ["keep", "floor", "made"])
    rule.keep = reader.choice("keep", of: section, [MixRule.Keep.accumulate, .latest]) ?? rule.keep
    rule.floor = number("floor", of: section, 0...1) ?? rule.floor
    // As a person reckons: 1 less 0.9 is 0.1.
    let most = ((1 - rule.floor) * 1e12).rounded() / 1e12
    rule.made = number("made", of: section, 0...1) ?? min(rule.made, most)
    if rule.made > most {
      reader.report(
        .badValue, at: node, "`generations.mix.made` leaves less than `generations.mix.floor` for real documents",
        hint: "lower `made` to \(Quantity.number(most)) or less, or lower `floor`")
    }
    return rule
  }

  private mutating func watch(in file: Section) -> WatchRule {
    var rule = WatchRule()
    guard let node = file.values["watch"] else { return rule }
    let section = reader.map(node, "generations.watch", keys: ["alpha", "splits"])
    rule.alpha = number("alpha", of: section, 1e-6...0.5) ?? rule.alpha
    rule.splits = reader.integer("splits", of: section, 20...100_000) ?? rule.splits
    return rule
  }

  private mutating func canaries(in file: Section) -> CanaryRule? {
    guard let node = file.values["canaries"], !node.isNull else { return nil }
    let section = reader.map(node, "generations.canaries", keys: ["file", "floor"])
    guard case .mapping = node.content else { return nil }
    guard let path = plainPath("file", of: section) else {
      reader.report(
        .missingKey, at: node, "`generations.canaries.file` is missing",
        hint: "name a file of lines `{\"id\": …, \"prompt\": …, \"answer\": …}`")
      return nil
    }
    var rule = CanaryRule(file: path)
    rule.floor = number("floor", of: section, 0...1) ?? rule.floor
    return rule
  }

  private mutating func preference(in file: Section, _ rule: GenerationRule) -> PreferenceRule? {
    guard let node = file.values["preference"], !node.isNull else { return nil }
    let section = reader.map(node, "generations.preference", keys: ["prompts", "judge"])
    guard case .mapping = node.content else { return nil }
    guard let prompts = plainPath("prompts", of: section) else {
      reader.report(
        .missingKey, at: node, "`generations.preference.prompts` is missing",
        hint: "name a file of lines `{\"prompt\": …}`, which every generation answers")
      return nil
    }
    let judge = reader.text("judge", of: section)
    if judge == nil, rule.filters.constitution == nil {
      reader.report(
        .missingKey, at: node, "`generations.preference` has nobody to judge",
        hint: "name a command under `judge`, or a constitution with labels under `generations.filters`")
    }
    return PreferenceRule(prompts: prompts, judge: judge)
  }

  private mutating func plainPath(_ key: String, of section: Section) -> String? {
    guard let text = reader.text(key, of: section), let node = section.values[key] else { return nil }
    refuseFlaw(of: text, section.path(key), node)
    return text
  }

  private mutating func refuseFlaw(of text: String, _ name: String, _ node: YAMLNode) {
    guard let flaw = PathCheck.flaw(of: text) else { return }
    reader.report(.badValue, at: node, "`\(text.shown())` in `\(name)` \(flaw)")
  }
}
