public import PawlCore

/// What an agent proposes: its hypothesis, and its edits as they apply to the parent's files.
public struct ProposedChange: Sendable, Hashable {
  /// One line, fit to be shown anywhere.
  public let hypothesis: String
  /// By path, each file once.
  public let edits: [FileEdit]
  /// What it says that it builds on, as it was named; nil where nothing is.
  public var cites: Citations?
  /// A finding for the notebook, in one paragraph; nil for none.
  public var note: String?
}

/// Makes edits out of an agent's reply, strictly: what does not fit at exactly one place is a problem, never a guess.
///
/// A search text or hunk that fits nowhere to the letter may do so with blanks at the ends of lines left aside, as long as that is one
/// place too; the file then keeps its own line breaks. Which paths may be edited is not decided here.
public struct EditReader: Sendable {
  /// Characters of a hypothesis, and of a finding, that are kept.
  static let hypothesisLimit = 400
  static let noteLimit = 1_000
  /// Lines of a file that are told one by one instead of the whole content.
  static let mostLineChanges = 100
  private let files: [String: String]

  /// - Parameter files: The editable files as they are at the parent, by path.
  public init(files: [String: String]) { self.files = files }

  /// Returns what a reply proposes.
  public func read(_ reply: AgentReply) throws(EditProblem) -> ProposedChange {
    switch reply.end {
    case .finished: break
    // What a program wrote stands, wherever it was cut.
    case .truncated where !reply.edits.isEmpty: break
    case .truncated:
      throw EditProblem(
        .truncated, "the reply ran into the limit of its tokens, so nothing of it is used",
        advice: "Answer in fewer words, with small edits instead of whole files.")
    case .refused(let reason):
      throw EditProblem(.refused, "the model would not answer: \(CleanText.line(reason, limit: 200))")
    case .broken(let reason):
      throw EditProblem(.broken, "the reply did not arrive whole: \(CleanText.line(reason, limit: 200))")
    }
    if !reply.edits.isEmpty {
      var said = RequestedChange()
      for line in reply.text.utf8.split(separator: 0x0a).prefix(1_000) { said.take(String(Substring(line))) }
      return ProposedChange(
        hypothesis: try hypothesis(nil, prose: reply.text), edits: reply.edits, cites: said.citations,
        note: said.finding)
    }
    let text = TextReading.withoutThinking(reply.text)
    if !reply.calls.isEmpty { return try applied(try ToolReading.change(of: reply.calls), prose: text) }
    if let change = try ToolReading.change(in: text) { return try applied(change, prose: "") }
    var reading = TextReading(text, known: Set(files.keys))
    try reading.run()
    guard !reading.change.edits.isEmpty else { throw noEdits(reading, text: text) }
    return try applied(reading.change, prose: reading.firstProse ?? "")
  }

  private func noEdits(_ reading: TextReading, text: String) -> EditProblem {
    if text.trimmingBlanks().isEmpty { return EditProblem(.noEdits, "the reply is empty") }
    guard reading.snippets > 0 else { return EditProblem(.noEdits, "the reply holds no edits, only prose") }
    return EditProblem(
      .noEdits, "the reply holds code, but does not say for which file",
      advice:
        "A whole file stands in a fence with its path in the first line; parts of a file are search/replace blocks.")
  }

  private func hypothesis(_ stated: String?, prose: String) throws(EditProblem) -> String {
    let text = stated ?? Self.statement(in: prose)
    let line = CleanText.line(text, limit: Self.hypothesisLimit)
    guard !line.isEmpty else {
      throw EditProblem(
        .noHypothesis, "the reply has no hypothesis", advice: "Say in one line what you change and why.")
    }
    return line
  }

  /// The first line of prose that states something.
  private static func statement(in prose: String) -> String {
    var first: String?
    for line in prose.utf8.split(separator: 0x0a).prefix(1_000) {
      let text = String(Substring(line)).trimmingBlanks()
      if let stated = ReplyWords.hypothesis(in: text), !stated.isEmpty { return stated }
      if first == nil, !text.isEmpty { first = text }
    }
    return first ?? ""
  }

  private func applied(_ change: RequestedChange, prose: String) throws(EditProblem) -> ProposedChange {
    guard !change.edits.isEmpty else { throw EditProblem(.noEdits, "the reply holds no edits") }
    guard change.edits.count <= RequestedEdit.limit else {
      throw EditProblem(
        .tooManyEdits, "the reply holds \(change.edits.count) edits, at most \(RequestedEdit.limit)",
        advice: "Give files that change much as their whole content.")
    }
    let hypothesis = try hypothesis(change.hypothesis, prose: prose)
    var byPath: [String: [RequestedEdit.Form]] = [:]
    for edit in change.edits { byPath[edit.path, default: []].append(edit.form) }
    var edits: [FileEdit] = []
    for (path, forms) in byPath.sorted(by: { $0.key < $1.key }) {
      if let edit = try fileEdit(path, forms) { edits.append(edit) }
    }
    guard !edits.isEmpty else { throw EditProblem(.noChange, "the edits change nothing: the files are as they were") }
    return ProposedChange(hypothesis: hypothesis, edits: edits, cites: change.citations, note: change.finding)
  }

  /// Returns nil where the file stays as it is.
  private func fileEdit(_ path: String, _ forms: [RequestedEdit.Form]) throws(EditProblem) -> FileEdit? {
    let original = files[path].map { FileText($0) }
    if forms.count == 1, let form = forms.first, let edit = try whole(path, form, original: original) {
      guard let edit else { return FileEdit(path: path, change: .removed) }
      return try Self.edit(of: path, from: original, to: edit)
    }
    guard let original else {
      // Once would have made the file.
      guard forms.count > 1, !forms.contains(where: \.needsFile) else { throw missing(path) }
      throw EditProblem(.malformedEdit, "\(Quoted.path(path)) is given whole more than once", advice: "Give it once.")
    }
    var editing = FileEditing(path: path, file: original)
    for form in forms {
      switch form {
      case .text([], _):
        throw EditProblem(
          .searchNotFound, "an edit of \(Quoted.path(path)) searches for nothing, and the file is not empty")
      case .text(let search, let replacement): try editing.apply(search: search, replacement: replacement)
      case .lines(let search, let replacement):
        guard !search.isEmpty else {
          throw EditProblem(
            .searchNotFound, "an edit of \(Quoted.path(path)) searches for nothing, and the file is not empty")
        }
        try editing.apply(lines: search, replacement: replacement)
      case .hunks(let hunks): for hunk in hunks { try editing.apply(hunk) }
      case .content, .fenced, .creation, .deletion:
        throw EditProblem(
          .malformedEdit, "\(Quoted.path(path)) is given whole or deleted, and edited besides",
          advice: "Do one of them.")
      }
    }
    return try Self.edit(of: path, from: original, to: try editing.result())
  }

  /// Returns the whole new content that a form gives, `.some(nil)` for a file that goes, nil for a form that edits parts.
  private func whole(
    _ path: String, _ form: RequestedEdit.Form, original: FileText?
  ) throws(EditProblem) -> [UInt8]?? {
    switch form {
    case .content(let bytes): return .some(original?.adopting(bytes) ?? bytes)
    case .fenced(let bytes):
      let content = original?.adopting(bytes) ?? bytes
      let endsOpen = original.map { $0.lineCount > 0 && !$0.endsWithBreak } ?? false
      return .some(endsOpen ? Array(FileText(content).withoutLastBreak) : content)
    case .creation(let bytes):
      if let original, original.lineCount > 0 {
        throw EditProblem(
          .missingFile, "the diff makes \(Quoted.path(path)) anew, which exists",
          advice: "Change the file that is there.")
      }
      return .some(bytes)
    case .deletion:
      guard original != nil else { throw missing(path) }
      return .some(nil)
    case .text(let search, let replacement) where search.isEmpty && original?.lineCount ?? 0 == 0:
      return .some(replacement)
    case .lines(let search, let replacement) where search.isEmpty && original?.lineCount ?? 0 == 0:
      return .some(replacement.reduce(into: []) { $0 += $1 + [0x0a] })
    case .text, .lines, .hunks: return nil
    }
  }

  private func missing(_ path: String) -> EditProblem {
    let names = files.keys.sorted().prefix(20).map { Quoted.path($0) }.joined(separator: ", ")
    return EditProblem(
      .missingFile, "\(Quoted.path(path)) is not among the editable files",
      advice: files.isEmpty ? "There are none yet." : "They are \(names)\(files.count > 20 ? " and others" : "").")
  }

  private static func edit(
    of path: String, from original: FileText?, to bytes: [UInt8]
  ) throws(EditProblem) -> FileEdit? {
    guard original?.bytes != bytes else { return nil }
    let new = FileText(bytes)
    if let line = Elision.line(in: new, besides: original) {
      throw EditProblem(
        .elision, "`\(Quoted.plain(line, limit: 80))` in \(Quoted.path(path)) stands for code that was left out",
        advice:
          "What you give is used to the letter. Write the code out, or change parts of the file by search and replace.")
    }
    if let original, let lines = lineChanges(from: original, to: new) {
      return FileEdit(path: path, change: .lines(lines))
    }
    return FileEdit(path: path, change: .content(String(decoding: bytes, as: UTF8.self)))
  }

  /// Returns the changed lines of a small change that keeps the number of lines, nil for any other.
  private static func lineChanges(from old: FileText, to new: FileText) -> [FileEdit.LineChange]? {
    guard old.lineCount == new.lineCount, old.endsWithBreak == new.endsWithBreak else { return nil }
    var changes: [FileEdit.LineChange] = []
    var size = 0
    for index in 0..<old.lineCount where old.bytes[old.whole(index)] != new.bytes[new.whole(index)] {
      // `FileEdit` counts a carriage return as a part of the line.
      let lines = [old, new].map { file in
        let bytes = file.bytes[file.whole(index)]
        return bytes.last == 0x0a ? bytes.dropLast() : bytes
      }
      size += lines[0].count + lines[1].count
      guard changes.count < mostLineChanges, size < new.bytes.count else { return nil }
      changes.append(
        .init(
          line: index + 1, old: String(decoding: lines[0], as: UTF8.self),
          new: String(decoding: lines[1], as: UTF8.self)))
    }
    return changes
  }
}
