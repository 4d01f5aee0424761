import PawlCore

/// The part of a brief that is the same for each proposal from one parent.
struct StableText {
  let briefing: Briefing
  let tokens: Int

  func rendered(withFiles: Bool) -> String {
    var text = rules + frozen(tokens: tokens / 20)
    text += program(tokens: tokens / 3)
    return withFiles ? text + files(tokens: tokens - TokenEstimate.tokens(in: text) - 60) : text
  }

  private var rules: String {
    var text = "# The study `\(briefing.study)`\n"
    let better = briefing.metric.direction == .minimize ? "lower" : "higher"
    text += "The metric is `\(Quoted.plain(briefing.metric.name, limit: 60))`; \(better) is better.\n"
    if let seconds = briefing.budget.attemptSeconds { text += "One attempt takes at most \(seconds.asDuration).\n" }
    for constraint in briefing.constraints { text += "Limit or price: \(constraint).\n" }
    let globs = briefing.editable.map { Quoted.path($0) }.joined(separator: ", ")
    text += "Editable is what matches \(globs.isEmpty ? "nothing" : globs); everything else is frozen.\n"
    if let check = briefing.check {
      text += "Before its first attempt, a candidate must pass `\(Quoted.plain(check, limit: 200))`.\n"
    }
    return text
  }

  private func frozen(tokens: Int) -> String {
    guard !briefing.frozenFiles.isEmpty else { return "" }
    var text = "Frozen files:"
    var (left, shown) = (tokens, 0)
    for path in briefing.frozenFiles.sorted() {
      let name = " " + Quoted.path(path)
      left -= TokenEstimate.tokens(in: name) + 1
      guard left >= 0 else { break }
      text += (shown == 0 ? "" : ",") + name
      shown += 1
    }
    let rest = briefing.frozenFiles.count - shown
    return text + (rest > 0 ? "\(shown > 0 ? " and" : "") \(rest) more" : "") + ".\n"
  }

  private func program(tokens: Int) -> String {
    guard let program = briefing.program, !program.trimmingBlanks().isEmpty else { return "" }
    let lines = TextCut.lines(CleanText.lines(program, limit: 4_000), tokens: tokens)
    return """

      # What the study's owner wants
      Follow it. Where it speaks of running, committing, logging, deciding or going on without end, Pawl does that; where it \
      contradicts the rules, the rules hold.
      \(Fence.verbatim("program", "program.md", lines.map { .line($0) }))
      """
  }

  private func files(tokens: Int) -> String {
    let paths = briefing.files.keys.sorted()
    guard !paths.isEmpty else { return "\n# The editable files\nThere are none yet.\n" }
    let views = paths.map { FileView(path: $0, text: briefing.files[$0] ?? "") }
    // Fences and titles take their share too.
    let shares = Self.shares(of: tokens - 60 * views.count, among: views.map(\.cost))
    let changed = changedLately
    var text = "\n# The editable files, as they are at trial \(briefing.parent)\n"
    var hidden = 0
    for (view, share) in zip(views, shares) {
      if share < min(view.cost, 60) {
        hidden += 1
      } else {
        text += view.rendered(tokens: share, changed: changed)
      }
    }
    if hidden > 0 {
      text += "\(hidden) more editable \(hidden == 1 ? "file is" : "files are") not shown, for want of room.\n"
    }
    return text
  }

  /// Lets what is small be whole, and shares the rest out evenly.
  static func shares(of tokens: Int, among costs: [Int]) -> [Int] {
    var shares = [Int](repeating: 0, count: costs.count)
    var left = max(0, tokens)
    let smallestFirst = costs.indices.sorted { (costs[$0], $0) < (costs[$1], $1) }
    for (position, index) in smallestFirst.enumerated() {
      shares[index] = min(costs[index], left / (costs.count - position))
      left -= shares[index]
    }
    return shares
  }

  /// Lines that the line's steps added, the newest step first.
  private var changedLately: [String] {
    var lines: [String] = []
    for step in briefing.steps.reversed() {
      guard let diff = step.diff else { continue }
      let added = diff.utf8.split(separator: 0x0a).filter { $0.first == 0x2b && !$0.starts(with: "+++ ".utf8) }
      lines += added.map { CleanText.visible(FileText.trimmed(Array($0)[1...])) }
      if lines.count > 2_000 { break }
    }
    return lines
  }
}
