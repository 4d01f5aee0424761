import PawlConfiguration
import PawlCore
import Testing

@Suite struct `Writing pawl.yaml` {
  private func study(_ draft: StudyDraft) throws -> StudyConfiguration {
    StudyConfiguration(
      name: try #require(StudyName(rawValue: "demo")), command: try #require(draft.command),
      isReferee: draft.isReferee,
      metric: try #require(draft.metric), editable: draft.editable, frozen: draft.frozen, budget: draft.budget,
      sandbox: draft.sandbox, foreignLoad: draft.foreignLoad)
  }

  @Test(arguments: [
    (
      karpathy,
      """
      study: demo
      command: uv run train.py
      metric:
        name: val_bpb
        pattern: '^val_bpb:\\s+([-+0-9.eE]+|nan|inf)'
        direction: minimize
        memory_pattern: '^peak_vram_mb:'  # peak memory in MiB, where the program prints it
      editable: [train.py]
      budget:
      constraints:
      sandbox:
        read: ['~/.cache/autoresearch', '~/.cache/huggingface/hub', .venv, '~/.local/share/uv']  # of your home and of what git ignores here
        environment: [CUDA_VISIBLE_DEVICES, 'HF_HUB_OFFLINE=1', 'UV_OFFLINE=1', 'UV_NO_SYNC=1']  # variables that it may see, or NAME=value
      stop:
      ratchet:
      approve:
      """
    ),
    (
      pi,
      """
      study: demo
      command: bash .auto/measure.sh
      metric:
        name: total_ms
        pattern: '^METRIC total_ms\\s*=\\s*([-+0-9.eE]+|nan|inf)'
        direction: minimize
      editable: [src/, vite.config.ts]
      frozen: [test/]  # frozen even where `editable` would match
      budget:
      constraints:
      sandbox:
      stop:
      ratchet:
      approve:
      """
    ),
    (
      lab,
      """
      study: demo
      referee: pawl-lab run train.swift
      metric:
        name: val_bpb
        pattern: '^val_bpb:\\s*([-+0-9.eE]+|nan|inf)'
        direction: minimize
        plausible: [0.1, 8]  # a value outside is no measurement
      editable: [train.swift]
      budget:
        wall: 2min
        memory: 2GB
      constraints:
      sandbox:
      foreign_load: ignore  # attempts that something else on the machine disturbed; ignore where no number depends on time
      stop:
      ratchet:
      approve:
      """
    ),
  ])
  func `says of every layout only what is not the default`(files: Files, expected: String) throws {
    let draft = LayoutDetector.detect(files)
    let lines = StudyFile.render(try study(draft), layout: draft.layout).split(separator: "\n")
    #expect(lines.filter { !$0.drop { $0 == " " }.hasPrefix("#") }.joined(separator: "\n") == expected)
  }

  @Test(arguments: [karpathy, pi, lab])
  func `reads back as the configuration of every layout`(files: Files) throws {
    let draft = LayoutDetector.detect(files)
    let study = try study(draft)
    #expect(try parse(StudyFile.render(study, layout: draft.layout)) == study)
  }

  @Test func `reads back whatever values are drawn`() throws {
    var random = SplitMix(state: 3)
    let texts = [
      "a", "a b", " lead", "trail ", "it's", "\"quoted\"", "a: b", "a #b", "#", "- a", "-", "null", "~", "true", "123",
      "[x]", "{x}", "*x", "&x", "!x", "%x", "@x", "a\nb", "a\n", "tab\there", "\u{7f}", "ä€", "\u{2028}", "😀", "\\n",
      "a,b", "?", ": ", "'", "'\u{301}", "\u{feff}", "\u{85}", "|", ">", "---", "...", "\r\n",
    ]
    func draw<Value>(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }
    for _ in 0..<500 {
      let isReferee = draw([true, false])
      let evaluate = isReferee ? nil : draw([nil, "x" + draw(texts)])
      let study = StudyConfiguration(
        name: try #require(StudyName(rawValue: draw(["demo", "1", "true", "null", "a.b-c_d"]))),
        command: "x" + draw(texts), isReferee: isReferee, evaluate: evaluate,
        artifacts: isReferee ? [] : evaluate == nil ? draw([[], ["out/", "x y"]]) : ["out/", "x y"],
        metric: MetricRule(
          name: draw(["val_bpb", "x: y", "it's"]), pattern: draw(["^a: (.*)$", "it's \"(\\S+)\" # no", "a"]),
          direction: draw([.minimize, .maximize]), plausible: draw([nil, 0...1, -1.5e-7...3e20, 0.1...0.1]),
          memoryPattern: draw([nil, "^peak:"])),
        constraints: draw([
          [],
          [
            Constraint(.memory, limit: 123_456_789 / 0x1p30), Constraint(.seconds, price: 1e-7),
            Constraint(.lines, limit: 0, price: 2.5),
          ], [Constraint(.seconds, limit: 0.25, price: 1e12), Constraint(.lines, limit: 1_000_000_000)],
          [Constraint(.memory, limit: 1 / 0x1p30, price: 0)],
        ]),
        editable: ["e" + draw(texts)], frozen: draw([[], ["f" + draw(texts), "g"]]),
        budget: Budget(
          wallSeconds: draw([nil, 600, 90, 0.25, 1e-5, 86400, 5400.5]), cpuSeconds: draw([nil, 300]),
          memory: draw([nil, Bytes(1), .gibibytes(3), Bytes(16_000_000_000), Bytes(123_456_789)]),
          disk: draw([nil, .gibibytes(10), .mebibytes(5)]), processes: draw([nil, 512, 1]),
          log: draw([.mebibytes(16), Bytes(4096)])
        ),
        sandbox: SandboxPolicy(
          requirement: draw([.available, .full, .none]), network: draw([true, false]),
          readable: draw([[], ["~/x y", "/z", ".venv", "a b/c"]]),
          environment: draw([[], ["HOME", "A_1", "B=x: #y", "C="]])),
        foreignLoad: draw(ForeignLoadRule.allCases), workers: draw([1, 8]),
        stop: StopRule(
          trials: draw([nil, 16]), wallSeconds: draw([nil, 28800]), computeSeconds: draw([nil, 1]),
          spend: draw([nil, 0, 20.25])),
        ratchet: RatchetRule(
          alpha: draw([0.05, 0.5, 1e-9]), calibration: draw([4, 2]), maximumReplicates: draw([8, 1]),
          maximumPairs: draw([16, 5])),
        approvals: draw([ApprovalRule(), ApprovalRule(promotions: true, certificates: true, spend: 2.5)]),
        seed: draw([1, 0, .max]))
      let text = StudyFile.render(study, layout: draw([.autoresearch, .piAutoresearch, .lab, .custom]))
      #expect(try parse(text) == study, "\(text)")
    }
  }

  @Test(arguments: [pi, lab])
  func `stays valid when any default is uncommented`(files: Files) throws {
    let lines = StudyFile.render(try study(LayoutDetector.detect(files)), layout: .lab).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    let commented = lines.indices.filter { lines[$0].contains(#/^ *# [a-z_]+: /#) }
    #expect(commented.count >= 18)
    for index in commented {
      var changed = lines
      changed[index] = lines[index].replacing("# ", with: "", maxReplacements: 1)
      // An evaluator without artifacts has nothing to score: the line below belongs to it.
      if lines[index].hasPrefix("# evaluate:") {
        changed[index + 1] = lines[index + 1].replacing("# ", with: "", maxReplacements: 1)
      }
      #expect(throws: Never.self, "\(lines[index])") { try parse(changed.joined(separator: "\n")) }
    }
  }

  @Test func `tells agents what they may do`() throws {
    let text = ProgramTemplate.text(for: try study(LayoutDetector.detect(pi)))
    #expect(text.contains("# demo\n\nMake `total_ms` lower."))
    #expect(text.contains("- Change only these files: `src/`, `vite.config.ts`."))
    #expect(text.contains("- Never change `test/`."))
    #expect(!text.contains("these count"))
    var limited = try study(LayoutDetector.detect(pi))
    limited.constraints = [Constraint(.memory, limit: 0.5), Constraint(.lines, limit: 80, price: 0.25)]
    #expect(
      ProgramTemplate.text(for: limited).contains(
        "- Besides `total_ms` these count, a price in its unit: memory at most 512 MiB; lines at most 80 lines, 0.25 a line."
      ))
    #expect(text.contains("An attempt gets 10min of wall time;"))
  }
}
