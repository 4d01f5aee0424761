import PawlConfiguration
import PawlCore
import Testing

/// A study of generations with nothing but what it cannot do without.
private let least = """
  study: demo
  kind: generations
  command: python3 train.py
  metric:
    name: bits
    pattern: 'bits: (\\S+)'
    direction: minimize
  generations:
    real: data/real.jsonl
    stages: {generate: python3 generate.py}

  """

@Suite struct `A study of generations in pawl.yaml` {
  @Test func `takes the defaults for what is not said`() throws {
    let study = try parse(least)
    #expect(
      study.generations
        == GenerationRule(real: "data/real.jsonl", stages: StageCommands(generate: "python3 generate.py")))
    #expect(study.editable == [GenerationPlan.file] && study.agents == [.generations])
    #expect(study.rungs.isEmpty && !study.isReferee)
  }

  @Test func `reads every key`() throws {
    let text = """
      study: whole
      kind: generations
      command: pawl-lab stage train
      evaluate: pawl-lab stage evaluate
      artifacts: [out/model.safetensors]
      metric: {name: bits, pattern: 'bits: (\\S+)', direction: minimize}
      frozen: [trainer.conf]
      generations:
        real: data/real.jsonl
        held: [data/search.jsonl, data/sealed.txt]
        model: out/model.safetensors
        start: parent
        control: false
        budget: {wall: 20min, memory: 4GB, cpu: none}
        stages:
          diagnose: pawl-lab stage diagnose
          generate: pawl-lab stage generate
          filter: python3 filter.py
          mix: python3 mix.py
          judge: pawl-lab stage judge
        generate: {documents: 5000, samples: 8, prompt_bytes: 64, temperature: 0.8, aim: 0.25, slice: book}
        filters:
          exact: false
          near: none
          overlap: 30
          band: [0.05, 0.9]
          novelty: 0.2
          verify: python3 verify.py
          vote: 0.6
          length: 0.9
          constitution:
            file: principles.md
            labels: data/labels.jsonl
            judge: {api: openai, model: judge, base_url: 'http://localhost:8000/v1', key: none}
            spend: 12.5
        mix: {keep: latest, floor: 0.25, made: 0.75}
        watch: {alpha: 0.05, splits: 400}
        canaries: {file: data/canaries.jsonl, floor: 0.9}
      """
    let rule = try #require(try parse(text).generations)
    #expect(rule.real == "data/real.jsonl" && rule.held == ["data/search.jsonl", "data/sealed.txt"])
    #expect(rule.model == "out/model.safetensors" && rule.start == .parent && !rule.control)
    #expect(rule.budget.wallSeconds == 1_200 && rule.budget.memory == Bytes(4_000_000_000))
    #expect(rule.budget.cpuSeconds == nil)
    #expect(
      rule.stages
        == StageCommands(
          diagnose: "pawl-lab stage diagnose", generate: "pawl-lab stage generate", filter: "python3 filter.py",
          mix: "python3 mix.py", judge: "pawl-lab stage judge"))
    #expect(
      rule.making
        == MakingRule(documents: 5_000, samples: 8, promptBytes: 64, temperature: 0.8, aim: 0.25, slice: "book"))
    let constitution = try #require(rule.filters.constitution)
    #expect(constitution.judge?.model == "judge" && constitution.judge?.api == .openai)
    #expect(
      rule.filters
        == FilterRule(
          exact: false, near: nil, overlap: 30, band: QuantileBand(low: 0.05, high: 0.9), novelty: 0.2,
          verify: "python3 verify.py", vote: 0.6, length: 0.9,
          constitution: ConstitutionRule(
            file: "principles.md", labels: "data/labels.jsonl", judge: constitution.judge, spend: 12.5)))
    #expect(rule.mix == MixRule(keep: .latest, floor: 0.25, made: 0.75))
    #expect(rule.watch == WatchRule(alpha: 0.05, splits: 400))
    #expect(rule.canaries == CanaryRule(file: "data/canaries.jsonl", floor: 0.9))
  }

  @Test func `a floor alone lowers what is aimed at`() throws {
    #expect(try parse(least + "  mix: {floor: 0.9}\n").generations?.mix.made == 0.1)
    #expect(try parse(least + "  mix: {floor: 0.6, made: 0.4}\n").generations?.mix.made == 0.4)
    #expect(try parse(least + "  mix: {floor: 0.9, made: 0.1}\n").generations?.mix.made == 0.1)
  }

  /// Lines that are added inside `generations`, and what is said of them; the first added line is line 11.
  @Test(
    arguments: [
      (
        "  mix: {floor: 0.8, made: 0.3}\n",
        "11:8: `generations.mix.made` leaves less than `generations.mix.floor` for real documents",
        "lower `made` to 0.2 or less, or lower `floor`", .badValue
      ),
      ("  mix: {floor: 1.5}\n", "11:16: `generations.mix.floor` must be from 0 to 1, not `1.5`", nil, .badValue),
      ("  mix: {keep: all}\n", "11:15: `generations.mix.keep` cannot be `all`", nil, .badValue),
      (
        "  filters: {band: [0.9, 0.1]}\n  ", "11:19: `generations.filters.band` is no range of quantiles",
        "write two quantiles of the real documents' losses, as in `band: [0.02, 0.98]`", .badValue
      ),
      (
        "  filters: {band: [0.9]}\n  ", "11:19: `generations.filters.band` must be a list of two numbers",
        "write two quantiles of the real documents' losses, as in `band: [0.02, 0.98]`", .wrongType
      ),
      (
        "  filters: {band: [0.1, 0.9]}\n",
        "9:3: `generations.filters.band` needs losses: `generations.stages.diagnose` is missing",
        "name the command that measures them, as in `diagnose: pawl-lab stage diagnose`", .missingKey
      ),
      (
        "  canaries: {file: c.jsonl}\n",
        "9:3: `generations.canaries` has nobody to ask: `generations.stages.judge` is missing",
        "name the command that answers them, as in `judge: pawl-lab stage judge`", .missingKey
      ),
      (
        "  canaries: {floor: 0.9}\n", "11:13: `generations.canaries.file` is missing",
        #"name a file of lines `{"id": …, "prompt": …, "answer": …}`"#, .missingKey
      ),
      (
        "  filters: {constitution: {file: c.md}}\n",
        "11:27: `generations.filters.constitution.labels` is missing",
        #"a judge is measured before it is believed: name a file of lines `{"text": …, "label": true}`"#, .missingKey
      ),
      (
        "  filters: {near: 0.1}\n", "11:19: `generations.filters.near` must be from 0.3 to 1, not `0.1`", nil, .badValue
      ),
      ("  filters: {novelti: 0.1}\n", nil, "did you mean `novelty`?", .unknownKey),
      ("  generate: {temprature: 1}\n", nil, "did you mean `temperature`?", .unknownKey),
      ("  generate: {documents: 0}\n", nil, nil, .badValue),
      (
        "  held: [../secret.jsonl]\n", "11:10: `../secret.jsonl` in `generations.held` leaves the repository", nil,
        .badValue
      ),
      (
        "  held: [/etc/passwd]\n", "11:10: `/etc/passwd` in `generations.held` is not relative to the repository", nil,
        .badValue
      ),
      ("  model: ../m\n", "11:10: `../m` in `generations.model` leaves the repository", nil, .badValue),
      ("  model: .git/m\n", "11:10: `.git/m` in `generations.model` is inside `.git`", nil, .badValue),
      (
        "  filters: {constitution: {labels: ../l.jsonl}}\n",
        "11:36: `../l.jsonl` in `generations.filters.constitution.labels` leaves the repository", nil, .badValue
      ),
      ("  watch: {alpha: 0}\n", nil, nil, .badValue), ("  watch: {splits: 3}\n", nil, nil, .badValue),
      ("  start: begin\n", "11:10: `generations.start` cannot be `begin`", nil, .badValue),
      ("  budget: {wal: 10min}\n", "11:12: unknown key `wal` in `generations.budget`", nil, .unknownKey),
      ("  budget: {log: none}\n", "11:17: `generations.budget.log` cannot be `none`", nil, .badValue),
      ("  stage: {generate: x}\n", nil, "did you mean `stages`?", .unknownKey),
      ("  weights: 3\n", "11:3: unknown key `weights` in `generations`", nil, .unknownKey),
      (
        "editable: [train.py]\n",
        "11:11: `editable` cannot stand in a study of generations: its candidates differ in their data, and nothing else may be edited",
        "take `editable` out", .overlap
      ),
      (
        "agents: [knobs]\n",
        "11:9: `agents` cannot stand in a study of generations: its one agent is built in; a judge is named in `generations.filters.constitution`",
        "take `agents` out", .overlap
      ),
      (
        "rungs: [{name: small}, {name: large}]\n",
        "11:8: `rungs` cannot stand in a study of generations: its snapshots are of one scale", "take `rungs` out",
        .overlap
      ),
      (
        "search: {strategies: [tree]}\n",
        "11:9: `search` cannot stand in a study of generations: each generation is made by the newest head",
        "take `search` out", .overlap
      ),
    ] as [(String, String?, String?, ConfigurationError.Code)])
  func `names the place, the value and the remedy`(
    lines: String, message: String?, hint: String?, code: ConfigurationError.Code
  ) throws {
    let error = try #require(throws: ConfigurationError.self) { try parse(least + lines) }
    #expect(error.code == code && error.problems.count == 1, "\(error.problems)")
    if let message { #expect(error.message == "pawl.yaml:\(message)") }
    if let hint { #expect(error.hints == [hint]) }
  }

  @Test(
    arguments: [
      (
        "generations:\n  real: data/real.jsonl\n  stages: {generate: python3 generate.py}\n", "",
        "1:1: `generations` is missing",
        "say where the data is, as in `generations: {real: data/real.jsonl, stages: {generate: python3 generate.py}}`",
        .missingKey
      ),
      (
        "  real: data/real.jsonl\n", "", "9:3: `generations.real` is missing",
        "name the file of real documents, JSON Lines or a document a line, as in `real: data/real.jsonl`", .missingKey
      ),
      (
        "  stages: {generate: python3 generate.py}\n", "",
        "9:3: `generations.stages.generate` is missing: nothing makes documents",
        "name the command that samples from the model, as in `generate: pawl-lab stage generate`", .missingKey
      ),
      (
        "real: data/real.jsonl", "real: ../real.jsonl",
        "9:9: `../real.jsonl` in `generations.real` leaves the repository", nil, .badValue
      ),
      (
        "kind: generations\n", "kind: code\neditable: [a]\n", "10:3: `generations` says nothing to a study of code",
        "write `kind: generations`, too", .overlap
      ),
      (
        "kind: generations", "kind: generation", "2:7: `kind` cannot be `generation`", "did you mean `generations`?",
        .badValue
      ),
      (
        "generations:\n  real: data/real.jsonl\n  stages: {generate: python3 generate.py}\n", "generations: data\n",
        "8:14: `generations` must be a map of keys, not `data`", nil, .wrongType
      ),
    ] as [(String, String, String, String?, ConfigurationError.Code)])
  func `checks what it cannot do without`(
    old: String, new: String, message: String, hint: String?, code: ConfigurationError.Code
  ) throws {
    let text = least.replacing(old, with: new)
    #expect(text != least)
    let error = try #require(throws: ConfigurationError.self) { try parse(text) }
    #expect(error.message == "pawl.yaml:\(message)" && error.code == code && error.problems.count == 1)
    if let hint { #expect(error.hints.first == hint) }
  }

  @Test func `a referee, and an executor that is not this machine, cannot stand beside it`() throws {
    var error = try #require(throws: ConfigurationError.self) {
      try parse(least.replacing("command: python3 train.py", with: "referee: sh judge.sh"))
    }
    #expect(error.code == .overlap && error.hints.contains("take `referee` out"))
    #expect(error.message.contains("its models are kept, which `command` leaves"))
    error = try #require(throws: ConfigurationError.self) {
      try parse(least + "executor: {slurm: {partition: gpu}}\n")
    }
    #expect(error.message.contains("a study of generations runs on this machine only"), "\(error.message)")
    #expect(throws: Never.self) { try parse(least + "executor: local\n") }
  }

  @Test func `several mistakes are told at once`() throws {
    let error = try #require(throws: ConfigurationError.self) {
      try parse(least + "  model: /m\n  mix: {floor: 0.9, made: 0.5}\n  watch: {splits: 1}\n")
    }
    #expect(error.problems.count == 3)
  }

  // MARK: writing

  private func read(back rule: GenerationRule) throws {
    let study = StudyConfiguration(
      name: try #require(StudyName(rawValue: "demo")), command: "python3 train.py", evaluate: "python3 score.py",
      artifacts: ["model.safetensors"], metric: MetricRule(name: "bits", pattern: "bits: (.*)", direction: .minimize),
      editable: [GenerationPlan.file], agents: [.generations], generations: rule)
    let text = StudyFile.render(study, layout: .generations)
    #expect(try parse(text) == study, "\(text)")
  }

  @Test func `reads back whatever rule is drawn`() throws {
    var random = SeededGenerator(seed: 5)
    func draw<Value>(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }
    let judge = ModelRule(
      api: .openai, model: "j", baseURL: "http://localhost:8000/v1", maximumTokens: 500, contextTokens: 9_000,
      price: TokenPrice(input: 1, output: 2, cacheRead: 0.5, cacheWrite: 1))
    for _ in 0..<300 {
      let floor = draw([0, 0.25, 0.5, 1])
      try read(
        back: GenerationRule(
          real: draw(["data/real.jsonl", "it's: #1.txt", "a b.jsonl"]), held: draw([[], ["h.jsonl", "x y.txt"]]),
          model: draw(["model.safetensors", "out/m.bin"]), start: draw([.scratch, .parent]),
          stages: StageCommands(
            diagnose: "d: x", generate: draw(["g", "sh -c 'a # b'"]), filter: draw([nil, "f"]), mix: draw([nil, "m"]),
            judge: "j"),
          budget: draw([Budget(), Budget(wallSeconds: 60, memory: .gibibytes(2))]),
          making: MakingRule(
            documents: draw([1_000, 5]), samples: draw([1, 8]), promptBytes: draw([32, 0]),
            temperature: draw([1, 0.7, 0]), aim: draw([0.5, 0, 1]), slice: draw([nil, "book", "null"])),
          filters: FilterRule(
            exact: draw([true, false]), near: draw([0.8, nil, 0.55]), overlap: draw([50, 5]),
            band: draw([nil, QuantileBand(low: 0.02, high: 0.98), QuantileBand(low: 0, high: 1)]),
            novelty: draw([nil, 0, 0.125]), verify: draw([nil, "v 'x'"]), vote: draw([nil, 0.6]),
            length: draw([nil, 0.9]),
            constitution: draw([
              nil, ConstitutionRule(labels: "l.jsonl"),
              ConstitutionRule(file: "p q.md", labels: "l.jsonl", judge: judge, spend: 2.5),
            ])),
          mix: MixRule(keep: draw([.accumulate, .latest]), floor: floor, made: draw([0, min(0.3, 1 - floor)])),
          watch: WatchRule(alpha: draw([0.01, 0.2]), splits: draw([200, 20])),
          canaries: draw([nil, CanaryRule(file: "c.jsonl"), CanaryRule(file: "c d.jsonl", floor: 0.5)]),
          control: draw([true, false])))
    }
  }

  @Test func `stays valid when any default is uncommented`() throws {
    let draft = LayoutDetector.detect(Self.lab)
    var study = StudyConfiguration(
      name: try #require(StudyName(rawValue: "demo")), command: try #require(draft.command), evaluate: draft.evaluate,
      artifacts: draft.artifacts, metric: try #require(draft.metric), editable: draft.editable, budget: draft.budget,
      foreignLoad: draft.foreignLoad, agents: [.generations], generations: draft.generations)
    study.generations?.canaries = nil
    let lines = StudyFile.render(study, layout: .generations).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    #expect(try parse(lines.joined(separator: "\n")) == study)
    let commented = lines.indices.filter { lines[$0].contains(#/^ *# [a-z_]+: /#) }
    #expect(commented.count >= 45)
    for index in commented {
      var changed = lines
      changed[index] = lines[index].replacing("# ", with: "", maxReplacements: 1)
      #expect(throws: Never.self, "\(lines[index])") { try parse(changed.joined(separator: "\n")) }
    }
  }

  // MARK: the layout

  private static let lab = Files(texts: [
    "trainer.conf": "operations = 1e11\n", "generation.json": "{}\n", "data/real.jsonl": "", "data/search.jsonl": "",
    "data/sealed.jsonl": "", "data/canaries.jsonl": "",
  ])

  @Test func `the lab's folder is recognised, and its draft is a whole study`() throws {
    let draft = LayoutDetector.detect(Self.lab)
    #expect(draft.layout == .generations && draft.missing == [])
    #expect(draft.command == "pawl-lab stage train" && draft.evaluate == "pawl-lab stage evaluate")
    #expect(draft.metric?.name == "bits_per_byte" && draft.metric?.direction == .minimize)
    let rule = try #require(draft.generations)
    #expect(rule.held == ["data/search.jsonl", "data/sealed.jsonl"] && rule.start == .scratch)
    #expect(rule.canaries == CanaryRule(file: "data/canaries.jsonl", floor: 0.4))
    try read(back: rule)
  }

  @Test func `sums are made longer from the parent's model on`() throws {
    var texts = Self.lab.texts
    texts["trainer.conf"] = "answer_after = '='\n"
    texts["data/canaries.jsonl"] = nil
    let draft = LayoutDetector.detect(Files(texts: texts))
    #expect(draft.metric?.name == "exact" && draft.metric?.direction == .maximize)
    let rule = try #require(draft.generations)
    #expect(rule.start == .parent && rule.filters.near == nil && rule.filters.length == 0.9)
    #expect(rule.making.samples == 5 && rule.filters.vote == 0.8 && rule.mix.floor == 0.3)
    #expect(rule.stages.generate == "pawl-lab stage generate --task addition --grow 4" && rule.canaries == nil)
    try read(back: rule)
  }

  @Test(arguments: ["trainer.conf", "generation.json", "data/real.jsonl"])
  func `without one of its files it is another layout`(missing: String) {
    var texts = Self.lab.texts
    texts[missing] = nil
    #expect(LayoutDetector.detect(Files(texts: texts)).layout != .generations)
  }
}
