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

  func attempt(_ id: AttemptID) -> String { "\(attempts)/\(id)" }
  /// One folder a thousand logs, so that no folder grows without bound.
  func log(_ id: AttemptID) -> String { "\(logs)/\(id.rawValue / 1_000)/\(id).log" }
  /// What the study's `evaluate` printed.
  func evaluationLog(_ id: AttemptID) -> String { log(id) + ".evaluate" }

  var hasJournal: Bool { FileManager.default.fileExists(atPath: "\(folder)/journal.sqlite") }

  func createFolder(_ path: String) throws(RuntimeError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw RuntimeError(.system, "cannot create the folder `\(path)`", hints: ["run `pawl doctor`"], cause: error)
    }
  }
}
