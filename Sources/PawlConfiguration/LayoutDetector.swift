import PawlCore

/// Recognises what a repository is set up for, from its file names and a few of its texts.
public enum LayoutDetector {
  /// Returns a draft of the study that the repository asks for; what it cannot tell is listed in `missing`.
  public static func detect(_ repository: some RepositoryView) -> StudyDraft {
    let paths = Set(repository.paths)
    var draft =
      lab(repository, paths) ?? generations(repository, paths) ?? PiLayout.detect(repository, paths) ?? autoresearch(
        repository, paths)
      ?? CustomLayout.detect(repository, paths)
    if draft.command?.hasPrefix("uv run") == true {
      for entry in uv.readable where !draft.sandbox.readable.contains(entry) { draft.sandbox.readable.append(entry) }
      draft.sandbox.environment += uv.environment
    }
    draft.scripts = scripts(among: repository.paths)
    return draft
  }

  private static let extensions: Set<Substring> = [
    "py", "sh", "jl", "R", "js", "ts", "c", "cc", "cpp", "cu", "rs", "go", "swift", "java", "kt", "lua", "rb", "zig",
    "hs",
  ]

  private static func scripts(among paths: [String]) -> [String] {
    paths.filter { path in
      path.split(separator: ".").last.map { extensions.contains($0) && $0.count < path.count } == true
    }
    .sorted { ($0.count { $0 == "/" }, $0) < ($1.count { $0 == "/" }, $1) }
  }

  /// What `uv run` needs without network and with a project environment that it cannot write to: the environment as `uv sync`
  /// left it, and uv's own Pythons. Its cache is not needed then; it gets an empty one (docs.astral.sh/uv, "Environment variables").
  private static let uv = SandboxPolicy(
    readable: [".venv", "~/.local/share/uv"], environment: ["UV_OFFLINE=1", "UV_NO_SYNC=1"])

  /// What every train.py of the layout reads outside of the repository: its data, and attention kernels from the Hugging Face hub,
  /// whose cache is read without asking the network. The token lies beside `hub` and stays hidden.
  private static let data = SandboxPolicy(
    readable: ["~/.cache/autoresearch", "~/.cache/huggingface/hub", ".venv"],
    environment: ["CUDA_VISIBLE_DEVICES", "HF_HUB_OFFLINE=1"])

  private static func lab(_ repository: some RepositoryView, _ paths: Set<String>) -> StudyDraft? {
    // Agents may change any line of `train.swift`, and nothing of `lab.conf`, so a study is known by its names alone.
    guard paths.isSuperset(of: ["train.swift", "lab.conf"]) else { return nil }
    return StudyDraft(
      layout: .lab, command: "pawl-lab run train.swift", isReferee: true,
      metric: MetricRule(
        name: "val_bpb", pattern: MetricCheck.pattern(forMetric: "val_bpb"), direction: .minimize, plausible: 0.1...8),
      editable: ["train.swift"], budget: Budget(wallSeconds: 120, memory: Bytes(2_000_000_000)),
      foreignLoad: isTimed(repository.text(of: "lab.conf") ?? "") ? .repeats : .ignore,
      notes: ["the embedded lab: `train.swift` is what agents change, `pawl-lab` is the frozen referee that judges it"]
    ).withMissing()
  }

  private static func generations(_ repository: some RepositoryView, _ paths: Set<String>) -> StudyDraft? {
    guard paths.isSuperset(of: ["trainer.conf", GenerationPlan.file, "data/real.jsonl"]) else { return nil }
    let adds = repository.text(of: "trainer.conf")?.contains("answer_after") == true
    let task = adds ? " --task addition" : ""
    let (name, direction, plausible) =
      adds ? ("exact", Direction.maximize, 0.0...1) : ("bits_per_byte", Direction.minimize, 0.1...8)
    var draft = StudyDraft(
      layout: .generations, command: "pawl-lab stage train",
      metric: MetricRule(
        name: name, pattern: MetricCheck.pattern(forMetric: name), direction: direction, plausible: plausible),
      editable: [GenerationPlan.file], foreignLoad: .ignore,
      notes: ["the lab's language model makes its own training data: candidates differ in their data alone"])
    draft.evaluate = "pawl-lab stage evaluate\(task)"
    draft.artifacts = ["model.safetensors"]
    let stages = StageCommands(
      diagnose: "pawl-lab stage diagnose", generate: "pawl-lab stage generate\(task)\(adds ? " --grow 4" : "")",
      judge: "pawl-lab stage judge")
    draft.generations = GenerationRule(
      real: "data/real.jsonl", held: ["data/search.jsonl", "data/sealed.jsonl"].filter { paths.contains($0) },
      start: adds ? .parent : .scratch, stages: stages,
      // Of sums, five samples of each, of which four must agree; few are left, and the more of them the longer ones count.
      making: adds ? MakingRule(documents: 10_000, samples: 5, temperature: 0.5, slice: "size") : MakingRule(),
      filters: adds ? FilterRule(near: nil, vote: 0.8, length: 0.9) : FilterRule(),
      mix: adds ? MixRule(floor: 0.3, made: 0.7) : MixRule(),
      canaries: paths.contains("data/canaries.jsonl") ? canaries(adds) : nil)
    return draft.withMissing()
  }

  /// Two trainings from fresh weights agree on four canaries of five at best, so what they may lose is another thing than what a model that
  /// is trained further may.
  private static func canaries(_ goesOn: Bool) -> CanaryRule {
    CanaryRule(file: "data/canaries.jsonl", floor: goesOn ? 0.95 : 0.4)
  }

  /// Whether settings of the lab bound the training by time: a budget of operations or steps is the same on a busy machine.
  private static func isTimed(_ settings: String) -> Bool {
    settings.split(whereSeparator: \.isNewline).contains { line in
      let parts = line.prefix { $0 != "#" }.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
      guard parts.count == 2, ["wall_seconds", "cpu_seconds"].contains(parts[0]) else { return false }
      return Double(parts[1]) != 0
    }
  }

  /// karpathy/autoresearch prints a summary behind a `---` line: `val_bpb:          0.997900`, `peak_vram_mb:     45060.2`, …
  private static func autoresearch(_ repository: some RepositoryView, _ paths: Set<String>) -> StudyDraft? {
    guard paths.isSuperset(of: ["train.py", "prepare.py", "program.md"]) else { return nil }
    let train = repository.text(of: "train.py")
    // Descendants of the layout optimise other numbers; only the original one is known to be there.
    if let train, !train.contains("val_bpb") {
      var draft = CustomLayout.detect(repository, paths)
      draft.layout = .autoresearch
      draft.command = command(for: "train.py", repository, paths)
      draft.editable = ["train.py"]
      draft.sandbox = data
      draft.notes.insert("the karpathy/autoresearch layout, with a metric of its own", at: 0)
      return draft.withMissing()
    }
    let command = command(for: "train.py", repository, paths)
    return StudyDraft(
      layout: .autoresearch, command: command,
      metric: MetricRule(
        name: "val_bpb", pattern: #"^val_bpb:\s+([-+0-9.eE]+|nan|inf)"#, direction: .minimize,
        memoryPattern: "^peak_vram_mb:"),
      editable: ["train.py"],
      // It trains for 5 minutes by its own clock; compiling and evaluating come on top, and its program.md kills at 10.
      budget: Budget(wallSeconds: 600),
      sandbox: data,
      notes: [
        "the karpathy/autoresearch layout: `train.py` is what agents change, `prepare.py` stays frozen",
        "the metric is `val_bpb`, smaller is better; `peak_vram_mb` gives the memory",
        "attempts run `\(command)` and may read the data in `~/.cache/autoresearch` and the packages in `.venv`",
      ]
    ).withMissing()
  }

  /// Returns the command that runs a Python script with what the repository says about its environment.
  static func command(for script: String, _ repository: some RepositoryView, _ paths: Set<String>) -> String {
    let project = paths.contains("pyproject.toml") ? repository.text(of: "pyproject.toml") : nil
    let usesUV =
      paths.contains("uv.lock") || project?.contains("[tool.uv") == true || project?.contains("uv run") == true
    return usesUV ? "uv run \(script)" : "python3 \(script)"
  }
}
