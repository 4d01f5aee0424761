import PawlConfiguration
import PawlCore
import PawlRuntime

/// `pawl audit`: which keeps of anybody's results are evidence, and which are noise.
struct AuditCommand: Command {
  static let specification = CommandSpecification(
    name: "audit", summary: "say which keeps of any results.tsv are evidence, and what would settle the rest",
    positionals: ["FILE"],
    options: [
      .init(name: "sigma", value: "S", help: "the noise: the standard deviation of one run"),
      .init(name: "noise-runs", value: "A,B,…", help: "the noise: what the same code gave in two or more runs"),
      .init(
        name: "direction", value: "minimize|maximize", help: "which way the metric improves (by its name, or minimize)"),
      .init(name: "all", value: nil, help: "show rows that were not kept, too"),
      CommandSpecification.json,
    ],
    notes: """
      FILE has the layout of karpathy/autoresearch: commit, metric, memory_gb, status, description. Without --sigma or
      --noise-runs the noise comes from rows that measured the same code again; where there are none, every keep gets the
      largest noise at which it would still be evidence. A pair is a run of the kept code and one of the code before it.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let path = arguments.positionals[0]
    let noise = try noise(arguments)
    let given = try arguments.direction()
    let file = try ResultsFile(
      path: path.hasPrefix("/") ? path : "\(console.directory)/\(path)",
      hint: "`pawl audit FILE` takes a results.tsv; `pawl export` prints this study's")
    console.noteProblems(of: file)
    let direction = given ?? file.metricName.flatMap { FlagValues.direction(ofMetric: $0) } ?? .minimize
    let report = try file.audit(direction: direction, noise: noise)
    if arguments.has("json") {
      console.output(try JSONText.encode(report) + "\n")
      return 0
    }
    for text in report.notes { console.note(text) }
    let text = AuditText(report: report, metric: file.metricName ?? "metric", console: console)
    console.output(text.table(all: arguments.has("all")) + "\n" + text.summary)
    return 0
  }

  private static func noise(_ arguments: ParsedArguments) throws -> AuditNoiseSource {
    if arguments.has("sigma"), arguments.has("noise-runs") {
      throw UsageError("`--sigma` and `--noise-runs` both say what the noise is", hints: ["give one of them"])
    }
    if let text = arguments.value("sigma") {
      guard let sigma = Double(text), sigma.isFinite, sigma > 0 else {
        throw UsageError(
          "`--sigma \(text)` is not a positive number",
          hints: ["it is the standard deviation of one run; `--noise-runs 0.9969,0.9972` takes the runs themselves"])
      }
      return .given(sigma: sigma)
    }
    guard let text = arguments.value("noise-runs") else { return .rows }
    let parts = text.split { $0 == "," || $0 == " " }
    let runs = try parts.map { part in
      guard let run = Double(part), run.isFinite else {
        throw UsageError(
          "`\(part)` in `--noise-runs` is not a number",
          hints: ["runs of the same code, as in `--noise-runs 0.9969,0.9972,0.9965`"])
      }
      return run
    }
    return .runs(runs)
  }
}
