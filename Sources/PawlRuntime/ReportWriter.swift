import Foundation
import PawlCore
import PawlJournal
import PawlReport
import PawlWorkspace

/// Gathers what the report shows and writes it, whole or not at all.
struct ReportWriter {
  let workspace: Workspace
  let journal: JournalReader
  let configuration: StudyConfiguration
  let version: String
  let path: String

  init(
    workspace: Workspace, journal: JournalReader, configuration: StudyConfiguration, version: String, path: String
  ) {
    self.workspace = workspace
    self.journal = journal
    self.configuration = configuration
    self.version = version
    self.path = path
  }

  init(opened: OpenedStudy) {
    self.init(
      workspace: opened.workspace, journal: opened.journal.reader, configuration: opened.configuration,
      version: opened.session.version, path: opened.paths.report)
  }

  /// The loosest sandbox that any of the attempts ran in.
  private func weakest(_ attempts: [AttemptSummary]) -> SandboxLevel {
    let levels = Set(attempts.compactMap(\.result?.sandbox))
    return SandboxLevel.allCases.last { levels.contains($0) } ?? .none
  }

  func write(running: Bool) throws -> String {
    let overview = try journal.overview()
    guard let start = try journal.start() else {
      throw RuntimeError(.noStudy, "the journal records no study", hints: ["run `pawl run`"])
    }
    let certificates = try journal.certificates()
    let shown = overview.champion == .baseline ? overview.head : overview.champion
    let ladder = try LadderReading(journal, configuration: configuration, overview: overview)
    let summary = ladder.summary()
    let commit =
      try (summary.climbs ? summary.highest?.championCommit : nil) ?? journal.trial(shown)?.commit
    let diff = try commit.flatMap {
      $0 == start.baseline ? nil : try workspace.diff(from: start.baseline, to: $0, colour: false)
    }
    let headPath = try journal.headPath().map(\.trial)
    let digest = try TrialDigest(journal, headPath: headPath)
    var input = ReportInput(
      configuration: configuration, baseline: start.baseline, frozenDigest: start.frozenDigest, dirty: start.dirty,
      trials: digest.trials, headPath: headPath,
      champion: overview.champion, certificates: certificates, sigma: overview.sigma,
      sandbox: try certificates.last?.sandbox ?? weakest(journal.attempts(of: shown)),
      referee: configuration.refereeLevel, generatedAt: .now(), version: version,
      running: running, diff: diff, ladder: summary)
    input.promotions = ladder.promotions
    input.totals = digest.totals
    input.dotStride = digest.stride
    input.generations = try GenerationsReading(journal, configuration: configuration)?
      .summary(champion: overview.champion)
    do {
      try Data(StudyReport.html(input).utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw RuntimeError(
        .system, "cannot write the report to `\(path)`", hints: ["choose a place with `--output PATH`"], cause: error)
    }
    return path
  }
}
