import PawlCore
import PawlGuard
import Testing

@Suite struct `The edit policy` {
  let policy = EditPolicy(editable: ["train.py", "src/", "*.txt"], frozen: ["src/eval/", "secret.txt"])

  @Test(arguments: [
    ("train.py", true), ("src/model.py", true), ("src/a/b.py", true), ("notes.txt", true), ("prepare.py", false),
    ("src/eval/score.py", false), ("secret.txt", false), ("../train.py", false), ("/train.py", false),
    ("./train.py", false), ("src//a", false), ("src/../train.py", false), ("src/.git/config", false),
    ("src/.GIT/config", false), ("src/.pawl/x", false), ("", false), ("src/", false),
  ])
  func `knows what may be edited`(path: String, expected: Bool) { #expect(policy.isEditable(path) == expected) }

  @Test func `keeps Pawl's own files out of reach even of the widest glob`() {
    let open = EditPolicy(editable: ["**"], frozen: [])
    #expect(open.isEditable("any/file"))
    #expect(!open.isEditable("pawl.yaml"))
    #expect(!open.isEditable(".pawl/journal"))
    #expect(!open.isEditable(".git/hooks/post-checkout"))
  }

  @Test func `opens nothing by a glob that cannot be read`() {
    #expect(!EditPolicy(editable: ["[a"], frozen: []).isEditable("a"))
    #expect(!EditPolicy(editable: ["a"], frozen: ["[b"]).isEditable("a"))
  }

  @Test(arguments: [
    ("data/x.py", false), ("data", false), ("a/b/c.py", false), ("a/b", false), ("a", false), ("a/c.py", true),
    ("database.py", true), (".venv/bin/python", false),
  ])
  func `keeps what attempts find of the user's checkout out of reach`(path: String, expected: Bool) {
    let policy = EditPolicy(editable: ["**"], frozen: [], linked: ["data", "./a/b/", ".venv"])
    #expect(policy.isEditable(path) == expected)
    let refusal = policy.refusal(of: [Self.write(path)], links: [])
    #expect(refusal == (expected ? nil : "`\(path)` is in the place of what `sandbox.read` lists"))
  }

  private static func write(_ path: String, _ content: String = "x = 1\n") -> FileEdit {
    FileEdit(path: path, change: .content(content))
  }
  private static func replace(_ path: String, _ old: String, by new: String) -> FileEdit {
    FileEdit(path: path, change: .lines([.init(line: 1, old: old, new: new)]))
  }

  @Test(
    arguments: [
      ([], "the proposal is empty: it edits no file"),
      ([write("prepare.py")], "`prepare.py` is outside the editable set"),
      ([write("src/eval/score.py")], "`src/eval/score.py` is frozen"),
      ([write("/etc/passwd")], "`/etc/passwd` is absolute"),
      ([write("src/../../x")], "`src/../../x` climbs out with `..`"),
      ([write("src/.git/config")], "`src/.git/config` is inside `.git`"),
      ([write("src/a\0b")], "`src/a�b` contains a NUL"),
      ([write("src//a")], "`src//a` is not a plain path"),
      ([write("")], "`` is no path"),
      ([write("pawl.yaml")], "`pawl.yaml` is frozen: it defines the study"),
      ([write("train.py", "a\0b")], "the edit of `train.py` contains a NUL"),
      ([FileEdit(path: "train.py", change: .lines([]))], "the edit of `train.py` is empty"),
      ([replace("train.py", "a", by: "a")], "the edit of `train.py` leaves its content unchanged"),
      ([replace("train.py", "a", by: "a\0")], "the edit of `train.py` contains a NUL"),
      ([replace("train.py", "a", by: "b\nc")], "the edit of `train.py` puts a line break into line 1"),
      ([write("train.py"), write("train.py")], "`train.py` is edited twice"),
      ([write("src/link")], "`src/link` is a symbolic link"),
      ([write("src/out/x.py")], "`src/out/x.py` leads through the link `src/out`"),
      ([write("train.py"), write("prepare.py")], "`prepare.py` is outside the editable set"),
    ] as [([FileEdit], String)])
  func `names the reason for a refusal`(edits: [FileEdit], reason: String) {
    #expect(policy.refusal(of: edits, links: ["src/link", "src/out", "elsewhere"]) == reason)
  }

  @Test func `counts the size over all edits`() {
    let half = String(repeating: "x", count: 600 << 10)
    #expect(policy.refusal(of: [Self.write("train.py", half)], links: []) == nil)
    #expect(
      policy.refusal(of: [Self.write("train.py", half), Self.write("a.txt", half)], links: [])
        == "the edits are too large: 1.17 MiB, at most 1.00 MiB")
  }

  @Test func `allows what is editable`() {
    let edits = [Self.write("src/new file.py", ""), Self.replace("train.py", "a", by: "b")]
    #expect(policy.refusal(of: edits, links: ["src/other"]) == nil)
  }

  @Test(arguments: [
    (String(repeating: "é", count: 128), "has a name of 256 bytes, at most 255"),
    (
      (0..<32).map { _ in String(repeating: "d", count: 130) }.joined(separator: "/"),
      "is too long: 4191 bytes, at most 4000"
    ),
  ])
  func `refuses a path that no file system takes`(path: String, reason: String) throws {
    let open = EditPolicy(editable: ["**"], frozen: [])
    let refusal = try #require(open.refusal(of: [Self.write(path)], links: []))
    #expect(refusal.hasSuffix(reason) && !open.isEditable(path))
    #expect(open.isEditable(String(repeating: "d", count: 255)))
  }

  @Test(
    arguments: [
      ([write("src/a.py/b.py")], "`src/a.py/b.py` is below `src/a.py`, which is a file"),
      ([write("src/new"), write("src/new/b/c")], "`src/new/b/c` is below `src/new`, which is a file"),
      ([write("src/sub")], "`src/sub` is a folder"),
      ([FileEdit(path: "src/a.py", change: .removed), write("src/a.py/b.py")], nil),
      ([write("src/a.py"), write("src/sub/new/c.py"), write("src/a.python/b")], nil),
    ] as [([FileEdit], String?)])
  func `refuses a path that would be a file and a folder`(edits: [FileEdit], reason: String?) {
    #expect(policy.refusal(of: edits, links: [], files: ["src/a.py", "src/sub/b.py"]) == reason)
  }
}
