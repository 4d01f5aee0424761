import PawlCore
import PawlRuntime

/// `pawl pin`: the search keeps coming back to a trial.
struct PinCommand: Command {
  static let specification = CommandSpecification(
    name: "pin", summary: "let the search keep coming back to a trial, or list what is pinned",
    positionals: ["[TRIAL]"], options: [CommandSpecification.study, CommandSpecification.json],
    notes: """
      While a trial is pinned, about a quarter of all proposals start from its code, whatever became of it, and the others
      are shown it as something to take ideas from. `pawl unpin TRIAL` ends that. Without TRIAL the pins are listed.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    guard let trial = try arguments.trial(at: 0) else {
      try list(reader, json: arguments.has("json"), console: console)
      return 0
    }
    try reader.checkPin(trial)
    try PeopleWords(reader: reader, console: console).say(.pin(trial))
    return 0
  }

  private struct Listed: Encodable {
    let pins: [CollaborationState.Pin]
    let waiting: [String]
  }

  private static func list(_ reader: StudyReader, json: Bool, console: Console) throws {
    let pins = try reader.collaboration().pins
    let waiting = PeopleWords.waiting(in: reader) { verb in
      switch verb {
      case .pin, .unpin: true
      default: false
      }
    }
    if json {
      console.output(try JSONText.encode(Listed(pins: pins, waiting: waiting)) + "\n")
      return
    }
    let lines = try pins.map { pin in
      ("trial \(pin.trial)", "\(try reader.summary(of: pin.trial).hypothesis ?? "the baseline") (pinned by \(pin.by))")
    }
    console.output(PeopleWords.table(lines, waiting: waiting))
    if lines.isEmpty, waiting.isEmpty { console.messages("no trial is pinned\n") }
  }
}

/// `pawl unpin`: the end of a pin.
struct UnpinCommand: Command {
  static let specification = CommandSpecification(
    name: "unpin", summary: "end a trial's pin", positionals: ["TRIAL"], options: [CommandSpecification.study])

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    guard let trial = try arguments.trial(at: 0) else { return 2 }
    let isWaiting = reader.waiting().contains { $0.verb == .pin(trial) }
    guard try isWaiting || reader.collaboration().pins.contains(where: { $0.trial == trial }) else {
      throw UsageError("trial \(trial) is not pinned", hints: ["`pawl pin` lists what is"])
    }
    try PeopleWords(reader: reader, console: console).say(.unpin(trial))
    return 0
  }
}
