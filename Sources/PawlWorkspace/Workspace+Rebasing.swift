public import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What became of a candidate's change on another commit.
public enum RebaseOutcome: Sendable, Hashable {
  case made(CandidateCommit)
  /// The files that both sides changed in ways that exclude each other, sorted.
  case conflicts([String])
  /// The other commit has all of the change already.
  case nothingLeft
}

/// A candidate's change: what its commit has different from its parent's.
public struct CandidateChange: Sendable, Hashable {
  public let parent: CommitHash
  public let commit: CommitHash
  /// The proposal's edits, and the commit that they were written for.
  public let edits: [FileEdit]
  public let writtenFor: CommitHash
  public init(parent: CommitHash, commit: CommitHash, edits: [FileEdit], writtenFor: CommitHash) {
    self.parent = parent
    self.commit = commit
    self.edits = edits
    self.writtenFor = writtenFor
  }
}

extension Workspace {
  /// Makes the candidate again as a change of `head`; the trial's ref moves there, `refs/pawl/<study>/replaced/<commit>` keeps the old one.
  ///
  /// Idempotent as `makeCandidate` is. A file that only one side changed is that side's. In a file that both changed, edits of whole lines
  /// are made again where each still stands at its line; else the two are merged as `git merge-file` does. Deletions, modes and kinds
  /// merge three ways too; nothing is taken for renamed, and no merge driver runs. Errors: `badEdit` for a change of a file that is not
  /// editable, `unknownCommit`.
  public func rebase(
    _ change: CandidateChange, onto head: CommitHash, study: StudyName, trial: TrialID, isEditable: (String) -> Bool,
    message: String, at: Timestamp
  ) throws(WorkspaceError) -> RebaseOutcome {
    let (headName, old) = (try name(of: head), try name(of: change.commit))
    let merged = try merge(change, onto: headName, study: study, isEditable: isEditable)
    if !merged.conflicts.isEmpty { return .conflicts(merged.conflicts) }
    guard !merged.files.isEmpty else { return .nothingLeft }
    var draft = merged.draft
    var count = LineCount()
    for file in merged.files { count.add(LineDifference.count(from: file.before ?? [], to: file.after ?? [])) }
    // What attempts were made of is not garbage, although nothing else leads there any more.
    try writer.setRef("refs/pawl/\(study)/replaced/\(old.hex)", old)
    return .made(
      try commit(
        try draft.write(writer), count, parent: headName, study: study, trial: trial, message: message, at: at))
  }

  /// A change put onto a head: the files that come out different from the head's, and those that cannot be.
  struct Merged {
    struct File {
      let path: String
      let before: [UInt8]?
      let after: [UInt8]?
    }
    var draft: TreeDraft
    var files: [File] = []
    var conflicts: [String] = []
  }

  func merge(
    _ change: CandidateChange, onto head: ObjectName, study: StudyName, isEditable: (String) -> Bool
  ) throws(WorkspaceError) -> Merged {
    let base = try reader.rootTree(of: try name(of: change.parent))
    let ours = try reader.rootTree(of: head)
    let changes = try TreeWalk(reader).changes(
      from: base, to: try reader.rootTree(of: try name(of: change.commit)))
    var merged = Merged(draft: TreeDraft(reader: reader, items: ours))
    for (path, theirs) in changes.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let components = path.split(separator: 0x2f).map { Array($0) }
      guard let text = String(validating: path, as: UTF8.self), isEditable(text) else {
        throw WorkspaceError(.badEdit, "`\(path.shown)` is not editable")
      }
      let merge = FileMerge(
        base: try item(at: components, in: base), head: try item(at: components, in: ours), candidate: theirs)
      let result = try merge.result { (both) throws(WorkspaceError) in try content(both, text, change, study) }
      switch result {
      case .conflict: merged.conflicts.append(text)
      case .unchanged: break
      case .file(let file):
        guard try merged.draft.set(components[...], to: file) else {
          merged.conflicts.append(text)
          continue
        }
        merged.files.append(.init(path: text, before: try bytes(of: merge.head), after: try bytes(of: file)))
      }
    }
    return merged
  }

  func bytes(of item: TreeItem?) throws(WorkspaceError) -> [UInt8]? {
    guard let item else { return nil }
    return try reader.blobs([item.object])[0]
  }

  /// Returns the paths of the files that one commit has different from another.
  public func changedPaths(from: CommitHash, to: CommitHash) throws(WorkspaceError) -> Set<String> {
    let changes = try TreeWalk(reader).changes(
      from: try reader.rootTree(of: try name(of: from)), to: try reader.rootTree(of: try name(of: to)))
    return Set(changes.keys.map(\.shown))
  }

  /// Returns the object of a file that both sides changed, or nil where they exclude each other.
  private func content(
    _ merge: FileMerge.Content, _ path: String, _ change: CandidateChange, _ study: StudyName
  ) throws(WorkspaceError) -> ObjectName? {
    let found = try reader.blobs([merge.base, merge.head, merge.candidate])
    if let edit = change.edits.first(where: { $0.path == path }), case .lines = edit.change,
      let again = try repeated(edit, writtenFor: change.writtenFor, on: found[1])
    {
      return try writer.blob(again)
    }
    return try merged(base: found[0], head: found[1], candidate: found[2], study: study).map {
      (bytes) throws(WorkspaceError) in try writer.blob(bytes)
    }
  }

  /// Returns the file with the edit made again, or nil where a line is not what it was, or may not be where it was.
  ///
  /// Two changes of neighbouring lines are one conflict to a merge, but knobs stand on neighbouring lines.
  private func repeated(
    _ edit: FileEdit, writtenFor origin: CommitHash, on head: [UInt8]
  ) throws(WorkspaceError) -> [UInt8]? {
    guard let original = try content(of: edit.path, at: origin), let text = String(validating: head, as: UTF8.self),
      // With as many lines as before, a line of the same text at the same place is the same line.
      original.count(where: { $0 == 0x0a }) == head.count(where: { $0 == 0x0a })
    else { return nil }
    return edit.applied(to: text).map { Array($0.utf8) }
  }

  /// Merges three contents by lines; nil where there is a conflict, or a file is not text.
  private func merged(
    base: [UInt8], head: [UInt8], candidate: [UInt8], study: StudyName
  ) throws(WorkspaceError) -> [UInt8]? {
    // Git calls a file with a NUL binary and merges none.
    guard ![base, head, candidate].contains(where: { $0.contains(0) }) else { return nil }
    var place = Array("\(try prepareFolder(study: study))/merge.XXXXXX".utf8CString)
    guard mkdtemp(&place) != nil else { throw .system("a folder for a merge could not be made") }
    let folder = String(decoding: place.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { remove(folder) }
    var paths: [String] = []
    for (name, bytes) in [("head", head), ("base", base), ("candidate", candidate)] {
      paths.append("\(folder)/\(name)")
      try FilePath.write(bytes, to: "\(folder)/\(name)")
    }
    let arguments = ["merge-file", "--stdout", "--quiet"] + paths
    let done = try program.run(arguments)
    if done.code == 0 { return done.output }
    // The number of conflicts; an error is 255.
    guard done.code < 128 else { throw program.failure(of: arguments, done) }
    return nil
  }
}
