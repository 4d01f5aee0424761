import PawlConfiguration
import PawlCore
import Testing

struct Files: RepositoryView {
  let texts: [String: String]
  var paths: [String] { texts.keys.sorted() }
  func text(of path: String) -> String? { texts[path] }
}

let karpathy = Files(texts: [
  "train.py": "from prepare import evaluate_bpb\nprint(\"---\")\nprint(f\"val_bpb:          {val_bpb:.6f}\")\n",
  "prepare.py": "TIME_BUDGET = 300\n", "program.md": "# autoresearch\n", "uv.lock": "version = 1\n",
  "pyproject.toml": "[project]\nname = \"autoresearch\"\n",
])
let pi = Files(texts: [
  ".auto/measure.sh": "#!/bin/bash\necho \"METRIC total_ms=$ms\"\necho \"METRIC rss_kb=$rss\"\n",
  ".auto/prompt.md": """
  # Autoresearch: faster tests
  ## Metrics
  - **Primary**: `total_ms` (ms, lower is better) — the optimization target
  - **Secondary**: rss_kb
  ## Files in Scope
  - `src/` — the code
  - `vite.config.ts`: the build; `gone.ts` is no more
  ## Off Limits
  - `test/`
  - `../other`
  """, "src/a.ts": "", "src/b/c.ts": "", "vite.config.ts": "", "test/a.ts": "",
])
let lab = Files(texts: ["train.swift": "import PawlLab\n", "lab.conf": "operations = 3e11\n"])

@Suite struct `The layout detector` {
  @Test func `recognises karpathy/autoresearch as it is checked out`() throws {
    let draft = LayoutDetector.detect(karpathy)
    #expect(draft.layout == .autoresearch)
    #expect(draft.command == "uv run train.py")
    #expect(draft.metric?.name == "val_bpb")
    #expect(draft.metric?.direction == .minimize)
    #expect(draft.metric?.memoryPattern == "^peak_vram_mb:")
    #expect(draft.editable == ["train.py"])
    #expect(draft.budget.wallSeconds == 600)
    #expect(
      draft.sandbox.readable == ["~/.cache/autoresearch", "~/.cache/huggingface/hub", ".venv", "~/.local/share/uv"])
    #expect(draft.sandbox.environment == ["CUDA_VISIBLE_DEVICES", "HF_HUB_OFFLINE=1", "UV_OFFLINE=1", "UV_NO_SYNC=1"])
    #expect(draft.missing == [])
    #expect(!draft.notes.isEmpty)
  }

  @Test func `runs plain Python where nothing asks for uv`() {
    var texts = karpathy.texts
    texts["uv.lock"] = nil
    let plain = LayoutDetector.detect(Files(texts: texts))
    #expect(plain.command == "python3 train.py")
    #expect(!plain.sandbox.environment.contains { $0.hasPrefix("UV_") })
    texts["pyproject.toml"] = "[tool.uv.sources]\n"
    #expect(LayoutDetector.detect(Files(texts: texts)).command == "uv run train.py")
  }

  @Test func `asks for the metric of a descendant that has another one`() {
    var texts = karpathy.texts
    texts["train.py"] = "print(f\"sharpe: {s}\")\n"
    let draft = LayoutDetector.detect(Files(texts: texts))
    #expect(draft.layout == .autoresearch)
    #expect(draft.missing == ["metric"])
  }

  @Test func `recognises pi-autoresearch and reads its page`() {
    let draft = LayoutDetector.detect(pi)
    #expect(draft.layout == .piAutoresearch)
    #expect(draft.command == "bash .auto/measure.sh")
    #expect(
      draft.metric
        == MetricRule(
          name: "total_ms", pattern: #"^METRIC total_ms\s*=\s*([-+0-9.eE]+|nan|inf)"#, direction: .minimize))
    #expect(draft.editable == ["src/", "vite.config.ts"])
    #expect(draft.frozen == ["test/"])
    #expect(draft.missing == [])
  }

  @Test(arguments: [
    ("{\"type\":\"config\",\"metricName\":\"kb\",\"bestDirection\":\"higher\"}\n", "kb", Direction.maximize),
    (
      "{\"metricName\":\"a\",\"bestDirection\":\"lower\"}\n{\"metricName\":\"b.c\",\"bestDirection\":\"lower\"}\n",
      "b.c", .minimize
    ),
  ])
  func `takes the metric of the flat layout's log`(log: String, name: String, direction: Direction) {
    let draft = LayoutDetector.detect(Files(texts: ["autoresearch.sh": "", "autoresearch.jsonl": log]))
    #expect(draft.command == "bash autoresearch.sh")
    #expect(draft.metric?.name == name)
    #expect(draft.metric?.direction == direction)
    #expect(draft.missing == ["editable"])
  }

  @Test func `says when the direction of a metric is written nowhere`() {
    let draft = LayoutDetector.detect(Files(texts: ["autoresearch.sh": "echo METRIC widgets=3\n"]))
    #expect(draft.metric == nil)
    #expect(draft.notes.contains("the metric is `widgets`, but nothing says which way it improves"))
    #expect(draft.missing == ["metric", "editable"])
  }

  @Test(arguments: [
    ("operations = 3e11\n", ForeignLoadRule.ignore), ("wall_seconds = 0\nsteps = 10\n", .ignore),
    ("[rung 1]\n wall_seconds=30 # seconds\n", .repeats), ("cpu_seconds = 5\n", .repeats),
    ("# wall_seconds = 30\nsteps = 10\nwall_limit = 100\n", .ignore),
  ])
  func `repeats disturbed attempts of the lab only where time bounds the training`(
    settings: String, rule: ForeignLoadRule
  ) {
    #expect(LayoutDetector.detect(Files(texts: ["train.swift": "", "lab.conf": settings])).foreignLoad == rule)
    #expect(LayoutDetector.detect(karpathy).foreignLoad == .repeats)
  }

  @Test func `recognises a study of the lab by its settings, and has its referee judge`() {
    let draft = LayoutDetector.detect(lab)
    #expect(draft.layout == .lab)
    #expect(draft.command == "pawl-lab run train.swift")
    #expect(draft.isReferee)
    #expect(draft.metric?.plausible == 0.1...8)
    #expect(draft.budget.wallSeconds == 120)
    #expect(draft.budget.memory == Bytes(2_000_000_000))
    #expect(draft.missing == [])
    #expect(LayoutDetector.detect(Files(texts: ["train.swift": "import Foundation\n"])).layout == .custom)
  }

  @Test(
    arguments: [
      (["train.py": "print(f'loss: {loss:.4f}')\n"], "python3 train.py", "loss", []),
      (["main.py": "print(f\"step {i}\")\nprint(\"accuracy=%f\" % a)\n"], "python3 main.py", "accuracy", []),
      (["train.py": "print(f'loss: {a} ')\nprint(f'accuracy: {b}')\n"], "python3 train.py", nil, ["metric"]),
      (["run.sh": "make\n"], "bash run.sh", nil, ["metric", "editable"]),
      (["train.py": "", "main.py": ""], nil, nil, ["command", "metric", "editable"]),
      ([:], nil, nil, ["command", "metric", "editable"]),
    ] as [([String: String], String?, String?, [String])])
  func `guesses only what is obvious`(texts: [String: String], command: String?, metric: String?, missing: [String]) {
    let draft = LayoutDetector.detect(Files(texts: texts))
    #expect(draft.layout == .custom)
    #expect(draft.command == command)
    #expect(draft.metric?.name == metric)
    #expect(draft.missing == missing)
  }

  @Test func `survives texts of any kind`() {
    for text in [
      "", "\0", "`", "## Files in Scope\n```", "\"metricName\":", "METRIC =", "Primary:",
      String(repeating: "`", count: 9999),
    ] {
      let names = [
        "train.py", "prepare.py", "program.md", "train.swift", ".auto/measure.sh", ".auto/prompt.md", ".auto/log.jsonl",
      ]
      for count in 1...names.count {
        let some = Dictionary(uniqueKeysWithValues: names.prefix(count).map { ($0, text) })
        #expect(LayoutDetector.detect(Files(texts: some)).layout != .lab)
      }
    }
  }
}
