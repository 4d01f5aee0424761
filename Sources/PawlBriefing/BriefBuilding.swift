import PawlCore

extension Briefing {
  /// The share of the budget, the system's text aside, that the stable part may take: it decides what the changing part is left with.
  private static let stableShare = 0.7

  /// Returns what a model is told, ranked and cut to the budget.
  ///
  /// The parent's files and people's hints go first; the least telling trials go last.
  public func brief() -> Brief {
    let system = SystemText.model(form)
    let task =
      ChangingText.task(breadth: breadth)
      + (form == .tools
        ? "Answer with one call of `\(ProposalTool.name)`.\n" : "Answer with a `Hypothesis:` line and the edits.\n")
    // A tool's description is sent with each call.
    let tools = form == .tools ? ProposalTool.definition.description + ProposalTool.definition.schema : ""
    let (stable, changing) = parts(besides: system + tools, withFiles: true, task: task)
    return Brief(
      system: system, stable: stable, changing: changing,
      estimatedTokens: [system, tools, stable, changing].reduce(0) { $0 + TokenEstimate.tokens(in: $1) })
  }

  func parts(besides system: String, withFiles: Bool, task: String) -> (stable: String, changing: String) {
    let tokens = max(0, tokenBudget - TokenEstimate.tokens(in: system))
    let stable = StableText(briefing: self, tokens: Int(Double(tokens) * Self.stableShare))
      .rendered(withFiles: withFiles)
    let changing = ChangingText(briefing: self, tokens: tokens - TokenEstimate.tokens(in: stable)).rendered(task: task)
    return (stable, changing)
  }
}
