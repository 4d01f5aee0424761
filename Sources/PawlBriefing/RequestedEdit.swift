import PawlCore

/// An edit as an agent asked for it, before it is held against the file.
struct RequestedEdit: Equatable {
  enum Form: Equatable {
    case content([UInt8])
    /// Lines of a fence, which cannot say whether the last one ends with a break.
    case fenced([UInt8])
    /// A text, which may lie within lines.
    case text(search: [UInt8], replacement: [UInt8])
    /// Whole lines, without their breaks.
    case lines(search: [ArraySlice<UInt8>], replacement: [ArraySlice<UInt8>])
    case hunks([DiffHunk])
    /// From a diff against `/dev/null`.
    case creation([UInt8])
    case deletion

    /// Whether there must be a file for it.
    var needsFile: Bool {
      switch self {
      case .content, .fenced, .creation: false
      case .text, .lines, .hunks, .deletion: true
      }
    }
  }
  let path: String
  let form: Form

  init(path: String, form: Form) {
    // The one way to write a path that everybody takes for the same.
    self.path = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    self.form = form
  }

  /// More in one reply are refused, as each is searched for in its file.
  static let limit = 200
}

/// What a reply asks for.
struct RequestedChange: Equatable {
  var hypothesis: String?
  var edits: [RequestedEdit] = []
  /// Names of what it builds on, as they were written.
  var cites: [String] = []
  var note: String?

  /// Takes a line of prose that cites something or states a finding; returns whether it does.
  @discardableResult
  mutating func take(_ line: String) -> Bool {
    if let names = ReplyWords.cites(in: line) {
      cites += names
    } else if let text = ReplyWords.finding(in: line), !text.isEmpty {
      if note == nil { note = text }
    } else {
      return false
    }
    return true
  }

  var citations: Citations? {
    let citations = Citations(cites.map { CleanText.line($0, limit: 60) })
    return citations.isEmpty ? nil : citations
  }

  var finding: String? {
    let text = CleanText.line(note ?? "", limit: EditReader.noteLimit)
    return text.isEmpty ? nil : text
  }
}

/// One hunk of a unified diff.
struct DiffHunk: Equatable {
  enum Kind: Equatable { case context, removed, added }
  struct Line: Equatable {
    let kind: Kind
    let text: ArraySlice<UInt8>
  }
  /// The first line that it says it is about, from 1; nil where it does not say.
  var start: Int?
  var lines: [Line] = []
  /// Whether it says that the old, or the new, file does not end with a line break.
  var oldEndsOpen = false
  var newEndsOpen = false

  var old: [ArraySlice<UInt8>] { lines.filter { $0.kind != .added }.map(\.text) }
  var new: [ArraySlice<UInt8>] { lines.filter { $0.kind != .removed }.map(\.text) }
}
