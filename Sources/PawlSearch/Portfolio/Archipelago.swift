import PawlCore

/// Islands with an elite for each niche (MAP-Elites: Mouret and Clune 2015), whose best sail round a ring now and then.
struct Archipelago: Sendable, Codable, Hashable {
  struct Elite: Sendable, Codable, Hashable {
    let niche: Int
    let trial: TrialID
    var score: Double
  }
  struct Island: Sendable, Codable, Hashable {
    /// The best score first; among equals the one that came first.
    var elites: [Elite] = []
    /// Trials asked for, those in flight among them.
    var asked = 0
    /// Trials ended since its elites last went to the next island.
    var ended = 0
  }
  /// Elites on all islands together, so that memory does not grow with their number.
  static let room = 800

  private(set) var islands: [Island]

  init(count: Int) { islands = Array(repeating: Island(), count: max(1, min(count, 64))) }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    islands = try values.decode([Island].self, forKey: .islands)
    let isCounted = islands.allSatisfy { countable.contains($0.asked) && countable.contains($0.ended) }
    guard !islands.isEmpty, isCounted else {
      throw DecodingError.dataCorruptedError(
        forKey: .islands, in: values, debugDescription: "there is no island, or one with impossible counts")
    }
  }

  /// The island that was served least.
  var next: Int { islands.indices.min { (islands[$0].asked, $0) < (islands[$1].asked, $1) } ?? 0 }

  /// Takes islands away, whose elites go to those that stay, or adds some that start with everybody's best.
  mutating func resize(to wanted: Int) {
    let count = max(1, min(wanted, 64))
    if count < islands.count {
      let lost = Array(islands[count...])
      islands.removeLast(islands.count - count)
      for (offset, island) in lost.enumerated() {
        for elite in island.elites { settle(elite, on: offset % count) }
      }
    }
    let best = islands.compactMap(\.elites.first).max { $0.score < $1.score }
    let asked = islands.map(\.asked).min() ?? 0
    while islands.count < count {
      islands.append(Island(elites: best.map { [$0] } ?? [], asked: asked))
    }
  }

  mutating func settleEverywhere(_ elite: Elite) {
    for index in islands.indices { settle(elite, on: index) }
  }

  /// Makes the candidate its niche's elite where it is better than the present one.
  mutating func settle(_ elite: Elite, on index: Int) {
    guard islands.indices.contains(index) else { return }
    var elites = islands[index].elites
    elites.removeAll { $0.trial == elite.trial }
    if let rival = elites.firstIndex(where: { $0.niche == elite.niche }) {
      guard elite.score > elites[rival].score else { return }
      elites.remove(at: rival)
    }
    elites.insert(elite, at: elites.firstIndex { $0.score < elite.score } ?? elites.count)
    if elites.count > max(8, Self.room / islands.count) { elites.removeLast() }
    islands[index].elites = elites
  }

  mutating func asked(on index: Int) {
    if islands.indices.contains(index) { islands[index].asked += 1 }
  }

  /// Counts a trial that ended on the island; each `migration` of them the best tenth of its elites go to the next one.
  mutating func ended(on index: Int, migration: Int) {
    guard islands.indices.contains(index) else { return }
    islands[index].ended += 1
    guard islands[index].ended >= max(1, migration), islands.count > 1 else { return }
    islands[index].ended = 0
    let elites = islands[index].elites
    for elite in elites.prefix((elites.count + 9) / 10) { settle(elite, on: (index + 1) % islands.count) }
  }

  var members: [TrialID] { islands.flatMap { $0.elites.map(\.trial) } }
}
