#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

public import PawlCore

extension Workspace {
  /// Returns the absolute folders that hold history or another working tree of this repository, for attempts never to see; sorted.
  ///
  /// These are the git folder, where it lies elsewhere too; the main and every linked working tree; the git folders of checked-out
  /// submodules; and the repositories whose objects this one borrows (gitrepository-layout(5), `objects/info/alternates`). Asks git
  /// three times, so once for a session is enough.
  public func hiddenFolders() throws(WorkspaceError) -> [String] {
    let own = try program.demand(["rev-parse", "--git-dir", "--git-common-dir"]).line
      .split(separator: "\n").map { absolute(String($0), from: root) }
    var found = Set(own + [root])
    for line in try program.demand(["worktree", "list", "--porcelain"]).text.split(separator: "\n")
    where line.hasPrefix("worktree ") {
      found.insert(String(line.dropFirst("worktree ".count)))
    }
    var stores = own
    for entry in try program.demand(["ls-files", "--stage", "-z"]).output.split(separator: 0)
    where entry.starts(with: "160000 ".utf8) {
      guard let tab = entry.firstIndex(of: 0x09) else { continue }
      let place = "\(root)/\(String(decoding: entry[(tab + 1)...], as: UTF8.self))"
      guard let folder = gitFolder(of: place) else { continue }
      found.insert(folder)
      stores.append(folder)
    }
    for store in stores { borrow(from: "\(store)/objects", depth: 0, into: &found) }
    return found.compactMap { FilePath.resolved($0) }.filter { $0 != "/" }.sorted()
  }

  /// Finds out, before anything is measured, whether `commit` can be laid down.
  ///
  /// Errors: `linkLeadsOut`, `submoduleUnavailable`, `unknownCommit`, `fileSystem`. What it reads is kept for `materialise`.
  public func check(_ commit: CommitHash) throws(WorkspaceError) {
    let pristine = try pristines.pristine(of: try name(of: commit), reader: reader)
    try LinkRule(links: pristine.links).check()
  }

  private func absolute(_ path: String, from folder: String) -> String {
    path.hasPrefix("/") ? path : FilePath.absolute("\(folder)/\(path)")
  }

  /// A submodule's `.git` is a folder, or a file that names one (gitrepository-layout(5)).
  private func gitFolder(of place: String) -> String? {
    let git = place + "/.git"
    if FilePath.isFolder(git) { return git }
    guard let line = text(git), line.hasPrefix("gitdir: ") else { return nil }
    return absolute(String(line.dropFirst("gitdir: ".count)), from: place)
  }

  /// Adds the repositories that an object store borrows from; git follows five steps too.
  private func borrow(from objects: String, depth: Int, into found: inout Set<String>) {
    guard depth < 5, let list = text(objects + "/info/alternates") else { return }
    for line in list.split(separator: "\n") where !line.hasPrefix("#") {
      let other = absolute(String(line), from: objects)
      guard found.insert(other).inserted else { continue }
      let parts = other.split(separator: "/")
      if parts.last == "objects" {
        // The history is more than objects, and beside a `.git` lie the studies of that checkout.
        let isCheckout = parts.dropLast().last == ".git"
        found.insert("/" + parts.dropLast(isCheckout ? 2 : 1).joined(separator: "/"))
      }
      borrow(from: other, depth: depth + 1, into: &found)
    }
  }

  /// Returns a small file's text without its last line break; nil where it cannot be read.
  private func text(_ path: String) -> String? {
    guard let bytes = try? Descriptor.open(path, O_RDONLY).readAll() else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
