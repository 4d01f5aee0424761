import PawlCore
import Testing

@testable import PawlWorkspace

@Suite struct `Re-basing` {
  private let time = Timestamp(milliseconds: 1_700_000_000_000)

  /// A base, a head and a candidate, both made from the base.
  private struct Fork {
    let repository: TemporaryRepository
    let workspace: Workspace
    let base: CommitHash
    let head: CommitHash
    let candidate: CommitHash
    let edits: [FileEdit]
  }

  private func fork(_ files: [String: String], head: [FileEdit], candidate: [FileEdit]) throws -> Fork {
    try fork(TemporaryRepository(files: files), head: head, candidate: candidate)
  }

  private func fork(_ repository: TemporaryRepository, head: [FileEdit], candidate: [FileEdit]) throws -> Fork {
    let workspace = try repository.open()
    let base = try workspace.headCommit()
    func make(_ trial: Int, _ edits: [FileEdit]) throws -> CommitHash {
      try workspace.makeCandidate(
        study: .named("s"), trial: TrialID(rawValue: trial), parent: base, edits: edits, message: "Try \(trial)",
        at: time
      ).commit
    }
    return Fork(
      repository: repository, workspace: workspace, base: base, head: try make(1, head),
      candidate: try make(2, candidate), edits: candidate)
  }

  private func rebase(
    _ fork: Fork, parent: CommitHash? = nil, candidate: CommitHash? = nil, onto: CommitHash? = nil,
    isEditable: (String) -> Bool = { _ in true }
  ) throws -> RebaseOutcome {
    try fork.workspace.rebase(
      CandidateChange(
        parent: parent ?? fork.base, commit: candidate ?? fork.candidate, edits: fork.edits, writtenFor: fork.base),
      onto: onto ?? fork.head, study: .named("s"), trial: TrialID(rawValue: 2), isEditable: isEditable,
      message: "Try 2", at: time)
  }

  private func made(_ outcome: RebaseOutcome) throws -> CandidateCommit {
    guard case .made(let candidate) = outcome else {
      Issue.record("\(outcome)")
      throw WorkspaceError(.gitFailed, "nothing was made")
    }
    return candidate
  }

  private func line(_ number: Int, _ old: String, _ new: String, in path: String = "train.py") -> FileEdit {
    FileEdit(path: path, change: .lines([.init(line: number, old: old, new: new)]))
  }

  @Test(arguments: [[], ["--object-format=sha256"]])
  func `makes a sound commit on the head, twice the same, and keeps what it replaces`(options: [String]) throws {
    let repository = try TemporaryRepository(
      files: ["train.py": "a = 1\nb = 2\nc = 3\n", "deep/er/x.py": "x\n"], options: options)
    let fork = try fork(
      repository, head: [line(1, "a = 1", "a = 10"), .content("deep/er/y.py", "y\n")],
      candidate: [line(3, "c = 3", "c = 30"), .content("deep/er/z.py", "z\n")])
    repository.shell("echo dirty > train.py && git add train.py")
    let status = try repository.run("status", "--porcelain")
    let first = try made(rebase(fork))
    #expect(try made(rebase(fork)) == first)
    #expect(first.statistics == DiffStatistics(added: 2, removed: 1))
    #expect(try repository.run("rev-parse", "refs/pawl/s/trials/2") == first.commit.rawValue)
    #expect(
      try repository.run("rev-parse", "refs/pawl/s/replaced/\(fork.candidate)") == fork.candidate.rawValue)
    #expect(
      try repository.run("show", "--no-patch", "--format=%an <%ae> %at %ct%n%P%n%B", first.commit.rawValue)
        == "Pawl <pawl@localhost> 1700000000 1700000000\n\(fork.head)\nTry 2\n")
    #expect(try repository.run("show", "\(first.commit):train.py") == "a = 10\nb = 2\nc = 30")
    #expect(
      try repository.run("ls-tree", "-r", "--name-only", first.commit.rawValue)
        == "deep/er/x.py\ndeep/er/y.py\ndeep/er/z.py\ntrain.py")
    #expect(try repository.run("fsck", "--strict", "--no-dangling") == "")
    #expect(try repository.run("status", "--porcelain") == status)
  }

  @Test func `neighbouring lines go together when they are edits of lines, and conflict when files were rewritten`()
    throws
  {
    let files = ["train.py": "lr = 1\nwd = 2\n"]
    let lines = try fork(files, head: [line(1, "lr = 1", "lr = 5")], candidate: [line(2, "wd = 2", "wd = 6")])
    let commit = try made(rebase(lines)).commit
    #expect(try lines.repository.run("show", "\(commit):train.py") == "lr = 5\nwd = 6")
    let whole = try fork(
      files, head: [.content("train.py", "lr = 5\nwd = 2\n")], candidate: [.content("train.py", "lr = 1\nwd = 6\n")])
    #expect(try rebase(whole) == .conflicts(["train.py"]))
  }

  @Test func `an edit follows its line where the head moved it, and is not made at a line that only looks the same`()
    throws
  {
    let old = "x = 0\nx = 0\nk1\nk2\nk3\nk4\nx = 0\nend\n"
    let fork = try fork(
      ["train.py": old], head: [.content("train.py", "new\n\(old)")], candidate: [line(7, "x = 0", "x = 7")])
    let commit = try made(rebase(fork)).commit
    #expect(try fork.repository.run("show", "\(commit):train.py") == "new\nx = 0\nx = 0\nk1\nk2\nk3\nk4\nx = 7\nend")
  }

  @Test func `two values for one line are a conflict, the same value is nothing left`() throws {
    let files = ["train.py": "lr = 1\n", "b.py": "1\n"]
    let two = try fork(
      files, head: [line(1, "lr = 1", "lr = 5")],
      candidate: [line(1, "lr = 1", "lr = 6"), .content("b.py", "2\n")])
    #expect(try rebase(two) == .conflicts(["train.py"]))
    let ref = try two.repository.run("rev-parse", "refs/pawl/s/trials/2")
    #expect(ref == two.candidate.rawValue, "a conflict leaves the candidate as it was")
    let same = try fork(files, head: [line(1, "lr = 1", "lr = 5")], candidate: [line(1, "lr = 1", "lr = 5")])
    #expect(try rebase(same) == .nothingLeft)
    let back = try fork(files, head: [line(1, "lr = 1", "lr = 5")], candidate: [line(1, "lr = 1", "lr = 1")])
    #expect(try rebase(back) == .nothingLeft)
  }

  @Test func `a file made on both sides, or removed on one, is a conflict`() throws {
    let files = ["train.py": "1\n", "old.py": "1\n"]
    let both = try fork(files, head: [.content("n.py", "a\n")], candidate: [.content("n.py", "b\n")])
    #expect(try rebase(both) == .conflicts(["n.py"]))
    let alike = try fork(files, head: [.content("n.py", "a\n")], candidate: [.content("n.py", "a\n")])
    #expect(try rebase(alike) == .nothingLeft)
    let inTheWay = try fork(files, head: [.content("n", "a\n")], candidate: [.content("n/m.py", "b\n")])
    #expect(try rebase(inTheWay) == .conflicts(["n/m.py"]))
    let below = try fork(files, head: [.content("n/m.py", "a\n")], candidate: [.content("n", "b\n")])
    #expect(try rebase(below) == .conflicts(["n"]))
    let gone = try fork(files, head: [], candidate: [.content("old.py", "2\n")])
    let removed = try removal(of: "old.py", in: gone.repository)
    #expect(try rebase(gone, onto: removed) == .conflicts(["old.py"]))
    #expect(try rebase(gone, candidate: removed, onto: removed) == .nothingLeft)
    let changed = try rebase(gone, candidate: removed, onto: gone.candidate)
    #expect(changed == .conflicts(["old.py"]))
    let taken = try made(rebase(gone, candidate: removed))
    #expect(try gone.repository.run("ls-tree", "--name-only", taken.commit.rawValue) == "train.py")
    #expect(taken.statistics == DiffStatistics(added: 0, removed: 1))
  }

  @Test func `the last file of a folder takes the folder with it`() throws {
    let fork = try fork(["a/b/c.py": "1\n", "train.py": "1\n"], head: [.content("train.py", "2\n")], candidate: [])
    let removed = try removal(of: "a/b/c.py", in: fork.repository)
    let commit = try made(rebase(fork, candidate: removed)).commit
    #expect(try fork.repository.run("ls-tree", "-r", "-t", "--name-only", commit.rawValue) == "train.py")
    #expect(try fork.repository.run("fsck", "--strict", "--no-dangling") == "")
  }

  private func removal(of path: String, in repository: TemporaryRepository) throws -> CommitHash {
    try repository.run("rm", "-q", path)
    try repository.commit("gone")
    return CommitHash(rawValue: try repository.run("rev-parse", "HEAD"))
  }

  @Test func `carriage returns, missing last line breaks and modes stay`() throws {
    let repository = try TemporaryRepository(files: ["run.sh": "a=1\r\nb=2\r\nc=3\r\nd=4\r\ne=5"])
    repository.shell("chmod +x run.sh")
    try repository.commit("mode")
    try repository.run("config", "core.autocrlf", "true")
    for candidate in [
      line(5, "e=5", "e=6", in: "run.sh"), .content("run.sh", "a=1\r\nb=2\r\nc=3\r\nd=4\r\ne=6"),
    ] {
      let fork = try fork(
        repository, head: [line(1, "a=1\r", "a=9\r", in: "run.sh")], candidate: [candidate])
      let made = try made(rebase(fork))
      #expect(
        try fork.workspace.texts(of: ["run.sh"], at: made.commit)["run.sh"] == "a=9\r\nb=2\r\nc=3\r\nd=4\r\ne=6")
      #expect(try fork.workspace.files(at: made.commit).map(\.kind) == [.executable])
    }
  }

  @Test func `a mode that one side changed goes with a content that the other changed`() throws {
    let fork = try fork(["run.sh": "1\n"], head: [.content("run.sh", "2\n")], candidate: [])
    fork.repository.shell("chmod +x run.sh")
    try fork.repository.commit("mode")
    let mode = CommitHash(rawValue: try fork.repository.run("rev-parse", "HEAD"))
    let made = try made(rebase(fork, candidate: mode))
    #expect(try fork.workspace.files(at: made.commit).map(\.kind) == [.executable])
    #expect(try fork.workspace.texts(of: ["run.sh"], at: made.commit) == ["run.sh": "2\n"])
  }

  @Test func `a file that is not text is one side's or a conflict`() throws {
    let files = ["weights": "a\0b\n", "train.py": "1\n"]
    let one = try fork(files, head: [.content("train.py", "2\n")], candidate: [.content("weights", "c\0d\n")])
    let commit = try made(rebase(one)).commit
    #expect(try one.workspace.content(of: "weights", at: commit) == Array("c\0d\n".utf8))
    let both = try fork(files, head: [.content("weights", "1\0\n")], candidate: [.content("weights", "c\0d\n")])
    #expect(try rebase(both) == .conflicts(["weights"]))
  }

  @Test func `changes of one file far apart are merged, whatever the user's merge drivers and settings are`() throws {
    let lines = (1...30).map { "line \($0)" }
    func text(_ changes: [Int: String]) -> String {
      lines.enumerated().map { (changes[$0.offset + 1] ?? $0.element) + "\n" }.joined()
    }
    let repository = try TemporaryRepository(
      files: ["train.py": text([:]), ".gitattributes": "*.py merge=mine text eol=crlf\n"])
    repository.shell("git config merge.mine.driver 'touch ran; exit 1'; git config merge.conflictStyle diff3")
    let fork = try fork(
      repository, head: [.content("train.py", text([2: "head"]))],
      candidate: [.content("train.py", text([20: "candidate\nand more"]))])
    let made = try made(rebase(fork))
    #expect(
      try fork.workspace.texts(of: ["train.py"], at: made.commit)["train.py"]
        == text([2: "head", 20: "candidate\nand more"]))
    #expect(made.statistics == DiffStatistics(added: 2, removed: 1))
    #expect(repository.read("ran") == nil)
    #expect(repository.shell("test -z \"$(ls .pawl/s)\"") == 0)
  }

  @Test func `a candidate is re-based as often as the head moves`() throws {
    let fork = try fork(
      ["train.py": "a\nb\nc\n"], head: [line(1, "a", "A")], candidate: [line(3, "c", "C")])
    let first = try made(rebase(fork)).commit
    let next = try fork.workspace.makeCandidate(
      study: .named("s"), trial: TrialID(rawValue: 3), parent: fork.head, edits: [line(2, "b", "B")], message: "3",
      at: time)
    let second = try made(rebase(fork, parent: fork.head, candidate: first, onto: next.commit))
    #expect(try fork.repository.run("show", "\(second.commit):train.py") == "A\nB\nC")
    #expect(second.statistics == DiffStatistics(added: 1, removed: 1))
    let refs = try fork.repository.run("for-each-ref", "--format=%(refname)", "refs/pawl/s/replaced/")
    #expect(
      Set(refs.split(separator: "\n").map { String($0.suffix(40)) }) == [fork.candidate.rawValue, first.rawValue])
  }

  @Test func `a change of a file that is not editable is an error`() throws {
    let fork = try fork(["train.py": "a\n"], head: [.content("b.py", "1\n")], candidate: [line(1, "a", "A")])
    #expect(failure { _ = try rebase(fork, isEditable: { $0 != "train.py" }) }?.code == .badEdit)
    #expect(try fork.workspace.changedPaths(from: fork.head, to: fork.candidate) == ["b.py", "train.py"])
  }

  @Test func `what comes out has both changes to the letter, or is a conflict`() throws {
    var generator = SeededGenerator(seed: 11)
    func pick(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }
    let base = (0..<12).map { "line \($0 / 2)" }
    let repository = try TemporaryRepository(files: ["train.py": base.joined(separator: "\n") + "\n"])
    var seen: [String: Int] = [:]
    for _ in 0..<80 {
      /// New texts by line; the same text on both sides now and then.
      func changes() -> [Int: String] {
        (0...pick(4)).reduce(into: [:]) { changes, _ in changes[pick(12)] = "new \(pick(3))" }
      }
      let (ours, theirs) = (changes(), changes())
      let inserted = pick(2) == 0 ? nil : pick(13)
      func text(_ changes: [Int: String], inserting place: Int?) -> String {
        var lines = base.enumerated().map { changes[$0.offset] ?? $0.element }
        if let place { lines.insert("inserted", at: place) }
        return lines.joined(separator: "\n") + "\n"
      }
      let edit = FileEdit(
        path: "train.py",
        change: .lines(theirs.sorted { $0.key < $1.key }.map { .init(line: $0 + 1, old: base[$0], new: $1) }))
      let fork = try fork(
        repository, head: [.content("train.py", text(ours, inserting: inserted))], candidate: [edit])
      let both = ours.merging(theirs) { _, new in new }
      let isContradiction = theirs.contains { ours[$0.key] != nil && ours[$0.key] != $0.value }
      switch try rebase(fork) {
      case .made(let made):
        seen["made", default: 0] += 1
        #expect(!isContradiction)
        let merged = try fork.workspace.texts(of: ["train.py"], at: made.commit)["train.py"]
        #expect(merged == text(both, inserting: inserted))
      case .conflicts:
        seen["conflict", default: 0] += 1
        // Apart from a contradiction, only a merge by lines may find neighbours in the way, where lines moved or agree.
        #expect(isContradiction || inserted != nil || theirs.contains { ours[$0.key] != nil })
      case .nothingLeft:
        seen["nothing", default: 0] += 1
        #expect(both == ours)
      }
    }
    #expect((seen["made"] ?? 0) > 20 && (seen["conflict"] ?? 0) > 20, "\(seen)")
  }
}
