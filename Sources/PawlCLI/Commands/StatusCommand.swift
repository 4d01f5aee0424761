import Foundation
import PawlCore
import PawlRuntime

/// `pawl status`: where the study stands, beside a running process or without one.
struct StatusCommand: Command {
  static let specification = CommandSpecification(
    name: "status", summary: "say where the study stands",
    options: [
      CommandSpecification.study,
      .init(name: "follow", value: nil, help: "keep it up to date until the study ends or Ctrl-C"),
      CommandSpecification.json,
    ],
    notes: """
      A value marked `about` is what the search believes; only a certificate is a claim. With `--follow`, a pipe gets
      a new block (one line with `--json`) whenever something was recorded.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    if arguments.has("follow") { return try follow(reader, json: arguments.has("json"), console: console) }
    let status = try StudyStatus(reader)
    console.output(arguments.has("json") ? try JSONText.encode(status) + "\n" : status.text(console: console))
    return 0
  }

  private static func follow(_ reader: StudyReader, json: Bool, console: Console) throws -> Int32 {
    let redraws = console.outputIsTerminal && !json
    var shown: StudyStatus?
    var height = 0
    while true {
      let status = try StudyStatus(reader)
      if redraws {
        let text = status.text(console: console, width: console.columns)
        console.output((height > 0 ? "\u{1b}[\(height)A\u{1b}[J" : "") + text)
        height = text.count { $0 == "\n" }
      } else if shown?.overview != status.overview || shown?.people != status.people
        || (shown?.runner == nil) != (status.runner == nil)
      {
        if json {
          console.output(try JSONText.encode(status, pretty: false) + "\n")
        } else {
          console.output((shown == nil ? "" : "\n") + status.text(console: console))
        }
      }
      guard status.runner != nil else { return 0 }
      shown = status
      Thread.sleep(forTimeInterval: 1)
    }
  }
}

/// Everything that `pawl status` prints.
struct StudyStatus: Encodable {
  let overview: StudyOverview
  let runner: StudyReader.Runner?
  let running: [AttemptSummary]
  /// What the certificates claim together; absent where there is none.
  let certified: Certified?
  /// What each agent has cost and brought; empty where constants are all that is tuned.
  let agents: [AgentTotals]
  /// The rungs, how effects carry over, loss over compute, and every certificate.
  let ladder: LadderSummary
  let people: People
  /// Nil for a study of code.
  let generations: GenerationsSummary?
  private let metric: MetricRule

  /// What people and agents said that holds now, in numbers.
  struct People: Encodable, Equatable {
    let notes: Int
    let claims: Int
    let pins: Int
    let bans: Int
    let approvalsAwaited: Int

    init(_ state: CollaborationState) {
      notes = state.notes.count
      claims = state.claims(at: .now()).count
      pins = state.pins.count
      bans = state.bans.count
      approvalsAwaited = state.awaited.count
    }

    /// As in `2 notes, 1 pin`; nil where there is nothing.
    var words: String? {
      let parts = [(notes, "note"), (claims, "claim"), (pins, "pin"), (bans, "ban")].filter { $0.0 > 0 }
      return parts.isEmpty ? nil : parts.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
    }
  }

  /// The certified steps added up, over the baseline; positive is better.
  struct Certified: Encodable {
    let effect: Double
    let low: Double
    let high: Double
    let steps: Int
  }

  private enum CodingKeys: CodingKey { case overview, runner, running, certified, agents, ladder, people, generations }

  init(_ reader: StudyReader) throws {
    // Who runs it first: where nobody does, what is read after that is the study's last word.
    runner = reader.runner
    overview = try reader.overview()
    running = try reader.running()
    let configuration = try reader.configuration()
    metric = configuration.metric
    ladder = try reader.ladder()
    agents = configuration.agents == [.knobs] || configuration.generations != nil ? [] : try reader.agentTotals()
    people = People(try reader.collaboration())
    generations = try reader.generations()
    let certificates = try reader.certificates()
    certified =
      certificates.isEmpty
      ? nil
      : Certified(
        effect: certificates.reduce(0) { $0 + $1.effect },
        low: certificates.reduce(0) { $0 + $1.interval.lowerBound },
        high: certificates.reduce(0) { $0 + $1.interval.upperBound }, steps: certificates.count)
  }

  /// Returns one line for each fact, cut to `width` characters where that is given.
  func text(console: Console, width: Int? = nil) -> String {
    lines.map { label, fact in
      Ink.strong.paint(label.padded(to: 10), console.colour) + (width.map { fact.cut(to: $0 - 11) } ?? fact) + "\n"
    }.joined()
  }

  private var lines: [(String, String)] {
    var lines = [("study", "\(overview.name.rawValue), \(activity)"), ("trials", trials)]
    if let baseline = overview.baselineMean {
      let noise = overview.sigma.map { ", noise σ \($0.formatted(digits: 3))" } ?? ""
      lines.append(("baseline", "\(metric.name) \(baseline.asMetric)\(noise)"))
    }
    if overview.head != .baseline { lines.append(("head", head)) }
    lines.append(("champion", champion))
    lines += LadderText(ladder).lines
    if let generations { lines += GenerationsText(summary: generations).lines }
    let again = overview.attemptsRepeated > 0 ? " (\(overview.attemptsRepeated) made again, for foreign load)" : ""
    lines.append(
      ("compute", "\(overview.attemptsFinished) attempts\(again), \(overview.wallSeconds.asDuration)\(savings)"))
    for agent in agents { lines.append(("agent", Self.words(agent))) }
    if let words = people.words { lines.append(("people", words)) }
    if let words = awaitedApprovals(people.approvalsAwaited) { lines.append(("approval", words)) }
    let now = Timestamp.now()
    for attempt in running where runner != nil {
      let whose = attempt.request.trial == .baseline ? "the baseline" : "trial \(attempt.request.trial)"
      let since = now.since(attempt.requestedAt).seconds.asDuration
      lines.append(
        (
          "running",
          "attempt \(attempt.request.id) of \(whose), \(attempt.request.purpose.words)\(ladder.place(of: attempt.request)), \(since)"
        ))
    }
    return lines
  }

  private var savings: String {
    guard overview.attemptsStopped > 0 else { return "" }
    return "; \(overview.attemptsStopped) stopped early, about \(overview.secondsSaved.asDuration) saved"
  }

  private static func words(_ agent: AgentTotals) -> String {
    var words = "\(agent.agent): \(agent.trials) trials, \(agent.kept) kept"
    if agent.replies > 0 {
      words += ", \(agent.replies) replies"
      words += agent.cost > 0 ? " for \(agent.cost.formatted(digits: 3)) USD" : ""
      words += agent.costOfKept.map { ", \($0.formatted(digits: 3)) USD a kept one" } ?? ""
    }
    return words + ", \(agent.wallSeconds.asDuration) of attempts"
  }

  private var head: String {
    guard let estimate = overview.headEstimate, let baseline = overview.baselineMean else {
      return "trial \(overview.head)"
    }
    let gain = metric.direction.improvement(of: estimate, over: baseline).asEffect
    let standing = overview.head == overview.champion ? "" : "; not certified"
    return
      "trial \(overview.head), \(metric.name) about \(estimate.formatted(digits: 5)) (believed \(gain) over the baseline\(standing))"
  }

  private var champion: String {
    guard overview.champion != .baseline, let certified else { return "the baseline: nothing is certified yet" }
    let interval = "[\(certified.low.asEffect), \(certified.high.asEffect)]"
    let steps = certified.steps == 1 ? "" : ", in \(certified.steps) steps"
    return "trial \(overview.champion), certified \(certified.effect.asEffect) \(interval) over the baseline\(steps)"
  }

  private var activity: String {
    if let failed = overview.failed { return "failed: \(failed)" }
    guard let runner else { return "not running" }
    let place = "process \(runner.process) on \(runner.host)"
    if overview.paused { return "paused (\(place))" }
    return overview.stopRequested == nil ? "running (\(place))" : "stopping (\(place))"
  }

  private var trials: String {
    let parts = [
      (overview.trialsKept, "kept"), (overview.trialsDiscarded, "discarded"),
      (overview.trialsInconclusive, "inconclusive"),
      (overview.trialsCrashed, "crashed"), (overview.trialsRefused, "refused"),
      (overview.trialsFailed, "without a proposal"),
      (overview.trialsOpen, "open"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return parts.isEmpty ? "none yet" : parts.joined(separator: ", ")
  }
}
