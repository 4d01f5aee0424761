import PawlCore
import PawlDocuments

/// Looks that a snapshot, whoever mixed it, has every real document, keeps the floor, and holds nothing whose source is not known.
public enum CheckStage {
  /// Reads `snapshot.jsonl`, `real.jsonl` and the made documents that it may hold, `kept.jsonl` and `pool.jsonl`; writes `mix.json`.
  ///
  /// Throws `.result` for a snapshot that is not to be trained on.
  public static func run(_ folder: StageFolder) throws {
    let recipe = try folder.recipe()
    let mixture = try Mixture.verify(
      snapshot: folder.read("snapshot.jsonl"), real: folder.read("real.jsonl"), name: recipe.real,
      made: ["kept.jsonl", "pool.jsonl"].filter(folder.has).map(folder.read), rule: recipe.mix)
    let report = try DocumentWriter(path: folder.written("mix.json"))
    try report.write(bytes: Array((mixture.json.text + "\n").utf8))
    try report.finish()
  }
}
