import PawlCore

/// What was tried, as lines of data.
struct StoryLines {
  /// Lines of a diff and of a log that a trial among others is shown with.
  static let diffLines = 40
  static let logLines = 20
  private let story: TrialStory
  /// Its number, its end and its figures.
  let heading: String
  private let hypothesis: String

  init(_ story: TrialStory) {
    self.story = story
    var heading = "trial \(story.trial) by \(Quoted.plain(story.agent, limit: 60)): "
    switch story.end {
    case .judged(let verdict): heading += verdict.rawValue
    case .crashed(let outcome, let remark):
      heading += "crashed, \(Quoted.plain(outcome.description, limit: 200))"
      if let remark { heading += ": \(Quoted.plain(remark, limit: 200))" }
    case .refused(let reason): heading += "refused, \(CleanText.line(reason, limit: 200))"
    }
    if let evidence = story.evidence, evidence.stoppedAt != nil {
      heading += evidence.besides.map { "; \($0), positive is better, and never measured" } ?? ""
    } else if let evidence = story.evidence {
      heading += "; effect \(Figures.effect(evidence.effect, deviation: evidence.deviation))"
      heading +=
        ", mean \(Figures.mean(evidence.mean, noise: evidence.sigma)) over \(evidence.measurements) \(evidence.measurements == 1 ? "measurement" : "measurements")"
      if let besides = evidence.besides { heading += "; \(CleanText.line(besides, limit: 200))" }
    }
    self.heading = heading
    hypothesis = CleanText.line(story.hypothesis, limit: 300)
  }

  /// The shortest form: what was tried and what came of it.
  var brief: [String] { [heading, "  hypothesis: \(hypothesis)"] }

  /// With the diff, and the end of the log of one that crashed, both cut.
  var detailed: [String] { full(diffLines: Self.diffLines, logLines: Self.logLines) }

  /// With as much of the diff as so many lines hold.
  func full(diffLines: Int, logLines: Int) -> [String] {
    var lines = brief
    if let diff = story.diff {
      lines.append("  diff:")
      lines += TextCut.clean(diff, limit: diffLines, width: 240).map { "    " + $0 }
    }
    if let log = story.logTail {
      lines.append("  its last lines of output:")
      // What went wrong stands at the end.
      lines += TextCut.clean(log, limit: logLines, head: 0.2).map { "    " + $0 }
    }
    return lines
  }

  static func cost(_ lines: [String]) -> Int { lines.reduce(0) { $0 + TextCut.cost($1) } }
}
