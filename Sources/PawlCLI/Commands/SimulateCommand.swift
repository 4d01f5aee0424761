import Foundation
import PawlCore
import PawlReport
import PawlSimulation

/// `pawl simulate`: what to expect of a study before money is spent on it, and which policy makes the most of it.
struct SimulateCommand: Command {
  static let specification = CommandSpecification(
    name: "simulate", summary: "plan a study before it costs anything, and compare policies on the same luck",
    options: [
      .init(name: "noise-sd", value: "S", help: "the noise: standard deviation of one attempt, in the metric's unit"),
      .init(name: "effect", value: "E", help: "what a typical change is worth, either way, in the metric's unit"),
      .init(name: "sigma", value: "R,…", help: "S / E, where that is all one knows"),
      .init(name: "budget", value: "N,…", help: "attempts of one study, of all kinds (500 unless given)"),
      .init(
        name: "effects", value: "NAME|FILE,…",
        help: "exponential (unless given), heavy-tailed, nothing, or those in a results.tsv"),
      .init(name: "direction", value: "minimize|maximize", help: "which way the metric of FILE improves"),
      .init(
        name: "noise", value: "NAME,…", help: "normal (unless given), heteroscedastic, drifting, correlated-seeds; all"),
      .init(
        name: "policies", value: "NAME,…",
        help: "any-better, replicates-3, bootstrap-95, ours-search, ours, oracle; all (unless given)"),
      .init(name: "studies", value: "N", help: "simulated studies a row (as many as take a few seconds)"),
      .init(name: "workers", value: "W", help: "attempts at the same time, for ours (1 unless given)"),
      .init(name: "seed", value: "K", help: "the same seed gives the same numbers (1 unless given)"),
      .init(name: "alpha", value: "A", help: "the share of false certificates that is accepted (0.05 unless given)"),
      .init(name: "attempt-time", value: "TIME", help: "of one attempt, as in 5min: times are printed too"),
      .init(name: "target", value: "G", help: "the attempts until the progress reaches G"),
      .init(name: "plot", value: "FILE.svg", help: "draw progress against attempts"),
      .init(
        name: "swarm", value: nil, help: "one study of many workers (1000 unless given), with failures and stragglers"),
      .init(name: "trials", value: "N", help: "trials of the swarm (100000 unless given)"), CommandSpecification.study,
      CommandSpecification.json,
    ],
    notes: """
      Progress is what the final code is truly worth over the baseline: in the metric's unit where E is known, else in
      typical changes. Where neither S nor R is given, the noise, an attempt's time, the rule and the workers come from
      the study in this repository.
      R, N, NAME and FILE take several values, with commas: every combination is simulated.
      With --swarm nothing is compared: it says how busy the workers stay, and what the engine takes for an event.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    if arguments.has("swarm") { return try SwarmSimulation.run(arguments, console: console) }
    if arguments.has("trials") {
      throw UsageError("`--trials` goes with `--swarm`", hints: ["`--budget N` says how many attempts a study has"])
    }
    let wishes = try SimulationWishes(arguments, console: console)
    if arguments.has("plot"), wishes.cells.count > 1 {
      throw UsageError(
        "`--plot` draws one setting, and these are \(wishes.cells.count)",
        hints: ["give one value each to `--sigma`, `--budget`, `--effects` and `--noise`"])
    }
    let results = wishes.cells.map { cell in
      SimulationResult(
        cell: cell, wishes: wishes,
        summaries: cell.plan.compare(
          wishes.policies, studies: wishes.studies, seed: wishes.seed,
          checkpoints: wishes.needsPaths ? cell.checkpoints : []))
    }
    if let path = arguments.value("plot"), let result = results.first {
      try write(result.plot.svg(width: 960, height: 480), to: path, console: console)
    }
    if arguments.has("json") {
      console.output(try JSONText.encode(results.flatMap(\.rows)) + "\n")
    } else {
      console.output(SimulationText(wishes: wishes, console: console).text(results))
    }
    return 0
  }

  private static func write(_ text: String, to path: String, console: Console) throws {
    let place = path.hasPrefix("/") ? path : "\(console.directory)/\(path)"
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: place), options: .atomic) } catch {
      throw UsageError("cannot write `\(path)`", hints: ["`--plot` takes a file in a folder that exists"])
    }
  }
}
