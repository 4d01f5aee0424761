import PawlCore

/// Reads calls of `ProposalTool`.
enum ToolReading {
  /// Returns what all calls ask for together, in their order.
  static func change(of calls: [ToolCall]) throws(EditProblem) -> RequestedChange {
    var change = RequestedChange()
    for call in calls {
      try requireKnown(call.name)
      try add(try json(call.arguments), to: &change)
    }
    return change
  }

  /// Returns what a call asks for that a server handed on as text, as some do for models of their own; nil where the text is none.
  ///
  /// It is a JSON object that stands alone, in a fence, or between `<tool_call>` tags.
  static func change(in text: String) throws(EditProblem) -> RequestedChange? {
    var body = text.trimmingBlanks()
    if body.hasPrefix("```"), body.hasSuffix("```"), let end = body.utf8.firstIndex(of: 0x0a) {
      body = String(body[end...].dropLast(3)).trimmingBlanks()
    }
    if body.hasPrefix("<tool_call>"), body.hasSuffix("</tool_call>") {
      body = String(body.dropFirst(11).dropLast(12)).trimmingBlanks()
    }
    guard body.hasPrefix("{"), let value = try? parse(body) else { return nil }
    var change = RequestedChange()
    if case .string(let name)? = value["name"], let arguments = value["arguments"] ?? value["parameters"] {
      try requireKnown(name)
      if case .string(let text) = arguments {
        try add(try json(text), to: &change)
      } else {
        try add(arguments, to: &change)
      }
    } else if value["edits"] != nil {
      try add(value, to: &change)
    } else {
      return nil
    }
    return change
  }

  private static func requireKnown(_ name: String) throws(EditProblem) {
    guard name != ProposalTool.name else { return }
    throw EditProblem(
      .unknownTool, "there is no tool `\(Quoted.plain(name, limit: 60))`",
      advice: "The only tool is `\(ProposalTool.name)`.")
  }

  private static func add(_ arguments: JSONValue, to change: inout RequestedChange) throws(EditProblem) {
    guard case .object(let members) = arguments else {
      throw EditProblem(.malformedArguments, "the arguments of `\(ProposalTool.name)` are no JSON object")
    }
    for member in members where !["hypothesis", "edits", "cites", "note"].contains(member.name) {
      throw unknownKey(
        member.name, of: "`\(ProposalTool.name)`", known: "`hypothesis`, `edits`, `cites` and `note`")
    }
    change.cites += try cites(in: arguments)
    if change.note == nil { change.note = try note(in: arguments) }
    if change.hypothesis == nil, case .string(let text)? = arguments["hypothesis"], !text.trimmingBlanks().isEmpty {
      change.hypothesis = text
    }
    for edit in try edits(in: arguments) { change.edits.append(try requested(edit, number: change.edits.count + 1)) }
  }

  /// Returns what is named, whether or not there is such a thing; a number alone is a trial's.
  private static func cites(in arguments: JSONValue) throws(EditProblem) -> [String] {
    switch arguments["cites"] {
    case nil, .null: return []
    case .string(let text): return ReplyWords.cites(in: "cites: \(text)") ?? []
    case .array(let items):
      var names: [String] = []
      for item in items {
        if let number = item.integer {
          names.append(String(number))
        } else if case .string(let name) = item {
          names.append(name)
        } else {
          throw EditProblem(
            .malformedArguments, "`cites` holds something else than texts",
            advice: "Name notes and trials, as in `[\"note 3\", \"trial 12\"]`.")
        }
      }
      return names
    default: throw EditProblem(.malformedArguments, "`cites` is not an array")
    }
  }

  private static func note(in arguments: JSONValue) throws(EditProblem) -> String? {
    switch arguments["note"] {
    case nil, .null: return nil
    case .string(let text): return text
    default: throw EditProblem(.malformedArguments, "`note` is not a text")
    }
  }

  private static func parse(_ text: String) throws(JSONValue.Failure) -> JSONValue {
    try JSONValue(
      reading: Array(text.utf8), rules: .init(allowsBreaks: true, requiresDistinctNames: true, depthLimit: 64))
  }

  private static func json(_ text: String) throws(EditProblem) -> JSONValue {
    do throws(JSONValue.Failure) {
      return try parse(text)
    } catch {
      switch error {
      case .cut:
        throw EditProblem(
          .cutArguments, "the JSON of the call of `\(ProposalTool.name)` ends in the middle",
          advice: "Nothing of a call that is cut is used. Write less: `search` with `replace` instead of whole files.")
      case .malformed(let what, let place):
        throw EditProblem(
          .malformedArguments, "the arguments of `\(ProposalTool.name)` are not JSON: \(what), at byte \(place)")
      }
    }
  }

  private static func edits(in arguments: JSONValue) throws(EditProblem) -> [JSONValue] {
    switch arguments["edits"] {
    case .array(let edits): return edits
    case .object: return [arguments["edits"] ?? .null]
    case .string(let text):
      // Some models write the array as a text that holds JSON.
      if case .array(let edits) = try json(text) { return edits }
      throw EditProblem(.malformedArguments, "`edits` is a text instead of an array")
    case nil, .null: throw EditProblem(.noEdits, "the call of `\(ProposalTool.name)` has no `edits`")
    default: throw EditProblem(.malformedArguments, "`edits` is not an array")
    }
  }

  private static let keys: Set = ["path", "search", "replace", "diff", "content", "delete"]

  private static func requested(_ edit: JSONValue, number: Int) throws(EditProblem) -> RequestedEdit {
    guard case .object(let members) = edit else {
      throw EditProblem(.malformedArguments, "edit \(number) is not an object")
    }
    var texts: [String: String] = [:]
    var deletes = false
    for member in members {
      guard keys.contains(member.name) else {
        throw unknownKey(
          member.name, of: "edit \(number)", known: "`path`, `search`, `replace`, `diff`, `content` and `delete`")
      }
      switch (member.name, member.value) {
      case (_, .null): continue
      case ("delete", .boolean(let flag)): deletes = flag
      case ("delete", _): throw EditProblem(.malformedArguments, "`delete` of edit \(number) is neither true nor false")
      case (_, .string(let text)): texts[member.name] = text
      default: throw EditProblem(.malformedArguments, "`\(member.name)` of edit \(number) is not a text")
      }
    }
    guard let path = texts["path"], !path.isEmpty else {
      throw EditProblem(.missingPath, "edit \(number) has no `path`")
    }
    return RequestedEdit(path: path, form: try form(texts, deletes: deletes, path: path, number: number))
  }

  private static func form(
    _ texts: [String: String], deletes: Bool, path: String, number: Int
  ) throws(EditProblem) -> RequestedEdit.Form {
    // Some models fill in every key; what is empty and has no meaning as such counts as left out.
    let others = ["search", "diff", "content"].filter { texts[$0].map { !$0.isEmpty } ?? false }
    let shown = "edit \(number), of \(Quoted.path(path)),"
    guard others.count + (deletes ? 1 : 0) <= 1 else {
      let names = (others + (deletes ? ["delete"] : [])).map { "`\($0)`" }.joined(separator: " and ")
      throw EditProblem(.malformedEdit, "\(shown) has \(names): one form only")
    }
    if deletes { return .deletion }
    switch others.first {
    case "search":
      guard let replacement = texts["replace"] else {
        throw EditProblem(.malformedEdit, "\(shown) has `search` without `replace`")
      }
      return .text(search: Array((texts["search"] ?? "").utf8), replacement: Array(replacement.utf8))
    case "diff":
      let lines = DiffReading.lines(of: texts["diff"] ?? "")
      return try DiffReading.form(of: lines, for: path)
    case "content": return .content(Array((texts["content"] ?? "").utf8))
    default:
      if texts["search"] != nil, let replacement = texts["replace"], !replacement.isEmpty {
        return .text(search: [], replacement: Array(replacement.utf8))
      }
      guard texts["content"] != nil else {
        throw EditProblem(
          .malformedEdit, "\(shown) says nothing",
          advice: "It takes `search` with `replace`, or `diff`, or `content`, or `delete`.")
      }
      return .content([])
    }
  }

  private static func unknownKey(_ key: String, of owner: String, known: String) -> EditProblem {
    EditProblem(
      .malformedArguments, "\(owner) has no `\(Quoted.plain(key, limit: 60))`", advice: "What it takes is \(known).")
  }
}
