import Foundation
import PawlCore
import PawlRuntime

/// `pawl steer`: a word of a person to the agents.
struct SteerCommand: Command {
  static let specification = CommandSpecification(
    name: "steer", summary: "give the agents a hint, that they are told until it is done with",
    positionals: ["[TEXT]"],
    options: [
      .init(name: "list", value: nil, help: "list the hints that are open, and those that wait to be taken in"),
      .init(name: "done", value: "N", help: "take hint N back: it is done with"), CommandSpecification.study,
      CommandSpecification.json,
    ],
    notes: """
      While `pawl run` is at work, hints reach it within a second and hold from the next proposal on; otherwise the next
      `pawl run` takes them in. Without TEXT and options the open hints are listed.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    let text = arguments.positionals.first.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    let done = try arguments.integer("done", atLeast: 1)
    guard [text != nil, done != nil, arguments.has("list")].count(where: { $0 }) <= 1 else {
      throw UsageError("a hint, `--done` and `--list` are three different things", hints: ["pass one of them"])
    }
    if let text {
      guard !text.isEmpty, text.utf8.count <= longest else {
        throw UsageError("a hint has 1 to \(longest) bytes", hints: ["say it in a sentence or two"])
      }
      try PeopleWords(reader: reader, console: console).say(.hint(text))
      return 0
    }
    if let done {
      guard try reader.hints().contains(where: { $0.number == done }) else {
        throw UsageError("no hint \(done) is open", hints: ["`pawl steer --list` lists the open ones"])
      }
      try PeopleWords(reader: reader, console: console).say(.hintDone(done))
      return 0
    }
    let hints = try ListedHint.all(of: reader)
    if arguments.has("json") {
      console.output(try JSONText.encode(hints) + "\n")
    } else if hints.isEmpty {
      console.messages("no hint is open\n")
    } else {
      console.output(hints.map { "\($0.number.map { "\($0)" } ?? "waits")  \($0.line)\n" }.joined())
    }
    return 0
  }

  /// Every agent is told all open hints with every proposal.
  static let longest = 2_000
}

/// A word to the agents as it is listed, whether it has been taken in or not.
struct ListedHint: Encodable {
  /// Nil while it waits to be taken in.
  let number: Int?
  let text: String
  let by: String
  let isByPerson: Bool

  /// Returns the open ones, then those that wait, the oldest first.
  static func all(of reader: StudyReader) throws -> [Self] {
    // First what waits: what is taken in meanwhile is then listed twice, and not left out.
    let waiting = reader.waitingHints().compactMap { message -> Self? in
      switch message.verb {
      case .hint(let text): Self(number: nil, text: text, by: message.by, isByPerson: true)
      case .suggestion(let text): Self(number: nil, text: text, by: message.by, isByPerson: false)
      default: nil
      }
    }
    return try reader.hints().map { Self(number: $0.number, text: $0.text, by: $0.by, isByPerson: $0.isByPerson) }
      + waiting
  }

  /// Its text in one line, and whose it is.
  var line: String { "\(text.replacing("\n", with: " ")) (\(isByPerson ? by : "the agent \(by)"))" }
}
