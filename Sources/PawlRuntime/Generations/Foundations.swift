import Foundation
import PawlCore
import PawlDocuments
import PawlGuard
import PawlWorkspace

/// What a study begins with of another one's champion (`builds_on`): code for a study of generations, a snapshot for a study of code.
///
/// So that both ratchets climb in turn: a better trainer makes better use of the data, and better data shows which trainer is better.
struct Foundations {
  private let other: StudyReader
  private let champion: TrialID
  private let theirs: StudyConfiguration

  /// Nil where the study builds on no other.
  init?(_ configuration: StudyConfiguration, root: String) throws {
    guard let name = configuration.buildsOn else { return nil }
    other = try StudyReader(at: root, study: name)
    theirs = try other.configuration()
    champion = try other.overview().champion
    guard (theirs.generations == nil) != (configuration.generations == nil) else {
      throw RuntimeError(
        .usage,
        "study `\(name)` is of \(theirs.generations == nil ? "code" : "generations") as this one is, so it has nothing to build on",
        hints: [
          "`builds_on` in pawl.yaml names a study of the other kind: one of code for generations, or the other way round"
        ])
    }
  }

  /// What a person should know.
  var note: String {
    let what = theirs.generations == nil ? "code" : "snapshot"
    return champion == .baseline
      ? "study `\(other.name)` has certified nothing: the \(what) of its baseline is what this one begins with"
      : "begins with the \(what) of trial \(champion), the champion of study `\(other.name)`"
  }

  /// The baseline with the champion's editable files in it, as a commit; unchanged where what is taken over is data.
  func baseline(
    on commit: CommitHash, of configuration: StudyConfiguration, in workspace: Workspace
  ) throws -> CommitHash {
    guard theirs.generations == nil else { return commit }
    let files = try CandidateCode.files(at: other.commit(of: champion), in: workspace, EditPolicy(theirs))
    let own = try workspace.texts(of: files.keys.sorted(), at: commit)
    let edits = files.filter { own[$0.key] != $0.value }.sorted { $0.key < $1.key }
      .map { FileEdit(path: $0.key, change: .content($0.value)) }
    guard !edits.isEmpty else { return commit }
    return try workspace.makeCandidate(
      study: configuration.name, trial: .baseline, parent: commit, edits: edits,
      message: "Code of trial \(champion) of study \(other.name)\n", at: Timestamp(milliseconds: 0)
    ).commit
  }

  /// The champion's snapshot, in the store of the study that takes it over.
  func snapshot(into store: DocumentStore) throws -> GenerationData {
    let theirStore = try DocumentStore(folder: other.paths.store)
    guard let reading = try GenerationsReading(other.journal, configuration: theirs), let data = reading.state.data
    else {
      throw RuntimeError(.noStudy, "study `\(other.name)` has no data yet", hints: ["run it first: `pawl run`"])
    }
    let digest = reading.snapshot(of: champion) ?? data.real.digest
    try theirStore.verify(digest)
    let file = try store.file(theirStore.path(of: digest), as: "snapshot.jsonl")
    return GenerationData(real: file, probe: StoredFile(name: "probe.jsonl", digest: file.digest, bytes: 0), held: [])
  }
}
