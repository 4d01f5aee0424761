public import PawlCore

/// What an agent is told when its proposal came to nothing, for the one more try that it has.
public enum Repair {
  public enum Reason: Sendable, Hashable {
    /// No edits could be made of the reply.
    case unreadable(EditProblem)
    /// The study's rules do not allow the edits; a lowercase reason, and the globs of what may be edited.
    case refused(reason: String, editable: [String])
    /// The check failed; what it printed last.
    case failedCheck(Outcome, output: String)
    /// The files would be the same as an earlier trial's, or nearly so.
    case duplicate(TrialStory)
  }

  /// Lines of a check's output that are shown.
  static let outputLines = 60

  /// Returns the message.
  public static func message(for reason: Reason, form: Briefing.AnswerForm) -> String {
    let again =
      form == .tools
      ? "Call `\(ProposalTool.name)` once more, with the hypothesis and all edits"
      : "Answer once more, with a `Hypothesis:` line and all edits"
    return """
      Your proposal was not used. \(what(reason))
      \(again), complete and meant for the files as they were first shown to you, not for your last answer. There is no further try.

      """
  }

  private static func what(_ reason: Reason) -> String {
    switch reason {
    case .unreadable(let problem):
      return "What is wrong: \(problem.message).\(problem.advice.isEmpty ? "" : "\n" + problem.advice)"
    case .refused(let reason, let editable):
      let globs = editable.map { Quoted.path($0) }.joined(separator: ", ")
      return """
        What is wrong: \(CleanText.line(reason, limit: 300)).
        Editable is only what matches \(globs.isEmpty ? "nothing" : globs); find a way that leaves everything else as it is.
        """
    case .failedCheck(let outcome, let output):
      let lines = TextCut.clean(output, limit: outputLines, head: 0.3)
      return """
        It applied, but did not pass the check that comes before the first attempt: \(Quoted.plain(outcome.description, limit: 200)).
        \(Fence.data("the last lines of the check's output", lines.isEmpty ? ["(nothing was printed)"] : lines))
        """
    case .duplicate(let story):
      return """
        It was tried before; this is what came of it.
        \(Fence.data("an earlier trial", StoryLines(story).brief))
        Propose something else.
        """
    }
  }
}
