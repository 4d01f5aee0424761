public import PawlCore

/// What lies between two commits.
public struct CommitDifference: Sendable, Hashable {
  /// Of editable text files, sorted by path.
  public let edits: [FileEdit]
  /// Paths of all others that differ, sorted.
  public let others: [String]
}

extension Workspace {
  /// Returns the edits that make the editable files of one commit those of another, and what differs besides.
  ///
  /// Links, submodules and files that are not UTF-8 are no edits, whatever `isEditable` says. A file's rights do not count.
  public func difference(
    from old: CommitHash, to new: CommitHash, isEditable: (String) -> Bool
  ) throws(WorkspaceError) -> CommitDifference {
    let (before, after) = (try reader.rootTree(of: try name(of: old)), try reader.rootTree(of: try name(of: new)))
    var edits: [FileEdit] = []
    var others: [String] = []
    let changes = try TreeWalk(reader).changes(from: before, to: after)
    for (path, item) in changes.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let present = try self.item(at: path.split(separator: 0x2f).map { Array($0) }, in: before)
      let isPlain = [present, item].allSatisfy { $0.map { !$0.isLink && !$0.isSubmodule && !$0.isFolder } ?? true }
      guard isPlain, let text = String(validating: path, as: UTF8.self), isEditable(text),
        let texts = try contents(present, item)
      else {
        others.append(path.shown)
        continue
      }
      if texts.old == texts.new { continue }
      edits.append(try Self.edit(of: text, from: texts.old, to: texts.new))
    }
    return CommitDifference(edits: edits, others: others)
  }

  /// Returns the contents, nil for a file that is not there; nil where one is no text.
  private func contents(_ old: TreeItem?, _ new: TreeItem?) throws(WorkspaceError) -> (old: [UInt8]?, new: [UInt8]?)? {
    let contents = try [old, new].map { (item) throws(WorkspaceError) -> [UInt8]? in
      guard let item else { return nil }
      return try reader.blobs([item.object])[0]
    }
    guard contents.allSatisfy({ $0.map { String(validating: $0, as: UTF8.self) != nil && !$0.contains(0) } ?? true })
    else { return nil }
    return (contents[0], contents[1])
  }
}
