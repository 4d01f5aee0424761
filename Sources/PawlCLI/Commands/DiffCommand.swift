import PawlCore
import PawlRuntime

/// `pawl diff`: what one trial, or the best so far, changes.
struct DiffCommand: Command {
  static let specification = CommandSpecification(
    name: "diff", summary: "print a diff: of a trial, between two, or of the head against the baseline",
    positionals: ["[ID]", "[ID]"], options: [CommandSpecification.study, CommandSpecification.json],
    notes: """
      Without an ID: baseline to head. With one: its parent to it. With two: the first to the second.
      Besides numbers, `baseline`, `head` and `champion` are IDs.
      """)

  private struct Shown: Encodable {
    let from: TrialID
    let to: TrialID
    let diff: String
  }

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    let overview = try reader.overview()
    func trial(_ index: Int) throws -> TrialID? {
      switch arguments.positionals.dropFirst(index).first {
      case nil: nil
      case "baseline": .baseline
      case "head": overview.head
      case "champion": overview.champion
      default: try arguments.trial(at: index)
      }
    }
    let first = try trial(0)
    let second = try trial(1)
    let (from, to): (TrialID, TrialID) =
      switch (first, second) {
      case (let from?, let to?): (from, to)
      case (let one?, nil): (try reader.details(of: one).trial.parent ?? .baseline, one)
      default: (.baseline, overview.head)
      }
    let json = arguments.has("json")
    let text = try reader.diff(from: from, to: to, colour: console.colour && !json)
    if json {
      console.output(try JSONText.encode(Shown(from: from, to: to, diff: text)) + "\n")
      return 0
    }
    if text.isEmpty { console.messages("no difference\n") }
    console.output(text)
    return 0
  }
}
