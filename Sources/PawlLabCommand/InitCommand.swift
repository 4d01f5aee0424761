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
  private let source: TextSource
  private let settings: LabSettings
  /// What a study of generations is about; nil for a study of code.
  private let task: GenerationTask?

  init(_ arguments: ArraySlice<String>) throws(LabError) {
    let parsed = try Arguments(arguments, options: ["--data", "--text", "--budget", "--generations"])
    guard var folder = parsed.plain, !folder.isEmpty else {
      throw LabError(.usage, "`init` needs a folder to make", hints: ["`pawl-lab init my-study`"])
    }
    while folder.count > 1 && folder.hasSuffix("/") { folder.removeLast() }
    self.folder = folder
    switch (parsed.text("--data"), parsed.text("--text")) {
    case (.some, .some):
      throw LabError(.usage, "`--data` and `--text` both name a text", hints: ["give one of them"])
    case (let file?, nil): source = .file(file)
    case (nil, let name?): source = .packaged(try PackagedText(named: name))
    case (nil, nil): source = .packaged(.bible)
    }
    task = parsed.text("--generations") == nil ? nil : try GenerationTask(parsed, at: "--generations")
    if task != nil && parsed.text("--budget") != nil {
      throw LabError(
        .usage, "`--budget` is of a study of code",
        hints: ["`steps` in `\(TrainerSettings.fileName)` is what a generation trains"])
    }
    let budget = try parsed.number("--budget", from: 1_000_000, to: Budget.mostOperations)
    settings = budget.map { LabSettings(operations: $0) } ?? LabSettings()
  }

  func run() throws(LabError) {
    let git = try findProgram("git")
    if let task {
      var words = ""
      try StudyFolder(folder).fill { path throws(LabError) in
        words = try GenerationsFolder(task: task, source: source).write(to: path)
        try commit(path, git)
      }
      say("made `\(folder)`: \(words)")
      return
    }
    let text = try source.read()
    let split = try TextSplit(text.bytes)
    let rung = try settings.rung(LabSettings.names.lowerBound)
    let place = try StudyFolder(folder)
    try place.fill { path throws(LabError) in
      guard mkdir(path + "/data", 0o755) == 0 else {
        throw LabError(.cannotRun, "cannot make the folder `\(path)/data`: \(reason(errno))")
      }
      for part in TextPart.allCases { try writeFile(split[part], to: "\(path)/\(part.file)") }
      try writeFile(Array(trainTemplate.utf8), to: path + "/train.swift")
      try writeFile(Array(programTemplate(rung).utf8), to: path + "/program.md")
      try writeFile(Array(settings.text.utf8), to: "\(path)/\(LabSettings.fileName)")
      try writeFile(Array(".pawl/\n*.o\n*.jsonl\n*.safetensors\n".utf8), to: path + "/.gitignore")
      try commit(path, git)
    }
    say("text: \(text.words)")
    let sizes = TextPart.allCases.map { "\(split[$0].count) bytes in \($0.file)" }.joined(separator: ", ")
    say("made `\(folder)`: \(sizes)")
    if split.overlapBytes > 0 {
      say("left out \(split.overlapBytes) bytes that were to be held out and stand in another part too")
    }
    say("try it with: cd \(folder) && pawl-lab run train.swift")
  }

  private func commit(_ path: String, _ git: String) throws(LabError) {
    try call(git, path, ["init", "-q", "-b", "main"])
    try call(git, path, ["add", "-A"])
    let configured = try ChildProcess.output(git, ["-C", path, "config", "user.email"], seconds: 60)
    let identity =
      configured.ending.succeeded ? [] : ["-c", "user.name=pawl-lab", "-c", "user.email=pawl-lab@localhost"]
    try call(
      git, path, identity + ["-c", "commit.gpgsign=false", "commit", "-q", "-m", "Begin with the baseline of the lab"])
  }

  private func call(_ git: String, _ path: String, _ arguments: [String]) throws(LabError) {
    let (ending, bytes) = try ChildProcess.output(git, ["-C", path] + arguments, seconds: 60)
    guard ending.succeeded else {
      let words = trimmed(String(decoding: bytes, as: UTF8.self))
      throw LabError(.cannotRun, "`git \(arguments.joined(separator: " "))` \(ending.words): \(words)")
    }
  }
}
