import PawlCore
import PawlRuntime

/// `pawl log`: the trials, newest last.
struct LogCommand: Command {
  static let specification = CommandSpecification(
    name: "log", summary: "list the trials, newest last",
    options: [
      CommandSpecification.study,
      .init(name: "last", value: "N", help: "the newest N trials (20 unless given)"),
      .init(name: "all", value: nil, help: "every trial"),
      .init(name: "kept", value: nil, help: "kept trials only"),
      .init(name: "verdict", value: "V", help: "kept, discarded or inconclusive (repeatable)", repeats: true),
      .init(
        name: "state", value: "S", help: "judged, crashed, refused, failed, measuring … (repeatable)", repeats: true),
      .init(name: "agent", value: "NAME", help: "trials of this agent"),
      .init(name: "grep", value: "TEXT", help: "trials whose hypothesis contains TEXT"),
      .init(
        name: "evidence", value: nil,
        help: "what each verdict rests on, and the certifications, in place of the hypothesis"),
      .init(name: "results", value: "FILE", help: "list another tool's results.tsv instead, and what is wrong in it"),
      CommandSpecification.json,
    ])

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    if let path = arguments.value("results") { return try ResultsListing.run(path, arguments, console: console) }
    let filter = try filter(arguments)
    let reader = try reader(arguments, console: console)
    let trials = try reader.trials(filter)
    let metric = try reader.configuration().metric.name
    if arguments.has("evidence") {
      let listed = Set(trials.map(\.id))
      let tests = try reader.certifications().filter { listed.contains($0.candidate) }
      let rebases = try reader.rebases()
      let ladder = try reader.ladder().about(listed)
      let judged = trials.filter { $0.evidence != nil || rebases.conflicts[$0.id] != nil }
      let listing = EvidenceListing(metric: metric, console: console)
      console.output(
        arguments.has("json")
          ? try listing.json(judged, tests, rebases, ladder) : listing.text(judged, tests, rebases, ladder))
      if judged.isEmpty { console.messages("no judged trial matches\n") }
      return 0
    }
    if arguments.has("json") {
      for trial in trials { console.output(try JSONText.encode(trial, pretty: false) + "\n") }
      return 0
    }
    console.output(TrialTable(metric: metric, console: console).text(trials))
    if trials.isEmpty { console.messages("no trial matches\n") }
    return 0
  }

  private static func filter(_ arguments: ParsedArguments) throws -> TrialFilter {
    var filter = TrialFilter()
    filter.limit = arguments.has("all") ? nil : try arguments.integer("last", atLeast: 1) ?? 20
    var verdicts = try arguments.all("verdict").map { text in
      guard let verdict = Verdict(rawValue: text) else {
        throw UsageError("`\(text)` is not a verdict", hints: ["`kept`, `discarded` or `inconclusive`"])
      }
      return verdict
    }
    if arguments.has("kept") { verdicts.append(.kept) }
    if !verdicts.isEmpty { filter.verdicts = Set(verdicts) }
    let states = try arguments.all("state").map { text in
      guard let state = TrialState(rawValue: text) else {
        throw UsageError(
          "`\(text)` is not a state",
          hints: ["`proposing`, `proposed`, `ready`, `measuring`, `judged`, `crashed`, `refused` or `failed`"])
      }
      return state
    }
    if !states.isEmpty { filter.states = Set(states) }
    if let agent = arguments.value("agent") { filter.agents = [agent] }
    filter.text = arguments.value("grep")
    return filter
  }
}

/// Trials as aligned columns, cut to the terminal's width.
struct TrialTable {
  let metric: String
  let console: Console

  func text(_ trials: [TrialSummary]) -> String {
    guard !trials.isEmpty else { return "" }
    let header = ["trial", "result", metric, "effect", "n", "time", "hypothesis"]
    return TextTable(header: header, numbers: [0, 2, 4, 5], console: console).text(
      trials.map { (cells($0), $0.standing == "kept") })
  }

  private func cells(_ trial: TrialSummary) -> [String] {
    let effect = trial.evidence.map { "\($0.effect.asEffect) ± \($0.deviation.formatted(digits: 2))" } ?? ""
    let what = trial.id == .baseline ? "baseline" : trial.hypothesis ?? ""
    let why = trial.explanation.map { what.isEmpty ? $0 : "\(what) (\($0))" } ?? what
    let mark = trial.certified ? "★ " : ""
    return [
      trial.id.description, trial.standing, trial.mean?.asMetric ?? "", effect,
      trial.measurements == 0 ? "" : String(trial.measurements),
      trial.wallSeconds > 0 ? trial.wallSeconds.asDuration : "", mark + why.replacing("\n", with: " "),
    ]
  }
}
