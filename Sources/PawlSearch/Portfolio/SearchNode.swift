import PawlCore

/// A candidate as the search remembers it.
struct SearchNode: Sendable, Codable, Hashable {
  enum Stage: String, Sendable, Codable, Hashable {
    /// Asked for, and not ended yet.
    case open
    case measured
    /// Crashed, refused, or never proposed: it is no parent for anybody.
    case fruitless
  }
  let trial: TrialID
  /// Where the nearest ancestor that is still held stands in the archive.
  var parent: Int?
  /// Larger than the parent's; nodes that were dropped in between leave gaps.
  var depth = 0
  /// Whose it is, as an index into the portfolio's arms.
  var arm: Int?
  var island: Int?
  var stage = Stage.open
  /// The believed metric with its sign turned so that higher is better; nil before it is known.
  var score: Double?
  /// The believed effect over the head of then, in its own standard deviations.
  var standing = 0.0
  var verdict: Verdict?
  /// Of the editable code.
  var lines = 0
  /// Lines added and removed on the whole way from the baseline.
  var way = 0
  /// Trials asked for from here or from below, those in flight among them (`V` of the tree's score).
  var visits = 0
  /// Trials in flight from here.
  var pending = 0
  /// How often it was shown to an agent that worked on another candidate.
  var shown = 0
  /// US dollars and seconds so far; they become its arm's when the trial ends.
  var dollars = 0.0
  var seconds = 0.0
}
