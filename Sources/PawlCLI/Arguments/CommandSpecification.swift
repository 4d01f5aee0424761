/// One flag of a command.
struct OptionSpecification: Sendable {
  let name: String
  /// What stands for the value in the help, or nil for a flag without one.
  let value: String?
  let help: String
  var repeats = false
  /// One letter that stands for it behind a single dash.
  var short: Character?
}

/// One command: what it is called, takes and is for.
struct CommandSpecification: Sendable {
  let name: String
  let summary: String
  /// Positional arguments as the help shows them, `[ID]` for optional ones.
  var positionals: [String] = []
  var options: [OptionSpecification] = []
  /// Shown below the options.
  var notes: String = ""

  static let help = OptionSpecification(name: "help", value: nil, help: "show this help", short: "h")
  static let study = OptionSpecification(
    name: "study", value: "NAME", help: "the study, where it is not the one that pawl.yaml names")
  static let directory = OptionSpecification(name: "directory", value: "DIR", help: "work in DIR instead of here")
  static let json = OptionSpecification(name: "json", value: nil, help: "print JSON")

  /// The command's own options and those that all commands take.
  var allOptions: [OptionSpecification] { options + [Self.directory, Self.help] }

  var usage: String {
    let parts = ["pawl", name] + positionals + (options.isEmpty ? [] : ["[OPTIONS]"])
    return parts.joined(separator: " ")
  }

  var helpText: String {
    let flags = allOptions.map { option in
      (
        (option.short.map { "-\($0), " } ?? "") + "--\(option.name)" + (option.value.map { " \($0)" } ?? ""),
        option.help
      )
    }
    let width = (flags.map(\.0.count).max() ?? 0) + 2
    let lines = flags.map { "  " + $0.0.padded(to: width) + $0.1 }
    return "\(summary)\n\nusage: \(usage)\n\n\(lines.joined(separator: "\n"))\n" + (notes.isEmpty ? "" : "\n\(notes)\n")
  }
}

extension String {
  /// Returns the text with spaces added on the right up to `width` characters.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  /// Returns the text with spaces added on the left up to `width` characters.
  func aligned(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
  /// Returns the text cut to `width` characters, the last one an ellipsis where something was cut.
  func cut(to width: Int) -> String { count <= width ? self : prefix(max(0, width - 1)) + "…" }
}
