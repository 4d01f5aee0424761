public import PawlCore

/// A candidate that was made: its commit, and how much it changes.
public struct CandidateCommit: Sendable, Hashable {
  public let commit: CommitHash
  /// Lines added and removed against the parent.
  public let statistics: DiffStatistics
}

extension Workspace {
  /// Makes the candidate's commit, with the ref `refs/pawl/<study>/trials/<n>`, from its parent and edits.
  ///
  /// Idempotent: the same parent, edits, message and time give the same commit, so that a crash before the journal knows of it does
  /// no harm. When this returns, every git process sees the commit; after a power cut it is there whole, or not there and can be made
  /// again. Errors: `badEdit`, `unknownCommit`.
  public func makeCandidate(
    study: StudyName, trial: TrialID, parent: CommitHash, edits: [FileEdit], message: String, at: Timestamp
  ) throws(WorkspaceError) -> CandidateCommit {
    let parentName = try name(of: parent)
    var draft = TreeDraft(reader: reader, items: try reader.rootTree(of: parentName))
    var changed = LineCount()
    for edit in edits { changed.add(try draft.apply(edit, writer: writer)) }
    let tree = try draft.write(writer)
    return try commit(tree, changed, parent: parentName, study: study, trial: trial, message: message, at: at)
  }

  /// Makes the commit and points the trial's ref to it.
  func commit(
    _ tree: ObjectName, _ changed: LineCount, parent: ObjectName, study: StudyName, trial: TrialID, message: String,
    at: Timestamp
  ) throws(WorkspaceError) -> CandidateCommit {
    let commit = try writer.commit(Self.commitText(tree: tree, parent: parent, message: message, at: at))
    try writer.setRef("refs/pawl/\(study)/trials/\(trial)", commit)
    return CandidateCommit(
      commit: CommitHash(rawValue: commit.hex),
      statistics: DiffStatistics(added: changed.added, removed: changed.removed))
  }

  static func commitText(tree: ObjectName, parent: ObjectName, message: String, at: Timestamp) -> [UInt8] {
    let person = "Pawl <pawl@localhost> \(max(0, at.milliseconds / 1000)) +0000"
    // Git cuts a message at a NUL.
    let body = message.filter { $0 != "\0" }
    let text = "tree \(tree.hex)\nparent \(parent.hex)\nauthor \(person)\ncommitter \(person)\n\n\(body)"
    return Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
  }
}

/// Lines added and removed.
struct LineCount: Equatable {
  var added = 0
  var removed = 0
  mutating func add(_ other: LineCount) {
    added += other.added
    removed += other.removed
  }
}

/// The folders of a commit while edits are put in; only those that an edit passes through are read and written.
struct TreeDraft {
  let reader: ObjectReader
  var items: [TreeItem]
  private var open: [[UInt8]: TreeDraft] = [:]

  init(reader: ObjectReader, items: [TreeItem]) {
    self.reader = reader
    self.items = items
  }

  mutating func apply(_ edit: FileEdit, writer: ObjectWriter) throws(WorkspaceError) -> LineCount {
    let components = Workspace.components(edit.path)
    guard components.allSatisfy({ TreeFormat.isSafe($0) }) else {
      throw WorkspaceError(.badEdit, "`\(edit.path)` is not a path within the repository")
    }
    return try apply(edit, at: components[...], writer: writer)
  }

  private mutating func apply(
    _ edit: FileEdit, at components: ArraySlice<[UInt8]>, writer: ObjectWriter
  ) throws(WorkspaceError) -> LineCount {
    guard let name = components.first else { return LineCount() }
    let present = items.first { $0.name == name }
    if components.count > 1 {
      var inner: TreeDraft
      if let already = open[name] {
        inner = already
      } else if let present {
        guard present.isFolder else { throw Self.misfit(edit, "a part of the path is not a folder") }
        inner = TreeDraft(reader: reader, items: try reader.tree(present.object))
      } else {
        inner = TreeDraft(reader: reader, items: [])
      }
      let count = try inner.apply(edit, at: components.dropFirst(), writer: writer)
      open[name] = inner
      return count
    }
    if present?.isFolder == true || open[name] != nil { throw Self.misfit(edit, "it is a folder") }
    if present?.isLink == true { throw Self.misfit(edit, "it is a symbolic link") }
    if present?.isSubmodule == true { throw Self.misfit(edit, "it is a submodule") }
    let old = try present.map { (item) throws(WorkspaceError) in try reader.blobs([item.object])[0] } ?? []
    let (new, count) = try Self.edited(edit, old: present == nil ? nil : old)
    items.removeAll { $0.name == name }
    if let new {
      put(TreeItem(mode: present?.mode ?? TreeMode.file, name: name, object: try writer.blob(new)))
    }
    return count
  }

  /// Puts a file at a path, or takes it away where `file` is nil; returns false where that is a folder's place, or below a file's.
  mutating func set(_ path: ArraySlice<[UInt8]>, to file: TreeItem?) throws(WorkspaceError) -> Bool {
    guard let name = path.first else { return false }
    let present = items.first { $0.name == name }
    guard path.count > 1 else {
      if present?.isFolder == true || open[name] != nil { return false }
      items.removeAll { $0.name == name }
      if let file { put(TreeItem(mode: file.mode, name: name, object: file.object)) }
      return true
    }
    var inner: TreeDraft
    if let already = open[name] {
      inner = already
    } else if let present {
      guard present.isFolder else { return false }
      inner = TreeDraft(reader: reader, items: try reader.tree(present.object))
    } else {
      inner = TreeDraft(reader: reader, items: [])
    }
    let fits = try inner.set(path.dropFirst(), to: file)
    if fits { open[name] = inner }
    return fits
  }

  private static func edited(
    _ edit: FileEdit, old: [UInt8]?
  ) throws(WorkspaceError) -> (new: [UInt8]?, count: LineCount) {
    switch edit.change {
    case .removed:
      guard let old else { throw misfit(edit, "there is no such file") }
      return (nil, LineDifference.count(from: old, to: []))
    case .content(let content):
      let new = Array(content.utf8)
      return (new, LineDifference.count(from: old ?? [], to: new))
    case .lines(let changes):
      guard let old else { throw misfit(edit, "there is no such file") }
      guard let text = String(validating: old, as: UTF8.self) else { throw misfit(edit, "it is not UTF-8") }
      guard let new = edit.applied(to: text) else { throw misfit(edit, "a line to replace is not what it should be") }
      let lines = changes.count { $0.old != $0.new }
      return (Array(new.utf8), LineCount(added: lines, removed: lines))
    }
  }

  private static func misfit(_ edit: FileEdit, _ why: String) -> WorkspaceError {
    WorkspaceError(.badEdit, "the edit of `\(edit.path)` does not fit: \(why)")
  }

  private var isEmpty: Bool {
    open.values.allSatisfy { $0.isEmpty } && items.allSatisfy { $0.isFolder && open[$0.name]?.isEmpty == true }
  }

  private mutating func put(_ item: TreeItem) {
    items.removeAll { $0.name == item.name }
    items.insert(item, at: items.firstIndex { item.precedes($0) } ?? items.endIndex)
  }

  /// Writes the folders that changed, innermost first, and returns the name of this one.
  mutating func write(_ writer: ObjectWriter) throws(WorkspaceError) -> ObjectName {
    for name in open.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard var inner = open[name] else { continue }
      if inner.isEmpty {
        // Git has no empty folders.
        items.removeAll { $0.name == name }
        continue
      }
      put(TreeItem(mode: TreeMode.folder, name: name, object: try inner.write(writer)))
    }
    open = [:]
    return try writer.tree(items)
  }
}
