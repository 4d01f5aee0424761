import PawlCore
import PawlRuntime

/// `pawl show ID`: one trial, whole.
struct ShowCommand: Command {
  static let specification = CommandSpecification(
    name: "show", summary: "show one trial: hypothesis, diff, attempts, evidence, the end of its log",
    positionals: ["ID"], options: [CommandSpecification.study, CommandSpecification.json])

  private struct Shown: Encodable {
    let trial: TrialSummary
    let attempts: [AttemptSummary]
    let proposal: Proposal?
    let notes: [Note]
    let diff: String?
    let replies: [AgentReply]
    let certificate: Certificate?
    /// Its snapshot; nil in a study of code.
    let generation: GenerationsSummary.Row?
    /// How it fared on higher rungs; empty where it was not asked about there.
    let rungs: [TrialOnRung]
    let logPath: String?
    let logTail: String?
  }

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    guard let id = try arguments.trial(at: 0) else { return 2 }
    let details = try reader.details(of: id)
    let ladder = try reader.ladder()
    let generation = try reader.generations()?.rows.last { $0.record.trial == id }
    let notes = try reader.collaboration().notes.filter { $0.trial == id }
    if arguments.has("json") {
      console.output(
        try JSONText.encode(
          Shown(
            trial: details.trial, attempts: details.attempts, proposal: details.proposal, notes: notes,
            diff: details.diff,
            replies: details.replies, certificate: details.certificate, generation: generation,
            rungs: TrialOnRung.all(id, ladder),
            logPath: details.log?.path,
            logTail: details.log?.tail)) + "\n")
    } else {
      console.output(
        text(details, ladder, generation, notes: notes, metric: try reader.configuration().metric, console: console))
    }
    return 0
  }

  private static func text(
    _ details: StudyReader.Details, _ ladder: LadderSummary, _ generation: GenerationsSummary.Row?, notes: [Note],
    metric: MetricRule, console: Console
  ) -> String {
    let trial = details.trial
    let title = trial.id == .baseline ? "the baseline" : trial.hypothesis ?? "no proposal"
    var text = Ink.strong.paint("trial \(trial.id): \(title)", console.colour) + "\n\n"
    var lines = [("standing", trial.standing + (trial.certified ? ", certified" : ""))]
    if let why = trial.explanation { lines.append(("because", why)) }
    if let agent = trial.agent { lines.append(("agent", agent)) }
    if let parent = trial.parent { lines.append(("parent", "trial \(parent)")) }
    if let cites = details.proposal?.cites { lines.append(("cites", cites.words)) }
    for note in notes { lines.append(("note \(note.number)", note.line)) }
    if let generation { lines += GenerationsText.lines(of: generation) }
    if let commit = trial.commit { lines.append(("commit", commit.rawValue)) }
    if let added = trial.added, let removed = trial.removed { lines.append(("change", "+\(added) -\(removed) lines")) }
    if let evidence = trial.evidence {
      lines.append(
        (
          "evidence",
          "effect \(evidence.effect.asEffect) ± \(evidence.deviation.formatted(digits: 2)) over trial \(evidence.head) (positive is better)"
        ))
      lines.append(
        (
          "",
          "expected gain \(evidence.gain.formatted(digits: 3)), expected loss \(evidence.loss.formatted(digits: 3)), noise σ \(evidence.sigma.formatted(digits: 3))"
        ))
    }
    if let certificate = details.certificate {
      lines.append(
        (
          "certified",
          "\(certificate.effect.asEffect) [\(certificate.interval.lowerBound.formatted(digits: 3)), \(certificate.interval.upperBound.formatted(digits: 3))] over trial \(certificate.champion), e-value \(certificate.eValue.formatted(digits: 3)) (asked for \(certificate.threshold.formatted(digits: 3)))"
        ))
      lines.append(("referee", "\(certificate.referee.rawValue): \(certificate.referee.meaning)"))
    }
    for rung in TrialOnRung.all(trial.id, ladder) { lines.append(("rung \(rung.rung)", rung.words)) }
    text += lines.map { "\($0.0.padded(to: 10))\($0.1)\n" }.joined()
    text += replies(details.replies)
    text += attempts(details.attempts, of: trial.commit, ladder, metric: metric)
    if let diff = details.diff, !diff.isEmpty { text += "\n\(coloured(diff, console.colour))" }
    if let log = details.log { text += "\nend of \(log.path):\n\(indented(log.tail))" }
    return text
  }

  private static func replies(_ replies: [AgentReply]) -> String {
    guard !replies.isEmpty else { return "" }
    let lines = replies.map { reply -> String in
      let usage = reply.usage
      let tokens = "\(usage.input + usage.cacheRead + usage.cacheWrite) tokens in, \(usage.output) out"
      let cached = usage.cacheRead > 0 ? " (\(usage.cacheRead) cached)" : ""
      let cost = reply.cost > 0 ? ", \(reply.cost.formatted(digits: 3)) USD" : ""
      return
        "  \(reply.number.description.aligned(to: 5))  \(reply.ending), \(reply.seconds.asDuration), \(tokens)\(cached)\(cost)\n"
    }
    return "\nreplies:\n" + lines.joined()
  }

  private static func attempts(
    _ attempts: [AttemptSummary], of commit: CommitHash?, _ ladder: LadderSummary, metric: MetricRule
  ) -> String {
    guard !attempts.isEmpty else { return "" }
    func purpose(_ request: AttemptRequest) -> String { request.purpose.words + ladder.place(of: request) }
    let width = max(24, (attempts.map { purpose($0.request).count }.max() ?? 0) + 2)
    let lines = attempts.map { attempt -> String in
      let start =
        "  \(attempt.request.id.description.aligned(to: 5))  seed \(attempt.request.seed.description.padded(to: 11))\(purpose(attempt.request).padded(to: width))"
      guard let result = attempt.result else { return start + "not finished\n" }
      let before =
        attempt.request.commit == commit || attempt.request.rung > 1
        ? "" : ", of \(attempt.request.commit.short), before it was re-based"
      let value =
        result.measurement.map { "\(metric.name) \($0.asMetric)" + (result.remark.map { ", \($0)" } ?? "") }
        ?? result.outcome.words(with: result.remark)
      let disturbed = result.disturbanceInWords.map { ", \($0)" } ?? ""
      let used = "\(result.usage.wallSeconds.asDuration), \(result.usage.peakMemory)"
      return start + "\(value), \(used)\(before)\(disturbed)\n"
    }
    return "\nattempts:\n" + lines.joined()
  }

  private static func coloured(_ diff: String, _ colour: Bool) -> String {
    guard colour else { return diff }
    return diff.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      if line.hasPrefix("+") { return Ink.good.paint(String(line), true) }
      return line.hasPrefix("-") ? Ink.bad.paint(String(line), true) : String(line)
    }.joined(separator: "\n")
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  \($0)" }
      .joined(separator: "\n") + (text.hasSuffix("\n") ? "" : "\n")
  }
}

extension AgentReply {
  /// How it ended, as a lowercase fragment.
  fileprivate var ending: String {
    let whose = model.map { " of \($0)" } ?? ""
    switch end {
    case .finished: return "answer\(whose)"
    case .truncated: return "answer\(whose), cut at its limit"
    case .refused(let reason): return "refusal\(whose): \(reason)"
    case .broken(let reason): return "broken answer\(whose): \(reason)"
    }
  }
}
