import PawlCore
import Testing

@testable import PawlWorkspace

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct `Candidates` {
  let time = Timestamp(milliseconds: 1_700_000_000_000)

  private func make(
    _ workspace: Workspace, _ trial: Int, _ parent: CommitHash, _ edits: [FileEdit], message: String = "Try it"
  ) throws -> CandidateCommit {
    try workspace.makeCandidate(
      study: .named("s"), trial: TrialID(rawValue: trial), parent: parent, edits: edits, message: message, at: time)
  }

  @Test(arguments: [[], ["--object-format=sha256"]])
  func `a candidate is a sound commit with a ref, and making it twice gives one`(options: [String]) throws {
    let repository = try TemporaryRepository(
      files: ["train.py": "a\nb\nc\n", "src/deep/x.py": "x\n", "src/y.py": "y\n", "src.py": "s\n"], options: options)
    let workspace = try repository.open()
    let base = try workspace.headCommit()
    let edits = [
      FileEdit(path: "train.py", change: .lines([.init(line: 2, old: "b", new: "B")])),
      .content("src/deep/x.py", "x\nmore\n"), .content("src/new/z.py", "z\n"), .content("src/new/a", "a\n"),
      .content("src-a", "between\n"),
    ]
    let first = try make(workspace, 1, base, edits)
    #expect(first.statistics == DiffStatistics(added: 5, removed: 1))
    #expect(try make(workspace, 1, base, edits) == first)
    #expect(try make(repository.open(), 1, base, edits) == first)
    #expect(try repository.run("rev-parse", "refs/pawl/s/trials/1") == first.commit.rawValue)
    #expect(try repository.run("fsck", "--strict", "--no-dangling") == "")
    #expect(
      try repository.run("show", "--no-patch", "--format=%an <%ae> %at %ct%n%P%n%B", first.commit.rawValue)
        == "Pawl <pawl@localhost> 1700000000 1700000000\n\(base)\nTry it\n")
    #expect(
      try repository.run("diff-tree", "-r", "--name-status", base.rawValue, first.commit.rawValue)
        == "A\tsrc-a\nM\tsrc/deep/x.py\nA\tsrc/new/a\nA\tsrc/new/z.py\nM\ttrain.py")
    #expect(try workspace.subject(of: first.commit) == "Try it")
    #expect(try make(workspace, 2, first.commit, [.content("train.py", "")]).statistics == .init(added: 0, removed: 3))
  }

  @Test func `an executable stays one`() throws {
    let repository = try TemporaryRepository()
    repository.shell("echo 1 > run.sh; chmod +x run.sh")
    try repository.commit("run")
    let workspace = try repository.open()
    let made = try make(workspace, 1, workspace.headCommit(), [.content("run.sh", "2\n")])
    #expect(try workspace.files(at: made.commit).first { $0.path == "run.sh" }?.kind == .executable)
  }

  @Test func `names with spaces, unicode, quotes and line breaks go through`() throws {
    let names = ["with space.py", "ünï/çode.py", "line\nbreak.py", "quo\"te\\.py", "tab\t.py", "-dash.py"]
    let repository = try TemporaryRepository(files: Dictionary(uniqueKeysWithValues: names.map { ($0, "1\n") }))
    let workspace = try repository.open()
    let base = try workspace.headCommit()
    let made = try make(workspace, 1, base, names.map { .content($0, "2 \($0)") })
    #expect(Set(try workspace.files(at: made.commit).map(\.path)) == Set(names))
    #expect(
      try workspace.texts(of: names, at: made.commit) == Dictionary(uniqueKeysWithValues: names.map { ($0, "2 \($0)") })
    )
    let place = try workspace.prepareFolder(study: .named("s")) + "/1"
    try workspace.materialise(made.commit, frozenFrom: base, isEditable: { $0 != "-dash.py" }, in: place)
    for name in names.dropLast() { #expect(repository.read("\(place)/\(name)") == "2 \(name)") }
    #expect(repository.read("\(place)/-dash.py") == "1\n")
  }

  @Test(arguments: [
    "", "/etc/passwd", "../out", "a/../b", "a//b", "./a", ".git/config", "sub/.GIT/hooks/x", "git~1/x", "nul\0name",
    "folder",
    "train.py/below", "link", "link/x",
  ])
  func `paths that are no file within the repository are refused`(path: String) throws {
    let repository = try TemporaryRepository(files: ["train.py": "1\n", "folder/x": "1\n"])
    repository.shell("ln -s folder link")
    try repository.commit("link")
    let workspace = try repository.open()
    let error = failure { _ = try make(workspace, 1, workspace.headCommit(), [.content(path, "x")]) }
    #expect(error?.code == .badEdit)
    #expect(repository.shell("test -z \"$(git for-each-ref refs/pawl)\"") == 0)
  }

  @Test func `edits that do not fit, and unknown parents, are errors`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let base = try workspace.headCommit()
    let wrong = FileEdit(path: "train.py", change: .lines([.init(line: 1, old: "other", new: "x")]))
    #expect(failure { _ = try make(workspace, 1, base, [wrong]) }?.code == .badEdit)
    let absent = FileEdit(path: "none.py", change: .lines([.init(line: 1, old: "", new: "x")]))
    #expect(failure { _ = try make(workspace, 1, base, [absent]) }?.code == .badEdit)
    for parent in [String(repeating: "0", count: 40), "HEAD", "--help", String(repeating: "ab", count: 32)] {
      let error = failure { _ = try make(workspace, 1, CommitHash(rawValue: parent), [.content("train.py", "x")]) }
      #expect(error?.code == .unknownCommit)
    }
    #expect(try make(workspace, 1, base, []).statistics == .init(added: 0, removed: 0))
  }

  @Test func `a message cannot forge headers, and NUL is dropped`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let made = try make(workspace, 1, workspace.headCommit(), [], message: "first\n\nparent 0000\nrest\0.")
    #expect(
      try repository.run("show", "--no-patch", "--format=%B", made.commit.rawValue) == "first\n\nparent 0000\nrest.\n")
    #expect(try workspace.subject(of: made.commit) == "first")
  }

  @Test func `processes that were killed are started again`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let base = try workspace.headCommit()
    _ = try make(workspace, 1, base, [.content("train.py", "1\n")])
    for process in workspace.writer.processes + [workspace.reader.process] { kill(try #require(process.pid), SIGKILL) }
    let made = try make(workspace, 2, base, [.content("train.py", "2\n")])
    #expect(try repository.run("rev-parse", "refs/pawl/s/trials/2") == made.commit.rawValue)
  }

  @Test func `the user may collect garbage and pack refs in the middle`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let base = try workspace.headCommit()
    var tip = base
    for trial in 1...6 {
      tip = try make(workspace, trial, tip, [.content("train.py", "\(trial)\n")]).commit
      if trial % 2 == 0 { try repository.run("gc", "-q", "--prune=now") }
    }
    #expect(try workspace.texts(of: ["train.py"], at: tip) == ["train.py": "6\n"])
    #expect(try repository.run("rev-list", "--count", "refs/pawl/s/trials/6") == "7")
    #expect(try make(workspace, 3, base, []).commit.rawValue == repository.run("rev-parse", "refs/pawl/s/trials/3"))
    #expect(try repository.run("fsck", "--strict", "--no-dangling") == "")
  }

  @Test func `a lock left on a ref is an error that quotes git`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    repository.shell("mkdir -p .git/refs/pawl/s/trials && touch .git/refs/pawl/s/trials/7.lock")
    let error = try #require(failure { _ = try make(workspace, 7, workspace.headCommit(), []) })
    #expect(error.code == .gitFailed)
    #expect(error.message.contains("7.lock") || error.message.contains("lock"))
  }

  @Test func `several threads and two processes' worth of workspaces make candidates at the same time`() async throws {
    let repository = try TemporaryRepository()
    let (one, two) = (try repository.open(), try repository.open())
    let base = try one.headCommit()
    await withTaskGroup(of: Bool.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let workspace = worker % 2 == 0 ? one : two
          return (1...10).allSatisfy { number in
            let edit = FileEdit.content("train.py", "\(worker) \(number)\n")
            guard let made = try? make(workspace, worker * 100 + number, base, [edit]) else { return false }
            return (try? workspace.texts(of: ["train.py"], at: made.commit)) == ["train.py": "\(worker) \(number)\n"]
          }
        }
      }
      for await fine in group { #expect(fine) }
    }
    #expect(try repository.run("for-each-ref", "--format=x", "refs/pawl/s/trials/").split(separator: "\n").count == 40)
  }

  @Test(arguments: [
    ("", "a\nb\n", 2, 0), ("a\nb\n", "", 0, 2), ("a\nb\nc\n", "a\nx\nc\n", 1, 1), ("a\n", "a", 1, 1),
    ("a\nb\nc\nd\n", "b\nc\nd\na\n", 1, 1), ("same\n", "same\n", 0, 0), ("a\r\nb\r\n", "a\r\nc\r\n", 1, 1),
  ])
  func `changed lines are counted as git does`(old: String, new: String, added: Int, removed: Int) {
    #expect(
      LineDifference.count(from: Array(old.utf8), to: Array(new.utf8)) == LineCount(added: added, removed: removed))
  }
}
