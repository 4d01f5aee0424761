import Foundation
import PawlCore
import PawlRuntime

/// The tools that read the code and speak to the agents.
extension StudyTools {
  func read(_ arguments: ToolArguments) throws -> ToolAnswer {
    let (trial, files) = try reader().editableFiles(of: try arguments.base("base") ?? .head)
    guard let path = try arguments.text("path") else {
      let listed = files.sorted { $0.key < $1.key }.prefix(1_000)
      let nodes = listed.map {
        JSONValue.fields(["path": .string($0.key), "bytes": .integer($0.value.utf8.count)])
      }
      let rest = files.count > listed.count ? "and \(files.count - listed.count) more\n" : ""
      return .success(
        "editable files at trial \(trial):\n" + listed.map { "\($0.key) (\($0.value.utf8.count) bytes)\n" }.joined()
          + rest,
        .fields(["trial": .id(trial), "files": .array(nodes)]))
    }
    guard let content = files[path.hasPrefix("./") ? String(path.dropFirst(2)) : path] else {
      throw UsageError("`\(path)` is no editable file at trial \(trial)", hints: ["`read` without `path` lists them"])
    }
    let lines = content.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
    let first = try arguments.integer("from_line", in: 1...max(1, lines.count)) ?? 1
    var shown = ""
    var next = first
    while next <= lines.count {
      let line = String(decoding: lines[next - 1], as: UTF8.self) + (next < lines.count ? "\n" : "")
      if shown.isEmpty, line.utf8.count > Self.longestPart {
        shown = line.capped(at: Self.longestPart).text
        next += 1
        break
      }
      guard shown.utf8.count + line.utf8.count <= Self.longestPart else { break }
      shown += line
      next += 1
    }
    let isWhole = next > lines.count
    let note = isWhole ? "" : "\n[cut: it goes on at line \(next) of \(lines.count)]\n"
    return .success(
      shown + note,
      .fields([
        "trial": .id(trial), "path": .string(path), "content": .string(shown),
        "next_line": isWhole ? .null : .integer(next),
      ]))
  }

  func steer(_ arguments: ToolArguments, by client: String) throws -> ToolAnswer {
    let reader = try reader()
    let hint = try arguments.text("hint")?.trimmingCharacters(in: .whitespacesAndNewlines)
    let done = try arguments.integer("done", in: 1...Int(Int32.max))
    guard hint == nil || done == nil else { throw UsageError("pass either `hint` or `done`") }
    var isPending = false
    if hint != nil || done != nil {
      if let hint, hint.isEmpty || hint.utf8.count > SteerCommand.longest {
        throw UsageError("a hint has 1 to \(SteerCommand.longest) bytes")
      }
      if let done { try checkOwn(done, reader, by: client) }
      // Never a person's order, though a person may be behind it: what a client says may come from anything that it read.
      let verb: ControlMessage.Verb = hint.map { .suggestion($0) } ?? .hintDone(done ?? 0)
      isPending = try !reader.say(ControlMessage(verb: verb, by: client, isByPerson: false))
    }
    let hints = try ListedHint.all(of: reader)
    var text = hints.map { "hint \($0.number.map { "\($0)" } ?? "(waits)"): \($0.line)\n" }.joined()
    if isPending { text += "what you said waits for whoever runs the study next\n" }
    return .success(
      text.isEmpty ? "no hint is open\n" : text,
      .fields(["hints": .array(hints.map(\.node)), "pending": .boolean(isPending)]))
  }

  /// An agent takes back what it said itself; a person's word is not its to end.
  private func checkOwn(_ number: Int, _ reader: StudyReader, by client: String) throws {
    guard let hint = try reader.hints().first(where: { $0.number == number }) else {
      throw UsageError("no hint \(number) is open")
    }
    guard !hint.isByPerson, hint.by == client else {
      throw UsageError(
        "hint \(number) is not yours: \(hint.isByPerson ? "a person" : "the agent `\(hint.by)`") gave it",
        hints: ["people take any hint back with `pawl steer --done \(number)`"])
    }
  }
}
