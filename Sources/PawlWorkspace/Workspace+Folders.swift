public import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Workspace {
  /// Lays a candidate down in the folder `directory`, which must not exist or be empty; no `.git` is in it.
  ///
  /// Files come from `baseline`, except that those for which `isEditable` is true are as `commit` has them. Contents are git's own, no
  /// filter runs; submodules are always the baseline's, from where the user has them checked out. Errors: `linkLeadsOut`,
  /// `submoduleUnavailable`, `folderNotEmpty`, `unknownCommit`, `fileSystem`.
  public func materialise(
    _ commit: CommitHash, frozenFrom baseline: CommitHash, isEditable: (String) -> Bool, in directory: String
  ) throws(WorkspaceError) {
    let (name, baselineName) = (try name(of: commit), try name(of: baseline))
    let pristine = try pristines.pristine(of: baselineName, reader: reader)
    let overlay = try name == baselineName ? [:] : overlay(of: name, on: pristine, isEditable)
    let links = try links(of: pristine, overlay)
    try LinkRule(links: links).check()
    let target = FilePath.absolute(directory)
    try Self.makeEmpty(target)
    var builder = FolderBuilder(FolderBuilder.Root(target))
    var source = pristine.folder.scratch
    for file in pristine.files where overlay.isEmpty || overlay[file.path] == nil {
      try builder.copy(file, from: pristine.folder, &source)
    }
    let changed = overlay.compactMap { path, item in item.map { TreeFile(path: path, item: $0) } }
      .filter { !$0.item.isLink }.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    for (file, content) in zip(changed, try reader.blobs(changed.map(\.item.object))) {
      try builder.make(file.path, executable: file.item.isExecutable, content: content)
    }
    for folder in pristine.folders { try builder.folder(folder) }
    // Last, so that nothing is written through one.
    for (path, link) in links.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      try builder.link(path, to: link)
    }
  }

  /// Returns what the candidate has different from the baseline among the editable files; nil is a file that it deleted.
  private func overlay(
    of commit: ObjectName, on pristine: Pristine, _ isEditable: (String) -> Bool
  ) throws(WorkspaceError) -> [[UInt8]: TreeItem?] {
    let changes = try TreeWalk(reader).changes(from: pristine.items, to: try reader.rootTree(of: commit))
    return changes.filter { path, item in
      guard let text = String(validating: path, as: UTF8.self), !pristine.submodules.contains(path) else {
        return false
      }
      return item?.isSubmodule != true && isEditable(text)
    }
  }

  private func links(
    of pristine: Pristine, _ overlay: [[UInt8]: TreeItem?]
  ) throws(WorkspaceError) -> [[UInt8]: [UInt8]] {
    var links = pristine.links
    for (path, item) in overlay {
      links[path] = nil
      if let item, item.isLink { links[path] = try reader.blobs([item.object])[0] }
    }
    return links
  }

  private static func makeEmpty(_ path: String) throws(WorkspaceError) {
    if FilePath.isFolder(path) {
      guard try FilePath.names(in: path).isEmpty else {
        throw WorkspaceError(.folderNotEmpty, "the folder `\(path)` is not empty", hints: ["remove what it holds"])
      }
    } else {
      try FilePath.makeFolders(path)
    }
  }

  /// Removes a folder below `.pawl` with all that an attempt left in it, as far as that can be done.
  ///
  /// Read-only folders and odd names go too; links are removed, never followed. A path that is not below `.pawl` is left alone.
  public func remove(_ directory: String) {
    // What stays behind is only disk space: attempts get folders of their own each.
    try? Removal(root: root).remove(directory)
  }
}
