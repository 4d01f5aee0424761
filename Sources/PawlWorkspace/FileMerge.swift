/// One file of three commits: what a candidate started from, what the head has now, and what the candidate has.
struct FileMerge {
  let base: TreeItem?
  let head: TreeItem?
  let candidate: TreeItem?

  enum Result: Equatable {
    /// The head's stays.
    case unchanged
    /// Nil where the file goes.
    case file(TreeItem?)
    case conflict
  }

  /// Contents of regular files, of which the head's and the candidate's differ from the base's and from each other.
  struct Content {
    let base: ObjectName
    let head: ObjectName
    let candidate: ObjectName
  }

  /// Returns what the file becomes; `content` merges what both changed, nil being a conflict.
  func result(content: (Content) throws(WorkspaceError) -> ObjectName?) throws(WorkspaceError) -> Result {
    if Self.same(head, candidate) || Self.same(base, candidate) { return .unchanged }
    if Self.same(base, head) { return .file(candidate) }
    guard let base, let head, let candidate, [base, head, candidate].allSatisfy(\.isRegular) else { return .conflict }
    // There are two modes: where both sides changed it, they agree.
    let mode = candidate.mode == base.mode ? head.mode : candidate.mode
    let object: ObjectName?
    if candidate.object == base.object || candidate.object == head.object {
      object = head.object
    } else if head.object == base.object {
      object = candidate.object
    } else {
      object = try content(Content(base: base.object, head: head.object, candidate: candidate.object))
    }
    guard let object else { return .conflict }
    if mode == head.mode && object == head.object { return .unchanged }
    return .file(TreeItem(mode: mode, name: head.name, object: object))
  }

  private static func same(_ one: TreeItem?, _ other: TreeItem?) -> Bool {
    one?.mode == other?.mode && one?.object == other?.object
  }
}

extension TreeItem {
  var isRegular: Bool { !isFolder && !isLink && !isSubmodule }
}
