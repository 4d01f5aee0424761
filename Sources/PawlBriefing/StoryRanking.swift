import PawlCore

/// Orders what was tried by how much it says about a change from here.
///
/// Each trial scores up to 2 for nearness in the tree of candidates, 1.5 for how sure its effect is, 1 for files in common, 1 for
/// recency (halved every 20 trials), and 1.5 where it is the newest of a crash that came back lately. An older crash of one kind scores 2 less.
public struct StoryRanking: Sendable {
  /// Trials after which recency counts half.
  static let halving = 20.0
  /// How far back crashes count as lately.
  static let recentCrashes = 20
  private let files: Set<String>

  /// - Parameter files: Paths of the files that the proposal may edit.
  public init(files: some Sequence<String>) { self.files = Set(files) }

  /// Returns the stories, each trial once, the one that says most first; of equals the newer.
  public func ranked(_ stories: [TrialStory]) -> [TrialStory] {
    var seen: Set<TrialID> = []
    let newestFirst = stories.sorted { $0.trial > $1.trial }.filter { seen.insert($0.trial).inserted }
    guard let newest = newestFirst.first?.trial.rawValue else { return [] }
    var crashes: [String: Int] = [:]
    for story in newestFirst {
      guard let kind = Self.crashKind(of: story), age(of: story, newest) < Self.recentCrashes else { continue }
      crashes[kind, default: 0] += 1
    }
    var shown: Set<String> = []
    let scored = newestFirst.map { story in
      var score = score(of: story, newest: newest)
      if let kind = Self.crashKind(of: story) {
        if shown.insert(kind).inserted { score += crashes[kind, default: 0] > 1 ? 1.5 : 0.5 } else { score -= 2 }
      }
      return (score, story)
    }
    // The sort is not stable, so equal scores are told apart by number.
    return scored.sorted { $0.0 != $1.0 ? $0.0 > $1.0 : $0.1.trial > $1.1.trial }.map(\.1)
  }

  private func age(of story: TrialStory, _ newest: Int) -> Int {
    newest.subtractingReportingOverflow(story.trial.rawValue).partialValue
  }

  private func score(of story: TrialStory, newest: Int) -> Double {
    var score = 0.0
    if let distance = story.distance { score += 2 / Double(max(1, distance)) }
    if !story.files.isEmpty {
      score += Double(story.files.count(where: files.contains)) / Double(story.files.count)
    }
    score += 1 / (1 + Double(max(0, age(of: story, newest))) / Self.halving)
    if let evidence = story.evidence, evidence.deviation > 0, evidence.effect.isFinite {
      score += 1.5 * min(1, evidence.effect.magnitude / evidence.deviation / 3)
    }
    if case .judged(.kept) = story.end { score += 0.5 }
    return score
  }

  /// What crashes of one kind have in common: how they ended and what they said last, digits aside.
  static func crashKind(of story: TrialStory) -> String? {
    guard case .crashed(let outcome, let remark) = story.end else { return nil }
    let last = story.logTail.flatMap { CleanText.lines($0, limit: 160).last { !$0.trimmingBlanks().isEmpty } }
    let words = "\(outcome)\n\(last ?? remark ?? "")".unicodeScalars.filter { !("0"..."9").contains($0) }
    return String(String.UnicodeScalarView(words))
  }
}
