import PawlCore
import Testing

@testable import PawlWorkspace

@Suite struct `What attempts must never see` {
  @Test func `names the git folder and the working tree`() throws {
    let repository = try TemporaryRepository()
    #expect(try repository.open().hiddenFolders() == [repository.root, repository.root + "/.git"])
  }

  @Test func `names the main checkout and every other working tree`() throws {
    let repository = try TemporaryRepository()
    repository.shell("git worktree add -q inner/one && git worktree add -q inner/two")
    let inner = repository.root + "/inner"
    let expected = [repository.root, repository.root + "/.git", inner + "/one", inner + "/two"]
    let found = try Workspace.open(at: inner + "/one").hiddenFolders()
    #expect(Set(expected).isSubset(of: found), "\(found)")
    #expect(found.contains(repository.root + "/.git/worktrees/one"))
    #expect(Set(expected).isSubset(of: try repository.open().hiddenFolders()))
    repository.shell("rm -rf inner/two")
    #expect(try !repository.open().hiddenFolders().contains(inner + "/two"), "a tree that is gone hides nothing")
  }

  @Test func `names the repositories that objects are borrowed from and those of submodules`() throws {
    let origin = try TemporaryRepository()
    let middle = try TemporaryRepository(files: [:])
    middle.shell("git clone -q --bare --shared '\(origin.root)' bare.git && git clone -q --shared bare.git clone")
    let clone = middle.root + "/clone"
    let found = try Workspace.open(at: clone).hiddenFolders()
    let expected = [clone, clone + "/.git", middle.root + "/bare.git", origin.root, origin.root + "/.git/objects"]
    #expect(Set(expected).isSubset(of: found), "\(found)")

    let inner = try TemporaryRepository()
    let outer = try TemporaryRepository()
    outer.shell("git -c protocol.file.allow=always submodule add -q '\(inner.root)' 'my lib' >/dev/null 2>&1")
    try outer.commit("submodule")
    #expect(try outer.open().hiddenFolders().contains(outer.root + "/.git/modules/my lib"))
  }

  @Test func `finds out before a study begins whether a commit can be laid down`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    try workspace.check(try workspace.headCommit())
    repository.shell("ln -s /etc/passwd outside")
    try repository.commit("a link")
    let commit = try workspace.headCommit()
    let error = try #require(failure { try workspace.check(commit) })
    #expect(error.code == .linkLeadsOut)
    #expect(error.hints.contains { $0.contains("`sandbox.read`") })
    let none = CommitHash(rawValue: String(repeating: "0", count: 40))
    #expect(failure { try workspace.check(none) }?.code == .unknownCommit)
  }
}
