import PawlCore

/// Guesses for a repository of no known layout, from the one script that trains; silent where two answers are possible.
enum CustomLayout {
  private static let scripts = [
    "train.py", "main.py", "train.sh", "run.sh", "train.jl", "train.R", "main.js", "train.js",
  ]

  static func detect(_ repository: some RepositoryView, _ paths: Set<String>) -> StudyDraft {
    var draft = StudyDraft(layout: .custom)
    let present = scripts.filter(paths.contains)
    guard present.count == 1, let script = present.first else { return draft.withMissing() }
    draft.command = command(for: script, repository, paths)
    // A shell script only starts the work: what it starts is not known.
    if !script.hasSuffix(".sh") { draft.editable = [script] }
    draft.notes.append("`\(script)` looks like the script to improve")
    if let rule = metric(printedBy: repository.text(of: script) ?? "") {
      draft.metric = rule
      draft.notes.append(
        "it prints `\(rule.name)`, \(rule.direction == .minimize ? "smaller" : "greater") is better")
    }
    return draft.withMissing()
  }

  private static func command(for script: String, _ repository: some RepositoryView, _ paths: Set<String>) -> String {
    switch script.split(separator: ".").last {
    case "py": LayoutDetector.command(for: script, repository, paths)
    case "sh": "bash \(script)"
    case "jl": "julia \(script)"
    case "R": "Rscript \(script)"
    default: "node \(script)"
    }
  }

  /// Finds `name: {…}`, `name: %f` or `name=…` in the strings that a script prints, for well-known names only.
  private static func metric(printedBy text: String) -> MetricRule? {
    var found: [(name: String, separator: String)] = []
    guard let regex = try? Regex(#"["'`]([A-Za-z][A-Za-z0-9_]*)(:|=)\s*(?:[{%$"',]|\#\()"#) else { return nil }
    for line in text.split(whereSeparator: \.isNewline) {
      guard line.contains("print") || line.contains("echo") || line.contains("console.log") || line.contains("cat(")
      else { continue }
      for match in line.matches(of: regex) {
        guard match.output.count > 2, let name = match.output[1].substring, let separator = match.output[2].substring
        else { continue }
        guard MetricCheck.direction(ofMetric: String(name)) != nil else { continue }
        if !found.contains(where: { $0.name == name }) { found.append((String(name), String(separator))) }
      }
    }
    guard found.count == 1, let (name, separator) = found.first,
      let direction = MetricCheck.direction(ofMetric: name)
    else { return nil }
    return MetricRule(
      name: name, pattern: MetricCheck.pattern(forMetric: name, before: separator), direction: direction)
  }
}
