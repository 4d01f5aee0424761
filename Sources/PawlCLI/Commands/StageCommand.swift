import Foundation
import PawlStages

/// `pawl stage NAME`: a stage of a generation that Pawl brings, as `pawl run` starts it in the sandbox; not for people, so `pawl help`
/// leaves it out.
struct StageCommand: Command {
  static let specification = CommandSpecification(
    name: "stage", summary: "run one stage of a generation", positionals: ["NAME"],
    notes: """
      NAME is aim, filter, classify, mix, check, watch, pair, choose or prefer. It reads the folder that PAWL_INPUT names and writes into that of
      PAWL_OUTPUT; docs/generations.md lists the files.
      """)

  private static let stages: [(name: String, run: @Sendable (StageFolder) throws -> Void)] = [
    ("aim", { try DiagnosisStage.run($0) }), ("filter", FilterStage.run), ("classify", ClassifyStage.run),
    ("mix", MixStage.run), ("check", CheckStage.run), ("watch", { try WatchStage.run($0) }),
    ("pair", PairStage.run), ("choose", ChooseStage.run), ("prefer", PreferenceStage.run),
  ]

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let name = arguments.positionals.first ?? ""
    guard let stage = stages.first(where: { $0.name == name }) else {
      throw UsageError(
        name.isEmpty ? "`pawl stage` needs a NAME" : "`\(name)` is no stage that Pawl brings",
        hints: ["they are \(stages.map { "`\($0.name)`" }.joined(separator: ", "))"])
    }
    try stage.run(StageFolder(environment: ProcessInfo.processInfo.environment))
    return 0
  }
}
