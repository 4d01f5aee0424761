public import PawlCore

extension Workspace {
  /// Returns the edits that take a change out of `head` again; nil where what was built on it since is in the way.
  ///
  /// Errors: as `rebase`; `badEdit` also for a file that is not UTF-8.
  public func reversal(
    of commit: CommitHash, from parent: CommitHash, on head: CommitHash, study: StudyName, isEditable: (String) -> Bool
  ) throws(WorkspaceError) -> [FileEdit]? {
    let (old, new) = (try reader.rootTree(of: try name(of: commit)), try reader.rootTree(of: try name(of: parent)))
    var lines: [FileEdit] = []
    for (path, item) in try TreeWalk(reader).changes(from: old, to: new) {
      guard let before = try self.item(at: path.split(separator: 0x2f).map { Array($0) }, in: old) else { continue }
      let texts = try [before, item].map { (item) throws(WorkspaceError) in try bytes(of: item) }
      if let edit = try? Self.edit(of: path.shown, from: texts[0], to: texts[1]), case .lines = edit.change {
        lines.append(edit)
      }
    }
    let change = CandidateChange(parent: commit, commit: parent, edits: lines, writtenFor: commit)
    let merged = try merge(change, onto: try name(of: head), study: study, isEditable: isEditable)
    guard merged.conflicts.isEmpty else { return nil }
    return try merged.files.map { (file) throws(WorkspaceError) in
      try Self.edit(of: file.path, from: file.before, to: file.after)
    }
  }

  /// Returns the edit that makes one content the other: of lines where there are as many of them, as that goes together with most.
  ///
  /// Errors: `badEdit` where a content is not UTF-8.
  public static func edit(
    of path: String, from before: [UInt8]?, to after: [UInt8]?
  ) throws(WorkspaceError) -> FileEdit {
    guard let after else { return FileEdit(path: path, change: .removed) }
    guard let text = String(validating: after, as: UTF8.self) else {
      throw WorkspaceError(.badEdit, "`\(path)` is not UTF-8")
    }
    guard let before, let old = String(validating: before, as: UTF8.self) else {
      return FileEdit(path: path, change: .content(text))
    }
    let (olds, news) = (
      old.utf8.split(separator: 0x0a, omittingEmptySubsequences: false),
      text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
    )
    guard olds.count == news.count else { return FileEdit(path: path, change: .content(text)) }
    let changes = zip(olds, news).enumerated().compactMap { index, pair in
      pair.0.elementsEqual(pair.1)
        ? nil
        : FileEdit.LineChange(
          line: index + 1, old: String(decoding: pair.0, as: UTF8.self), new: String(decoding: pair.1, as: UTF8.self))
    }
    return FileEdit(path: path, change: .lines(changes))
  }
}
