import PawlCore
import Testing

@testable import PawlWorkspace

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct `Opening a repository` {
  @Test func `finds the top folder from below`() throws {
    let repository = try TemporaryRepository(files: ["a/b/c.txt": "c\n"])
    let workspace = try Workspace.open(at: repository.root + "/a/b")
    #expect(workspace.root == repository.root)
    #expect(try workspace.headCommit().rawValue == repository.run("rev-parse", "HEAD"))
  }

  @Test func `a folder without a repository is an error that names git init`() throws {
    let repository = try TemporaryRepository()
    repository.shell("rm -rf .git")
    let error = try #require(failure { _ = try repository.open() })
    #expect(error.code == .notARepository)
    #expect(error.hints.contains { $0.contains("git init") })
    #expect(failure { _ = try Workspace.open(at: repository.root + "/missing") }?.code == .notARepository)
  }

  @Test func `a bare repository and the inside of a git folder are refused`() throws {
    let repository = try TemporaryRepository()
    #expect(failure { _ = try Workspace.open(at: repository.root + "/.git") }?.code == .bareRepository)
    repository.shell("git clone -q --bare . bare.git")
    #expect(failure { _ = try Workspace.open(at: repository.root + "/bare.git") }?.code == .bareRepository)
  }

  @Test func `a repository without commits is refused with a hint`() throws {
    let repository = try TemporaryRepository(files: [:])
    let error = try #require(failure { _ = try repository.open() })
    #expect(error.code == .noCommits)
    #expect(error.hints.contains { $0.contains("git commit") })
  }

  @Test func `dubious ownership is told as such`() {
    let complaint = "fatal: detected dubious ownership in repository at '/r'\nTo add an exception, call"
    let error = GitProgram.failure(name: "rev-parse", code: 128, complaint: complaint, root: "/r")
    #expect(error.code == .unsafeOwnership)
    #expect(error.hints == ["if you trust it: `git config --global --add safe.directory '/r'`"])
  }

  @Test(arguments: [
    ("git version 2.39.5", true), ("git version 2.30.0", true), ("git version 2.29.9", false),
    ("git version 1.9.1", false), ("git version 2.50.1 (Apple Git-155)", true), ("git version 3.0.rc1", true),
    ("nonsense", false),
  ])
  func `git must be 2_30 or newer`(line: String, accepted: Bool) {
    #expect(failure { try Workspace.checkVersion(line) }?.code == (accepted ? nil : .gitTooOld))
  }

  @Test func `a repository whose folder has a line break and quotes in its name works`() throws {
    let outer = try TemporaryRepository()
    outer.shell("mkdir 'odd\nname \"x\"' && cp -r .git train.py prepare.py 'odd\nname \"x\"'")
    let workspace = try Workspace.open(at: outer.root + "/odd\nname \"x\"")
    let study = try StudyName.named("odd")
    let base = try workspace.headCommit()
    let made = try workspace.makeCandidate(
      study: study, trial: .init(rawValue: 1), parent: base, edits: [.content("train.py", "x\n")], message: "m",
      at: Timestamp(milliseconds: 0))
    let place = try workspace.prepareFolder(study: study) + "/one"
    try workspace.materialise(made.commit, frozenFrom: base, isEditable: { _ in true }, in: place)
    #expect(outer.read(place + "/train.py") == "x\n")
  }

  @Test func `changed, staged, deleted and untracked paths are dirty, ignored ones are not`() throws {
    let repository = try TemporaryRepository(files: [
      ".gitignore": "*.log\n", "changed": "1\n", "gone": "1\n", "staged": "1\n", "same": "1\n",
    ])
    let workspace = try repository.open()
    #expect(try workspace.dirtyPaths() == [])
    try repository.write("2\n", to: "changed")
    try repository.write("2\n", to: "staged")
    try repository.run("add", "staged")
    repository.shell("rm gone; touch x.log 'new\nname' 'ünï code'")
    #expect(try workspace.dirtyPaths() == ["changed", "gone", "new\nname", "staged", "ünï code"].sorted())
  }

  @Test func `the study's folder does not show in git status`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let folder = try workspace.prepareFolder(study: .named("s"))
    #expect(folder == repository.root + "/.pawl/s")
    try repository.write("x", to: ".pawl/s/file")
    #expect(try workspace.dirtyPaths() == [])
    #expect(try workspace.prepareFolder(study: .named("s")) == folder)
  }

  @Test func `a link in the place of the pawl folder is refused`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    repository.shell("mkdir elsewhere && ln -s elsewhere .pawl")
    #expect(failure { _ = try workspace.prepareFolder(study: .named("s")) }?.code == .fileSystem)
  }

  @Test func `a dirty working tree is committed without touching index, HEAD or files`() throws {
    let repository = try TemporaryRepository(files: [".gitignore": "*.log\n", "a": "1\n", "gone": "1\n", "b": "1\n"])
    let workspace = try repository.open()
    try repository.write("2\n", to: "a")
    try repository.write("staged\n", to: "b")
    try repository.run("add", "b")
    try repository.write("later\n", to: "b")
    repository.shell("rm gone; echo x > x.log; echo new > new")
    let before = try (
      repository.run("status", "--porcelain"), repository.run("ls-files", "-s"), repository.run("rev-parse", "HEAD")
    )
    let study = try StudyName.named("s")
    let commit = try workspace.commitWorkingTree(study: study)
    let after = try (
      repository.run("status", "--porcelain"), repository.run("ls-files", "-s"), repository.run("rev-parse", "HEAD")
    )
    #expect(before == after)
    #expect(try workspace.files(at: commit).map(\.path) == [".gitignore", "a", "b", "new"])
    #expect(try workspace.texts(of: ["a", "b", "new"], at: commit) == ["a": "2\n", "b": "later\n", "new": "new\n"])
    #expect(try repository.run("rev-parse", "refs/pawl/s/dirty-base") == commit.rawValue)
    #expect(try repository.run("rev-parse", "\(commit)^") == before.2)
    #expect(try workspace.commitWorkingTree(study: study) == commit)
  }

  @Test func `the user's hooks, signing, monitor and environment are left out`() throws {
    let repository = try TemporaryRepository()
    repository.shell(
      """
      mkdir -p .git/hooks; for hook in pre-commit reference-transaction post-index-change fsmonitor; do
      printf '#!/bin/sh\\ntouch "%s/ran"; exit 1\\n' "$PWD/.git" > .git/hooks/$hook; chmod +x .git/hooks/$hook; done
      git config core.fsmonitor "$PWD/.git/hooks/fsmonitor"; git config commit.gpgsign true
      git config gpg.program /bin/false; git config diff.external /bin/false; git config core.pager /bin/false
      """)
    setenv("GIT_DIR", "/nowhere", 1)
    defer { unsetenv("GIT_DIR") }
    let workspace = try repository.open()
    let study = try StudyName.named("s")
    let base = try workspace.commitWorkingTree(study: study)
    let made = try workspace.makeCandidate(
      study: study, trial: .init(rawValue: 1), parent: base, edits: [.content("train.py", "2\n")], message: "m",
      at: Timestamp(milliseconds: 5000))
    _ = try workspace.advanceBranch(
      study: study, expected: nil, base: base, tree: made.commit, message: "m", at: Timestamp(milliseconds: 5000))
    #expect(try workspace.diff(from: base, to: made.commit, colour: false).contains("+2"))
    #expect(try workspace.dirtyPaths() == [])
    #expect(repository.read(".git/ran") == nil)
  }
}
