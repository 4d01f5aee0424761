import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments

/// Keeps what is good enough to be learnt of what a model wrote, and says of the rest what was wrong with it.
///
/// One pass over `made.jsonl`, in memory that grows with the number of documents only (about 0.6 kB each), on all cores; what comes out does not
/// depend on how many. The filters in their order: `valid` (text that is none), `exact`, `near`, `overlap`, `band`, `novelty`, `verify`, `vote`,
/// `length`. The training set counts as earlier than what was made.
public enum FilterStage {
  /// Reads a stage's folder and writes `kept.jsonl`, `dropped.jsonl` and `filter.json`.
  ///
  /// Throws `.result` where nothing is left or the generation is one document repeated, after the reasons were written.
  public static func run(_ folder: StageFolder) throws {
    // Several parts a core, as some hold longer documents than others.
    try run(folder, blockBytes: 2 << 20, parts: ProcessInfo.processInfo.activeProcessorCount * 4)
  }

  static func run(_ folder: StageFolder, blockBytes: Int, parts: Int) throws {
    let knowledge = try FilterKnowledge(try folder.recipe(), folder: folder)
    let sieve = try FilterSieve(knowledge, folder: folder, blockBytes: blockBytes, parts: parts)
    try sieve.learnTraining()
    try sieve.pass()
    try sieve.finish()
  }
}

/// A filter, as it is called in what is written.
enum FilterName: String, Sendable, CaseIterable {
  case valid, exact, near, overlap, band, novelty, verify, vote, length
}

/// Why a document was dropped.
struct FilterReason: Sendable, Hashable {
  var filter: FilterName
  var why: String
  init(_ filter: FilterName, _ why: String) {
    self.filter = filter
    self.why = why
  }
}
