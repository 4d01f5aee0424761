import PawlTestSupport
import Testing

/// What goes wrong in a study of generations is told with what to do, and nothing that was there is lost.
@Suite struct `Faults in a study of generations` {
  private static func stages(_ more: String) -> String {
    GenerationsRepository.yaml().replacing("judge: sh judge.sh", with: "judge: sh judge.sh, \(more)")
  }

  /// A script that does something else in each trial, by the name of its folder.
  private static func byTrial(_ cases: [String], else last: String) -> String {
    let cases = cases.enumerated().map { "*/t\($0 + 1)-*) \($1);;" }
    return "case \"$PAWL_OUTPUT\" in\n\(cases.joined(separator: "\n"))\n*) \(last);;\nesac\n"
  }

  // MARK: stages

  @Test func `a generator that fails ends its generation and no other one`() throws {
    let out = "\"$PAWL_OUTPUT/made.jsonl\""
    let faults: [(shell: String, says: String)] = [
      ("true", "stage `generate` left no `made.jsonl`"),
      (": > \(out)", "stage `generate` made no document"),
      (
        "for i in 1 2 3; do echo '{\"text\":\"the same words again\",\"prompt\":\"\",\"seed\":1}'; done > \(out)",
        "are one document repeated"
      ),
      ("ln -s /etc/passwd \(out)", "a link, a folder or a pipe is not followed"),
    ]
    let more: [(shell: String, says: String)] = [
      ("sh good.sh; printf '{\"text\":\"cut sh' >> \(out)", "in line 41: it is cut short"),
      ("echo 'no weights here' >&2; exit 1", "stage `generate` exited with code 1: no weights here"),
      ("kill -9 $$", "stage `generate` killed by signal 9"),
      ("sleep 60", "stage `generate` timed out"),
    ]
    let good =
      "sh good.sh; printf '{\"text\":\"\\377\\376 \\001\",\"prompt\":\"\",\"seed\":1}\\n' | tr -d '\\001' >> \(out)"
    let generate = Self.byTrial(faults.map(\.shell) + [good] + more.map(\.shell), else: good)
    let repository = try GenerationsRepository(
      yaml: GenerationsRepository.yaml("  budget: {wall: 2s}\n"),
      ["generate.sh": generate, "good.sh": GenerationsRepository.generate]
    ).repository
    let run = repository.pawl("run", "--trials", "9")
    #expect(run.code == 0, "\(run.messages)")
    for (index, fault) in (faults + [("", "generation 1: 40 of 41 made documents")] + more).enumerated() {
      let line = run.messages.split(separator: "\n").first { $0.hasPrefix("trial \(index + 1) ") } ?? ""
      #expect(line.contains(fault.1), "\(index + 1): \(run.messages)")
    }
    #expect(repository.pawl("show", "5").output.contains("1 by valid"))
  }

  @Test func `a filter of the user's own chooses, and can neither change, add nor let evaluation text through`() throws
  {
    let leak = (0..<60).map { "secret\($0)" }.joined(separator: " ")
    let kept = "\"$PAWL_OUTPUT/kept.jsonl\""
    let faults: [(shell: String, says: String)] = [
      ("sed 's/\"text\":\"w/\"text\":\"v/' \"$PAWL_INPUT/made.jsonl\" > \(kept)", "was changed"),
      (
        "cat \"$PAWL_INPUT/made.jsonl\" > \(kept); head -1 \"$PAWL_INPUT/made.jsonl\" | sed 's/\"id\":\"/&x/' >> \(kept)",
        "none of what `generate` made"
      ),
      ("head -1 \"$PAWL_INPUT/real.jsonl\" > \(kept)", "none of what `generate` made"),
      (": > \(kept)", "stage `filter` kept none of 41 documents"),
    ]
    let repository = try GenerationsRepository(
      yaml: Self.stages("filter: sh filter.sh"),
      [
        "filter.sh": Self.byTrial(faults.map(\.shell), else: "cat \"$PAWL_INPUT/made.jsonl\" > \(kept)"),
        "held.jsonl": "{\"text\":\"\(leak)\"}\n",
        "generate.sh": GenerationsRepository.generate
          + "echo '{\"text\":\"\(leak) and more\",\"prompt\":\"\",\"seed\":1}' >> \"$PAWL_OUTPUT/made.jsonl\"\n",
      ]
    ).repository
    let run = repository.pawl("run", "--trials", "5")
    for (index, fault) in faults.enumerated() {
      let line = run.messages.split(separator: "\n").first { $0.hasPrefix("trial \(index + 1) ") } ?? ""
      #expect(line.contains(fault.says), "\(run.messages)")
    }
    let show = repository.pawl("show", "5").output
    #expect(show.contains("1 by overlap") && show.contains("40 of 41 made documents kept"), "\(show)\(run.messages)")
  }

  @Test func `a mix of the user's own that drops, drowns or invents documents is not trained on`() throws {
    let (real, kept) = ("\"$PAWL_INPUT/real.jsonl\"", "\"$PAWL_INPUT/kept.jsonl\"")
    let out = "\"$PAWL_OUTPUT/snapshot.jsonl\""
    let faults: [(shell: String, says: String)] = [
      ("tail -n +2 \(real) > \(out); cat \(kept) >> \(out)", "`snapshot.jsonl` lacks 1 of the real documents"),
      ("cat \(real) \(kept) \(kept) \(kept) \(kept) \(kept) \(kept) > \(out)", "below the floor of 0.5"),
      (
        "cat \(real) > \(out); echo '{\"id\":\"q\",\"text\":\"mine\"}' >> \(out)", "says that it is real, but is not in"
      ),
      ("cat \(real) > \(out); sed 's/\"seed\":/&1/' \(kept) >> \(out)", "is no document that was kept, or was changed"),
    ]
    let repository = try GenerationsRepository(
      yaml: Self.stages("mix: sh mix.sh"),
      ["mix.sh": Self.byTrial(faults.map(\.shell), else: "cat \(real) \(kept) > \(out)")]
    ).repository
    let run = repository.pawl("run", "--trials", "5")
    for (index, fault) in (faults + [("", "40 of 40 made documents")]).enumerated() {
      let line = run.messages.split(separator: "\n").first { $0.hasPrefix("trial \(index + 1) ") } ?? ""
      #expect(line.contains(fault.1), "\(run.messages)")
    }
  }

  // MARK: the data, before anything is trained

  struct Start: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var files: [String: String] = [:]
    var yaml = GenerationsRepository.yaml()
    let says: String
  }

  static let canary = "{\"id\":\"c1\",\"prompt\":\"1\",\"answer\":\"x\"}\n"
  static let constitution = GenerationsRepository.yaml(
    "  filters: {constitution: {file: constitution.md, labels: labels.jsonl}}\n")
  static let starts = [
    Start(testDescription: "few canaries", files: ["canaries.jsonl": canary], says: "fewer than 72"),
    Start(testDescription: "one canary twice", files: ["canaries.jsonl": canary + canary], says: "have the id `c1`"),
    Start(
      testDescription: "no canary", files: ["canaries.jsonl": "oops\n"], says: "line 1 of `canaries.jsonl` is no JSON"),
    Start(testDescription: "no real data", files: ["data/real.jsonl": "\n"], says: "has no document to train on"),
    Start(
      testDescription: "no real file", yaml: GenerationsRepository.yaml().replacing("data/real", with: "data/no"),
      says: "`data/no.jsonl` cannot be read"),
    Start(
      testDescription: "one text", files: ["data/real.jsonl": "{\"text\":\"again\"}\n{\"text\":\"again\"}\n"],
      says: "is one document, 2 times"),
    Start(
      testDescription: "control characters", files: ["data/real.jsonl": "{\"text\":\"a \\u0001\"}\n{\"text\":\"b\"}\n"],
      says: "cannot be learnt"),
    Start(
      testDescription: "made data",
      files: [
        "data/real.jsonl":
          "{\"text\":\"a\",\"source\":{\"kind\":\"model\",\"model\":\"m\",\"prompt\":\"\",\"seed\":1,\"generation\":1,\"filters\":[]}}\n"
      ],
      says: "says that a model made it"),
    Start(
      testDescription: "cut short", files: ["data/real.jsonl": "{\"text\":\"a\"}\n{\"text\":\"b"],
      says: "is no document: it is cut short"),
    Start(testDescription: "no evaluation text", files: ["held.jsonl": ""], says: "`held.jsonl` is empty"),
    Start(testDescription: "no plan", files: ["generation.json": "oops\n"], says: "is no plan of a generation"),
    Start(
      testDescription: "another study's plan", files: ["generation.json": "{\"generation\":4,\"snapshot\":\"aa\"}\n"],
      says: "is of a generation of another study"),
    Start(
      testDescription: "no principles", files: ["constitution.md": "Be good.\n", "labels.jsonl": "{}\n"],
      yaml: constitution,
      says: "principle"),
    Start(
      testDescription: "few labels",
      files: ["constitution.md": "1. Be good.\n", "labels.jsonl": "{\"text\":\"a\",\"label\":true}\n"],
      yaml: constitution,
      says: "1 good and 0 bad labels are too few"),
    Start(
      testDescription: "canaries shown to training",
      files: [".gitignore": "data/canaries.jsonl\n.pawl/\n", "data/canaries.jsonl": canary],
      yaml: GenerationsRepository.yaml(
        "sandbox: {read: [data/canaries.jsonl]}\n", canaries: "  canaries: {file: data/canaries.jsonl}\n"),
      says: "shows training `data/canaries.jsonl`"),
  ]

  @Test(arguments: starts)
  func `what a study cannot begin with is told at once`(_ start: Start) throws {
    let repository = try GenerationsRepository(yaml: start.yaml, start.files).repository
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code != 0 && run.messages.contains(start.says), "\(run.messages)")
    #expect(run.messages.contains("hint: "), "\(run.messages)")
    for (path, text) in start.files { #expect(repository.read(path) == text, "\(path) is as it was") }
  }

  // MARK: models

  @Test(arguments: [
    (
      "judge.sh", "echo 'I like them' > \"$PAWL_OUTPUT/canaries-kept.jsonl\"",
      "line 1 of `canaries-kept.jsonl` is no JSON"
    ),
    ("judge.sh", "true", "stage `judge` left no `canaries-kept.jsonl`"),
    (
      "judge.sh",
      "sed 's/.*\"id\":\"\\([^\"]*\\)\".*/{\"id\":\"\\1\",\"ok\":true}/' \"$PAWL_INPUT/canaries.jsonl\" | head -60 > \"$PAWL_OUTPUT/canaries-kept.jsonl\"",
      "the baseline gets 60 of 80 canaries right, and with fewer than 72"
    ),
    ("train.sh", "echo 1 1 1 > other; ln -s other model.safetensors", "as something else than a file"),
    ("train.sh", "true", "left no `model.safetensors`"),
  ])
  func `a baseline whose model or canaries cannot be used says why`(
    _ fault: (file: String, shell: String, says: String)
  ) throws {
    let evaluate = "echo 'loss: 1'\n"
    let repository = try GenerationsRepository(
      yaml: GenerationsRepository.yaml(), [fault.file: fault.shell + "\n", "evaluate.sh": evaluate]
    ).repository
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 3 && run.messages.contains(fault.says), "\(run.messages)")
  }
}
