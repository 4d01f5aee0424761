import PawlCore
import Testing

@testable import PawlWorkspace

@Suite struct `The study's branch` {
  let time = Timestamp(milliseconds: 1_700_000_000_000)

  private func candidate(_ workspace: Workspace, _ trial: Int, _ text: String) throws -> CommitHash {
    try workspace.makeCandidate(
      study: .named("s"), trial: TrialID(rawValue: trial), parent: workspace.headCommit(),
      edits: [.content("train.py", text)], message: "Try \(trial)", at: time
    ).commit
  }

  private func advance(_ workspace: Workspace, _ expected: CommitHash?, _ tree: CommitHash) throws -> CommitHash {
    try workspace.advanceBranch(
      study: .named("s"), expected: expected, base: workspace.headCommit(), tree: tree, message: "Certify\n\nevidence",
      at: time)
  }

  @Test func `it grows one commit a step and leaves everything else alone`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let head = try workspace.headCommit()
    #expect(try workspace.branchTip(study: .named("s")) == nil)
    let (one, two) = (try candidate(workspace, 1, "1\n"), try candidate(workspace, 2, "2\n"))
    let first = try advance(workspace, nil, one)
    let second = try advance(workspace, first, two)
    #expect(try workspace.branchTip(study: .named("s")) == second)
    #expect(try repository.run("rev-list", "pawl/s") == "\(second)\n\(first)\n\(head)")
    #expect(try repository.run("show", "pawl/s:train.py") == "2")
    #expect(try workspace.subject(of: second) == "Certify")
    #expect(try repository.run("symbolic-ref", "HEAD") == "refs/heads/main")
    #expect(try workspace.dirtyPaths() == [])
    #expect(try repository.run("fsck", "--strict", "--no-dangling") == "")
  }

  @Test func `a step that was made already is not made again`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let one = try candidate(workspace, 1, "1\n")
    let first = try advance(workspace, nil, one)
    #expect(try advance(workspace, nil, one) == first)
    #expect(try workspace.branchTip(study: .named("s")) == first)
  }

  @Test func `a branch that somebody moved, made or deleted is left as it is`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let (one, two) = (try candidate(workspace, 1, "1\n"), try candidate(workspace, 2, "2\n"))
    let first = try advance(workspace, nil, one)
    try repository.run("branch", "-f", "pawl/s", "main")
    let moved = try #require(failure { _ = try advance(workspace, first, two) })
    #expect(moved.code == .branchMoved)
    #expect(moved.hints.contains { $0.contains("git branch -m pawl/s") })
    #expect(failure { _ = try advance(workspace, nil, two) }?.code == .branchMoved)
    #expect(try repository.run("rev-parse", "pawl/s") == repository.run("rev-parse", "main"))
    try repository.run("branch", "-D", "pawl/s")
    #expect(failure { _ = try advance(workspace, first, two) }?.code == .branchMoved)
  }

  @Test func `a branch that is checked out somewhere is not moved`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let first = try advance(workspace, nil, candidate(workspace, 1, "1\n"))
    let two = try candidate(workspace, 2, "2\n")
    try repository.run("worktree", "add", "-q", "other", "pawl/s")
    let error = try #require(failure { _ = try advance(workspace, first, two) })
    #expect(error.code == .branchCheckedOut)
    #expect(error.message.contains("\(repository.root)/other"))
    #expect(try workspace.branchTip(study: .named("s")) == first)
  }

  @Test func `a branch named pawl is in the way, and is said to be`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    try repository.run("branch", "pawl")
    let one = try candidate(workspace, 1, "1\n")
    #expect(failure { _ = try advance(workspace, nil, one) }?.code == .branchConflict)
  }

  @Test func `a linked worktree shares candidates and branch`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    try repository.run("worktree", "add", "-q", "-b", "side", "other")
    let linked = try Workspace.open(at: repository.root + "/other")
    #expect(linked.root == repository.root + "/other")
    let one = try candidate(linked, 1, "1\n")
    #expect(try workspace.texts(of: ["train.py"], at: one) == ["train.py": "1\n"])
  }
}
