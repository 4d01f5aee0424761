import PawlConfiguration
import PawlCore
import PawlRuntime
import PawlSimulation

/// A distribution of effects, by name or from a file.
struct SimulatedEffects {
  let distribution: EffectDistribution
  /// The mean absolute effect in the metric's unit; nil where the distribution has no unit.
  let scale: Double?

  private static let named: [EffectDistribution] = [.exponential, .heavyTailed, .nothing]

  static func list(_ arguments: ParsedArguments, console: Console) throws -> [SimulatedEffects] {
    let text = arguments.value("effects") ?? "exponential"
    if text == "all" {
      return [EffectDistribution.exponential, .heavyTailed].map { .init(distribution: $0, scale: nil) }
    }
    let effects = try text.split(separator: ",", omittingEmptySubsequences: false).map {
      try one(String($0), arguments, console: console)
    }
    if arguments.has("direction"), !effects.contains(where: { $0.scale != nil }) {
      throw UsageError("`--direction` goes with a file in `--effects`")
    }
    return effects
  }

  private static func one(_ text: String, _ arguments: ParsedArguments, console: Console) throws -> SimulatedEffects {
    if let known = named.first(where: { $0.name == text }) { return .init(distribution: known, scale: nil) }
    // A name is a word; a file has a dot or a slash.
    guard text.contains(".") || text.contains("/") else {
      let near = nearest(text, in: named.map(\.name)).map { "did you mean `\($0)`?" }
      throw UsageError(
        "`--effects` knows no `\(text)`",
        hints: [
          near ?? "it takes \(named.map { "`\($0.name)`" }.joined(separator: ", ")), or a file like `results.tsv`"
        ])
    }
    let file = try ResultsFile(
      path: text.hasPrefix("/") ? text : "\(console.directory)/\(text)",
      hint: "`--effects FILE` takes a results.tsv; `pawl export` prints this study's")
    console.noteProblems(of: file)
    let direction = try arguments.direction() ?? file.metricName.flatMap { FlagValues.direction(ofMetric: $0) }
    guard
      let (effects, typical) = EffectDistribution.empirical(of: try file.differences(direction: direction ?? .minimize))
    else {
      throw UsageError(
        "the measurements in `\(text)` are all the same, so they do not tell how much changes are worth",
        hints: ["`pawl log --results FILE` lists what was read", "`--effects exponential` needs no file"])
    }
    return .init(distribution: effects, scale: typical)
  }
}
