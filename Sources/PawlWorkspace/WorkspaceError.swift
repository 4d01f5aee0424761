public import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A failure to read or write the repository, or to lay a candidate down.
public struct WorkspaceError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable, Sendable {
      case notARepository, bareRepository, noCommits, gitMissing, gitTooOld, unsafeOwnership, unknownCommit, badEdit
      case linkLeadsOut, submoduleUnavailable, folderNotEmpty, branchMoved, branchCheckedOut, branchConflict, gitFailed
      case fileSystem, corruptObject
    }
    let kind: Kind
    /// No repository holds the folder.
    public static let notARepository = Self(kind: .notARepository)
    /// The repository has no working tree, or the path lies inside its `.git`.
    public static let bareRepository = Self(kind: .bareRepository)
    /// The repository has no commit yet.
    public static let noCommits = Self(kind: .noCommits)
    /// There is no `git` program in `PATH`.
    public static let gitMissing = Self(kind: .gitMissing)
    /// The `git` program is older than 2.30.
    public static let gitTooOld = Self(kind: .gitTooOld)
    /// The repository belongs to another user and git refuses it.
    public static let unsafeOwnership = Self(kind: .unsafeOwnership)
    /// The repository has no such commit.
    public static let unknownCommit = Self(kind: .unknownCommit)
    /// An edit does not fit the file that it is for, or its path is not allowed.
    public static let badEdit = Self(kind: .badEdit)
    /// A symbolic link in the repository points outside of it.
    public static let linkLeadsOut = Self(kind: .linkLeadsOut)
    /// A submodule's recorded commit is not checked out.
    public static let submoduleUnavailable = Self(kind: .submoduleUnavailable)
    /// The folder to lay a candidate down in holds something.
    public static let folderNotEmpty = Self(kind: .folderNotEmpty)
    /// Somebody else moved the study's branch.
    public static let branchMoved = Self(kind: .branchMoved)
    /// The study's branch is checked out in a working tree.
    public static let branchCheckedOut = Self(kind: .branchCheckedOut)
    /// A branch named `pawl` is in the way of `pawl/<study>`.
    public static let branchConflict = Self(kind: .branchConflict)
    /// A git command failed for a reason of its own; the message holds what it said.
    public static let gitFailed = Self(kind: .gitFailed)
    /// A file or folder could not be read, written or removed.
    public static let fileSystem = Self(kind: .fileSystem)
    /// An object in the repository is damaged.
    public static let corruptObject = Self(kind: .corruptObject)
  }
  /// What kind of failure this is. Branch on this, never on `message`.
  public let code: Code
  /// A lowercase fragment that fits after "error: ".
  public let message: String
  /// What the user can do next. Rendered as "hint: …", one per line.
  public let hints: [String]
  /// What failed underneath, if anything.
  public let cause: (any Error)?

  init(_ code: Code, _ message: String, hints: [String] = [], cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.hints = hints
    self.cause = cause
  }
}

/// A system call that failed, by its `errno`.
struct SystemError: DescribedError, CustomStringConvertible {
  let number: Int32
  var message: String { String(cString: strerror(number)).lowercasedFirst }
  let hints: [String] = []
  let cause: (any Error)? = nil
  var description: String { message }
}

extension String {
  /// The text with its first letter in lower case, as a fragment after "error: " wants it.
  var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
