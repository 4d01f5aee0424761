import Foundation
import PawlConfiguration
import PawlCore
import PawlRuntime

/// Who waits for a call, and may give it up.
struct CallHandle: Sendable {
  let isCancelled: @Sendable () -> Bool
  /// How far it is, in seconds since it began, and in words.
  let report: @Sendable (Double, String) -> Void
}

/// What the tools of `pawl mcp` do; any thread may call.
final class StudyTools: Sendable {
  private let directory: String
  private let session: ToolSession

  /// Bytes of a text that is part of an answer; what is longer is cut and says so.
  static let longestPart = 40_000
  static let longestLog = 4_000
  /// Seconds without news after which somebody who waits is told that there is none.
  private static let silence = 5.0
  static let mostTrials = 200

  init(directory: String, session: ToolSession) {
    self.directory = directory
    self.session = session
  }

  func answer(_ tool: String, _ node: JSONValue, caller: String?, _ call: CallHandle) -> ToolAnswer {
    let arguments = ToolArguments(node: node)
    do {
      switch tool {
      case "propose": return try propose(arguments, by: TryCommand.agent(caller ?? "mcp"), call)
      case "wait": return try wait(arguments, call)
      case "status": return try status()
      case "history": return try history(arguments)
      case "evidence": return try evidence(arguments)
      case "read": return try read(arguments)
      case "steer": return try steer(arguments, by: caller ?? "mcp")
      case "notes": return try notes(arguments, by: TryCommand.agent(caller ?? "mcp"))
      case "claim": return try claim(arguments, by: TryCommand.agent(caller ?? "mcp"))
      default: return .failure("there is no tool `\(tool)`")
      }
    } catch {
      // A mistake of the caller, or of the study's: in words that it can act on.
      return .failure(ErrorText.render(error, colour: false))
    }
  }

  func configuration() throws -> StudyConfiguration { try StudySetup.configuration(at: directory) }
  func reader() throws -> StudyReader {
    try StudyReader(at: directory, study: try configuration().name)
  }

  // MARK: propose, wait

  private func propose(_ arguments: ToolArguments, by agent: String, _ call: CallHandle) throws -> ToolAnswer {
    let configuration = try configuration()
    let hypothesis = (try arguments.text("hypothesis") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    guard !hypothesis.isEmpty else { throw UsageError("`hypothesis` is missing: one sentence, what and why") }
    let isTree = try arguments.flag("working_tree")
    let edits = arguments.node["edits"]
    guard isTree != (edits != nil) else { throw UsageError("pass either `edits` or `working_tree: true`") }
    guard edits == nil || edits?.array != nil else { throw UsageError("`edits` is no list") }
    try session.ensure(configuration)
    let reader = try reader()
    let base = try arguments.base("base")
    let draft: OfferDraft
    if isTree {
      draft = try reader.draft(ofWorkingTreeOn: base ?? .natural)
    } else {
      let change = JSONValue.fields(["hypothesis": .string(hypothesis), "edits": edits ?? .null])
      draft = try reader.draft(ofEdits: change.text, on: base ?? .head)
    }
    let (cites, remark) = try citations(arguments, reader)
    let offer = draft.offer(by: agent, hypothesis: hypothesis, cites: cites, note: try arguments.text("note"))
    try reader.leave(ControlMessage(verb: .offer(offer), by: agent, isByPerson: false))
    let deadline = Timestamp.now().milliseconds + 10_000
    let trial = try OfferWatch(reader: reader, mark: offer.mark).wait(
      isEnough: { $0 != nil || call.isCancelled() || Timestamp.now().milliseconds > deadline }, changed: { _ in })
    var text = TrialText.progress(trial) + "\n"
    if let trial, let why = trial.explanation { text += "because \(why)\n" }
    if let remark { text += "\(remark)\n" }
    if !draft.leftOut.isEmpty {
      text += "changed, but not editable and so no part of it: \(draft.leftOut.prefix(20).joined(separator: ", "))\n"
    }
    text += "call `wait` with \(trial.map { "trial \($0.id)" } ?? "offer \(offer.mark)") for the verdict\n"
    return .success(
      text,
      .fields([
        "offer": .string(offer.mark), "trial": .id(trial?.id), "base": .id(draft.base),
        "standing": .string(trial?.standing ?? "waits"),
        "left_out": .array(draft.leftOut.prefix(Self.mostTrials).map { .string($0) }),
      ]))
  }

  private func wait(_ arguments: ToolArguments, _ call: CallHandle) throws -> ToolAnswer {
    let seconds = try arguments.number("seconds", in: 0...3_600) ?? 50
    let (number, mark) = (try arguments.trial("trial"), try arguments.text("offer"))
    guard (number == nil) != (mark == nil) else { throw UsageError("pass either `trial` or `offer`") }
    let configuration = try configuration()
    let reader = try reader()
    let find = { () throws -> TrialSummary? in
      if let number { return try reader.summary(of: number) }
      return try mark.flatMap { try reader.trial(offeredAs: $0) }
    }
    let began = Timestamp.now()
    var said: (words: String, at: Double)?
    var found = try find()
    if found.map(TrialText.isOver) != true { try session.ensure(configuration) }
    while found.map(TrialText.isOver) != true {
      let elapsed = Timestamp.now().since(began).seconds
      if elapsed >= seconds || call.isCancelled() { break }
      if let failure = session.failure, reader.runner == nil {
        return .failure("the study cannot go on: \(failure)")
      }
      let words = TrialText.progress(found)
      if words != said?.words || elapsed - (said?.at ?? 0) >= Self.silence {
        call.report(elapsed, words)
        said = (words, elapsed)
      }
      Thread.sleep(forTimeInterval: min(0.25, seconds - elapsed))
      found = try find()
    }
    let ended = found.map(TrialText.isOver) ?? false
    var text = ended ? "" : "\(TrialText.progress(found)); still under way, call `wait` again\n"
    if let found, ended { text += TrialText.text(found, metric: configuration.metric) }
    return .success(text, .fields(["ended": .boolean(ended), "trial": found.map(\.node) ?? .null]))
  }
}
