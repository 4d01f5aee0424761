import PawlCore
import PawlRuntime

/// `pawl status`: where the study stands, beside a running process or without one.
struct StatusCommand: Command {
  static let specification = CommandSpecification(
    name: "status", summary: "say where the study stands",
    options: [CommandSpecification.study, CommandSpecification.json])

  private struct Status: Encodable {
    let overview: StudyOverview
    let runner: StudyReader.Runner?
    let running: [AttemptSummary]
  }

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    let status = Status(overview: try reader.overview(), runner: reader.runner, running: try reader.running())
    if arguments.has("json") {
      console.output(try JSONText.encode(status) + "\n")
    } else {
      console.output(text(status, metric: try reader.configuration().metric, console: console))
    }
    return 0
  }

  private static func text(_ status: Status, metric: MetricRule, console: Console) -> String {
    let overview = status.overview
    var lines = [("study", "\(overview.name.rawValue), \(activity(status))")]
    lines.append(("trials", trials(overview)))
    if let baseline = overview.baselineMean {
      let noise = overview.sigma.map { ", noise σ \($0.formatted(digits: 3))" } ?? ""
      lines.append(("baseline", "\(metric.name) \(baseline.asMetric)\(noise)"))
    }
    if overview.head != .baseline, let mean = overview.headMean {
      lines.append(("head", "trial \(overview.head), \(metric.name) \(mean.asMetric)\(change(mean, overview, metric))"))
    }
    if overview.champion != .baseline, let mean = overview.championMean {
      lines.append(
        (
          "champion", "trial \(overview.champion), \(metric.name) \(mean.asMetric), \(overview.certificates) certified"
        ))
    } else {
      lines.append(("champion", "the baseline: nothing is certified yet"))
    }
    lines.append(("compute", "\(overview.attemptsFinished) attempts, \(overview.wallSeconds.asDuration)"))
    let now = Timestamp.now()
    for attempt in status.running where status.runner != nil {
      lines.append(
        (
          "running",
          "attempt \(attempt.request.id) of \(name(attempt.request.trial)), \(attempt.request.purpose.words), \(now.since(attempt.requestedAt).seconds.asDuration)"
        ))
    }
    return lines.map { Ink.strong.paint($0.0.padded(to: 10), console.colour) + $0.1 + "\n" }.joined()
  }

  private static func activity(_ status: Status) -> String {
    if let failed = status.overview.failed { return "failed: \(failed)" }
    guard let runner = status.runner else { return "not running" }
    let place = "process \(runner.process) on \(runner.host)"
    if status.overview.paused { return "paused (\(place))" }
    return status.overview.stopRequested == nil ? "running (\(place))" : "stopping (\(place))"
  }

  private static func name(_ trial: TrialID) -> String { trial == .baseline ? "the baseline" : "trial \(trial)" }

  private static func trials(_ overview: StudyOverview) -> String {
    let parts = [
      (overview.trialsKept, "kept"), (overview.trialsDiscarded, "discarded"),
      (overview.trialsInconclusive, "inconclusive"),
      (overview.trialsCrashed, "crashed"), (overview.trialsRefused, "refused"),
      (overview.trialsFailed, "without a proposal"),
      (overview.trialsOpen, "open"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return parts.isEmpty ? "none yet" : parts.joined(separator: ", ")
  }

  private static func change(_ mean: Double, _ overview: StudyOverview, _ metric: MetricRule) -> String {
    guard let baseline = overview.baselineMean else { return "" }
    return " (\(metric.direction.improvement(of: mean, over: baseline).asEffect) over the baseline)"
  }
}
