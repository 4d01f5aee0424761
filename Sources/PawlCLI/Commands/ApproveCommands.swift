import PawlCore
import PawlRuntime

/// `pawl approve`: what waits for a person, and a yes to it.
struct ApproveCommand: Command {
  static let specification = CommandSpecification(
    name: "approve", summary: "list what waits for a person, with its evidence, or say yes to it",
    positionals: ["[N]"], options: [CommandSpecification.study, CommandSpecification.json],
    notes: """
      `approve` in pawl.yaml says what waits. Everything else goes on meanwhile; a session that ends before the answer
      leaves the question to the next one. `pawl deny N` says no.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    guard let text = arguments.positionals.first else {
      try list(reader, json: arguments.has("json"), console: console)
      return 0
    }
    try PeopleWords(reader: reader, console: console).decide(text, isGranted: true, reason: nil)
    return 0
  }

  private struct Listed: Encodable {
    let awaited: [AwaitedApproval]
    let waiting: [String]
  }

  private static func list(_ reader: StudyReader, json: Bool, console: Console) throws {
    let awaited = try AwaitedApproval.all(of: reader)
    let waiting = PeopleWords.waiting(in: reader) { verb in
      if case .decide = verb { return true }
      return false
    }
    if json {
      console.output(try JSONText.encode(Listed(awaited: awaited, waiting: waiting)) + "\n")
      return
    }
    let lines = awaited.flatMap { approval in
      [("\(approval.request.number)", approval.question)] + approval.evidence.map { ("", $0) }
    }
    console.output(PeopleWords.table(lines, waiting: waiting))
    if lines.isEmpty, waiting.isEmpty { console.messages("nothing waits for a person\n") }
    if !awaited.isEmpty { console.messages("`pawl approve N` says yes, `pawl deny N --reason TEXT` no\n") }
  }
}

/// `pawl deny`: a no to what waits for a person.
struct DenyCommand: Command {
  static let specification = CommandSpecification(
    name: "deny", summary: "say no to what waits for a person", positionals: ["N"],
    options: [
      .init(name: "reason", value: "TEXT", help: "why, for the journal and whoever asks later"),
      CommandSpecification.study,
    ],
    notes: """
      A champion stays where it is, and a newer head is tested in its turn; a promotion is not tried until the rung below
      has moved; agents that cost money are not asked beyond what was approved. `pawl approve` lists the questions.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    let reason = arguments.value("reason")
    if let reason, OfferDraft.finding(reason) == nil { throw UsageError("`--reason` is empty") }
    try PeopleWords(reader: reader, console: console)
      .decide(arguments.positionals[0], isGranted: false, reason: reason.flatMap(OfferDraft.finding))
    return 0
  }
}

/// A question to a person with what speaks for a yes.
struct AwaitedApproval: Encodable {
  let request: ApprovalRequest
  /// One line, and lines of evidence below it.
  let question: String
  let evidence: [String]

  static func all(of reader: StudyReader) throws -> [Self] {
    try reader.collaboration().awaited.map { request in
      switch request.subject {
      case .certificate(let number): return try certificate(number, request, reader)
      case .spend(let most):
        let cost = try reader.overview().cost
        return Self(
          request: request, question: "agents may cost up to \(most.formatted(digits: 4)) USD in all",
          evidence: ["they have cost \(cost.formatted(digits: 4)) USD so far"])
      case .promotion(let promotion):
        let name = try reader.configuration().rung(promotion.rung).name
        let through = try? reader.summary(of: promotion.through)
        let waiting = try reader.ladder().transfers.first { $0.rung == promotion.rung }?.waiting.last
        return Self(
          request: request,
          question:
            "try \(promotion.last - promotion.first) certified steps, up to trial \(promotion.through), on rung \(promotion.rung) (`\(name)`)",
          evidence: [through?.hypothesis.map { "the newest is: \($0)" }].compactMap(\.self)
            + [waiting.map(expectation)].compactMap(\.self)
            + ["`git diff \(promotion.before.short) \(promotion.after.short)` is the change"])
      }
    }
  }

  private static func certificate(
    _ number: Int, _ request: ApprovalRequest, _ reader: StudyReader
  ) throws -> Self {
    if let start = try reader.promotion(number: number) {
      let rung = try reader.configuration().rung(start.promotion.rung)
      return Self(
        request: request,
        question:
          "certificate \(number) may move the champion of rung \(rung.number) (`\(rung.name)`) to trial \(start.promotion.through)",
        evidence: evidence(of: try reader.progress(of: start))
          + ["`git diff \(start.championCommit.short) \(start.candidate.short)` is the change"])
    }
    guard let record = try reader.certifications().first(where: { $0.number == number }) else {
      return Self(request: request, question: "certificate \(number) may move the champion", evidence: [])
    }
    let champion = record.champion == .baseline ? "the baseline" : "trial \(record.champion)"
    return Self(
      request: request,
      question: "certificate \(number) may move the champion from \(champion) to trial \(record.candidate)",
      evidence: evidence(of: record) + alarms(try reader.alarms(of: record), of: record.candidate)
        + ["`pawl diff \(record.champion) \(record.candidate)` is the change"])
  }

  private static func evidence(of record: CertificationRecord) -> [String] {
    let effect = record.effect.map { ["better by \($0.asEffect) \(record.interval) over \(record.pairs) fresh pairs"] }
    return (effect ?? []) + [
      "e-value \(record.eValue.formatted(digits: 3)), asked for \(record.threshold.formatted(digits: 3))"
    ]
  }

  /// Why a person is asked, where the watch found something amiss with what the candidate learnt from.
  private static func alarms(_ alarms: [String], of candidate: TrialID) -> [String] {
    let shown = alarms.prefix(3).map { "alarm: \($0)" }
    return alarms.count > shown.count
      ? shown + [
        "and \(alarms.count - shown.count) more alarms, those of trial \(candidate) in `pawl show \(candidate)`"
      ]
      : shown
  }

  private static func expectation(_ waiting: LadderSummary.Waiting) -> String {
    "worth \(waiting.below.asEffect) on the rung below; expected here: \(waiting.expected.asEffect) ± "
      + "\(waiting.deviation.formatted(digits: 2)), a certificate with a chance of \(waiting.chance.asPercent)"
  }
}
