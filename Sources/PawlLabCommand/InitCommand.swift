#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// `pawl-lab init`: a folder with everything that a study of the lab needs.
struct InitCommand {
  private let folder: String
  private let data: String?
  private let settings: LabSettings

  init(_ arguments: ArraySlice<String>) throws(LabError) {
    let parsed = try Arguments(arguments, options: ["--data", "--budget"])
    guard let folder = parsed.plain else {
      throw LabError(.usage, "`init` needs a folder to make", hints: ["`pawl-lab init my-study`"])
    }
    self.folder = folder
    data = parsed.text("--data")
    var settings = LabSettings()
    if let budget = try parsed.number("--budget", from: 1_000_000, to: 1_000_000_000_000_000_000) {
      settings.operations = budget
    }
    self.settings = settings
  }

  func run() throws(LabError) {
    let git = try findProgram("git")
    let text = try readText()
    let split = try TextSplit(text)
    try makeFolder()
    try makeFolder("data")
    try writeFile(split.training, to: folder + "/data/train.txt")
    try writeFile(split.validation, to: folder + "/data/val.txt")
    try writeFile(Array(trainTemplate.utf8), to: folder + "/train.swift")
    try writeFile(Array(programTemplate(settings).utf8), to: folder + "/program.md")
    try writeFile(Array(settings.text.utf8), to: folder + "/" + LabSettings.fileName)
    try writeFile(Array(".pawl/\n*.o\n".utf8), to: folder + "/.gitignore")
    try commit(git)
    say("made `\(folder)`: \(split.training.count) bytes to learn from, \(split.validation.count) held out")
    say("try it with: cd \(folder) && pawl-lab run train.swift")
  }

  private func readText() throws(LabError) -> [UInt8] {
    guard let data else { return try BibleText.read() }
    guard let bytes = readFile(data, limit: TextSplit.largest + 1) else {
      throw LabError(
        .cannotRun, "cannot read `\(data)`: \(reason(errno))", hints: ["`--data` takes the path of a file"])
    }
    if bytes.count > TextSplit.largest {
      say("note: `\(data)` is longer than the \(TextSplit.largest) bytes that the lab uses; the rest is left out")
    }
    return Array(bytes.prefix(TextSplit.largest))
  }

  private func makeFolder(_ name: String? = nil) throws(LabError) {
    let path = name.map { folder + "/" + $0 } ?? folder
    if mkdir(path, 0o755) == 0 { return }
    let number = errno
    guard number == EEXIST, name == nil, let entries = opendir(path) else {
      throw LabError(.cannotRun, "cannot make the folder `\(path)`: \(reason(number))")
    }
    defer { closedir(entries) }
    var count = 0
    while readdir(entries) != nil { count += 1 }
    guard count <= 2 else {  // `.` and `..`
      throw LabError(.cannotRun, "the folder `\(path)` is not empty", hints: ["name a folder that does not exist yet"])
    }
  }

  private func commit(_ git: String) throws(LabError) {
    try call(git, ["init", "-q", "-b", "main"])
    try call(git, ["add", "-A"])
    let configured = try ChildProcess.output(git, ["-C", folder, "config", "user.email"], seconds: 60)
    let identity =
      configured.ending.succeeded ? [] : ["-c", "user.name=pawl-lab", "-c", "user.email=pawl-lab@localhost"]
    try call(
      git, identity + ["-c", "commit.gpgsign=false", "commit", "-q", "-m", "Begin with the baseline of the lab"])
  }

  private func call(_ git: String, _ arguments: [String]) throws(LabError) {
    let (ending, bytes) = try ChildProcess.output(git, ["-C", folder] + arguments, seconds: 60)
    guard ending.succeeded else {
      let words = trimmed(String(decoding: bytes, as: UTF8.self))
      throw LabError(.cannotRun, "`git \(arguments.joined(separator: " "))` \(ending.words): \(words)")
    }
  }
}

/// The King James Bible, as Debian's `bible` program prints it, without the verse numbers.
enum BibleText {
  static func read() throws(LabError) -> [UInt8] {
    let hints = ["install it with `apt-get install bible-kjv`, or name a text of your own with `--data FILE`"]
    let program: String
    do throws(LabError) { program = try findProgram("bible") } catch {
      throw LabError(
        .cannotRun, "the text comes from Debian's package `bible-kjv`, which is not installed", hints: hints)
    }
    let (ending, bytes) = try ChildProcess.output(
      program, ["-f", "gen1:1-rev22:21"], seconds: 60, limit: 16 << 20)
    guard ending.succeeded, bytes.count > TextSplit.smallest else {
      throw LabError(.cannotRun, "`\(program)` printed no text; it \(ending.words)", hints: hints)
    }
    return withoutReferences(bytes)
  }

  /// Drops what stands before the first space of each line: book, chapter and verse.
  static func withoutReferences(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var inReference = true
    for byte in bytes {
      if !inReference || byte == 0x0a { result.append(byte) }
      if byte == 0x0a { inReference = true } else if byte == 0x20 { inReference = false }
    }
    return result
  }
}
