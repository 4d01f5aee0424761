import PawlCore

extension Briefing {
  /// The environment variable that names the file for the hypothesis to a coding program.
  public static let hypothesisVariable = "PAWL_HYPOTHESIS"

  /// Returns the brief as one Markdown file for a coding program, which edits the files in its folder in place.
  ///
  /// - Parameter hypothesisFile: Where the program is to write its hypothesis, as it sees the path.
  public func taskFile(hypothesisFile: String) -> String {
    let opening = """
      # Your part
      You are a research agent. Pawl, the engine that started you, runs a study: again and again an agent changes a program, Pawl runs \
      the changed program in a sandbox under a fixed budget, measures one metric, and keeps what is really better.

      You work in a copy of the repository. Edit the editable files in place; what differs when you end is your proposal. Then write one \
      line into `\(Quoted.plain(hypothesisFile, limit: 400))` (the environment variable `\(Self.hypothesisVariable)` names it too): one \
      sentence on what you changed and why it should help. A second line `Cites: note 3, trial 12` may name what you build on, and a third \
      one, `Finding: …`, what others should know, for the study's notebook. Change nothing else: no other files, no commits, no branches, nothing installed, \
      and leave no notes or outputs behind. Do not run the full training or measuring; Pawl does. Ask nothing, nobody answers.

      \(SystemText.rules)

      \(SystemText.data)

      """
    let task =
      ChangingText.task(breadth: breadth)
      + "Make it in the files, write the hypothesis into `\(Quoted.plain(hypothesisFile, limit: 400))`, and end.\n"
    let (stable, changing) = parts(besides: opening, withFiles: false, task: task)
    return opening + "\n" + stable + editableList + "\n" + changing
  }

  private var editableList: String {
    guard !files.isEmpty else { return "" }
    let names = files.keys.sorted().prefix(Self.mostNamed).map { Quoted.path($0) }.joined(separator: ", ")
    let rest = files.count - Self.mostNamed
    return "\nThe editable files, as they are at trial \(parent): \(names)\(rest > 0 ? " and \(rest) more" : "").\n"
  }

  private static let mostNamed = 50
}
