import Foundation
import PawlCore
import PawlRuntime

/// `pawl try`: has what is changed in the working tree judged.
struct TryCommand: Command {
  static let specification = CommandSpecification(
    name: "try", summary: "have what you changed in the working tree judged, and show the verdict",
    options: [
      .init(
        name: "message", value: "TEXT", help: "one line: what you changed and why it should help (needed)", short: "m"),
      .init(name: "base", value: "ID", help: "what it is a change of: a trial, `baseline`, `head` or `champion`"),
      .init(name: "by", value: "NAME", help: "who made it, as trials are listed (you, unless given)"),
      .init(name: "no-wait", value: nil, help: "hand it in and return; `pawl log` shows what comes of it"),
      .init(name: "workers", value: "N", help: "attempts at the same time, where no `pawl run` is at work"),
      .init(name: "quiet", value: nil, help: "print nothing while it runs"), CommandSpecification.json,
    ],
    notes: """
      The tree, its index and its branches stay as they are. Without --base the change is against whichever the tree differs
      from least: the head, the checked-out trial, the champion or the baseline; where the head has moved on, it is put on it.
      Files that are not editable do not count, and are named. While `pawl run` is at work, that process judges it beside its
      own; otherwise this one does, calibrating the baseline first in a study that has not begun.
      Exits with 0 when it was kept, 6 when it was not, 7 where it gave no measurement or was refused, 130 when interrupted:
      `pawl run` then carries on.
      """)

  private struct Result: Encodable {
    let trial: TrialSummary?
    let base: TrialID?
    let leftOut: [String]
  }

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let configuration = try StudySetup.configuration(at: console.directory)
    let message = (arguments.value("message") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    guard !message.isEmpty else {
      throw UsageError(
        "`pawl try` needs a line that says what you changed and why",
        hints: ["pass `-m \"what I changed, and why it should help\"`"])
    }
    let base = try base(arguments)
    let reader = try begun(configuration, console: console)
    guard reader != nil || base == .natural else {
      throw UsageError("study `\(configuration.name)` has not begun, so there is no `--base`", hints: ["leave it out"])
    }
    let draft =
      try reader?.draft(ofWorkingTreeOn: base)
      ?? StudyReader.draft(ofWorkingTreeAt: console.directory, configuration: configuration)
    let offer = draft.offer(by: agent(arguments.value("by") ?? NSUserName()), hypothesis: message)
    if !draft.leftOut.isEmpty {
      let names = draft.leftOut.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
      let rest = draft.leftOut.count > 5 ? " and \(draft.leftOut.count - 5) more" : ""
      console.messages("note: changed, but not editable and so no part of it: \(names)\(rest)\n")
    }
    let trial: TrialSummary?
    if let reader, reader.runner != nil || arguments.has("no-wait") {
      trial = try handIn(offer, to: reader, arguments, console: console)
    } else if arguments.has("no-wait") {
      throw UsageError(
        "study `\(configuration.name)` has not begun, so nobody would judge it",
        hints: ["leave `--no-wait` out, or start the study with `pawl run`"])
    } else if let end = try judge(offer, configuration, arguments, console: console) {
      if end.failed { return 3 }
      if end.interrupted { return 130 }
      trial = try StudyReader(at: console.directory, study: configuration.name).trial(offeredAs: offer.mark)
    } else {
      // Somebody began to run it in this moment.
      let reader = try StudyReader(at: console.directory, study: configuration.name)
      trial = try handIn(offer, to: reader, arguments, console: console)
    }
    return try show(trial, draft, configuration, arguments, console: console)
  }

  private static func base(_ arguments: ParsedArguments) throws -> OfferBase {
    guard let text = arguments.value("base") else { return .natural }
    guard let base = OfferBase(text) else {
      throw UsageError("`--base \(text)` is no trial", hints: ["a trial's number, `baseline`, `head` or `champion`"])
    }
    return base
  }

  /// Returns the study for reading, or nil where it has not begun.
  private static func begun(_ configuration: StudyConfiguration, console: Console) throws -> StudyReader? {
    do {
      let reader = try StudyReader(at: console.directory, study: configuration.name)
      _ = try reader.overview()
      return reader
    } catch let error as RuntimeError where error.code == .noStudy {
      return nil
    }
  }

  /// Leaves it for the process that runs the study, or will, and waits unless told not to.
  private static func handIn(
    _ offer: Offer, to reader: StudyReader, _ arguments: ParsedArguments, console: Console
  ) throws -> TrialSummary? {
    let runner = reader.runner
    try reader.leave(ControlMessage(verb: .offer(offer), by: offer.agent))
    let watch = OfferWatch(reader: reader, mark: offer.mark)
    guard arguments.has("no-wait") else {
      return try watch.wait(isEnough: { _ in false }) { trial in
        if !arguments.has("quiet") { console.messages("\(TrialText.progress(trial))\n") }
      }
    }
    guard runner != nil else {
      console.messages("handed in; nothing runs study `\(reader.name)` now: the next `pawl run` judges it\n")
      return nil
    }
    // Long enough for its number: the process looks four times a second.
    let deadline = Timestamp.now().milliseconds + 10_000
    return try watch.wait(isEnough: { $0 != nil || Timestamp.now().milliseconds > deadline }) { _ in }
  }

  /// Judges it in a session of this process; nil where another runs the study.
  private static func judge(
    _ offer: Offer, _ configuration: StudyConfiguration, _ arguments: ParsedArguments, console: Console
  ) throws -> StudyEnd? {
    let options = OpenedStudy.Options(workers: try arguments.integer("workers", atLeast: 1), offers: .untilJudged)
    let opened: OpenedStudy
    do {
      opened = try OpenedStudy(
        at: console.directory, configuration: configuration, options: options, version: Program.version)
    } catch  where StudyRun.isHeldByAnother(error) {
      return nil
    }
    let display = ProgressDisplay(console: console, quiet: arguments.has("quiet"))
    let end = try StudyRun(opened, offers: [offer]) { display.show($0) }.run()
    display.conclude(end)
    return end
  }

  private static func show(
    _ trial: TrialSummary?, _ draft: OfferDraft, _ configuration: StudyConfiguration, _ arguments: ParsedArguments,
    console: Console
  ) throws -> Int32 {
    if arguments.has("json") {
      console.output(
        try JSONText.encode(Result(trial: trial, base: draft.base, leftOut: draft.leftOut)) + "\n")
    } else if let trial {
      console.output(TrialText.text(trial, metric: configuration.metric))
      if TrialText.isOver(trial) { console.messages("`pawl show \(trial.id)` has its attempts, diff and log\n") }
    }
    guard let trial, TrialText.isOver(trial) else { return 0 }
    guard trial.state == .judged else { return 7 }
    return trial.verdict == .kept ? 0 : 6
  }

  /// Returns a name that an agent may have: letters, digits, `.`, `_` and `-`, a letter first.
  static func agent(_ name: String) -> String {
    let allowed = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" }
    let plain = String(allowed.drop { !$0.isLetter }.prefix(40))
    return plain.isEmpty ? "person" : plain
  }
}
