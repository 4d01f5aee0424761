import PawlConfiguration
import PawlCore
import PawlRuntime

/// The `pawl` program: finds the command, runs it, renders what goes wrong.
public enum Program {
  public static let version = "0.1.0"

  static let commands: [any Command.Type] = [
    InitCommand.self, DoctorCommand.self, RunCommand.self, StatusCommand.self, LogCommand.self, ShowCommand.self,
    DiffCommand.self, TryCommand.self, SteerCommand.self, NotesCommand.self, PinCommand.self, UnpinCommand.self,
    BanCommand.self, ApproveCommand.self, DenyCommand.self, MCPCommand.self, CertifyCommand.self, PauseCommand.self,
    ResumeCommand.self, ReportCommand.self,
    ExportCommand.self, LineageCommand.self, AuditCommand.self, SimulateCommand.self,
  ]

  /// Run by other programs than people's shells, and so in no list.
  static let inner: [any Command.Type] = [AttemptCommand.self, StageCommand.self]

  /// Returns the exit code.
  public static func run(_ arguments: [String], console: Console) -> Int32 {
    do {
      return try dispatch(arguments, console: console)
    } catch {
      console.messages(ErrorText.render(error, colour: console.messageColour))
      return ErrorText.exitCode(of: error)
    }
  }

  private static func dispatch(_ arguments: [String], console: Console) throws -> Int32 {
    guard let word = arguments.first else {
      console.messages(overview)
      return 2
    }
    if word == "help", arguments.count > 1 { return try dispatch([arguments[1], "--help"], console: console) }
    if ["help", "--help", "-h"].contains(word) {
      console.output(overview)
      return 0
    }
    if ["version", "--version", "-V"].contains(word) {
      console.output("pawl \(version)\n")
      return 0
    }
    guard let command = (commands + inner).first(where: { $0.specification.name == word }) else {
      let suggestion = nearest(word, in: commands.map { $0.specification.name })
      throw UsageError(
        "unknown command `\(word)`",
        hints: [suggestion.map { "did you mean `pawl \($0)`?" } ?? "`pawl help` lists them"])
    }
    let parsed = try ParsedArguments(Array(arguments.dropFirst()), for: command.specification)
    if parsed.has("help") {
      console.output(command.specification.helpText)
      return 0
    }
    var console = console
    if let directory = parsed.value("directory") {
      console.directory = directory.hasPrefix("/") ? directory : "\(console.directory)/\(directory)"
    }
    return try command.run(parsed, console: console)
  }

  private static var overview: String {
    let width = (commands.map { $0.specification.name.count }.max() ?? 0) + 3
    let lines = commands.map { "  " + $0.specification.name.padded(to: width) + $0.specification.summary }
    return """
      Pawl: an autonomous research engine that keeps what is really better.

      usage: pawl COMMAND [OPTIONS]

      \(lines.joined(separator: "\n"))

      `pawl COMMAND --help` says more. In a repository: `pawl init`, then `pawl run`.

      """
  }
}

/// One command of the program.
protocol Command: Sendable {
  static var specification: CommandSpecification { get }
  /// Returns the exit code.
  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32
}

extension Command {
  /// Opens the study that `--study` or `pawl.yaml` names.
  static func reader(_ arguments: ParsedArguments, console: Console) throws -> StudyReader {
    if let text = arguments.value("study") {
      guard let name = StudyName(rawValue: text) else {
        throw UsageError(
          "`\(text)` is not a study name",
          hints: ["letters, digits, `.`, `_` and `-`, at most 64, a letter or digit first"])
      }
      return try StudyReader(at: console.directory, study: name)
    }
    return try StudyReader(
      at: console.directory, study: try StudySetup.configuration(at: console.directory).name)
  }
}
