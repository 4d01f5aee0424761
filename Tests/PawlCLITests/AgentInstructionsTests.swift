import Foundation
import PawlTestSupport
import Testing

@Suite struct `pawl init --agents` {
  private func place(_ files: [String: String] = [:]) throws -> TemporaryRepository {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()].merging(files) { $1 })
    try #require(repository.initialise().code == 0)
    return repository
  }

  @Test func `writes AGENTS md once, and prints how agents are told of the server`() throws {
    let repository = try place()
    let run = repository.pawl("init", "--agents")
    #expect(run.code == 0)
    try expectSnapshot("init-agents", run.shown, normalised: Normaliser(repository))
    let text = try #require(repository.read("AGENTS.md"))
    try expectSnapshot("init-agents-section", text)
    let again = repository.pawl("init", "--agents")
    #expect(again.code == 0 && again.messages.contains("says how to use Pawl already"))
    #expect(repository.read("AGENTS.md") == text && repository.read("CLAUDE.md") == nil)
    // What Pawl writes is nothing that a study waits to have committed.
    #expect(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
  }

  @Test func `keeps what others wrote, and replaces its own section in place`() throws {
    let repository = try place(["AGENTS.md": "# Rules\n\nBe kind.", "CLAUDE.md": "# Claude\n"])
    try #require(repository.pawl("init", "--agents").code == 0)
    let first = try #require(repository.read("AGENTS.md"))
    #expect(first.hasPrefix("# Rules\n\nBe kind.\n\n<!-- pawl:begin -->\n") && first.hasSuffix("<!-- pawl:end -->\n"))
    #expect(repository.read("CLAUDE.md")?.hasPrefix("# Claude\n\n<!-- pawl:begin -->\n") == true)
    try repository.write(first + "\nMore rules.\n", to: "AGENTS.md")
    repository.shell("sed -i 's/metric: *loss/&/; s/have changes judged/EDITED/' AGENTS.md")
    try #require(repository.pawl("init", "--agents").code == 0)
    #expect(repository.read("AGENTS.md") == first + "\nMore rules.\n")
  }

  @Test func `finds its section again where lines end as on Windows`() throws {
    let repository = try place(["AGENTS.md": "# Rules\r\n"])
    try #require(repository.pawl("init", "--agents").code == 0)
    repository.shell("sed -i 's/\\r$//; s/$/\\r/' AGENTS.md")
    try #require(repository.pawl("init", "--agents").code == 0)
    let text = try #require(repository.read("AGENTS.md"))
    #expect(text.utf8.starts(with: "# Rules\r\n".utf8))
    #expect(text.components(separatedBy: "pawl:begin").count == 2)
  }

  @Test func `leaves a CLAUDE md alone that takes AGENTS md in`() throws {
    let repository = try place(["CLAUDE.md": "# Claude\n@AGENTS.md\n"])
    try #require(repository.pawl("init", "--agents", "--claude").code == 0)
    #expect(repository.read("CLAUDE.md") == "# Claude\n@AGENTS.md\n")
    let linked = try place()
    linked.shell("echo x > AGENTS.md; ln -s AGENTS.md CLAUDE.md")
    try #require(linked.pawl("init", "--agents").code == 0)
    #expect(linked.read("AGENTS.md")?.split(separator: "<!-- pawl:begin -->").count == 2)
    #expect(linked.shell("readlink CLAUDE.md").output == "AGENTS.md\n")
    let asked = try place()
    try #require(asked.pawl("init", "--agents", "--claude").code == 0)
    #expect(asked.read("CLAUDE.md") == asked.read("AGENTS.md"))
  }

  @Test(arguments: [
    "<!-- pawl:begin -->\n", "<!-- pawl:end -->\n<!-- pawl:begin -->\n",
    "<!-- pawl:begin -->\n<!-- pawl:begin -->\n<!-- pawl:end -->\n",
  ])
  func `does not guess where its marks make no sense`(text: String) throws {
    let repository = try place(["AGENTS.md": text])
    let run = repository.pawl("init", "--agents")
    #expect(run.code == 1 && run.messages.contains("not once each") && repository.read("AGENTS.md") == text)
  }

  @Test func `writes pawl yaml first where there is none`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    let run = repository.initialise("--agents", "--claude")
    #expect(run.code == 0 && run.messages.contains("wrote AGENTS.md and CLAUDE.md"), "\(run.messages)")
    #expect(repository.exists("pawl.yaml"))
  }
}

@Suite struct `pawl init in a repository that it does not know` {
  @Test(arguments: [
    (
      ["src/solve.py", "tools/a.sh", "notes.md"], ["--command", "python3 ./src/solve.py"],
      "pass `--editable src/solve.py`, say"
    ),
    (["src/deep.py", "judge.sh", "solve.c"], ["--referee", "sh judge.sh"], "pass `--editable solve.c`, say"),
    (["notes.md", "py"], ["--command", "make"], "pass `--editable GLOB`; `git ls-files`"),
    (["notes.md"], [], "pass `--command CMD`"),
  ])
  func `hints at what is there`(files: [String], command: [String], hint: String) throws {
    let repository = try TemporaryRepository(Dictionary(uniqueKeysWithValues: files.map { ($0, "x\n") }))
    let program = repository.start(["init", "--metric", "loss"] + command)
    let run = try #require(program?.wait())
    #expect(run.code == 2 && run.messages.contains("hint: \(hint)"), "\(run.messages)")
    #expect(!run.messages.contains("train.py"))
  }
}
