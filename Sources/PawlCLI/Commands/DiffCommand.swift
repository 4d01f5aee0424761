import PawlCore
import PawlRuntime

/// `pawl diff`: what one trial, or the best so far, changes.
struct DiffCommand: Command {
  static let specification = CommandSpecification(
    name: "diff", summary: "print a diff: of a trial, between two, or of the head against the baseline",
    positionals: ["[ID]", "[ID]"], options: [CommandSpecification.study],
    notes: """
      Without an ID: baseline to head. With one: its parent to it. With two: the first to the second.
      Besides numbers, `baseline`, `head` and `champion` are IDs.
      """)

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
    let text: String
    switch (first, second) {
    case (let from?, let to?): text = try reader.diff(from: from, to: to, colour: console.colour)
    case (let one?, nil):
      let parent = try reader.details(of: one).trial.parent ?? .baseline
      text = try reader.diff(from: parent, to: one, colour: console.colour)
    default: text = try reader.diff(from: .baseline, to: overview.head, colour: console.colour)
    }
    if text.isEmpty { console.messages("no difference\n") }
    console.output(text)
    return 0
  }
}
