import Foundation
import PawlCore
import PawlRuntime

/// `pawl notes`: the notebook that people and agents share, and who works on what.
struct NotesCommand: Command {
  static let specification = CommandSpecification(
    name: "notes", summary: "list the study's notebook and claims, add a note, drop one",
    positionals: ["[add|drop|release]", "[TEXT|N]"],
    options: [
      .init(name: "trial", value: "N", help: "what a new note is about; or list the notes about trial N alone"),
      CommandSpecification.study, CommandSpecification.json,
    ],
    notes: """
      `pawl notes add "TEXT"` writes a finding down, `pawl notes drop N` takes a note out, `pawl notes release N` ends a
      claim. Agents are told the notes that count most with every proposal, as findings and not as orders: those are
      given with `pawl steer`. What is said while nothing runs the study waits for the next `pawl run`.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    let trial = try arguments.integer("trial", atLeast: 0).map { TrialID(rawValue: $0) }
    guard let action = arguments.positionals.first else {
      try list(reader, about: trial, json: arguments.has("json"), console: console)
      return 0
    }
    let argument = arguments.positionals.dropFirst().first
    let words = PeopleWords(reader: reader, console: console)
    switch action {
    case "add":
      guard let text = argument.flatMap(OfferDraft.finding) else {
        throw UsageError(
          "`pawl notes add` needs the note's text", hints: ["write `pawl notes add \"warm-up matters below 1e-3\"`"])
      }
      if let length = argument?.utf8.count, length > OfferDraft.longestNote {
        throw UsageError(
          "a note has at most \(OfferDraft.longestNote) bytes, not \(length)",
          hints: ["say it in fewer words, or in two notes"])
      }
      if let trial { _ = try reader.summary(of: trial) }
      try words.say(.note(text, trial: trial))
    case "drop", "release":
      guard trial == nil else { throw UsageError("`--trial` does not go with `pawl notes \(action)`") }
      guard let argument, let number = Int(argument), number >= 1 else {
        throw UsageError("`pawl notes \(action)` needs a number", hints: ["`pawl notes` lists them"])
      }
      let people = try reader.collaboration()
      let isNote = action == "drop"
      guard isNote ? people.notes.contains(where: { $0.number == number }) : people.holds(claim: number) else {
        throw UsageError(
          isNote ? "there is no note \(number)" : "no claim \(number) holds", hints: ["`pawl notes` lists them"])
      }
      try words.say(isNote ? .noteDropped(number) : .claimReleased(number))
    default:
      throw UsageError(
        "`\(action)` is nothing that `pawl notes` does",
        hints: ["`pawl notes add \"TEXT\"`, `pawl notes drop N` or `pawl notes release N`"])
    }
    return 0
  }

  private struct Listed: Encodable {
    let notes: [Note]
    let claims: [Claim]
    let waiting: [String]
  }

  private static func list(_ reader: StudyReader, about trial: TrialID?, json: Bool, console: Console) throws {
    let people = try reader.collaboration()
    let notes = people.notes.filter { trial == nil || $0.trial == trial }
    let claims = trial == nil ? people.claims(at: .now()) : []
    let waiting = PeopleWords.waiting(in: reader) { verb in
      switch verb {
      case .note(_, let about): trial == nil || about == trial
      case .noteDropped, .claim, .claimReleased: trial == nil
      default: false
      }
    }
    if json {
      console.output(try JSONText.encode(Listed(notes: notes, claims: claims, waiting: waiting)) + "\n")
      return
    }
    let lines = notes.map { ("note \($0.number)", $0.line) } + claims.map { ("claim \($0.number)", $0.line) }
    console.output(PeopleWords.table(lines, waiting: waiting))
    if lines.isEmpty, waiting.isEmpty {
      console.messages(trial.map { "no note is about trial \($0)\n" } ?? "the notebook is empty\n")
    }
  }
}

extension CollaborationState {
  fileprivate func holds(claim number: Int) -> Bool { claims(at: .now()).contains { $0.number == number } }
}
