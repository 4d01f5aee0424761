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
      CommandSpecification.json,
    ])

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let filter = try filter(arguments)
    let reader = try reader(arguments, console: console)
    let trials = try reader.trials(filter)
    if arguments.has("json") {
      for trial in trials { console.output(try JSONText.encode(trial, pretty: false) + "\n") }
      return 0
    }
    let direction = try reader.configuration().metric
    console.output(TrialTable(metric: direction.name, console: console).text(trials))
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
    let rows = trials.map(cells)
    let header = ["trial", "verdict", metric, "effect", "n", "time", "hypothesis"]
    let widths = header.indices.map { column in
      ([header] + rows.map(\.cells)).map { $0[column].count }.max() ?? 0
    }
    let head = Ink.strong.paint(line(header, widths), console.colour) + "\n"
    return head
      + rows.map { row in
        let text = line(row.cells, widths)
        return (row.standing == "kept" ? Ink.good.paint(text, console.colour) : text) + "\n"
      }.joined()
  }

  private func cells(_ trial: TrialSummary) -> (cells: [String], standing: String) {
    let effect = trial.evidence.map { "\($0.effect.asEffect) ± \($0.deviation.formatted(digits: 2))" } ?? ""
    let what = trial.id == .baseline ? "baseline" : trial.hypothesis ?? ""
    let why = trial.explanation.map { what.isEmpty ? $0 : "\(what) (\($0))" } ?? what
    let mark = trial.certified ? "★ " : ""
    return (
      [
        trial.id.description, trial.standing, trial.mean?.asMetric ?? "", effect,
        trial.measurements == 0 ? "" : String(trial.measurements),
        trial.wallSeconds > 0 ? trial.wallSeconds.asDuration : "", mark + why.replacing("\n", with: " "),
      ], trial.standing
    )
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() {
      let last = column == cells.count - 1
      let number = [0, 2, 4, 5].contains(column)
      text += last ? cell : (number ? cell.aligned(to: widths[column]) : cell.padded(to: widths[column])) + "  "
    }
    return console.outputIsTerminal ? text.cut(to: console.columns) : text
  }
}
