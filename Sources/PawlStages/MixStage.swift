import PawlCore
import PawlCorpus
import PawlDocuments

/// Makes a snapshot of all real documents and of as many made ones as the recipe allows.
///
/// Accumulating keeps models from collapsing (Gerstgrasser et al. 2024, arXiv 2404.01413): real documents are never dropped. Which of the made ones
/// are taken, where there are too many, follows from the seed and their ids alone.
public enum MixStage {
  /// Reads a stage's folder and writes `snapshot.jsonl` and `mix.json`.
  ///
  /// Throws `.setting` for shares that cannot be kept together, `.input` for real documents that are none.
  public static func run(_ folder: StageFolder) throws {
    let recipe = try folder.recipe()
    let rule = recipe.mix
    try check(rule)
    let writer = try DocumentWriter(path: folder.written("snapshot.jsonl"))
    var mixture = try RealDocuments.forEach(path: folder.read("real.jsonl"), name: recipe.real) {
      (document) throws(DocumentsError) in try writer.write(document)
    }
    var files: [String] = []
    if rule.keep == .accumulate, folder.has("pool.jsonl") { files.append(folder.read("pool.jsonl")) }
    if folder.has("kept.jsonl") { files.append(folder.read("kept.jsonl")) }
    let chosen = try MadeChoice(files, seed: folder.seed, limit: madeLimit(rule, real: mixture.realBytes))
    var number = 0
    for file in files {
      let reader = try DocumentReader(path: file)
      while let document = try reader.next() {
        defer { number += 1 }
        guard number < chosen.isTaken.count, chosen.isTaken[number] else { continue }
        mixture.add(document)
        try writer.write(document)
      }
    }
    try mixture.check(floor: rule.floor, of: "snapshot.jsonl")
    try writer.finish()
    let report = try DocumentWriter(path: folder.written("mix.json"))
    try report.write(bytes: Array((mixture.json.text + "\n").utf8))
    try report.finish()
  }

  /// Bytes of made documents beside so many of real ones.
  static func madeLimit(_ rule: MixRule, real: Int) -> Int {
    // A share of all is made / (made + real).
    let limit = rule.made < 1 ? Double(real) * rule.made / (1 - rule.made) : .infinity
    return limit < 9e18 ? Int(limit.rounded(.down)) : .max
  }

  static func check(_ rule: MixRule) throws(StagesError) {
    for (name, share) in [("floor", rule.floor), ("made", rule.made)] where !(share >= 0 && share <= 1) {
      throw StagesError(.setting, "`\(name)` is \(share)", hints: ["it is a share from 0 to 1"])
    }
    // What is written as 0.7 and 0.3 adds up to no more than one.
    guard rule.floor + rule.made <= 1 + 1e-9 else {
      throw StagesError(
        .setting, "a share of \(rule.made) made documents leaves less than the floor of \(rule.floor) real ones",
        hints: ["lower `made` or `floor` under `mix` in pawl.yaml: together they are at most 1"])
    }
  }
}

/// Which made documents are taken.
struct MadeChoice {
  /// By their number over all files, in order.
  let isTaken: [Bool]

  /// Takes documents in an order drawn from the seed while they fit into `limit` bytes.
  init(_ files: [String], seed: UInt64, limit: Int) throws {
    var sizes: [Int] = []
    var draws: [UInt64] = []
    for file in files {
      let reader = try DocumentReader(path: file)
      while let document = try reader.next() {
        guard !document.source.isReal else {
          throw StagesError(
            .input, "`\(document.id)` of `\(file)` says that it is real",
            hints: ["made documents have a source of the kind `model`"])
        }
        sizes.append(document.text.utf8.count)
        var hash = StableHash()
        hash.add(seed)
        hash.add(document.id)
        draws.append(hash.value)
      }
    }
    var isTaken = [Bool](repeating: false, count: sizes.count)
    var left = limit
    // Two equal draws are as good as impossible, but must not depend on how sorting works.
    for index in sizes.indices.sorted(by: { (draws[$0], $0) < (draws[$1], $1) }) where sizes[index] <= left {
      isTaken[index] = true
      left -= sizes[index]
    }
    self.isTaken = isTaken
  }
}
