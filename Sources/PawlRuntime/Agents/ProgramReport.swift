import Foundation
import PawlCore
import PawlSandbox

/// What a program's end, transcript and hypothesis come to.
struct ProgramReport {
  let rule: ProgramRule
  let name: String
  let run: SandboxedRun
  let reading: TranscriptReading
  /// The end of its transcript.
  let tail: String
  /// One line, where it left one.
  let hypothesis: String?
  /// What it cites and found, a line each.
  private let besides: [String]
  private let needsEnd: Bool
  private let overspent: Double?

  private static let wordBytes = 4_096
  private static let lineBytes = 300

  /// - Parameters:
  ///   - needsEnd: whether one that ended well has said so in its transcript.
  ///   - overspent: the limit that it passed, in US dollars.
  init(
    rule: ProgramRule, name: String, needsEnd: Bool, run: SandboxedRun, reading: TranscriptReading, tail: String,
    overspent: Double?, secrets: [Secret], hypothesis: [UInt8]?
  ) {
    self.rule = rule
    self.name = name
    self.needsEnd = needsEnd
    self.run = run
    self.reading = reading
    self.tail = tail
    self.overspent = overspent
    let text = secrets.redacting(String(decoding: hypothesis ?? [], as: UTF8.self)).withoutControls
    self.hypothesis = text.firstLine(bytes: Self.lineBytes).nonEmpty
    besides = text.split(whereSeparator: \.isNewline).dropFirst()
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { $0.hasPrefix("Cites:") || $0.hasPrefix("Finding:") }.prefix(2)
      .map { $0.firstLine(bytes: Self.lineBytes) }
  }

  /// US dollars: what it said, or what is assumed of one that does not say, unless it never ran.
  var cost: Double {
    if let cost = reading.cost { return cost }
    if case .launchFailed = run.outcome { return 0 }
    return run.outcome == .exited(code: 127) ? 0 : rule.assumedCost
  }

  /// The hypothesis, then its last words; nothing in it acts on a terminal.
  ///
  /// A program that says nothing has the end of its transcript here, which is no hypothesis: the names of the files that it changed are.
  func text(edits: [FileEdit] = []) -> String {
    let lastWords = words(reading.lastWords)
    let stated = hypothesis ?? (lastWords == nil && !edits.isEmpty ? Self.changes(edits) : nil)
    let opening = stated.map { (["Hypothesis: \($0)"] + besides).joined(separator: "\n") }
    return [opening, lastWords ?? words(tail)].compactMap(\.self).joined(separator: "\n\n")
  }

  private func words(_ text: String) -> String? {
    text.withoutControls.trimmingCharacters(in: .whitespacesAndNewlines).end(bytes: Self.wordBytes).nonEmpty
  }

  private static func changes(_ edits: [FileEdit]) -> String {
    let paths = edits.prefix(3).map { "`\($0.path)`" }.joined(separator: ", ")
    let more = edits.count > 3 ? " and \(edits.count - 3) more" : ""
    return "changes \(paths)\(more)".withoutControls.firstLine(bytes: lineBytes)
  }

  /// How the reply ends; the first thing that went wrong is the reason.
  func end(hasEdits: Bool) -> AgentReply.End {
    if run.cancelled { return .broken(reason: "it was stopped") }
    // What it did until then is paid, and may be all that it wanted to do.
    if hasEdits, reading.refusal == nil, overspent != nil || reading.isCut || run.outcome == .timedOut {
      return .truncated
    }
    if let overspent {
      return .broken(
        reason: "it cost $\(cost.formatted(digits: 3)), more than its limit of $\(overspent.formatted(digits: 3))")
    }
    if let refusal = reading.refusal { return .refused(reason: line(refusal)) }
    switch run.outcome {
    case .exited(code: 0): break
    case .exited(code: 127): return .broken(reason: "\(missing): \(Self.missingHint)")
    case .exited(let code):
      return .broken(reason: "`\(name)` failed with code \(code)" + (complaint.map { ": \($0)" } ?? ""))
    default:
      // The notes say which limit it was.
      return .broken(reason: "`\(name)`: " + ([run.outcome.description] + run.notes).joined(separator: "; "))
    }
    if let failure = reading.failure { return .broken(reason: "`\(name)` reports: \(line(failure))") }
    if needsEnd, !reading.isDone, !hasEdits {
      return .broken(reason: "`\(name)` changed nothing, and printed nothing that Pawl can read")
    }
    return .finished
  }

  /// Nil where the program was found, or says what it cost: it has begun then.
  var absence: AgentFailure? {
    guard !run.cancelled, run.outcome == .exited(code: 127), reading.cost == nil else { return nil }
    return AgentFailure(.lasting, reason: missing, hint: Self.missingHint)
  }

  private static let missingHint = "install it, or add its folder to the agent's `read` in pawl.yaml"
  /// What the shell means by 127 (POSIX, XCU 2.8.2).
  private var missing: String {
    guard case .command = rule.program else { return "`\(name)` was not found inside the sandbox" }
    return "a program was not found inside the sandbox" + (complaint.map { " (\($0))" } ?? "")
  }

  private var complaint: String? {
    if let failure = reading.failure { return line(failure) }
    return line(tail.split(separator: "\n").last.map(String.init) ?? "").nonEmpty
  }

  private func line(_ text: String) -> String {
    text.withoutControls.firstLine(bytes: Self.lineBytes)
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
