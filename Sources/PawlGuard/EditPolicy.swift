public import PawlCore

/// Decides which edits may become a candidate: editable files only, and nothing that leads out of the repository.
///
/// What cannot be read as a glob covers nothing as `editable` and everything as `frozen`: a mistake never opens a file.
public struct EditPolicy: Sendable {
  /// The most that all edits of one proposal may hold together.
  static let sizeLimit = Bytes.mebibytes(1)
  /// Bytes of a name (NAME_MAX), and of a path with room left for the folder that it is laid down in (PATH_MAX is 4096).
  private static let (nameLimit, pathLimit) = (255, 4_000)
  private let editable: [Glob]
  private let frozen: [Glob]
  private let isClosed: Bool
  private let linked: [[Substring]]

  /// - Parameter linked: Paths at which attempts find things of the user's checkout; nothing is edited at, under or above one.
  public init(editable: [String], frozen: [String], linked: [String] = []) {
    self.linked = linked.map(Self.parts(of:))
    self.editable = editable.compactMap(Glob.init)
    let globs = frozen.map(Glob.init)
    self.frozen = globs.compactMap { $0 }
    isClosed = globs.contains { $0 == nil }
  }

  /// The policy of a study: what `sandbox.read` lists of the checkout is out of reach, besides what is frozen.
  public init(_ configuration: StudyConfiguration) {
    self.init(
      editable: configuration.editable, frozen: configuration.frozen,
      linked: configuration.sandbox.readable.filter { !$0.hasPrefix("/") && !$0.hasPrefix("~") })
  }

  /// Returns whether agents may change the file at `path`; paths that are not plain and relative never are.
  public func isEditable(_ path: String) -> Bool {
    Self.flaw(of: path) == nil && isInEditableSet(path) && !isFrozen(path) && !isLinked(path)
  }

  /// Returns nil where the edits are allowed, else a lowercase reason.
  ///
  /// - Parameters:
  ///   - links: Paths in the repository that are symbolic links; nothing is written to or through one.
  ///   - files: Paths that are files before the edits, as far as they are known.
  public func refusal(of edits: [FileEdit], links: Set<String>, files: Set<String> = []) -> String? {
    guard !edits.isEmpty else { return "the proposal is empty: it edits no file" }
    var seen: Set<String> = []
    var size: Int64 = 0
    for edit in edits {
      let shown = "`\(edit.path.shown())`"
      if let flaw = Self.flaw(of: edit.path) { return "\(shown) \(flaw)" }
      if isFrozen(edit.path) { return "\(shown) is frozen" }
      if isLinked(edit.path) { return "\(shown) is in the place of what `sandbox.read` lists" }
      if !isInEditableSet(edit.path) { return "\(shown) is outside the editable set" }
      if let link = Self.link(on: edit.path, among: links) {
        return link == edit.path ? "\(shown) is a symbolic link" : "\(shown) leads through the link `\(link.shown())`"
      }
      guard seen.insert(edit.path).inserted else { return "\(shown) is edited twice" }
      if let flaw = Self.flaw(of: edit.change, size: &size) { return "the edit of \(shown) \(flaw)" }
    }
    if size > Self.sizeLimit.count { return "the edits are too large: \(Bytes(size)), at most \(Self.sizeLimit)" }
    return Self.collision(of: edits, with: files)
  }

  /// Says which path would be a file and a folder at once.
  private static func collision(of edits: [FileEdit], with files: Set<String>) -> String? {
    let written = edits.filter { $0.change != .removed }.map(\.path)
    let left = files.subtracting(edits.map(\.path)).union(written)
    let occupied = Set(files.union(written).flatMap(folders(above:)))
    for path in written {
      if let file = folders(above: path).first(where: left.contains) {
        return "`\(path.shown())` is below `\(file.shown())`, which is a file"
      }
    }
    return written.first(where: occupied.contains).map { "`\($0.shown())` is a folder" }
  }

  /// The outermost first.
  private static func folders(above path: String) -> [String] {
    path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") }.map { String(path[..<$0]) }
  }

  private func isInEditableSet(_ path: String) -> Bool { editable.contains { $0.matches(path) } }
  private func isLinked(_ path: String) -> Bool {
    guard !linked.isEmpty else { return false }
    let parts = Self.parts(of: path)
    return linked.contains { $0.starts(with: parts) || parts.starts(with: $0) }
  }
  private static func parts(of path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }
  private func isFrozen(_ path: String) -> Bool { isClosed || frozen.contains { $0.matches(path) } }

  /// Says why no repository may have a candidate write to `path`, whatever the globs say.
  private static func flaw(of path: String) -> String? {
    if path.isEmpty { return "is no path" }
    if path.utf8.contains(0) { return "contains a NUL" }
    if path.utf8.first == UInt8(ascii: "/") { return "is absolute" }
    if path.utf8.count > pathLimit { return "is too long: \(path.utf8.count) bytes, at most \(pathLimit)" }
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      if part.utf8.count > nameLimit { return "has a name of \(part.utf8.count) bytes, at most \(nameLimit)" }
      // Lowercased, because some file systems do not tell `.GIT` from `.git`.
      switch part.lowercased() {
      case "..": return "climbs out with `..`"
      case "", ".": return "is not a plain path"
      case ".git": return "is inside `.git`"
      case ".pawl": return "is inside `.pawl`"
      default: continue
      }
    }
    return path == "pawl.yaml" ? "is frozen: it defines the study" : nil
  }

  private static func flaw(of change: FileEdit.Change, size: inout Int64) -> String? {
    switch change {
    case .content(let content):
      size = size.clampedAdding(content.utf8.count)
      if content.utf8.contains(0) { return "contains a NUL" }
    case .removed: break
    case .lines(let changes):
      if changes.isEmpty { return "is empty" }
      if changes.allSatisfy({ $0.old.utf8.elementsEqual($0.new.utf8) }) { return "leaves its content unchanged" }
      for change in changes {
        size = size.clampedAdding(change.new.utf8.count)
        if change.new.utf8.contains(0) { return "contains a NUL" }
        if change.new.utf8.contains(UInt8(ascii: "\n")) { return "puts a line break into line \(change.line)" }
      }
    }
    return nil
  }

  private static func link(on path: String, among links: Set<String>) -> String? {
    guard !links.isEmpty else { return nil }
    var prefix = ""
    for part in path.split(separator: "/") {
      prefix += prefix.isEmpty ? String(part) : "/\(part)"
      if links.contains(prefix) { return prefix }
    }
    return nil
  }
}

extension Int64 {
  fileprivate func clampedAdding(_ count: Int) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(Int64(count))
    return overflow ? .max : sum
  }
}
