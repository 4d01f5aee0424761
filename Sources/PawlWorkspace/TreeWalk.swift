/// A file, link or submodule of a commit with its whole path.
struct TreeFile: Sendable, Hashable {
  let path: [UInt8]
  let item: TreeItem
}

/// Walks the folders of commits.
struct TreeWalk {
  let reader: ObjectReader
  init(_ reader: ObjectReader) { self.reader = reader }

  /// Returns all files below, in git's order.
  func files(of items: [TreeItem], under prefix: [UInt8] = []) throws(WorkspaceError) -> [TreeFile] {
    var files: [TreeFile] = []
    try collect(items, prefix, into: &files)
    return files
  }

  private func collect(
    _ items: [TreeItem], _ prefix: [UInt8], into files: inout [TreeFile]
  ) throws(WorkspaceError) {
    for item in items {
      let path = prefix + item.name
      if item.isFolder {
        try collect(try reader.tree(item.object), path + [0x2f], into: &files)
      } else {
        files.append(TreeFile(path: path, item: item))
      }
    }
  }

  /// Returns what differs: nil where the second has no file at the path. Folders that are the same are not read.
  func changes(
    from old: [TreeItem], to new: [TreeItem], under prefix: [UInt8] = []
  ) throws(WorkspaceError) -> [[UInt8]: TreeItem?] {
    if old == new { return [:] }
    var changes: [[UInt8]: TreeItem?] = [:]
    let before = Dictionary(old.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let after = Dictionary(new.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for item in old where after[item.name] != item {
      let other = after[item.name]
      if item.isFolder {
        let inner = other.map { $0.isFolder } == true ? try other.map(tree) ?? [] : []
        let deeper = try self.changes(from: try tree(item), to: inner, under: prefix + item.name + [0x2f])
        changes.merge(deeper) { _, new in new }
      } else if other == nil || other?.isFolder == true {
        changes[prefix + item.name] = .some(nil)
      }
    }
    for item in new where before[item.name] != item {
      let path = prefix + item.name
      if !item.isFolder {
        changes[path] = .some(item)
      } else if before[item.name]?.isFolder != true {
        for file in try files(of: try tree(item), under: path + [0x2f]) { changes[file.path] = .some(file.item) }
      }
    }
    return changes
  }

  private func tree(_ item: TreeItem) throws(WorkspaceError) -> [TreeItem] { try reader.tree(item.object) }
}
