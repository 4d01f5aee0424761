import Testing

import PawlReferee
@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct InitCommandTests {
  static let badTexts: [(String, [UInt8])] = [
    ("0 bytes", []), ("100 bytes", Array(easyText().prefix(100))),
    ("one byte again and again", [UInt8](repeating: 0x20, count: 300_000)),
    ("one line again and again", Array(String(repeating: "all work and no play\n", count: 10_000).utf8)),
  ]

  @Test(arguments: badTexts) func `a bad text is refused and leaves nothing`(what: String, text: [UInt8]) throws {
    let scratch = try Scratch()
    let file = try scratch.file("text", text)
    let error = #expect(throws: LabError.self) { try InitCommand(["--data", file, scratch.path + "/study"]).run() }
    #expect(error?.code == .cannotRun && error?.hints.isEmpty == false, "\(what)")
    #expect(scratch.names == ["text"])
  }

  @Test func `bytes that are no UTF-8 make a study`() throws {
    let scratch = try Scratch()
    let file = try scratch.file("text", noise(100_000))
    try InitCommand(["--data", file, scratch.path + "/study/"]).run()
    #expect(scratch.names == ["study", "text"])
    let study = scratch.path + "/study"
    #expect(
      (fileNames(study) ?? []).sorted() == [".git", ".gitignore", "data", "lab.conf", "program.md", "train.swift"])
    #expect((fileNames(study + "/data") ?? []).sorted() == ["sealed.txt", "search.txt", "train.txt"])
    let text = try StudyText(folder: study, split: .sealed, source: Array(trainTemplate.utf8))
    #expect(text.heldOut == readFile(study + "/data/sealed.txt"))
    #expect(text.training == study + "/data/train.txt")
  }

  @Test func `an empty folder is filled, and one that is not is left as it was`() throws {
    let scratch = try Scratch()
    let file = try scratch.file("text", easyText())
    try #require(mkdir(scratch.path + "/study", 0o755) == 0)
    try InitCommand(["--data", file, scratch.path + "/study"]).run()
    #expect((fileNames(scratch.path + "/study") ?? []).count == 6)
    let error = #expect(throws: LabError.self) { try InitCommand(["--data", file, scratch.path + "/study"]).run() }
    #expect(error?.message.contains("is not empty") == true)
    #expect(throws: LabError.self) { try InitCommand(["--data", file, file]).run() }
    #expect(throws: LabError.self) { try InitCommand(["--data", file, scratch.path + "/no/such/place"]).run() }
    #expect(scratch.names == ["study", "text"])
  }

  @Test func `a folder that cannot be finished leaves nothing`() throws {
    let scratch = try Scratch()
    for path in [scratch.path + "/new", scratch.path] {
      #expect(throws: LabError.self) {
        try StudyFolder(path).fill { folder throws(LabError) in
          try writeFile([1], to: folder + "/half")
          throw LabError(.cannotRun, "the disk is full")
        }
      }
      #expect(scratch.names.isEmpty)
    }
  }

  @Test(arguments: [
    [], ["a", "--data", "x", "--text", "bible"], ["a", "--text", "x"], ["a", "--budget", "3"], ["a", "--seed", "1"],
    [""],
  ]) func `a wrong command line is refused`(arguments: [String]) {
    let error = #expect(throws: LabError.self) { try InitCommand(arguments[...]) }
    #expect(error?.code == .usage)
  }

  @Test func `an agent is told its budget, its metric and its limits in one screen`() throws {
    let text = programTemplate(try LabSettings().rung(1))
    for part in ["val_bpb", "train.swift", "300000000000", "30 seconds", "data/train.txt", "256 KiB"] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 50)
  }
}
