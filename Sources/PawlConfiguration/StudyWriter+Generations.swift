import PawlCore

extension StudyWriter {
  /// Writes `generations`, each key that is at its default as a comment.
  mutating func generations(_ rule: GenerationRule) {
    line("")
    line("# What each generation's training data is made of, by the newest model: docs/generations.md.")
    line("generations:")
    key(
      "real", Self.scalar(rule.real), isDefault: false, indent: true, "JSON Lines, or a document a line; never dropped")
    key(
      "held", rule.held.isEmpty ? "[data/held.jsonl]" : Self.list(rule.held), isDefault: rule.held.isEmpty,
      indent: true,
      "evaluation text: nothing of it may be learnt")
    key(
      "model", Self.scalar(rule.model), isDefault: rule.model == "model.safetensors", indent: true,
      "what `command` leaves")
    key(
      "start", rule.start.rawValue, isDefault: rule.start == .scratch, indent: true,
      "scratch or parent: where training begins")
    key(
      "control", "\(rule.control)", isDefault: rule.control, indent: true,
      "with `start: parent`, real documents alone compete at equal compute")
    stages(rule.stages)
    line("  # What one stage may use; training has the study's own `budget`.")
    line("  budget:")
    for entry in Self.entries(of: rule.budget) {
      inner(
        entry.key, entry.value, isDefault: entry.isDefault, entry.key == "log" ? "kept of its output" : entry.remark)
    }
    making(rule.making)
    filters(rule.filters)
    mix(rule)
  }

  private mutating func stages(_ stages: StageCommands) {
    line("  # Commands that read PAWL_INPUT and write PAWL_OUTPUT, in the sandbox; without a command Pawl's own.")
    line("  stages:")
    let commands: [(String, String?, String)] = [
      ("diagnose", stages.diagnose, "the loss of each document, for weak spots"),
      ("generate", stages.generate, "documents for prompts"), ("filter", stages.filter, ""), ("mix", stages.mix, ""),
      ("judge", stages.judge, "answers the canaries"),
    ]
    for (name, command, remark) in commands {
      inner(name, Self.scalar(command ?? "python3 \(name).py"), isDefault: command == nil, remark)
    }
  }

  private mutating func making(_ rule: MakingRule) {
    let standard = MakingRule()
    line("  generate:")
    inner(
      "documents", "\(rule.documents)", isDefault: rule.documents == standard.documents, "asked for in a generation")
    inner("samples", "\(rule.samples)", isDefault: rule.samples == standard.samples, "of each prompt")
    inner(
      "prompt_bytes", "\(rule.promptBytes)", isDefault: rule.promptBytes == standard.promptBytes,
      "of a real document, to go on from")
    inner(
      "temperature", Quantity.number(rule.temperature), isDefault: rule.temperature == standard.temperature, "")
    inner(
      "aim", Quantity.number(rule.aim), isDefault: rule.aim == standard.aim, "the share of prompts from weak spots")
    inner(
      "slice", Self.scalar(rule.slice ?? "book"), isDefault: rule.slice == nil,
      "a field whose values are slices; without it clusters of similar text")
  }

  private mutating func filters(_ rule: FilterRule) {
    let standard = FilterRule()
    line("  filters:")
    inner("exact", "\(rule.exact)", isDefault: rule.exact == standard.exact, "drops duplicates")
    inner(
      "near", rule.near.map { Quantity.number($0) } ?? "none", isDefault: rule.near == standard.near,
      "drops what is so similar: Jaccard of shingles")
    inner(
      "overlap", "\(rule.overlap)", isDefault: rule.overlap == standard.overlap,
      "words in a row in common with `held`")
    inner(
      "band", rule.band.map { "[\(Quantity.number($0.low)), \(Quantity.number($0.high))]" } ?? "[0.02, 0.98]",
      isDefault: rule.band == nil, "quantiles of the real documents' loss under the baseline")
    inner(
      "novelty", rule.novelty.map { Quantity.number($0) } ?? "0.2", isDefault: rule.novelty == nil,
      "the least share of shingles that are new")
    inner("verify", Self.scalar(rule.verify ?? "python3 verify.py"), isDefault: rule.verify == nil, "")
    inner(
      "vote", rule.vote.map { Quantity.number($0) } ?? "0.6", isDefault: rule.vote == nil,
      "the share of a prompt's samples that must agree")
    inner(
      "length", rule.length.map { Quantity.number($0) } ?? "0.9", isDefault: rule.length == nil,
      "of the longest answer to prompts of the same `fields.size`")
    guard let constitution = rule.constitution else {
      return inner(
        "constitution", "{file: constitution.md, labels: labels.jsonl}", isDefault: true, "principles, and who judges")
    }
    line("    constitution:")
    line("      file: \(Self.scalar(constitution.file))")
    line("      labels: \(Self.scalar(constitution.labels))")
    if let judge = constitution.judge { line("      judge: {\(Self.entriesOf(judge).joined(separator: ", "))}") }
    if let spend = constitution.spend { line("      spend: \(Quantity.number(spend))") }
  }

  private mutating func mix(_ rule: GenerationRule) {
    let (mix, watch, standard) = (rule.mix, rule.watch, WatchRule())
    line("  mix:")
    inner(
      "keep", mix.keep.rawValue, isDefault: mix.keep == .accumulate, "accumulate or latest: made documents of before")
    inner(
      "floor", Quantity.number(mix.floor), isDefault: mix.floor == 0.5, "the least share of real documents, by bytes")
    inner("made", Quantity.number(mix.made), isDefault: mix.made == 0.3, "the share of made ones that is aimed at")
    line("  watch:")
    inner(
      "alpha", Quantity.number(watch.alpha), isDefault: watch.alpha == standard.alpha,
      "the chance of a false alarm in a generation")
    inner(
      "splits", "\(watch.splits)", isDefault: watch.splits == standard.splits, "of the real data against itself")
    if let preference = rule.preference {
      line("  preference:")
      inner("prompts", Self.scalar(preference.prompts), isDefault: false, "which every generation answers")
      inner(
        "judge", Self.scalar(preference.judge ?? "python3 choose.py"), isDefault: preference.judge == nil,
        "compares answers, blind; without it the classifier of the constitution's labels")
    }
    guard let canaries = rule.canaries else {
      return key(
        "canaries", "{file: canaries.jsonl, floor: 0.95}", isDefault: true, indent: true,
        "frozen questions that no model may unlearn")
    }
    line("  canaries:")
    inner("file", Self.scalar(canaries.file), isDefault: false, "frozen questions that no model may unlearn")
    inner(
      "floor", Quantity.number(canaries.floor), isDefault: canaries.floor == 0.95,
      "the least share of the baseline's that are kept")
  }

  /// A key two levels deep.
  private mutating func inner(_ name: String, _ value: String, isDefault: Bool, _ remark: String) {
    line("    \(isDefault ? "# " : "")\(name): \(value)\(remark.isEmpty ? "" : "  # \(remark)")")
  }
}
