import CPawlSystem
import Foundation
import PawlCore
import PawlGuard
import PawlWorkspace

/// What a program did to the candidate's folder: edits of editable files, and what is refused of it.
struct CandidateChanges {
  /// A path that the program touched and that does not become a part of its proposal.
  struct Refusal: Sendable, Hashable {
    let path: String
    /// A lowercase fragment that names the path.
    let reason: String
  }
  private(set) var edits: [FileEdit] = []
  private(set) var refused: [Refusal] = []

  /// All contents together; more could be no proposal (`EditPolicy`).
  private static let sizeLimit: Int64 = 1 << 20
  /// Paths that are refused one by one; the rest are counted.
  private static let mostRefused = 50
  private var size: Int64 = 0
  private let policy: EditPolicy

  /// - Parameters:
  ///   - before: the folder as it was laid down: frozen files of the baseline, editable ones of `parent`.
  ///   - secrets: what no edit may hold.
  init(
    from before: FolderRecord, to after: FolderRecord, in folder: String, parent: CommitHash, workspace: Workspace,
    baseline: CommitHash, policy: EditPolicy, secrets: [Secret]
  ) throws(WorkspaceError) {
    self.policy = policy
    let paths = Set(before.items.keys).union(after.items.keys).filter { before.items[$0] != after.items[$0] }
    let made = paths.filter { before.items[$0] == nil && !Self.isLitter($0) }.sorted()
    // Git gives up on paths beyond a link or in a submodule; what is not known to be ignored is looked at.
    let ignored = (try? workspace.ignored(among: made)) ?? []
    let texts = try workspace.texts(of: paths.filter(policy.isEditable).sorted(), at: parent)
    for path in paths.sorted() where !ignored.contains(path) && (before.items[path] != nil || !Self.isLitter(path)) {
      let origin = policy.isEditable(path) ? parent : baseline
      if try Self.isSame(before.items[path], after.items[path], path, in: folder, as: origin, workspace) { continue }
      try look(at: path, before.items[path], after.items[path], in: folder, old: texts[path], secrets: secrets)
    }
    if refused.count > Self.mostRefused {
      let rest = refused.count - Self.mostRefused
      refused = Array(refused.prefix(Self.mostRefused)) + [Refusal(path: "…", reason: "\(rest) more paths")]
    }
  }

  /// Returns whether it is something that interpreters and coding programs leave wherever they run.
  private static func isLitter(_ path: String) -> Bool {
    path.hasSuffix(".pyc") || path.split(separator: "/").contains { $0 == "__pycache__" || $0.hasPrefix(".aider.") }
  }

  /// Returns whether a file was touched and has its content still: written again, or given other rights.
  private static func isSame(
    _ old: FolderRecord.Item?, _ new: FolderRecord.Item?, _ path: String, in folder: String, as commit: CommitHash,
    _ workspace: Workspace
  ) throws(WorkspaceError) -> Bool {
    guard let old, let new, old.kind == .file, new.kind == .file, old.size == new.size else { return false }
    guard let content = content(of: "\(folder)/\(path)", limit: 16 << 20) else { return false }
    return try workspace.content(of: path, at: commit) == content
  }

  private mutating func look(
    at path: String, _ old: FolderRecord.Item?, _ new: FolderRecord.Item?, in folder: String, old text: String?,
    secrets: [Secret]
  ) throws(WorkspaceError) {
    let shown = secrets.redacting(path)
    if shown != path { return refuse(shown, "the name of `\(shown)` holds a key") }
    // Removal has no content that could be at fault: what it is refused for is the path.
    if let reason = policy.refusal(of: [FileEdit(path: path, change: .removed)], links: []) {
      return refuse(path, reason)
    }
    guard let new else {
      // What stood there as a link or another kind of thing is no file of the parent.
      guard old?.kind == .file else { return refuse(path, "`\(path)` was no regular file") }
      return edits.append(FileEdit(path: path, change: .removed))
    }
    guard new.kind == .file else {
      return refuse(path, "`\(path)` is \(new.kind == .link ? "a symbolic link" : "no regular file")")
    }
    guard let content = Self.content(of: "\(folder)/\(path)", limit: Self.sizeLimit) else {
      return refuse(path, "`\(path)` is larger than \(Bytes(Self.sizeLimit)), or cannot be read")
    }
    guard let new = String(validating: content, as: UTF8.self), !content.contains(0) else {
      return refuse(path, "`\(path)` is not text")
    }
    guard secrets.redacting(new) == new else { return refuse(path, "`\(path)` holds a key") }
    size += Int64(content.count)
    guard size <= Self.sizeLimit else {
      return refuse(path, "`\(path)` is too much: all edits together may hold \(Bytes(Self.sizeLimit))")
    }
    edits.append(try Workspace.edit(of: path, from: text.map { Array($0.utf8) }, to: content))
  }

  private mutating func refuse(_ path: String, _ reason: String) {
    refused.append(Refusal(path: path, reason: reason))
  }

  /// Returns a regular file's bytes; nil where there are more than `limit`, or none to be had.
  static func content(of path: String, limit: Int64) -> [UInt8]? {
    let number = pawl_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
    guard number >= 0 else { return nil }
    defer { close(number) }
    var status = stat()
    guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG, Int64(status.st_size) <= limit else {
      return nil
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Foundation.read(number, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
      guard Int64(bytes.count) <= limit else { return nil }
    }
  }
}
