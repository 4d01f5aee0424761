public import PawlCore

extension SearchState {
  /// The share of proposals that start from a pinned candidate, where there is one.
  public static let pinShare = 0.25
  /// Pinned candidates that an agent is shown at once, the newest.
  private static let shownPins = 3

  /// Returns who is asked next and from where, or nil where no listed agent has a weight above 0 in `available`.
  ///
  /// `available` holds the agents that may be asked now; a weight scales what is believed of them. Equal states, seeds and
  /// arguments give equal choices. Nothing is in flight before `asked` says so. Under every strategy a share of the proposals starts
  /// from one of `pins`, and the others are shown them.
  public func choose(
    seed: UInt64, head: TrialID, available: [String: Double], pins: [TrialID] = []
  ) -> SearchChoice? {
    var generator = SeededGenerator(seed: seed)
    let breadth = breadth
    guard
      let chosen = portfolio.choose(weights: available, rule: rule, breadth: breadth, generator: &generator)
    else { return nil }
    let arm = portfolio.arms[chosen]
    var island: Int?
    var parent: Int?
    switch arm.strategy {
    case .line: break
    case .tree: parent = archive.promising(exploration: exploration, breadth: breadth)
    case .islands:
      let next = archipelago.next
      island = next
      parent = elite(of: next, breadth: breadth, generator: &generator)
    }
    var trial = parent.map { archive[$0].trial } ?? head
    let elsewhere = pins.filter { $0 != head }
    if !elsewhere.isEmpty, generator.unit() < Self.pinShare { trial = elsewhere[generator.below(elsewhere.count)] }
    let pinned = pins.filter { $0 != trial && $0 != baseline }.suffix(Self.shownPins)
    let others = inspirations(for: trial, island: island, breadth: breadth, generator: &generator)
    return SearchChoice(
      agent: arm.agent, strategy: arm.strategy, island: island, parent: trial,
      inspirations: pinned + others.filter { !pinned.contains($0) }, breadth: breadth)
  }

  private var exploration: Double { rule.exploration.isFinite ? min(max(rule.exploration, 0), 1e6) : 1 }

  /// Now and then any elite of the island, else a good one rather than a bad one; those in flight less.
  private func elite(of island: Int, breadth: Double, generator: inout SeededGenerator) -> Int? {
    let elites = archipelago.islands[island].elites.compactMap { archive.index(of: $0.trial) }
    let anywhere = generator.unit() < 0.2 + 0.5 * breadth
    let weights = elites.enumerated().map { rank, index in
      (anywhere ? 1 : 1 / Double(rank + 1)) / Double(1 + archive[index].pending)
    }
    return generator.index(by: weights).map { elites[$0] }
  }

  /// Up to three others to learn from, five at a plateau: near misses, and the best of another kind.
  private func inspirations(
    for parent: TrialID, island: Int?, breadth: Double, generator: inout SeededGenerator
  ) -> [TrialID] {
    guard let place = archive.index(of: parent) else { return [] }
    let limit = 3 + Int((2 * breadth).rounded())
    var chosen: [Int] = []
    func take(_ candidates: [Int], upTo count: Int) {
      for index in candidates where chosen.count < count {
        guard archive[index].score != nil, archive[index].trial != baseline else { continue }
        if !archive.areRelated(index, place), !chosen.contains(where: { archive.areRelated($0, index) }) {
          chosen.append(index)
        }
      }
    }
    let near = misses.trials.compactMap(archive.index(of:)).enumerated()
      .map { (rank: $0, index: $1, value: NearMisses.value(archive[$1])) }
      .sorted { $0.value == $1.value ? $0.rank < $1.rank : $0.value > $1.value }.map(\.index)
    take(near, upTo: (limit + 1) / 2)
    var others =
      island.map { archipelago.islands[$0].elites.compactMap { archive.index(of: $0.trial) } }
      ?? archive.order.suffix(16).reversed()
    // From a random place on, so that it is not always the same ones.
    if others.count > limit {
      let start = generator.below(others.count)
      others = Array(others[start...] + others[..<start])
    }
    take(others, upTo: limit)
    take(near, upTo: limit)
    return chosen.map { archive[$0].trial }
  }
}
