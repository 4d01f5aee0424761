import PawlConfiguration
import PawlCore
import Testing

/// A valid file; tests add lines to it or change them.
let minimal = """
  study: demo
  command: python3 train.py
  metric:
    name: val_bpb
    pattern: '^val_bpb:\\s+([-+0-9.eE]+|nan|inf)'
    direction: minimize
  editable: [train.py]

  """

func parse(_ text: String) throws(ConfigurationError) -> StudyConfiguration {
  try StudyFile.parse(text, path: "pawl.yaml")
}

@Suite struct `Parsing pawl.yaml` {
  @Test func `takes the defaults for what is not said`() throws {
    let metric = MetricRule(name: "val_bpb", pattern: #"^val_bpb:\s+([-+0-9.eE]+|nan|inf)"#, direction: .minimize)
    let expected = StudyConfiguration(
      name: try #require(StudyName(rawValue: "demo")), command: "python3 train.py", metric: metric,
      editable: ["train.py"])
    #expect(try parse(minimal) == expected)
  }

  @Test(arguments: [
    ("train.py", "train.py"), ("data/train.py", "data"), ("./data/*.py", "data/"), ("data/**", "./data"),
    ("data/", "data"),
  ])
  func `refuses what is editable where attempts find the user's own files`(editable: String, entry: String) {
    let text = minimal.replacing("[train.py]", with: "['\(editable)']") + "sandbox: {read: ['\(entry)']}\n"
    let error = #expect(throws: ConfigurationError.self) { try parse(text) }
    #expect(error?.code == .overlap)
  }

  @Test(arguments: [("train.py", "data"), ("**/*.py", ".venv"), ("src/", "src/data"), ("database/x", "data")])
  func `takes what is only near it`(editable: String, entry: String) throws {
    let text = minimal.replacing("[train.py]", with: "['\(editable)']") + "sandbox: {read: ['\(entry)']}\n"
    #expect(try parse(text).sandbox.readable == [entry])
  }

  @Test func `reads every key`() throws {
    let text = """
      study: full-1.2
      command: |
        set -e
        make
      evaluate: "./score out"
      artifacts: [out/, '*.bin']
      metric: {name: acc, pattern: 'acc=(\\S+)', plausible: [0, 1e0], memory_pattern: "^mem:"}
      editable:
        - train.py
        - src/
      frozen: [src/eval.py]
      budget: {wall: 1.5h, cpu: none, memory: 16GB, disk: 10GiB, processes: none, log: 1 MiB}
      sandbox: {level: full, network: true, read: [~/.cache, /data, .venv], environment: [CUDA_VISIBLE_DEVICES, A=b=c]}
      constraints:
        lines: {price: 2e-5}
        memory: {limit: 8GiB, price: 0.5}
        seconds: {limit: 320}
      workers: 3
      foreign_load: ignore
      stop: {trials: 50, for: 8h, compute: 2d, spend: 20.5}
      ratchet: {alpha: 0.1, calibration: 6, max_replicates: 9, max_pairs: 20}
      agents: [knobs]
      seed: 18446744073709551615
      """
    let study = try parse(text)
    #expect(study.command == "set -e\nmake\n")
    #expect(study.evaluate == "./score out")
    #expect(study.artifacts == ["out/", "*.bin"])
    #expect(study.metric.direction == .maximize)
    #expect(study.metric.plausible == 0...1)
    #expect(study.metric.memoryPattern == "^mem:")
    #expect(study.editable == ["train.py", "src/"])
    #expect(study.frozen == ["src/eval.py"])
    #expect(
      study.budget
        == Budget(
          wallSeconds: 5400, cpuSeconds: nil, memory: Bytes(16_000_000_000), disk: .gibibytes(10), processes: nil,
          log: .mebibytes(1)))
    #expect(
      study.sandbox
        == SandboxPolicy(
          requirement: .full, network: true, readable: ["~/.cache", "/data", ".venv"],
          environment: ["CUDA_VISIBLE_DEVICES", "A=b=c"]))
    #expect(
      study.constraints
        == [
          Constraint(.memory, limit: 8, price: 0.5), Constraint(.seconds, limit: 320), Constraint(.lines, price: 2e-5),
        ])
    #expect(study.foreignLoad == .ignore)
    #expect(study.workers == 3)
    #expect(study.stop == StopRule(trials: 50, wallSeconds: 28800, computeSeconds: 172800, spend: 20.5))
    #expect(study.ratchet == RatchetRule(alpha: 0.1, calibration: 6, maximumReplicates: 9, maximumPairs: 20))
    #expect(study.seed == .max)
  }

  @Test(
    arguments: [
      (
        "approve: [promotions]\n", "8:10: `approve` must be a map of keys, not a list",
        "write `approve: {certificates: true}`, or `approve: {spend: 5}` for US dollars", .wrongType
      ),
      (
        "approve: {certificats: true}\n", "8:11: unknown key `certificats` in `approve`",
        "did you mean `certificates`?",
        .unknownKey
      ),
      (
        "approve: {spend: 0}\n", "8:18: `approve.spend` must be above 0, not `0`",
        "a person is asked each time that agents have cost so many US dollars more, as in `spend: 5`", .badValue
      ),
      (
        "approve: {promotions: ask}\n", "8:23: `approve.promotions` must be `true` or `false`, not `ask`", nil,
        .wrongType
      ),
      ("comand: x\n", "8:1: unknown key `comand`", "did you mean `command`?", .unknownKey),
      ("budget: {wal: 10min}\n", "8:10: unknown key `wal` in `budget`", "did you mean `wall`?", .unknownKey),
      ("command: again\n", "8:1: duplicate key `command`", "the first `command` is on line 2: keep one", .duplicateKey),
      (
        "budget: {memory: 16}\n", "8:18: `budget.memory` has no unit: `16`",
        "write it like `16GB`, or `none` for no limit", .wrongUnit
      ),
      (
        "budget: {memory: 10min}\n", "8:18: `budget.memory` has `min` for a unit of size: `10min`",
        "write it like `16GB`, or `none` for no limit", .wrongUnit
      ),
      (
        "budget: {wall: 10GB}\n", "8:16: `budget.wall` has `GB` for a unit of time: `10GB`",
        "write it like `10min`, or `none` for no limit", .wrongUnit
      ),
      ("budget: {wall: -5s}\n", "8:16: `budget.wall` is out of range: `-5s`", nil, .badValue),
      ("budget: {wall: .inf}\n", "8:16: `budget.wall` is not a time: `.inf`", nil, .badValue),
      ("budget: {wall: soon}\n", "8:16: `budget.wall` is not a time: `soon`", nil, .badValue),
      ("budget: {disk: 99999999999TB}\n", "8:16: `budget.disk` is out of range: `99999999999TB`", nil, .badValue),
      (
        "budget: {log: none}\n", "8:15: `budget.log` cannot be `none`",
        "logs are always capped; the metric is found behind the cap too", .badValue
      ),
      ("budget: {processes: 0}\n", "8:21: `budget.processes` must be at least 1, not `0`", nil, .badValue),
      ("budget: 10min\n", "8:9: `budget` must be a map of keys, not `10min`", nil, .wrongType),
      (
        "constraints: {memry: {limit: 8GiB}}\n", "8:15: unknown key `memry` in `constraints`", "did you mean `memory`?",
        .unknownKey
      ),
      (
        "constraints: {latency: {limit: 8s}}\n", "8:15: unknown key `latency` in `constraints`",
        "keys of `constraints` are: `memory`, `seconds`, `lines`", .unknownKey
      ),
      (
        "constraints: {memory: {}}\n", "8:23: `constraints.memory` has neither `limit` nor `price`",
        "write `memory: {limit: 8GiB}`, or a `price` in the metric's unit", .missingKey
      ),
      (
        "constraints: {memory: {limit: 8}}\n", "8:31: `constraints.memory.limit` has no unit: `8`",
        "write it like `8GiB`, or `none` for no limit", .wrongUnit
      ),
      (
        "constraints: {seconds: {limit: 8GB}}\n",
        "8:32: `constraints.seconds.limit` has `GB` for a unit of time: `8GB`",
        "write it like `320s`, or `none` for no limit", .wrongUnit
      ),
      (
        "constraints: {seconds: {price: -1}}\n", "8:32: `constraints.seconds.price` must be at least 0, not `-1`",
        "it is what a second more costs, in the metric's unit, whichever way the metric improves", .badValue
      ),
      (
        "constraints: {lines: {limit: -1}}\n", "8:30: `constraints.lines.limit` must be at least 0, not `-1`", nil,
        .badValue
      ),
      ("constraints: 8GiB\n", "8:14: `constraints` must be a map of keys, not `8GiB`", nil, .wrongType),
      (
        "foreign_load: ignored\n", "8:15: `foreign_load` cannot be `ignored`", "did you mean `ignore`?", .badValue
      ),
      ("workers: 0\n", "8:10: `workers` must be at least 1, not `0`", nil, .badValue),
      ("workers: two\n", "8:10: `workers` must be a whole number, not `two`", nil, .wrongType),
      (
        "workers: 99999999999999999999\n", "8:10: `workers` must be a whole number, not `99999999999999999999`", nil,
        .wrongType
      ),
      ("workers:\n", "8:9: `workers` must be a whole number, not empty", nil, .wrongType),
      ("ratchet: {alpha: 0}\n", "8:18: `ratchet.alpha` must be above 0 and at most 0.5, not `0`", nil, .badValue),
      ("ratchet: {alpha: 0.6}\n", "8:18: `ratchet.alpha` must be above 0 and at most 0.5, not `0.6`", nil, .badValue),
      ("ratchet: {alpha: .nan}\n", "8:18: `ratchet.alpha` must be a finite number, not `.nan`", nil, .wrongType),
      ("ratchet: {alpha: 1e999}\n", "8:18: `ratchet.alpha` must be a finite number, not `1e999`", nil, .wrongType),
      ("ratchet: {calibration: 1}\n", "8:24: `ratchet.calibration` must be at least 2, not `1`", nil, .badValue),
      ("agents: [nobs]\n", "8:10: unknown agent `nobs`", "did you mean `knobs`?", .badValue),
      ("agents: []\n", "8:9: `agents` is empty: nobody would propose anything", nil, .badValue),
      ("seed: -1\n", "8:7: `seed` must be a whole number from 0 to 18446744073709551615, not `-1`", nil, .wrongType),
      ("sandbox: {network: yes}\n", "8:20: `sandbox.network` must be `true` or `false`, not `yes`", nil, .wrongType),
      ("sandbox: {level: ful}\n", "8:18: `sandbox.level` cannot be `ful`", "did you mean `full`?", .badValue),
      (
        "sandbox: {read: [a/../b]}\n", "8:18: `a/../b` in `sandbox.read` climbs with `..`",
        "write `/data`, `~/.cache/x`, or a path in the repository that git ignores, as `.venv`", .badValue
      ),
      (
        "sandbox: {read: [a/.git]}\n", "8:18: `a/.git` in `sandbox.read` is inside `.git`",
        "write `/data`, `~/.cache/x`, or a path in the repository that git ignores, as `.venv`", .badValue
      ),
      (
        "sandbox: {read: [.PAWL/x]}\n", "8:18: `.PAWL/x` in `sandbox.read` is inside `.pawl`",
        "write `/data`, `~/.cache/x`, or a path in the repository that git ignores, as `.venv`", .badValue
      ),
      (
        "sandbox: {read: [./]}\n", "8:18: `./` in `sandbox.read` is the whole repository",
        "write `/data`, `~/.cache/x`, or a path in the repository that git ignores, as `.venv`", .badValue
      ),
      (
        "sandbox: {read: [~other/x]}\n", "8:18: `~other/x` in `sandbox.read` is the home folder of somebody else",
        "write `/data`, `~/.cache/x`, or a path in the repository that git ignores, as `.venv`", .badValue
      ),
      (
        "sandbox: {environment: [1A=b]}\n", "8:25: `1A=b` in `sandbox.environment` is not the name of a variable",
        "write `NAME` for the value from where `pawl run` is started, or `NAME=value`", .badValue
      ),
      (
        "sandbox: {environment: ['=b']}\n", "8:25: `=b` in `sandbox.environment` is not the name of a variable",
        "write `NAME` for the value from where `pawl run` is started, or `NAME=value`", .badValue
      ),
      (
        "sandbox: {environment: [PAWL_SEED=3]}\n",
        "8:25: `PAWL_SEED` in `sandbox.environment` is set by Pawl, for each attempt anew", nil, .badValue
      ),
      (
        "evaluate: sh score.sh\n", "8:11: `evaluate` has nothing to score: `artifacts` is missing",
        "list what `command` leaves for it, as in `artifacts: [out/]`", .missingKey
      ),
      (
        "frozen: [./train.py]\n", "8:10: `./train.py` is both editable and frozen",
        "take it out of `editable` or out of `frozen`; what is not editable is frozen anyway", .overlap
      ),
      (
        "frozen: prepare.py\n", "8:9: `frozen` must be a list, not `prepare.py`", "write `frozen: [prepare.py]`",
        .wrongType
      ),
      ("artifacts: [../out]\n", "8:13: `../out` in `artifacts` leaves the repository", nil, .badValue),
      ("stop: {for: 0}\n", "8:13: `stop.for` is out of range: `0`", nil, .badValue),
      ("stop: {spend: -1}\n", "8:15: `stop.spend` must be at least 0 US dollars, not `-1`", nil, .badValue),
      ("\tseed: 1\n", "8:1: a tab indents this line", "YAML is indented with spaces only", .badSyntax),
      ("---\nstudy: two\n", "8:1: a second document starts here", nil, .badSyntax),
      ("evaluate: &a x\n", "8:11: anchors are not supported", nil, .badSyntax),
      ("evaluate: *a\n", "8:11: aliases are not supported", "write the value out", .badSyntax),
      ("evaluate: !!python/name:os x\n", "8:11: tags are not supported", nil, .badSyntax),
      ("evaluate: 'open\n", nil, nil, .badSyntax), ("seed: ]\n", nil, nil, .badSyntax),
    ] as [(String, String?, String?, ConfigurationError.Code?)])
  func `names the place, the value and the remedy`(
    line: String, message: String?, hint: String?, code: ConfigurationError.Code?
  ) throws {
    let error = try #require(throws: ConfigurationError.self) { try parse(minimal + line) }
    if let message { #expect(error.message == "pawl.yaml:\(message)") }
    if let hint { #expect(error.hints == [hint]) }
    if let code { #expect(error.code == code) }
    #expect(error.problems.count == 1)
  }

  @Test(
    arguments: [
      ("study: demo", "study: ../up", "1:8: `../up` is not a study name", .badValue),
      ("study: demo\n", "", "1:1: `study` is missing", .missingKey),
      ("command: python3 train.py\n", "", "1:1: `command` is missing", .missingKey),
      ("command: python3 train.py", "command: ' '", "2:10: `command` is blank or holds a NUL", .badValue),
      ("command: python3 train.py", "command: [a]", "2:10: `command` must be a text, not a list", .wrongType),
      ("editable: [train.py]\n", "", "1:1: `editable` is missing", .missingKey),
      ("editable: [train.py]", "editable: []", "7:11: `editable` is empty: there is nothing to change", .badValue),
      (
        "editable: [train.py]", "editable: [/etc]", "7:12: `/etc` in `editable` is not relative to the repository",
        .badValue
      ),
      (
        "editable: [train.py]", "editable: [a/../../b]", "7:12: `a/../../b` in `editable` leaves the repository",
        .badValue
      ),
      (
        "editable: [train.py]", "editable: [.git/config]", "7:12: `.git/config` in `editable` is inside `.git`",
        .badValue
      ),
      (
        "editable: [train.py]", "editable: ['[a']",
        "7:12: `[a` in `editable` has a `[` without its `]`, or ends in `\\`", .badValue
      ),
      ("editable: [train.py]", "editable: [{a: b}]", "7:12: `editable` must hold texts, not a map", .wrongType),
      ("    direction: minimize\n", "", "", nil),
      ("direction: minimize", "direction: down", "6:14: `metric.direction` cannot be `down`", .badValue),
      (
        "    direction: minimize", "    plausible: [8, 0.1]", "6:14: `metric.plausible` is reversed: `[8, 0.1]`",
        .badValue
      ),
      (
        "    direction: minimize", "    plausible: [0, .inf]",
        "6:18: `metric.plausible` must be a finite number, not `.inf`", .wrongType
      ),
      (
        "    direction: minimize", "    plausible: 3", "6:14: `metric.plausible` must be a list of two numbers",
        .wrongType
      ),
      (
        "|nan|inf)'", "'", "5:12: `metric.pattern` is not a regular expression: `^val_bpb:\\s+([-+0-9.eE]+`",
        .badPattern
      ),
      (
        "+([-", "(+)([-", "5:12: `metric.pattern` is not a regular expression: `^val_bpb:\\s(+)([-+0-9.eE]+|nan|inf)`",
        .badPattern
      ),
      (
        "|nan|inf)'", ") (x)'",
        "5:12: `metric.pattern` has 2 capture groups, not one: `^val_bpb:\\s+([-+0-9.eE]+) (x)`", .badPattern
      ),
      (
        "([-+0-9.eE]+|nan|inf)", "[0-9.]+",
        "5:12: `metric.pattern` has no capture group around the number: `^val_bpb:\\s+[0-9.]+`", .badPattern
      ),
    ] as [(String, String, String, ConfigurationError.Code?)])
  func `checks what a study cannot do without`(
    old: String, new: String, message: String, code: ConfigurationError.Code?
  ) throws {
    let text = minimal.replacing(
      old.hasPrefix("    ") ? String(old.dropFirst(2)) : old,
      with: new.hasPrefix("    ") ? String(new.dropFirst(2)) : new)
    #expect(text != minimal)
    guard let code else {
      #expect(try parse(text).metric.direction == .minimize)
      return
    }
    let error = try #require(throws: ConfigurationError.self) { try parse(text) }
    #expect(error.message == "pawl.yaml:\(message)")
    #expect(error.code == code)
  }

  private static let referee = minimal.replacing("command: python3 train.py", with: "referee: sh judge.sh")

  @Test func `takes a referee in place of the command`() throws {
    let study = try parse(Self.referee)
    #expect(study.isReferee && study.command == "sh judge.sh" && study.refereeLevel == .referee)
    #expect(try !parse(minimal).isReferee)
  }

  @Test(
    arguments: [
      (
        minimal + "referee: sh judge.sh\n", "8:10: `referee` and `command` both say what runs one attempt",
        "keep `referee` where a frozen program starts the candidate itself and judges it, else `command`"
      ),
      (
        minimal.replacing("command: python3 train.py\n", with: ""), "1:1: `command` is missing",
        "`command` is what runs one attempt, as in `command: python3 train.py`; `referee` may stand in its place"
      ),
      (
        referee + "evaluate: sh score.sh\n",
        "8:11: `evaluate` cannot stand beside `referee`, which prints the metric itself",
        "take `evaluate` out, or write `command` in place of `referee`"
      ),
      (
        referee + "artifacts: [out/]\n",
        "8:12: `artifacts` cannot stand beside `referee`, which prints the metric itself",
        "take `artifacts` out, or write `command` in place of `referee`"
      ),
      (referee.replacing("sh judge.sh", with: "' '"), "2:10: `referee` is blank or holds a NUL", nil),
      (
        referee.replacing("[train.py]", with: "['**']"),
        "7:12: `**` in `editable` covers everything, and a `referee` must be frozen",
        "list the candidate's own files, as in `editable: [train.swift]`, or what judges them in `frozen`"
      ),
    ] as [(String, String, String?)])
  func `says what does not go with a referee`(text: String, message: String, hint: String?) throws {
    let error = try #require(throws: ConfigurationError.self) { try parse(text) }
    #expect(error.message == "pawl.yaml:\(message)")
    #expect(error.hints == (hint.map { [$0] } ?? []))
  }

  @Test(arguments: [".", "./", "*", "**/*", "./**", "*/"])
  func `leaves a referee frozen`(editable: String) throws {
    let text = Self.referee.replacing("[train.py]", with: "['\(editable)']")
    #expect(throws: ConfigurationError.self) { try parse(text) }
    #expect(try parse(text + "frozen: [judge.sh, data/]\n").isReferee)
    #expect(try !parse(text.replacing("referee:", with: "command:")).isReferee)
  }

  @Test(arguments: ["PAWL_SEED", "PAWL_SPLIT=sealed", "PAWL_RUNG=2"])
  func `keeps for itself what an attempt is told of itself`(entry: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try parse(minimal + "sandbox: {environment: ['\(entry)']}\n")
    }
    #expect(error?.message.contains("is set by Pawl, for each attempt anew") == true)
  }

  @Test(arguments: [
    ("agents: [{program: gemini, environment: ['GEMINI_API_KEY=AIzaNeverShown']}]\n", "write `GEMINI_API_KEY` alone"),
    (
      "agents: [{command: x, environment: [A=1, HTTPS_PROXY=http://bob:NeverShown@proxy:1]}]\n",
      "write `HTTPS_PROXY` alone"
    ),
    ("sandbox: {environment: ['hf_token=NeverShown']}\n", "write `hf_token` alone"),
    (
      "agents: [{api: openai, model: m, proxy: 'http://bob:NeverShown@proxy:3128'}]\n",
      "leave `proxy` out, and set `https_proxy`"
    ),
    (
      "agents: [{api: openai, model: m, proxy: 'bob:NeverShown@proxy:3128'}]\n",
      "leave `proxy` out, and set `https_proxy`"
    ),
  ])
  func `takes no secret that is written out, and does not repeat it`(line: String, hint: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try parse(minimal + line) }
    #expect(error.code == .badValue && error.message.contains("written out") && !"\(error)".contains("NeverShown"))
    #expect(error.hints.count == 1 && error.hints[0].hasPrefix(hint), "\(error.hints)")
  }

  @Test(arguments: [
    ("anthropic", "", 0.3, 3.75), ("openai", "", 3, 3), ("anthropic", ", cache_read: 1, cache_write: 2", 1, 2),
    ("anthropic", ", cache_read: 0", 0, 3.75),
  ])
  func `counts a cache as its provider does where its price is left out`(
    api: String, cache: String, read: Double, write: Double
  ) throws {
    let line = "agents: [{api: \(api), model: m, price: {input: 3, output: 15\(cache)}}]\n"
    guard case .model(let rule)? = try parse(minimal + line).agents.first?.kind else {
      Issue.record("it is no model")
      return
    }
    #expect(rule.price == TokenPrice(input: 3, output: 15, cacheRead: read, cacheWrite: write))
  }

  @Test func `takes settings that only sound like secrets, and keys by their names`() throws {
    let names = [
      "ANTHROPIC_API_KEY", "MAX_THINKING_TOKENS=8000", "TOKENIZERS_PARALLELISM=false", "GEMINI_API_KEY=", "A=b@c",
      "HTTPS_PROXY=http://proxy:3128/a@b",
    ]
    let list = names.map { "'\($0)'" }.joined(separator: ", ")
    let agents = try parse(minimal + "agents: [{program: claude, environment: [\(list)]}]\n").agents
    guard case .program(let rule)? = agents.first?.kind else {
      Issue.record("it is no program")
      return
    }
    #expect(rule.environment == names)
    let error = try #require(throws: ConfigurationError.self) {
      try parse(minimal + "agents: [{program: claude, environment: ['A B']}]\n")
    }
    #expect(error.message.contains("is not the name of a variable"), "\(error)")
  }

  @Test func `asks for the direction of a metric that is not well known`() throws {
    let text = minimal.replacing("name: val_bpb", with: "name: widgets").replacing("  direction: minimize\n", with: "")
    let error = try #require(throws: ConfigurationError.self) { try parse(text) }
    #expect(error.code == .missingKey)
    #expect(error.hints == ["say which way `widgets` improves: `direction: minimize` or `maximize`"])
  }

  @Test(arguments: ["val_bpb", "loss", "perplexity", "latency", "accuracy", "f1", "tokens_per_second"])
  func `knows which way common metrics improve`(name: String) throws {
    let text = minimal.replacing("name: val_bpb", with: "name: \(name)").replacing("  direction: minimize\n", with: "")
    let isMaximized = ["accuracy", "f1", "tokens_per_second"].contains(name)
    #expect(try parse(text).metric.direction == (isMaximized ? .maximize : .minimize))
  }

  @Test func `reports all problems of a file together, in its order`() throws {
    let text = minimal + "workers: 0\nbudjet: {}\nseed: x\n"
    let error = try #require(throws: ConfigurationError.self) { try parse(text) }
    #expect(
      error.message == """
        pawl.yaml:8:10: `workers` must be at least 1, not `0`
        pawl.yaml:9:1: unknown key `budjet`
        pawl.yaml:10:7: `seed` must be a whole number from 0 to 18446744073709551615, not `x`
        """)
    #expect(error.hints == ["did you mean `budget`?"])
  }

  @Test(arguments: ["", "\n\n", "# only a comment\n", "---\n", "~", "null\n"])
  func `calls an empty file empty`(text: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try parse(text) }
    #expect(error.message == "pawl.yaml:1:1: the file is empty")
  }

  @Test(arguments: ["just text", "- a\n- b\n", "1", "{}", "? [a]\n: b\n"])
  func `asks for a map of keys`(text: String) { #expect(throws: ConfigurationError.self) { try parse(text) } }

  @Test func `refuses what is too deep, too wide or too long`() throws {
    let deep = String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
    let wide = "editable: [" + String(repeating: "a, ", count: 20_000) + "a]\n"
    let endless = String(repeating: "[", count: 200_000)
    for text in ["x: \(deep)\n", wide, endless, String(repeating: "# long\n", count: 100_000)] {
      let error = try #require(throws: ConfigurationError.self) { try parse(text) }
      #expect(error.code == .tooComplex)
    }
  }

  @Test func `never traps on mutated files`() throws {
    var random = SplitMix(state: 11)
    let pieces: [[UInt8]] = [
      Array("\t".utf8), [0], [0xff], [0xc3], Array(": ".utf8), Array("- ".utf8), Array("[".utf8), Array("{".utf8),
      Array("]".utf8), Array("&a ".utf8), Array("*a".utf8), Array("!!x ".utf8), Array("\n---\n".utf8), Array("'".utf8),
      Array("\"\\u".utf8), Array("|\n".utf8), Array(">-\n".utf8), Array("(".utf8), Array("{99999999999}".utf8),
      Array("99999999999999999999".utf8), Array("1e999".utf8), Array("-".utf8), Array("\r".utf8),
      Array("%YAML 9.9\n".utf8),
      Array("?".utf8), Array("(?<a>".utf8), Array("\\".utf8), Array("\u{feff}".utf8), Array("\u{2028}".utf8),
    ]
    let full = Array(
      StudyFile.render(try parse(minimal + "stop: {trials: 5}\nratchet: {alpha: 0.1}\n"), layout: .custom)
        .replacing("# ", with: "").utf8)
    for round in 0..<3000 {
      var bytes = round % 2 == 0 ? Array(minimal.utf8) : full
      for _ in 0..<(1 + Int(random.next() % 4)) {
        let at = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes.insert(contentsOf: pieces[Int(random.next() % UInt64(pieces.count))], at: at)
        case 1: bytes.removeSubrange(at..<min(bytes.count, at + 1 + Int(random.next() % 8)))
        default: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(ConfigurationError) {
        let study = try parse(text)
        // What is accepted must survive being written and read again.
        #expect(try parse(StudyFile.render(study, layout: .custom)) == study)
      } catch {
        #expect(!error.problems.isEmpty)
        #expect(error.problems.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.message.contains("\n") })
      }
    }
  }
}

/// SplitMix64 (Steele et al. 2014), so that the same mutations are tried on every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
