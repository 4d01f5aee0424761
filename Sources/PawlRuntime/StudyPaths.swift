import Foundation
import PawlCore

/// Where a study keeps its things: everything below `<repository>/.pawl/<study>/`.
struct StudyPaths: Sendable {
  let folder: String
  init(root: String, study: StudyName) { folder = "\(root)/.pawl/\(study)" }

  var attempts: String { "\(folder)/attempts" }
  var inbox: String { "\(folder)/inbox" }
  var report: String { "\(folder)/report.html" }
  var logs: String { "\(folder)/logs" }

  /// Where coding programs work on their candidates.
  var agents: String { "\(folder)/agents" }
  func agent(_ trial: TrialID) -> String { "\(agents)/\(trial)" }
  /// What a coding program printed for its reply of that number.
  func agentLog(_ trial: TrialID, _ number: Int) -> String { "\(logs)/agents/\(trial)-\(number).log" }

  /// Where an attempt runs on this machine.
  func place(of id: AttemptID) -> AttemptPlace {
    AttemptPlace(
      work: "\(attempts)/\(id)", stage: "\(attempts)/\(id).evaluate", log: log(id), stageLog: log(id) + ".evaluate")
  }
  /// Where the attempts of a cluster have their folders.
  var cluster: String { "\(folder)/cluster" }
  /// Snapshots, models and what stages left, by content.
  var store: String { "\(folder)/store" }
  /// Where stages of generations run, a folder each.
  var stages: String { "\(folder)/stages" }
  /// Where a candidate is looked at before its first attempt.
  func check(_ trial: TrialID) -> String { "\(attempts)/check-\(trial)" }
  /// One folder a thousand logs, so that no folder grows without bound.
  func log(_ id: AttemptID) -> String { "\(logs)/\(id.rawValue / 1_000)/\(id).log" }

  /// Moves what belongs to an abandoned start into a folder of its own beside the journal; returns that folder.
  func setJournalAside() throws(RuntimeError) -> String {
    let files = FileManager.default
    let aside = "\(folder)/abandoned-\(Timestamp.now().milliseconds)"
    try createFolder(aside)
    for name in [
      "journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "lock", "logs", "cluster", "store", "stages",
    ]
    where files.fileExists(atPath: "\(folder)/\(name)") {
      do {
        try files.moveItem(atPath: "\(folder)/\(name)", toPath: "\(aside)/\(name)")
      } catch {
        throw RuntimeError(
          .system, "cannot move `\(folder)/\(name)`", hints: ["run `pawl doctor`"], cause: error)
      }
    }
    return aside
  }

  var hasJournal: Bool { FileManager.default.fileExists(atPath: "\(folder)/journal.sqlite") }

  func createFolder(_ path: String) throws(RuntimeError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw RuntimeError(.system, "cannot create the folder `\(path)`", hints: ["run `pawl doctor`"], cause: error)
    }
  }
}
