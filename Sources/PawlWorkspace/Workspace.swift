public import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The repository that a study works on: its candidates, its branch and the folders in which attempts run.
///
/// Calls block, and may come from several threads at once. The user's working tree, index, config, hooks and branches are never
/// touched: candidates are commits under `refs/pawl/<study>/`, folders lie under `.pawl/`, the result is the branch `pawl/<study>`.
public final class Workspace: Sendable {
  /// The absolute path of the repository's top folder.
  public let root: String
  let program: GitProgram
  let reader: ObjectReader
  let writer: ObjectWriter
  let pristines: PristineStore

  private init(program: GitProgram, nameLength: Int) {
    root = program.root
    self.program = program
    reader = ObjectReader(program, nameLength: nameLength)
    writer = ObjectWriter(program)
    pristines = PristineStore(root: program.root)
  }

  /// Finds the repository that holds `path`.
  ///
  /// Errors: `gitMissing`, `gitTooOld` (before 2.30), `notARepository`, `bareRepository`, `noCommits`, `unsafeOwnership`.
  public static func open(at path: String) throws(WorkspaceError) -> Workspace {
    guard let absolute = FilePath.resolved(path), FilePath.isFolder(absolute) else {
      throw WorkspaceError(.notARepository, "there is no folder at `\(path)`")
    }
    let there = GitProgram(root: absolute)
    try checkVersion(try there.demand(["version"]).line)
    let workspace = try find(from: there)
    _ = try workspace.headCommit()
    return workspace
  }

  static func checkVersion(_ line: String) throws(WorkspaceError) {
    let word = line.split(separator: " ").dropFirst(2).first ?? ""
    let numbers = word.split(separator: ".").compactMap { Int($0) }
    guard numbers.count >= 2 else {
      throw WorkspaceError(.gitTooOld, "`git version` prints `\(line)`, which names no version")
    }
    if numbers[0] < 2 || (numbers[0] == 2 && numbers[1] < 30) {
      throw WorkspaceError(.gitTooOld, "git `\(word)` is too old", hints: ["install git 2.30 or newer"])
    }
  }

  private static func find(from there: GitProgram) throws(WorkspaceError) -> Workspace {
    let question = ["rev-parse", "--is-inside-work-tree", "--show-object-format", "--show-toplevel"]
    let found = try there.run(question)
    let lines = found.line.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
    if found.code == 0, lines.count == 3, lines[0] == "true" {
      return Workspace(program: GitProgram(root: String(lines[2])), nameLength: lines[1] == "sha256" ? 32 : 20)
    }
    if lines.first == "false" {
      throw WorkspaceError(
        .bareRepository, "`\(there.root)` is a bare repository, or lies inside a `.git` folder",
        hints: ["clone it with `git clone`, and run `pawl init` in the clone"])
    }
    if found.complaint.contains("not a git repository") {
      throw WorkspaceError(
        .notARepository, "`\(there.root)` is in no git repository",
        hints: ["make one with `git init && git add -A && git commit -m start`"])
    }
    throw there.failure(of: question, found)
  }

  /// Returns the commit that the working tree is on.
  public func headCommit() throws(WorkspaceError) -> CommitHash {
    let found = try program.run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
    guard found.code == 0, let name = ObjectName(hex: found.line) else {
      throw WorkspaceError(
        .noCommits, "the repository at `\(root)` has no commit yet",
        hints: ["make the first one with `git add -A && git commit -m start`"])
    }
    return CommitHash(rawValue: name.hex)
  }

  /// Returns what git status shows: modified, staged, deleted and untracked paths, ignored ones not; sorted.
  public func dirtyPaths() throws(WorkspaceError) -> [String] {
    let status = try program.demand([
      "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none",
    ])
    return status.output.split(separator: 0).map { String(decoding: $0.dropFirst(3), as: UTF8.self) }.sorted()
  }

  /// Returns `<root>/.pawl/<study>`, made where it is missing; `.pawl` ignores itself, so that git status stays clean.
  public func prepareFolder(study: StudyName) throws(WorkspaceError) -> String {
    try PawlFolder.prepare(root: root)
    let folder = "\(PawlFolder.path(root))/\(study)"
    try FilePath.makeFolder(folder)
    return folder
  }

  /// Commits the working tree as `snapshotWorkingTree` does, under `refs/pawl/<study>/dirty-base`.
  public func commitWorkingTree(study: StudyName) throws(WorkspaceError) -> CommitHash {
    let commit = try snapshotWorkingTree(study: study)
    let reference = "refs/pawl/\(study)/dirty-base"
    _ = try program.demand(GitProgram.durableWrites + ["update-ref", reference, commit.rawValue])
    return commit
  }

  /// Commits the working tree as it is, ignored files left out, without touching index or HEAD; nothing refers to the commit.
  ///
  /// It carries HEAD's date. The user's own clean filters (Git LFS) run, as they would for `git add`.
  public func snapshotWorkingTree(study: StudyName) throws(WorkspaceError) -> CommitHash {
    let folder = try prepareFolder(study: study)
    let head = try headCommit()
    let index = "\(folder)/index.\(getpid())"
    defer { for name in [index, index + ".lock"] { unlink(name) } }
    // The user's own index, copied, spares git from reading files again that did not change. With its time: git looks into a file
    // that is as new as the index, as one of the same size that was written in the same second looks the same otherwise.
    let own = try program.demand(["rev-parse", "--git-path", "index"]).line
    let ownPath = own.hasPrefix("/") ? own : "\(root)/\(own)"
    if FilePath.exists(ownPath) { try FilePath.copyFile(from: ownPath, to: index) }
    let environment = ["GIT_INDEX_FILE=\(index)"]
    _ = try program.demand(GitProgram.durableWrites + ["add", "-A", "--", "."], environment: environment)
    let tree = try program.demand(GitProgram.durableWrites + ["write-tree"], environment: environment).line
    let date = try program.demand(["show", "-s", "--format=%ct", head.rawValue]).line
    let dates = ["GIT_AUTHOR_DATE=@\(date) +0000", "GIT_COMMITTER_DATE=@\(date) +0000"]
    let message = "Working tree of \(root.split(separator: "/").last ?? "/") as it was"
    let made = try program.demand(
      GitProgram.durableWrites + ["commit-tree", "-p", head.rawValue, "-m", message, tree], environment: dates)
    guard let commit = ObjectName(hex: made.line) else { throw program.failure(of: ["commit-tree"], made) }
    return CommitHash(rawValue: commit.hex)
  }

  /// Returns the commit's object name, or an error where it is none: commits come from the journal and must never be read as options.
  func name(of commit: CommitHash) throws(WorkspaceError) -> ObjectName {
    guard let name = ObjectName(hex: commit.rawValue), name.raw.count == reader.nameLength else {
      throw WorkspaceError(.unknownCommit, "`\(commit)` is not the name of a commit")
    }
    return name
  }
}
