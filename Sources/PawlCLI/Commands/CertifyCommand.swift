import PawlCore
import PawlRuntime

/// `pawl certify`: one certification, now.
struct CertifyCommand: Command {
  static let specification = CommandSpecification(
    name: "certify", summary: "test the head against the champion now, on fresh paired seeds",
    positionals: ["[TRIAL]"],
    options: [
      .init(name: "pairs", value: "N", help: "give up after N pairs (ratchet.max_pairs unless given)"),
      .init(name: "workers", value: "N", help: "attempts at the same time"),
      .init(name: "quiet", value: nil, help: "print nothing while it runs"), CommandSpecification.json,
    ],
    notes: """
      TRIAL is a step of the stack between champion and head; without it the head is tested. It is the same test as
      the study's own, counts as one of them, and moves the champion and the branch where it succeeds. The study's
      bounds do not hold for it.
      Exits with 0 when certified, 6 when not, 4 where another process runs the study, 130 when interrupted:
      `pawl run` or `pawl certify` then carries the test on.
      """)

  private struct Result: Encodable {
    let plan: CertificationPlan
    let result: CertificationRecord?
    let branch: String?
  }

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let configuration = try StudySetup.configuration(at: console.directory)
    let wish = CertificationWish(
      trial: try arguments.trial(at: 0), pairs: try arguments.integer("pairs", atLeast: 1))
    let reader = try StudyReader(at: console.directory, study: configuration.name)
    if let runner = reader.runner { throw StudyReader.isRun(by: runner, study: configuration.name) }
    let opened = try OpenedStudy(
      at: console.directory, configuration: configuration,
      options: .init(workers: try arguments.integer("workers", atLeast: 1), certify: wish), version: Program.version)
    guard let plan = opened.plan else { return 1 }
    let quiet = arguments.has("quiet")
    if !quiet { console.messages(announcement(plan)) }
    let display = ProgressDisplay(console: console, quiet: quiet)
    let end = try StudyRun(opened) { display.show($0) }.run()
    display.conclude(end)
    let record = try reader.certifications().last { $0.candidate == plan.candidate }
    if arguments.has("json") {
      console.output(try JSONText.encode(Result(plan: plan, result: record, branch: end.branch)) + "\n")
    } else if let record {
      console.output(summary(record, branch: end.branch))
    }
    if end.failed { return 3 }
    if end.interrupted { return 130 }
    return record?.standing == .certified ? 0 : 6
  }

  private static func name(_ trial: TrialID) -> String { trial == .baseline ? "the baseline" : "trial \(trial)" }

  private static func announcement(_ plan: CertificationPlan) -> String {
    func cost(_ pairs: Int) -> String {
      "\(pairs) pairs, \(2 * pairs) attempts" + (plan.seconds(pairs: pairs).map { ", about \($0.asDuration)" } ?? "")
    }
    return """
      trial \(plan.candidate) against \(name(plan.champion)), up to an e-value of \(plan.threshold.formatted(digits: 3))
      at least  \(cost(plan.leastPairs))
      at most   \(cost(plan.mostPairs))

      """
  }

  private static func summary(_ record: CertificationRecord, branch: String?) -> String {
    let word =
      switch record.standing {
      case .certified: "certified"
      case .failed: "not certified"
      case .running: "not decided"
      }
    let effect = record.effect.map { " by \($0.asEffect) \(record.interval)" } ?? ""
    var lines = [
      (word, "trial \(record.candidate) over \(name(record.champion))\(effect)"),
      (
        "e-value",
        "\(record.eValue.formatted(digits: 3)), asked for \(record.threshold.formatted(digits: 3)), after \(record.pairs) pairs"
      ), ("cost", "\(record.attempts) attempts, \(record.wallSeconds.asDuration) of compute"),
    ]
    if record.standing == .certified, let branch { lines.append(("branch", branch)) }
    return lines.map { "\($0.0.padded(to: 15))\($0.1)\n" }.joined()
  }
}
