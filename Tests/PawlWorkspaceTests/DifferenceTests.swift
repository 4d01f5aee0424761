import PawlCore
import Testing

@testable import PawlWorkspace

@Suite struct `What lies between two commits` {
  @Test func `is edits of editable texts, and the names of all else`() throws {
    let repository = try TemporaryRepository(files: [
      "a.py": "x = 1\ny = 2\n", "gone.py": "g\n", "frozen.py": "f\n", "mode.py": "m\n", "lib/b.py": "b\n",
      "bytes.py": "b\n",
    ])
    let workspace = try repository.open()
    let old = try workspace.headCommit()
    repository.shell(
      """
      sed -i 's/y = 2/y = 3/' a.py; rm gone.py; echo g > frozen.py; chmod +x mode.py; echo more >> lib/b.py
      mkdir new; echo n > new/n.py; ln -s a.py link.py; printf '\\377' > bytes.py; echo notes > notes.md
      """)
    let new = try workspace.snapshotWorkingTree(study: #require(StudyName(rawValue: "s")))
    let found = try workspace.difference(from: old, to: new) { $0.hasSuffix(".py") && $0 != "frozen.py" }
    #expect(
      found.edits == [
        FileEdit(path: "a.py", change: .lines([.init(line: 2, old: "y = 2", new: "y = 3")])),
        FileEdit(path: "gone.py", change: .removed), FileEdit(path: "lib/b.py", change: .content("b\nmore\n")),
        FileEdit(path: "new/n.py", change: .content("n\n")),
      ])
    #expect(found.others == ["bytes.py", "frozen.py", "link.py", "notes.md"])
    #expect(try workspace.difference(from: new, to: new) { _ in true } == CommitDifference(edits: [], others: []))
    #expect(try repository.run("for-each-ref", "refs/pawl") == "")
    #expect(try repository.run("diff", "--cached", "--name-only") == "", "the user's index is as it was")
  }

  @Test func `sees a change of the same size in the second in which the index was written`() throws {
    let repository = try TemporaryRepository(files: ["a.py": "x = 1\n"])
    // A file system that tells whole seconds, and nothing of when a file's status changed.
    repository.shell(
      """
      git config core.trustctime false; git config core.checkstat minimal
      touch -d @1700000000 a.py; git update-index a.py; touch -d @1700000000 .git/index
      echo 'x = 2' > a.py; touch -d @1700000000 a.py
      """)
    let workspace = try repository.open()
    let tree = try workspace.snapshotWorkingTree(study: #require(StudyName(rawValue: "s")))
    let found = try workspace.difference(from: workspace.headCommit(), to: tree) { _ in true }
    #expect(found.edits == [FileEdit(path: "a.py", change: .lines([.init(line: 1, old: "x = 1", new: "x = 2")]))])
  }
}
