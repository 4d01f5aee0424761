import PawlCore

/// Candidates that were not kept and were nearly: two of them together may be worth more than either.
struct NearMisses: Sendable, Codable, Hashable {
  static let limit = 32
  /// The best first.
  private(set) var trials: [TrialID] = []

  /// Takes in a measured candidate that is not clearly worse than the head of then, in place of the least of the others.
  mutating func add(_ trial: TrialID, in archive: SearchArchive) {
    remove(trial)
    guard let index = archive.index(of: trial), archive[index].standing > -0.5 else { return }
    let value = Self.value(archive[index])
    // What is shown loses its turn, so the order is made anew each time.
    var ranked = trials.compactMap { other in archive.index(of: other).map { (other, Self.value(archive[$0])) } }
    ranked.append((trial, value))
    ranked.sort { $0.1 == $1.1 ? $0.0 > $1.0 : $0.1 > $1.1 }
    trials = ranked.prefix(Self.limit).map(\.0)
  }

  mutating func remove(_ trial: TrialID) { trials.removeAll { $0 == trial } }

  /// Believed effect in its own deviations, less each time that it is shown.
  static func value(_ node: SearchNode) -> Double { (node.standing + 0.5) / Double(1 + node.shown) }
}
