import PawlCore
import Testing

@testable import PawlWorkspace

@Suite struct `Reading commits` {
  @Test func `files come with kind and size`() throws {
    let repository = try TemporaryRepository(files: ["a": "12345", "b/c": ""])
    repository.shell("echo x > run; chmod +x run; ln -s a link")
    try repository.commit("more")
    let workspace = try repository.open()
    let files = try workspace.files(at: workspace.headCommit())
    #expect(files.map(\.path) == ["a", "b/c", "link", "run"])
    #expect(files.map(\.kind) == [.file, .file, .link, .executable])
    #expect(files.map(\.size) == [Bytes(5), Bytes(0), Bytes(1), Bytes(2)])
    #expect(try repository.run("rev-parse", "HEAD:a") == files[0].blob)
  }

  @Test func `texts leave out what is missing, not UTF-8, a link or a folder`() throws {
    let repository = try TemporaryRepository(files: ["a": "text\r\n", "b/c": "c"])
    repository.shell("printf '\\377\\000' > binary; ln -s a link")
    try repository.commit("more")
    let workspace = try repository.open()
    let head = try workspace.headCommit()
    #expect(
      try workspace.texts(of: ["a", "b/c", "binary", "link", "b", "none", "a/x", ""], at: head) == [
        "a": "text\r\n", "b/c": "c",
      ])
    #expect(try workspace.content(of: "binary", at: head) == [255, 0])
    #expect(try workspace.content(of: "link", at: head) == Array("a".utf8))
    #expect(try workspace.content(of: "none", at: head) == nil)
    #expect(try workspace.content(of: "b", at: head) == nil)
  }

  @Test func `many and large files come through whole`() throws {
    let repository = try TemporaryRepository()
    repository.shell("for i in $(seq 500); do echo $i > f$i; done; seq 1000000 > large")
    try repository.commit("more")
    let workspace = try repository.open()
    let names = (1...500).map { "f\($0)" }
    let texts = try workspace.texts(of: names + ["large"], at: workspace.headCommit())
    #expect(names.allSatisfy { texts[$0] == $0.dropFirst() + "\n" })
    #expect(texts["large"]?.utf8.count == 6_888_896)
  }

  @Test func `the digest moves with frozen paths, modes and contents, and with nothing else`() throws {
    let repository = try TemporaryRepository(files: ["train.py": "1\n", "prepare.py": "p\n", "data/x": "x\n"])
    let workspace = try repository.open()
    func digest() throws -> String { try workspace.digest(at: workspace.headCommit()) { $0 != "train.py" } }
    let first = try digest()
    #expect(first.count == 64)
    try repository.write("2\n", to: "train.py")
    try repository.commit("editable")
    #expect(try digest() == first)
    var seen: Set = [first]
    for change in ["echo q > prepare.py", "chmod +x prepare.py", "mv data/x data/y", "echo > new", "ln -sf data/y new"]
    {
      repository.shell(change)
      try repository.commit(change)
      #expect(seen.insert(try digest()).inserted)
    }
  }

  @Test func `the digest is the documented SHA-256`() throws {
    let repository = try TemporaryRepository(files: ["a": "x\n"])
    let workspace = try repository.open()
    // printf 'a\000100644\0002\000x\n' | sha256sum
    let digest = try workspace.digest(at: workspace.headCommit()) { _ in true }
    repository.shell("printf 'a\\000100644\\0002\\000x\\n' | sha256sum | cut -c1-64 > ../$(basename $PWD)/sum")
    #expect(repository.read("sum") == digest + "\n")
  }

  @Test func `a diff shows both sides, in colour where asked`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let old = try workspace.headCommit()
    try repository.write("lr = 2\n", to: "train.py")
    try repository.commit("two")
    let new = try workspace.headCommit()
    let plain = try workspace.diff(from: old, to: new, colour: false)
    #expect(plain.hasPrefix("diff --git a/train.py b/train.py\n"))
    #expect(plain.contains("\n-lr = 1\n+lr = 2\n"))
    #expect(try workspace.diff(from: old, to: new, colour: true).contains("\u{1b}["))
    #expect(
      failure { _ = try workspace.diff(from: CommitHash(rawValue: "--output=x"), to: new, colour: false) }?.code
        == .unknownCommit)
  }

  @Test func `unknown commits are errors everywhere`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let none = CommitHash(rawValue: String(repeating: "1", count: 40))
    #expect(failure { _ = try workspace.files(at: none) }?.code == .unknownCommit)
    #expect(failure { _ = try workspace.texts(of: ["a"], at: none) }?.code == .unknownCommit)
    #expect(failure { _ = try workspace.digest(at: none) { _ in true } }?.code == .unknownCommit)
    #expect(failure { _ = try workspace.subject(of: none) }?.code == .unknownCommit)
  }

  @Test func `a missing object is told as damage, with a hint`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let blob = try repository.run("rev-parse", "HEAD:train.py")
    repository.shell("rm -f .git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
    let error = try #require(failure { _ = try workspace.texts(of: ["train.py"], at: workspace.headCommit()) })
    #expect(error.code == .corruptObject)
    #expect(error.hints.contains { $0.contains("git fsck") })
  }
}
