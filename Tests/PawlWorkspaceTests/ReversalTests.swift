import PawlCore
import Testing

@testable import PawlWorkspace

@Suite struct `Taking a step out again` {
  private let time = Timestamp(milliseconds: 1_700_000_000_000)

  /// A repository with steps that follow each other; returns the commits, the baseline's first.
  private func steps(
    _ files: [String: String], _ steps: [[FileEdit]]
  ) throws -> (repository: TemporaryRepository, workspace: Workspace, commits: [CommitHash]) {
    let repository = try TemporaryRepository(files: files)
    let workspace = try repository.open()
    var commits = [try workspace.headCommit()]
    for (number, edits) in steps.enumerated() {
      commits.append(
        try workspace.makeCandidate(
          study: .named("s"), trial: TrialID(rawValue: number + 1), parent: commits[number], edits: edits,
          message: "Step", at: time
        ).commit)
    }
    return (repository, workspace, commits)
  }

  private func without(_ step: Int, _ workspace: Workspace, _ commits: [CommitHash]) throws -> [FileEdit]? {
    try workspace.reversal(
      of: commits[step], from: commits[step - 1], on: commits[commits.count - 1], study: .named("s"),
      isEditable: { _ in true })
  }

  @Test func `leaves the later steps, removes the files that it made, and brings back what it removed`() throws {
    let text = (1...9).map { "line \($0)\n" }.joined()
    let (repository, workspace, commits) = try steps(
      ["train.py": text, "lr.py": "lr = 1\nwd = 2\n", "old.py": "old\n"],
      [
        [
          .content("train.py", "first\n" + text), .content("new/a.py", "a\n"),
          FileEdit(path: "lr.py", change: .lines([.init(line: 1, old: "lr = 1", new: "lr = 5")])),
          FileEdit(path: "old.py", change: .removed),
        ],
        [
          .content("train.py", "first\n" + text + "last\n"),
          FileEdit(path: "lr.py", change: .lines([.init(line: 2, old: "wd = 2", new: "wd = 6")])),
        ],
      ])
    #expect(try workspace.content(of: "old.py", at: commits[1]) == nil)
    let edits = try #require(try without(1, workspace, commits))
    #expect(
      edits == [
        FileEdit(path: "lr.py", change: .lines([.init(line: 1, old: "lr = 5", new: "lr = 1")])),
        FileEdit(path: "new/a.py", change: .removed), .content("old.py", "old\n"),
        .content("train.py", text + "last\n"),
      ])
    let made = try workspace.makeCandidate(
      study: .named("s"), trial: TrialID(rawValue: 9), parent: commits[2], edits: edits, message: "Without", at: time)
    #expect(made.statistics == DiffStatistics(added: 2, removed: 3))
    #expect(
      try repository.run("ls-tree", "-r", "--name-only", made.commit.rawValue) == "lr.py\nold.py\ntrain.py")
    #expect(try repository.run("show", "\(made.commit):lr.py") == "lr = 1\nwd = 6")
    #expect(try repository.run("fsck", "--strict", "--no-dangling") == "")
  }

  @Test func `is not possible where later steps built on it`() throws {
    let (repository, workspace, commits) = try steps(
      ["train.py": "lr = 1\n"], [[.content("n.py", "1\n")], [.content("n.py", "2\n")]])
    #expect(try without(1, workspace, commits) == nil)
    #expect(
      try without(2, workspace, commits) == [
        FileEdit(path: "n.py", change: .lines([.init(line: 1, old: "2", new: "1")]))
      ])
    #expect(try repository.run("fsck", "--strict", "--no-dangling") == "")
  }

  @Test func `a file that is not there cannot be removed`() throws {
    let (repository, workspace, commits) = try steps(["train.py": "1\n"], [])
    let removal = FileEdit(path: "none.py", change: .removed)
    let error = failure {
      _ = try workspace.makeCandidate(
        study: .named("s"), trial: TrialID(rawValue: 1), parent: commits[0], edits: [removal], message: "", at: time)
    }
    #expect(error?.code == .badEdit)
    #expect(repository.shell("test -z \"$(git for-each-ref refs/pawl)\"") == 0)
  }
}
