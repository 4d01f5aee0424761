import Foundation
import PawlConfiguration
import PawlCore
import PawlRuntime

/// `pawl init`: looks at the repository and writes pawl.yaml.
struct InitCommand: Command {
  static let specification = CommandSpecification(
    name: "init", summary: "look at this repository and write pawl.yaml",
    options: [
      .init(name: "study", value: "NAME", help: "name of the study (the repository's folder unless given)"),
      .init(name: "command", value: "CMD", help: "what one attempt runs, by `sh -c`"),
      .init(
        name: "referee", value: "CMD",
        help: "in place of --command: a frozen program that starts the candidate itself and prints the metric"),
      .init(name: "metric", value: "NAME", help: "name of the metric that the command prints"),
      .init(name: "pattern", value: "REGEX", help: "finds the number: one capture group, matched line by line"),
      .init(name: "direction", value: "minimize|maximize", help: "which way the metric improves"),
      .init(name: "editable", value: "GLOB", help: "files that agents may change (repeatable)", repeats: true),
      .init(
        name: "frozen", value: "GLOB", help: "files that stay as they are although `editable` matches (repeatable)",
        repeats: true),
      .init(name: "budget", value: "TIME", help: "wall time of one attempt, as in 10min"),
      .init(name: "workers", value: "N", help: "attempts at the same time"),
      .init(name: "trials", value: "N", help: "stop after N trials"),
      .init(name: "force", value: nil, help: "write pawl.yaml anew"),
      .init(
        name: "agents", value: nil,
        help: "tell coding agents how to use Pawl here, in AGENTS.md and a CLAUDE.md that is there"),
      .init(name: "claude", value: nil, help: "with --agents: make a CLAUDE.md where there is none"),
    ],
    notes: """
      Recognised without any flag: karpathy/autoresearch (train.py, prepare.py, program.md), pi-autoresearch
      (`METRIC name=value` lines) and a study of the lab (`pawl-lab init`). Anything else needs --command or --referee,
      --metric, --direction and --editable.
      With --agents and a pawl.yaml that is there, only AGENTS.md and CLAUDE.md are written: between two marks, so that it
      can be done again; and what makes `pawl mcp` known to coding agents is printed.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    guard arguments.has("agents") || !arguments.has("claude") else {
      throw UsageError("`--claude` says where `--agents` writes", hints: ["pass `--agents --claude`"])
    }
    var setup = try StudySetup(at: console.directory)
    if arguments.has("agents"), !arguments.has("force"), setup.isConfigured {
      try tellAgents(setup.root, try StudySetup.configuration(at: console.directory), arguments, console: console)
      return 0
    }
    let configuration = try configure(&setup, arguments, console: console)
    let written = try setup.write(configuration, overwrite: arguments.has("force"))
    for note in setup.draft.notes { console.messages("  \(note)\n") }
    console.messages(
      """
        \(configuration.isReferee ? "referee " : "command ")  \(configuration.command)
        metric    \(configuration.metric.name) (\(configuration.metric.direction.rawValue))
        editable  \(configuration.editable.joined(separator: ", "))

      wrote \(written.joined(separator: " and ")) in \(setup.root)
      next: `pawl doctor` checks the machine, `pawl run` starts the study `\(configuration.name)`

      """)
    if arguments.has("agents") { try tellAgents(setup.root, configuration, arguments, console: console) }
    return 0
  }

  private static func tellAgents(
    _ root: String, _ configuration: StudyConfiguration, _ arguments: ParsedArguments, console: Console
  ) throws {
    let written = try AgentInstructions(root: root, configuration: configuration).write(claude: arguments.has("claude"))
    let what =
      written.isEmpty ? "AGENTS.md says how to use Pawl already" : "wrote \(written.joined(separator: " and "))"
    console.messages("\(what); to make `pawl mcp` known to a coding agent, in \(root):\n\n")
    let command: [String: JSONValue] = [
      "command": .string("pawl"), "args": .array([.string("mcp"), .string("--directory"), .string(root)]),
    ]
    let servers = JSONValue.fields(["mcpServers": .fields(["pawl": .fields(command)])])
    console.output(
      """
      claude mcp add pawl -- pawl mcp
      codex mcp add pawl -- pawl mcp
      gemini mcp add pawl pawl mcp

      """)
    console.messages("\nor in its configuration:\n\n")
    console.output(servers.text + "\n")
  }

  private static func configure(
    _ setup: inout StudySetup, _ arguments: ParsedArguments, console: Console
  ) throws -> StudyConfiguration {
    let draft = setup.draft
    if arguments.has("command"), arguments.has("referee") {
      throw UsageError(
        "`--command` and `--referee` both say what runs one attempt",
        hints: ["pass `--referee` where a frozen program starts the candidate itself and judges it, else `--command`"])
    }
    let flag = arguments.value("referee") ?? arguments.value("command")
    let command = flag ?? draft.command ?? ask("command that one attempt runs", console)
    guard let command, !command.isEmpty else {
      throw UsageError(
        "no known layout here, and no command", hints: ["pass `--command CMD`: what one attempt runs, as in a shell"])
    }
    let metric = try metric(draft, arguments, console: console)
    var editable = arguments.all("editable")
    if editable.isEmpty { editable = draft.editable }
    if editable.isEmpty, let answer = ask("files that agents may change (globs, separated by spaces)", console) {
      editable = answer.split(separator: " ").map(String.init)
    }
    guard !editable.isEmpty else {
      throw UsageError(
        "nothing says which files agents may change",
        hints: [editableHint(draft, command, isReferee: arguments.has("referee"))])
    }
    let folder = (setup.root as NSString).lastPathComponent
    let name = arguments.value("study") ?? folder
    guard let study = StudyName(rawValue: name) ?? (arguments.has("study") ? nil : StudyName(rawValue: "study")) else {
      throw UsageError(
        "`\(name)` is not a study name",
        hints: ["letters, digits, `.`, `_` and `-`, at most 64, a letter or digit first"])
    }
    let isDrafted = flag == nil
    var configuration = StudyConfiguration(
      name: study, command: command, isReferee: isDrafted ? draft.isReferee : arguments.has("referee"),
      evaluate: isDrafted ? draft.evaluate : nil, artifacts: isDrafted ? draft.artifacts : [], metric: metric,
      editable: editable,
      frozen: arguments.has("frozen") ? arguments.all("frozen") : draft.frozen, budget: draft.budget,
      sandbox: draft.sandbox, foreignLoad: isDrafted ? draft.foreignLoad : .repeats,
      agents: isDrafted && draft.generations != nil ? [.generations] : [.knobs],
      generations: isDrafted ? draft.generations : nil)
    if let seconds = try arguments.seconds("budget") { configuration.budget.wallSeconds = seconds }
    if let workers = try arguments.integer("workers", atLeast: 1) { configuration.workers = workers }
    configuration.stop.trials = try arguments.integer("trials", atLeast: 1)
    // What the file says must parse back: the checks of pawl.yaml hold for flags too.
    return try StudyFile.parse(StudyFile.render(configuration, layout: draft.layout), path: "pawl.yaml")
  }

  private static func metric(
    _ draft: StudyDraft, _ arguments: ParsedArguments, console: Console
  ) throws -> MetricRule {
    let detected = arguments.has("metric") ? nil : draft.metric
    guard let name = arguments.value("metric") ?? detected?.name ?? ask("name of the metric", console), !name.isEmpty
    else {
      throw UsageError("nothing says which metric the command prints", hints: ["pass `--metric val_loss`"])
    }
    let pattern = arguments.value("pattern") ?? detected?.pattern ?? FlagValues.pattern(forMetric: name)
    let word =
      arguments.value("direction") ?? detected?.direction.rawValue ?? FlagValues.direction(ofMetric: name)?.rawValue
      ?? ask("minimize or maximize", console)
    guard let word, let direction = Direction(rawValue: word) else {
      throw UsageError(
        word.map { "`--direction \($0)` is neither minimize nor maximize" }
          ?? "nothing says which way `\(name)` improves",
        hints: ["pass `--direction minimize` or `--direction maximize`"])
    }
    return MetricRule(
      name: name, pattern: pattern, direction: direction, plausible: detected?.plausible,
      memoryPattern: detected?.memoryPattern)
  }

  /// Names a file that is there: what the command runs, unless that judges, else a program near the root.
  private static func editableHint(_ draft: StudyDraft, _ command: String, isReferee: Bool) -> String {
    let words = Set(command.split(whereSeparator: \.isWhitespace).map { $0.hasPrefix("./") ? $0.dropFirst(2) : $0 })
    let isPlain = { (path: String) in
      path.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._/-".contains($0)) }
    }
    let scripts = draft.scripts.filter { isPlain($0) && !(isReferee && words.contains(Substring($0))) }
    guard let script = scripts.first(where: { words.contains(Substring($0)) }) ?? scripts.first else {
      return "pass `--editable GLOB`; `git ls-files` lists what it can match"
    }
    return "pass `--editable \(script)`, say"
  }

  /// Asks a person, where there is one.
  private static func ask(_ question: String, _ console: Console) -> String? {
    guard console.messagesAreTerminal, isatty(0) == 1 else { return nil }
    console.messages("\(question): ")
    return readLine()?.trimmingCharacters(in: .whitespaces)
  }
}
