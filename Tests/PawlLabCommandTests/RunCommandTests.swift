import Testing

import PawlReferee
@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What `run` takes from its command line, the environment and `lab.conf`.
@Suite struct RunCommandTests {
  private let scratch: Scratch
  private let source: String

  init() throws {
    scratch = try Scratch()
    source = try scratch.file("train.swift", trainTemplate)
    try scratch.file("lab.conf", "steps = 4\nwall_limit = 50\n[rung 1]\n[rung 2]\nwall_seconds = 3\ncontext = 32\n")
  }

  private func command(_ arguments: [String], _ environment: [String: String] = [:]) throws(LabError) -> RunCommand {
    try RunCommand([source] + arguments, environment: { environment[$0] })
  }

  @Test func `rung and held-out text come from the command line, else from the environment`() throws {
    let plain = try command([])
    #expect(plain.rungName == 1 && plain.split == .search && plain.rung.budget == Budget(steps: 4))
    let told = try command([], ["PAWL_RUNG": "2", "PAWL_SPLIT": "sealed"])
    #expect(told.rungName == 2 && told.split == .sealed && told.rung.context == 32)
    let both = try command(["--rung", "1", "--split=search"], ["PAWL_RUNG": "2", "PAWL_SPLIT": "sealed"])
    #expect(both.rungName == 1 && both.split == .search)
  }

  @Test func `a budget on the command line takes the place of the whole one`() throws {
    #expect(try command(["--wall", "0.1"]).rung.budget == Budget(wallSeconds: 0.1))
    #expect(try command(["--cpu=2", "--flops", "3e9"]).rung.budget == Budget(operations: 3_000_000_000, cpuSeconds: 2))
    #expect(try command(["--steps", "7", "--flops", "0"]).rung.budget == Budget(steps: 7))
    #expect(try command(["--rung", "2", "--steps", "7"]).rung.budget == Budget(steps: 7))
  }

  @Test(
    arguments: [
      (["--rung", "3"], [:], ExitCode.cannotRun, "no `[rung 3]`"), (["--rung", "0"], [:], .usage, "`0`"),
      ([], ["PAWL_RUNG": "two"], .usage, "PAWL_RUNG: `two`"), (["--split", "train"], [:], .usage, "`train`"),
      ([], ["PAWL_SPLIT": "val"], .usage, "PAWL_SPLIT is `val`"),
      (["--flops", "0"], [:], .usage, "takes the budget away"),
      (["--wall", "60"], [:], .cannotRun, "stopped after `50`"), (["--wall", "soon"], [:], .usage, "`soon`"),
      (["--cpu", "-1"], [:], .usage, "`-1`"), (["--steps", "1e30"], [:], .usage, "`1e30`"),
      (["other.swift"], [:], .usage, "too many"),
    ] as [([String], [String: String], ExitCode, String)])
  func `a wrong command line says what is wrong`(
    arguments: [String], environment: [String: String], code: ExitCode, part: String
  ) {
    let error = #expect(throws: LabError.self) { try command(arguments, environment) }
    #expect(error?.code.exit == code && error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test func `a study without settings or source is named`() throws {
    unlink(scratch.path + "/lab.conf")
    #expect(throws: LabError.self) { try command([]) }
    unlink(source)
    let error = #expect(throws: LabError.self) { try command([]) }
    #expect(error?.message.contains("there is no `") == true)
  }

  @Test func `a candidate is told its rung and nothing of what judges it`() throws {
    var rung = try LabSettings().rung(2)
    rung.threads = 3
    let environment = CandidateEnvironment(seed: 7, text: "/t", rungName: 2, rung: rung, save: "/s")
    let lines = environment.lines(
      from: ["HOME=/h", "PAWL_SPLIT=sealed", "PAWL_RUNG=9", "PAWL_SEED=1", "PAWL_LAB_CACHE=/c", "PAWL_LAB_LOAD=/x"])
    for line in [
      "HOME=/h", "PAWL_SEED=7", "PAWL_LAB_TEXT=/t", "PAWL_LAB_RUNG=2", "PAWL_LAB_SIZE=4,128,4", "PAWL_LAB_THREADS=3",
      "PAWL_LAB_SAVE=/s",
    ] { #expect(lines.contains(line), "\(line)") }
    #expect(
      !lines.contains { $0.hasPrefix("PAWL_SPLIT") || $0.hasPrefix("PAWL_LAB_CACHE") || $0.hasPrefix("PAWL_LAB_LOAD") })
    #expect(Set(lines.map { $0.prefix { $0 != "=" } }).count == lines.count)
  }

  @Test func `a learning curve is a file of lines of JSON`() throws {
    let path = scratch.path + "/curve.jsonl"
    try writeFile(noise(1000), to: path)
    let curve = try LearningCurve(path: path)
    curve.record(Progress(step: 1, loss: 5.5, tokens: 512, operations: 1_000_000, seconds: 0.25))
    curve.record(Progress(step: 2, loss: .nan, tokens: 1024, operations: 2_000_000, seconds: 1))
    curve.end()
    #expect(
      readFile(path).map { String(decoding: $0, as: UTF8.self) } == """
        {"step":1,"loss":5.5,"tokens":512,"operations":1000000,"seconds":0.250}
        {"step":2,"loss":null,"tokens":1024,"operations":2000000,"seconds":1.000}

        """)
    #expect(throws: LabError.self) { try LearningCurve(path: scratch.path) }
  }
}
