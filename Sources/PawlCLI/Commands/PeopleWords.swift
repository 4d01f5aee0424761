import Foundation
import PawlCore
import PawlRuntime

/// A person's word to a study, whether it runs or not.
struct PeopleWords {
  let reader: StudyReader
  let console: Console

  func say(_ verb: ControlMessage.Verb) throws {
    if try reader.say(ControlMessage(verb: verb, by: NSUserName())) {
      console.messages("study `\(reader.name)` has taken it in\n")
    } else {
      console.messages("left for study `\(reader.name)`: the next `pawl run` takes it in\n")
    }
  }

  /// Answers the question with that number; an answer that still counts may be changed.
  func decide(_ text: String, isGranted: Bool, reason: String?) throws {
    guard let number = Int(text), number >= 1 else {
      throw UsageError("`\(text)` is not the number of a question", hints: ["`pawl approve` lists them"])
    }
    guard try reader.collaboration().approvals.contains(where: { $0.request.number == number }) else {
      throw UsageError(
        "nothing with the number \(number) waits for a person", hints: ["`pawl approve` lists what does"])
    }
    try say(.decide(number, isGranted: isGranted, reason: reason))
  }

  /// What was said and nobody has taken in yet, one line each.
  static func waiting(in reader: StudyReader, where isMeant: (ControlMessage.Verb) -> Bool) -> [String] {
    reader.waiting().filter { isMeant($0.verb) }.map { "\($0.verb.words) (\($0.by))" }
  }

  static func table(_ lines: [(String, String)], waiting: [String]) -> String {
    let lines = lines + waiting.map { ("waits", $0) }
    let width = (lines.map(\.0.count).max() ?? 0) + 2
    return lines.map { "\($0.0.padded(to: width))\($0.1)\n" }.joined()
  }
}

extension ControlMessage.Verb {
  /// What is said, in a few words.
  var words: String {
    switch self {
    case .pause: "pause"
    case .resume: "resume"
    case .offer(let offer): offer.hypothesis
    case .hint(let text), .suggestion(let text): text
    case .hintDone(let number): "hint \(number) is done with"
    case .note(let text, let trial): text + (trial.map { ", on trial \($0)" } ?? "")
    case .noteDropped(let number): "drop note \(number)"
    case .claim(let topic, let minutes): "\(topic), for \(minutes) min"
    case .claimReleased(let number): "release claim \(number)"
    case .pin(let trial): "pin trial \(trial)"
    case .unpin(let trial): "unpin trial \(trial)"
    case .ban(let subject): "ban \(Ban(number: 0, subject: subject, by: "").words)"
    case .banLifted(let number): "lift ban \(number)"
    case .decide(let number, let isGranted, let reason):
      (isGranted ? "approve \(number)" : "deny \(number)") + (reason.map { ": \($0)" } ?? "")
    }
  }
}

extension Note {
  /// Its text in one line, whose it is and what it is about.
  var line: String {
    "\(text) (\(isByPerson ? by : "the agent \(by)")\(trial.map { ", on trial \($0)" } ?? ""))"
  }
}

extension Claim {
  /// Its topic, whose it is, and how long it holds.
  var line: String {
    let left = max(0, until.since(.now()).seconds)
    return "\(topic) (the agent \(by), for \(left.asDuration) more)"
  }
}
