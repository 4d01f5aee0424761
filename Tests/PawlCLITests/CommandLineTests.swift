import PawlTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct CommandLineTests {
  static let commands = [
    "init", "doctor", "run", "status", "log", "show", "diff", "try", "steer", "notes", "pin", "unpin", "ban",
    "approve", "deny", "mcp", "certify", "pause", "resume",
    "report",
    "export",
  ]

  @Test func `the overview and the help of every command`() throws {
    let repository = try TemporaryRepository(["a": ""])
    #expect(repository.pawl("help").output == repository.pawl("--help").output)
    var text = repository.pawl("help").shown
    for command in Self.commands {
      let help = repository.pawl(command, "--help")
      #expect(help.code == 0 && help.messages.isEmpty, "\(command)")
      #expect(repository.pawl("help", command).output == help.output)
      text += "\n##### pawl \(command) --help\n\(help.output)"
    }
    try expectSnapshot("help", text)
  }

  @Test(arguments: [
    ["statsu"], ["nonsense"], ["log", "--lasst", "3"], ["log", "--last"], ["log", "--last", "x"], ["log", "extra"],
    ["log", "--verdict", "great"], ["log", "--state", "odd"], ["run", "--for", "3 parsecs"], ["run", "--workers", "0"],
    ["run", "--trials", "1", "--trials", "2"], ["run", "--allow-dirty=yes"], ["show"], ["show", "first"],
    ["show", "99"], ["diff", "99"], ["export", "--format", "xml"], ["status", "--study", "../x"],
    ["status", "--study", "other"], ["run", "-x"], [], ["try"], ["try", "-m", " "], ["try", "-m"],
    ["try", "-m", "x", "--base", "odd"], ["try", "-m", "x"], ["steer", "x", "--list"],
    ["steer", "--done", "3"], ["deny"],
    ["init", "--claude"],
  ])
  func `a wrong command line is named with a way out`(arguments: [String]) throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise().code == 0)
    if ["show", "diff", "export", "steer"].contains(arguments.first) {
      try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    }
    let run = try #require(repository.start(arguments)?.wait())
    #expect(run.code == 2 || run.code == 1)
    let name = arguments.isEmpty ? "nothing" : arguments.joined(separator: "_").filter { !"/. ".contains($0) }
    try expectSnapshot("usage-\(name)", run.shown, normalised: Normaliser(repository))
  }

  /// One knob with a worse, a better and a crashing choice: whatever the order, each is tried once.
  private func finishedStudy() throws -> TemporaryRepository {
    let script = """
      depth=4  # pawl: 4 | 8 | 3
      [ $depth = 3 ] && { echo 'no such depth' >&2; exit 7; }
      echo "seed $PAWL_SEED"
      echo "loss: $((10 - depth)).0$((PAWL_SEED % 10))"

      """
    let repository = try TemporaryRepository(["train.sh": script])
    try #require(repository.initialise().code == 0)
    let run = repository.pawl("run")
    try #require(run.code == 0, "\(run.messages)")
    try #require(run.messages.contains("ended: the agent has nothing left to propose"), "\(run.messages)")
    return repository
  }

  @Test func `reading a finished study`() throws {
    let repository = try finishedStudy()
    let normaliser = Normaliser(repository)
    func snapshot(_ name: String, _ arguments: String...) throws {
      let run = try #require(repository.start(arguments)?.wait())
      #expect(run.code == 0, "\(arguments): \(run.messages)")
      try expectSnapshot("read-\(name)", run.shown, normalised: normaliser)
    }
    try snapshot("status", "status")
    try snapshot("log", "log")
    try snapshot("log-evidence", "log", "--evidence")
    try snapshot("log-last", "log", "--last", "1")
    try snapshot("log-kept", "log", "--kept")
    try snapshot("log-crashed", "log", "--state", "crashed")
    try snapshot("log-grep", "log", "--grep", "DEPTH 4 -> 8")
    try snapshot("log-none", "log", "--agent", "nobody")
    try snapshot("show-baseline", "show", "0")
    try snapshot("diff", "diff")
    try snapshot("export-tsv", "export", "--format", "tsv")
    for trial in ["1", "2"] { try snapshot("show-\(trial)", "show", trial) }
  }

  @Test func `every line of json is an object with the trial's number and output is free of messages`() throws {
    let repository = try finishedStudy()
    let lines = repository.pawl("log", "--json", "--all")
    #expect(lines.messages == "")
    let trials = lines.output.split(separator: "\n")
    #expect(trials.count >= 3)
    for (number, line) in trials.enumerated() {
      #expect(line.hasPrefix("{") && line.hasSuffix("}") && line.contains("\"id\":\(number)"), "\(line)")
    }
    let exported = repository.pawl("export", "--format", "jsonl").output.split(separator: "\n")
    #expect(exported.count == trials.count)
    for (command, word) in [("status", "overview"), ("show", "attempts"), ("doctor", "name")] {
      let run = command == "show" ? repository.pawl("show", "1", "--json") : repository.pawl(command, "--json")
      #expect(run.messages == "" && run.output.contains("\"\(word)\""), "\(command): \(run.output)")
    }
  }

  @Test func `the report is a page of its own that holds every trial`() throws {
    let repository = try finishedStudy()
    let path = repository.pawl("report").output
    #expect(path == "\(repository.root)/.pawl/repo/report.html\n")
    let page = try #require(repository.read(String(path.dropLast())))
    #expect(page.hasPrefix("<!DOCTYPE html>") || page.hasPrefix("<!doctype html>"))
    #expect(page.contains("<svg"))
    for hypothesis in ["4 -&gt; 8", "4 -&gt; 3"] { #expect(page.contains(hypothesis), "\(hypothesis)") }
    #expect(!page.contains("src=\"http") && !page.contains("href=\"http"), "nothing is fetched from elsewhere")
    let elsewhere = repository.pawl("report", "--output", "../page.html")
    #expect(elsewhere.code == 0 && repository.exists("\(repository.place)/page.html"))
    let nowhere = repository.pawl("report", "--output", "no/such/folder.html")
    #expect(nowhere.code == 1 && nowhere.messages.contains("hint: choose a place with `--output PATH`"))
  }

  @Test func `a closed pipe ends the program quietly`() throws {
    let repository = try finishedStudy()
    let program = TemporaryRepository.program
    for command in ["log --all --json", "export --format jsonl", "show 1 --json", "help"] {
      let run = repository.shell("{ '\(program)' \(command); echo \"code $?\" >&2; } | head -c 1")
      let quiet = run.messages == "code 0\n" || run.messages == "code 141\n"
      #expect(quiet, "\(command): \(run.messages)")
    }
  }

  @Test func `on a terminal there are colours unless NO_COLOR is set`() throws {
    let repository = try finishedStudy()
    try #require(repository.shell("command -v script").code == 0, "script(1) of bsdutils gives a terminal")
    let coloured = repository.shell("script -qec \"'\(TemporaryRepository.program)' log\" /dev/null").output
    #expect(coloured.contains("\u{1b}["))
    let plain = repository.shell("NO_COLOR=1 script -qec \"'\(TemporaryRepository.program)' log\" /dev/null").output
    #expect(!plain.contains("\u{1b}["))
    #expect(!repository.pawl("log").output.contains("\u{1b}["), "a pipe gets none")
  }
}
