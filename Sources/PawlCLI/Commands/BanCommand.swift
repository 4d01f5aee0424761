import PawlCore
import PawlRuntime

/// `pawl ban`: what people do not want tried any more.
struct BanCommand: Command {
  static let specification = CommandSpecification(
    name: "ban", summary: "keep agents away from files, a constant, an idea; or ask an agent no more",
    positionals: ["[IDEA]"],
    options: [
      .init(name: "path", value: "GLOB", help: "refuse proposals that touch files which match, as in `model/**`"),
      .init(name: "knob", value: "NAME", help: "refuse proposals that set this constant of the code"),
      .init(name: "agent", value: "NAME", help: "ask this agent of pawl.yaml no more"),
      .init(name: "lift", value: "N", help: "end ban N"), CommandSpecification.study, CommandSpecification.json,
    ],
    notes: """
      IDEA is told to agents with every proposal as something to stay away from; nothing can check that they do. The
      other bans are kept by Pawl itself, from the next proposal on: candidates that exist are judged. Without
      arguments the bans are listed.
      """)

  /// Bytes of an idea: all are told with every proposal.
  private static let longest = 1_000

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    let lift = try arguments.integer("lift", atLeast: 1)
    let subjects = try subjects(of: arguments)
    guard subjects.count + (lift == nil ? 0 : 1) <= 1 else {
      throw UsageError(
        "an idea, `--path`, `--knob`, `--agent` and `--lift` are different things", hints: ["pass one of them"])
    }
    let words = PeopleWords(reader: reader, console: console)
    if let subject = subjects.first {
      try reader.checkBan(subject)
      try words.say(.ban(subject))
      let agents = try reader.configuration().agents.map(\.name)
      let people = try reader.collaboration()
      if agents.allSatisfy({ people.ban(ofAgent: $0) != nil || subject == .agent($0) }) {
        console.messages("nobody is left to ask: the study ends when what is under way is judged\n")
      }
      return 0
    }
    if let lift {
      guard try reader.collaboration().bans.contains(where: { $0.number == lift }) else {
        throw UsageError("there is no ban \(lift)", hints: ["`pawl ban` lists them"])
      }
      try words.say(.banLifted(lift))
      return 0
    }
    try list(reader, json: arguments.has("json"), console: console)
    return 0
  }

  private static func subjects(of arguments: ParsedArguments) throws -> [Ban.Subject] {
    var subjects: [Ban.Subject] = []
    if let text = arguments.positionals.first {
      guard let idea = OfferDraft.finding(text), text.utf8.count <= longest else {
        throw UsageError("an idea has 1 to \(longest) bytes", hints: ["say it in a sentence"])
      }
      subjects.append(.idea(idea))
    }
    for (option, subject) in [
      ("path", Ban.Subject.path), ("knob", Ban.Subject.knob), ("agent", Ban.Subject.agent),
    ] {
      guard let value = arguments.value(option) else { continue }
      guard !value.isEmpty, value.utf8.count <= longest else {
        throw UsageError("`--\(option)` has 1 to \(longest) bytes")
      }
      subjects.append(subject(value))
    }
    return subjects
  }

  private struct Listed: Encodable {
    let bans: [Ban]
    let waiting: [String]
  }

  private static func list(_ reader: StudyReader, json: Bool, console: Console) throws {
    let bans = try reader.collaboration().bans
    let waiting = PeopleWords.waiting(in: reader) { verb in
      switch verb {
      case .ban, .banLifted: true
      default: false
      }
    }
    if json {
      console.output(try JSONText.encode(Listed(bans: bans, waiting: waiting)) + "\n")
      return
    }
    console.output(
      PeopleWords.table(bans.map { ("ban \($0.number)", "\($0.words) (banned by \($0.by))") }, waiting: waiting))
    if bans.isEmpty, waiting.isEmpty { console.messages("nothing is banned\n") }
  }
}
