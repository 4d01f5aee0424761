import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a count that was stored can be: more would overflow some day.
let countable = 0...1 << 48

/// The candidates that the search can go back to, by trial and by score.
///
/// Bounded: beyond `capacity` nodes a part is dropped at once, so that the cost of it is shared by many trials.
struct SearchArchive: Sendable, Codable, Hashable {
  static let capacity = 2_000
  /// What is left after dropping.
  static let retained = 1_750
  /// Ancestors of the head that are never dropped, and candidates with the best scores.
  static let line = 400
  static let best = 400

  /// In the order of trials.
  private(set) var nodes: [SearchNode] = []
  /// Indices of the measured nodes, the worst score first; among equals the oldest last.
  private(set) var order: [Int] = []
  /// Trials ever asked for from a candidate (`N` of the tree's score).
  private(set) var expansions = 0
  private var limit = Self.capacity

  init(baseline: TrialID) { nodes = [SearchNode(trial: baseline)] }

  /// Throws `DecodingError.dataCorrupted` where the parts do not fit together: what comes from disk must not trap later.
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    nodes = try values.decode([SearchNode].self, forKey: .nodes)
    order = try values.decode([Int].self, forKey: .order)
    expansions = try values.decode(Int.self, forKey: .expansions)
    limit = try values.decode(Int.self, forKey: .limit)
    let isSorted = zip(nodes, nodes.dropFirst()).allSatisfy { $0.trial < $1.trial }
    let isTree = nodes.allSatisfy { node in
      guard let parent = node.parent else { return true }
      return nodes.indices.contains(parent) && nodes[parent].depth < node.depth
    }
    let isOrder = order.allSatisfy { nodes.indices.contains($0) && nodes[$0].score != nil }
    let isCounted = nodes.allSatisfy { node in
      [node.depth, node.visits, node.pending, node.shown, node.lines, node.way].allSatisfy(countable.contains)
    }
    guard !nodes.isEmpty, isSorted, isTree, isOrder, isCounted, countable.contains(expansions) else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "the search's candidates contradict"))
    }
  }

  subscript(index: Int) -> SearchNode {
    get { nodes[index] }
    set { nodes[index] = newValue }
  }

  func index(of trial: TrialID) -> Int? {
    let position = position(of: trial)
    return position < nodes.count && nodes[position].trial == trial ? position : nil
  }

  private func position(of trial: TrialID) -> Int {
    if let last = nodes.last, last.trial < trial { return nodes.count }
    var (low, high) = (0, nodes.count)
    while low < high {
      let middle = (low + high) / 2
      if nodes[middle].trial < trial { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Returns the trial's place, after adding it below `parent` where it is new.
  mutating func insert(_ trial: TrialID, parent: Int?) -> Int {
    let position = position(of: trial)
    if position < nodes.count, nodes[position].trial == trial { return position }
    var node = SearchNode(trial: trial, parent: parent)
    if let parent {
      node.depth = nodes[parent].depth + 1
      node.lines = nodes[parent].lines
      node.way = nodes[parent].way
    }
    guard position < nodes.count else {
      nodes.append(node)
      return position
    }
    // Trials come in order, except from outside: what stands behind moves up by one.
    if let parent, parent >= position { node.parent = parent + 1 }
    for index in nodes.indices {
      if let above = nodes[index].parent, above >= position { nodes[index].parent = above + 1 }
    }
    for index in order.indices where order[index] >= position { order[index] += 1 }
    nodes.insert(node, at: position)
    return position
  }

  // MARK: Scores

  /// Gives a node its score, and its place among the others.
  mutating func score(_ index: Int, _ score: Double) {
    if nodes[index].score != nil, let old = order.firstIndex(of: index) { order.remove(at: old) }
    nodes[index].score = score
    nodes[index].stage = .measured
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if isBelow(order[middle], index) { low = middle + 1 } else { high = middle }
    }
    order.insert(index, at: low)
  }

  mutating func bury(_ index: Int) { nodes[index].stage = .fruitless }

  private func isBelow(_ first: Int, _ second: Int) -> Bool {
    let (left, right) = (nodes[first].score ?? 0, nodes[second].score ?? 0)
    return left == right ? first > second : left < right
  }

  /// Returns the measured candidate with the highest upper confidence bound (PUCT; arXiv 2509.06503, equation for `u`).
  ///
  /// `RankScore + c P sqrt(N) / (1 + V)` with the flat prior `P = 1 / |T|`; a candidate in flight counts as a visit already.
  /// That bonus fades with the tree's growth, to where the top alone is searched: `breadth` brings it back, up to
  /// `P = 1 / sqrt(|T|)`, with which every candidate has its turn.
  func promising(exploration: Double, breadth: Double) -> Int? {
    guard order.count > 1 else { return order.first }
    let count = Double(order.count)
    let bonus = exploration * Double(expansions).squareRoot() / pow(count, 1 - breadth / 2)
    var best: (score: Double, index: Int)?
    for rank in order.indices.reversed() {
      let standing = Double(rank) / (count - 1)
      // Nobody further down can do better, visits or none.
      if let best, standing + bonus <= best.score { break }
      let score = standing + bonus / Double(1 + nodes[order[rank]].visits)
      if best.map({ score > $0.score }) ?? true { best = (score, order[rank]) }
    }
    return best?.index
  }

  // MARK: Descent

  /// Counts a trial that is asked for from `parent`, there and all the way up.
  mutating func expand(_ parent: Int) {
    expansions += 1
    nodes[parent].pending += 1
    visit(from: parent, 1)
  }

  private mutating func visit(from index: Int, _ count: Int) {
    var next: Int? = index
    while let index = next {
      nodes[index].visits += count
      next = nodes[index].parent
    }
  }

  /// The trial is no longer in flight.
  mutating func settle(_ index: Int) {
    if let parent = nodes[index].parent { nodes[parent].pending = max(0, nodes[parent].pending - 1) }
  }

  /// Puts a node that nothing descends from below another parent.
  mutating func move(_ index: Int, below parent: Int) {
    guard let old = nodes[index].parent, nodes[index].visits == 0, index != parent else { return }
    visit(from: old, -1)
    visit(from: parent, 1)
    if nodes[index].stage == .open {
      settle(index)
      nodes[parent].pending += 1
    }
    nodes[index].parent = parent
    nodes[index].depth = nodes[parent].depth + 1
  }

  func areRelated(_ first: Int, _ second: Int) -> Bool {
    first == second || isAncestor(first, of: second) || isAncestor(second, of: first)
  }

  private func isAncestor(_ above: Int, of below: Int) -> Bool {
    let depth = nodes[above].depth
    var next = nodes[below].parent
    while let index = next, nodes[index].depth >= depth {
      if index == above { return true }
      next = nodes[index].parent
    }
    return false
  }

  // MARK: Bounds

  /// Whether it is time to call `drop(except:head:)`.
  var isFull: Bool { nodes.count > limit }

  /// Drops what is neither in flight, nor near above the head, nor among the best, nor in `kept`, nor new.
  mutating func drop(except kept: [TrialID], head: TrialID) {
    var stays = nodes.map { $0.stage == .open }
    stays[0] = true
    var next = index(of: head)
    var left = Self.line
    while let index = next, left > 0 {
      stays[index] = true
      next = nodes[index].parent
      left -= 1
    }
    for index in order.suffix(Self.best) { stays[index] = true }
    for trial in kept {
      if let index = index(of: trial) { stays[index] = true }
    }
    var room = Self.retained - stays.reduce(0) { $0 + ($1 ? 1 : 0) }
    for index in nodes.indices.reversed() where room > 0 && !stays[index] && nodes[index].stage == .measured {
      stays[index] = true
      room -= 1
    }
    compact(stays)
    // More in flight than there is room for must not make each trial pay for the dropping.
    limit = max(Self.capacity, nodes.count + Self.capacity - Self.retained)
  }

  private mutating func compact(_ stays: [Bool]) {
    var places: [Int?] = []
    places.reserveCapacity(nodes.count)
    var count = 0
    for stay in stays {
      places.append(stay ? count : nil)
      count += stay ? 1 : 0
    }
    var left: [SearchNode] = []
    left.reserveCapacity(count)
    for index in nodes.indices where stays[index] {
      var node = nodes[index]
      var above = node.parent
      while let ancestor = above, !stays[ancestor] { above = nodes[ancestor].parent }
      node.parent = above.flatMap { places[$0] }
      left.append(node)
    }
    order = order.compactMap { places[$0] }
    nodes = left
  }
}
