import PawlConfiguration
import PawlCore
import Testing

@Suite struct `Writing pawl.yaml` {
  private func study(_ draft: StudyDraft) throws -> StudyConfiguration {
    StudyConfiguration(
      name: try #require(StudyName(rawValue: "demo")), command: try #require(draft.command),
      metric: try #require(draft.metric), editable: draft.editable, frozen: draft.frozen, budget: draft.budget,
      sandbox: draft.sandbox)
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
      let study = StudyConfiguration(
        name: try #require(StudyName(rawValue: draw(["demo", "1", "true", "null", "a.b-c_d"]))),
        command: "x" + draw(texts), evaluate: draw([nil, "x" + draw(texts)]), artifacts: draw([[], ["out/", "x y"]]),
        metric: MetricRule(
          name: draw(["val_bpb", "x: y", "it's"]), pattern: draw(["^a: (.*)$", "it's \"(\\S+)\" # no", "a"]),
          direction: draw([.minimize, .maximize]), plausible: draw([nil, 0...1, -1.5e-7...3e20, 0.1...0.1]),
          memoryPattern: draw([nil, "^peak:"])),
        editable: ["e" + draw(texts)], frozen: draw([[], ["f" + draw(texts), "g"]]),
        budget: Budget(
          wallSeconds: draw([nil, 600, 90, 0.25, 1e-5, 86400, 5400.5]), cpuSeconds: draw([nil, 300]),
          memory: draw([nil, Bytes(1), .gibibytes(3), Bytes(16_000_000_000), Bytes(123_456_789)]),
          disk: draw([nil, .gibibytes(10), .mebibytes(5)]), processes: draw([nil, 512, 1]),
          log: draw([.mebibytes(16), Bytes(4096)])
        ),
        sandbox: SandboxPolicy(
          requirement: draw([.available, .full, .none]), network: draw([true, false]),
          readable: draw([[], ["~/x y", "/z"]]),
          environment: draw([[], ["HOME", "A_1"]])),
        workers: draw([1, 8]),
        stop: StopRule(
          trials: draw([nil, 16]), wallSeconds: draw([nil, 28800]), computeSeconds: draw([nil, 1]),
          spend: draw([nil, 0, 20.25])),
        ratchet: RatchetRule(
          alpha: draw([0.05, 0.5, 1e-9]), calibration: draw([4, 2]), maximumReplicates: draw([8, 1]),
          maximumPairs: draw([16, 5])),
        seed: draw([1, 0, .max]))
      let text = StudyFile.render(study, layout: draw([.autoresearch, .piAutoresearch, .lab, .custom]))
      #expect(try parse(text) == study, "\(text)")
    }
  }

  @Test func `stays valid when a default is uncommented`() throws {
    let study = try study(LayoutDetector.detect(lab))
    for line in StudyFile.render(study, layout: .lab).split(separator: "\n")
    where line.hasPrefix("  # ") && line.contains(": ") {
      let text = StudyFile.render(study, layout: .lab)
      guard line.contains("cpu") || line.contains("disk") || line.contains("memory_pattern") else { continue }
      #expect(throws: Never.self) {
        try parse(text.replacing(line, with: line.replacing("  # ", with: "  ", maxReplacements: 1)))
      }
    }
  }

  @Test func `tells agents what they may do`() throws {
    let text = ProgramTemplate.text(for: try study(LayoutDetector.detect(pi)))
    #expect(text.contains("# demo\n\nMake `total_ms` lower."))
    #expect(text.contains("- Change only these files: `src/`, `vite.config.ts`."))
    #expect(text.contains("- Never change `test/`."))
    #expect(text.contains("An attempt gets 10min of wall time;"))
  }
}
