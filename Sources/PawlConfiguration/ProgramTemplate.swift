public import PawlCore

/// The page that tells agents what a study is about: program.md.
public enum ProgramTemplate {
  /// Returns a program.md for a study, to be edited by the user.
  public static func text(for configuration: StudyConfiguration) -> String {
    let metric = configuration.metric
    let better = metric.direction == .minimize ? "lower" : "higher"
    var rules = [
      "Change only these files: \(quoted(configuration.editable)). Everything else is frozen and laid down afresh.",
      "Add no dependency and reach for no network\(configuration.sandbox.network ? " beyond what the command uses" : "").",
      "Do not touch how `\(metric.name)` is computed or printed: the aim is a better result, not a better number.",
      "All else being equal, simpler is better: a change that removes code at the same `\(metric.name)` is a win.",
    ]
    if !configuration.frozen.isEmpty { rules.insert("Never change \(quoted(configuration.frozen)).", at: 1) }
    if !configuration.constraints.isEmpty {
      let constraints = configuration.constraints.map(\.description).joined(separator: "; ")
      rules.append("Besides `\(metric.name)` these count, a price in its unit: \(constraints).")
    }
    var limits: [String] = []
    if let wall = configuration.budget.wallSeconds { limits.append("\(Quantity.text(seconds: wall)) of wall time") }
    if let cpu = configuration.budget.cpuSeconds { limits.append("\(Quantity.text(seconds: cpu)) of CPU time") }
    if let memory = configuration.budget.memory { limits.append("\(Quantity.text(memory)) of memory") }
    let budget =
      limits.isEmpty
      ? "" : "\nAn attempt gets \(limits.joined(separator: ", ")); beyond that it is killed and counts for nothing.\n"
    return """
      # \(configuration.name)

      Make `\(metric.name)` \(better). It is what \(configuration.isReferee ? "a frozen referee" : "one attempt") prints:

      ```
      \(configuration.command)
      ```
      \(budget)
      ## Rules

      \(rules.map { "- \($0)" }.joined(separator: "\n"))

      ## How changes are judged

      - One proposal is one idea, with a one-line hypothesis: what is changed and why it should help.
      - Runs are noisy. A change is run again until it is clearly better or clearly not; a lucky run keeps nothing.
      - A crash counts as no evidence, an unfinished run as no measurement.

      ## Ideas

      Write here what you know of the task, what was tried already, and what is worth trying.

      """
  }

  private static func quoted(_ items: [String]) -> String { items.map { "`\($0)`" }.joined(separator: ", ") }
}
