import Foundation
import PawlBriefing
import PawlCore
import PawlGuard
import PawlJournal
import PawlWorkspace
import Synchronization

/// Gathers what an agent is told from the journal and the repository; what never changes is read once.
final class BriefingMaterial: Sendable {
  /// The newest trials that are looked through for those near here.
  private static let recent = 150
  /// Of these, so many are told with their diffs.
  private static let withDiffs = 16
  /// Sources and diffs that are kept; candidates mostly share theirs.
  private static let kept = 256

  private let workspace: Workspace
  private let journal: JournalReader
  private let configuration: StudyConfiguration
  private let policy: EditPolicy
  /// program.md as the baseline has it, or the checkout where it is not committed.
  private let program: String?
  private let frozen: [String]
  private let cache = Mutex(Cache())

  private struct Cache {
    var files: [CommitHash: [String: String]] = [:]
    var diffs: [TrialID: String] = [:]
  }

  init(
    workspace: Workspace, journal: JournalReader, configuration: StudyConfiguration, baseline: CommitHash
  ) throws(WorkspaceError) {
    self.workspace = workspace
    self.journal = journal
    self.configuration = configuration
    let policy = EditPolicy(configuration)
    self.policy = policy
    frozen = try workspace.files(at: baseline).map(\.path).filter { !policy.isEditable($0) }.sorted()
    let committed = try workspace.texts(of: ["program.md"], at: baseline)["program.md"]
    program =
      committed
      ?? FileManager.default.contents(atPath: "\(workspace.root)/program.md").map {
        String(decoding: $0.prefix(1 << 20), as: UTF8.self)
      }
  }

  /// The editable files at a candidate, by path.
  func files(at commit: CommitHash) throws(WorkspaceError) -> [String: String] {
    if let known = cache.withLock({ $0.files[commit] }) { return known }
    let files = try CandidateCode.files(at: commit, in: workspace, policy)
    cache.withLock {
      if $0.files.count >= 8 { $0.files = [:] }
      $0.files[commit] = files
    }
    return files
  }

  /// Everything that one proposal is to be made from.
  func briefing(
    for request: ProposalRequest, _ context: AgentContext, form: Briefing.AnswerForm, tokens: Int
  ) throws -> Briefing {
    let files = try files(at: request.parentCommit)
    let newest = request.trial.rawValue
    let summaries = try journal.trials(
      TrialFilter(
        ids: TrialID(rawValue: max(1, newest - 4 * Self.recent))...TrialID(rawValue: max(1, newest)),
        limit: Self.recent))
    let known = Dictionary(summaries.map { ($0.id, $0) }) { first, _ in first }
    let line = try ancestors(of: request.parent, known)
    let wanted = Set(request.choice?.inspirations ?? [])
    let stories = StoryRanking(files: files.keys).ranked(
      summaries.compactMap { summary in
        TrialStory(summary, distance: Self.distance(from: summary, to: line.map(\.id), known))
      }.filter { !wanted.contains($0.trial) })
    let told = try stories.enumerated().map { place, story in
      place < Self.withDiffs ? try detailed(story, known[story.trial]) : story
    }
    let inspirations = try wanted.sorted().compactMap { trial -> TrialStory? in
      guard let summary = try known[trial] ?? journal.trial(trial), let story = TrialStory(summary) else { return nil }
      return try detailed(story, summary)
    }
    return Briefing(
      study: configuration.name, metric: configuration.metric, program: program, files: files, frozenFiles: frozen,
      editable: configuration.editable, constraints: configuration.constraints, check: configuration.check,
      parent: request.parent, standing: context.standing, steps: try line.map { try step($0) }, trials: told,
      inspirations: inspirations, hints: context.hints, notes: context.people.notes, claims: context.claims,
      bans: context.people.bans, pins: context.people.pins.map(\.trial), inFlight: context.inFlight,
      budget: context.budget,
      breadth: request.choice?.breadth ?? 0, form: form, tokenBudget: tokens)
  }

  /// The candidates that led to a trial, the oldest first and itself last, the baseline aside; at most fifty.
  private func ancestors(of trial: TrialID, _ known: [TrialID: TrialSummary]) throws -> [TrialSummary] {
    var line: [TrialSummary] = []
    var next: TrialID? = trial
    while let trial = next, trial != .baseline, line.count < 50 {
      guard let summary = try known[trial] ?? journal.trial(trial) else { break }
      line.append(summary)
      // A trial's parent comes before it: anything else would lead in circles.
      next = summary.parent.flatMap { $0 < trial ? $0 : nil }
    }
    return line.reversed()
  }

  /// How many candidates lie between a trial and the line of the proposal's parent.
  private static func distance(
    from summary: TrialSummary, to line: [TrialID], _ known: [TrialID: TrialSummary]
  ) -> Int? {
    var steps = 0
    var next: TrialID? = summary.id
    while let trial = next, steps < 50 {
      if let place = line.lastIndex(of: trial) { return steps + line.count - 1 - place }
      guard trial != .baseline else { return nil }
      next = known[trial]?.parent
      steps += 1
    }
    return nil
  }

  private func step(_ summary: TrialSummary) throws -> PawlBriefing.HeadStep {
    let size = summary.added.flatMap { added in
      summary.removed.map { DiffStatistics(added: added, removed: $0) }
    }
    return PawlBriefing.HeadStep(
      trial: summary.id, hypothesis: summary.hypothesis ?? "", effect: summary.evidence?.effect,
      deviation: summary.evidence?.deviation, isCertified: summary.certified, size: size,
      diff: try diff(of: summary))
  }

  private func detailed(_ story: TrialStory, _ summary: TrialSummary?) throws -> TrialStory {
    guard let summary else { return story }
    var story = story
    story.diff = try diff(of: summary)
    story.files = story.diff.map(Self.paths) ?? []
    if case .crashed = story.end {
      story.logTail = try journal.attempts(of: summary.id).last { $0.result?.logTail != nil }?.result?.logTail
    }
    return story
  }

  /// Against its parent as it was proposed; nil where there is no candidate.
  private func diff(of summary: TrialSummary) throws -> String? {
    if let known = cache.withLock({ $0.diffs[summary.id] }) { return known }
    guard let commit = summary.commit, let parent = summary.parent, let base = try journal.trial(parent)?.commit else {
      return nil
    }
    let diff = try workspace.diff(from: base, to: commit, colour: false)
    // A candidate that is not judged yet may be put onto another head.
    guard summary.endedAt != nil else { return diff }
    cache.withLock {
      if $0.diffs.count >= Self.kept { $0.diffs = [:] }
      $0.diffs[summary.id] = diff
    }
    return diff
  }

  private static func paths(in diff: String) -> [String] {
    diff.split(separator: "\n").compactMap { line in
      line.hasPrefix("+++ b/") ? String(line.dropFirst(6)) : nil
    }
  }
}
