import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Similar texts together: spherical k-means over hashed n-grams (Dhillon and Modha 2001), the same for the same seed.
public struct TextClusters: Sendable {
  private static let rounds = 12
  /// Texts that are learnt from; further ones are only assigned.
  static let most = 4_000
  private let rarity: [Float]
  private let centres: [[Float]]
  /// Each cluster's number from 1, largest first, and the words that are most its own.
  public let names: [String]

  /// Finds at most so many clusters; fewer where texts are alike. `count` nil is one for a hundred texts, from 2 to 12.
  public init(_ texts: [String], count: Int? = nil, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let chosen = generator.draw(Self.most, of: texts.count).sorted().map { Array(texts[$0].utf8) }
    let words = chosen.map { TextWords.hashes($0[...]) }
    let hashed = HashedTexts(chosen, words: words)
    rarity = Self.rarity(hashed)
    let points = (0..<hashed.count).map { [rarity] in Self.point(hashed, $0, rarity) }
    let wanted = max(1, min(count ?? max(2, min(12, chosen.count / 100)), chosen.count))
    var centres = Self.spread(points, wanted, &generator)
    var assigned = points.map { Self.nearest($0, centres) }
    for _ in 0..<Self.rounds {
      centres = Self.means(points, assigned, centres.count)
      let next = points.map { Self.nearest($0, centres) }
      if next == assigned { break }
      assigned = next
    }
    let sizes = assigned.reduce(into: [Int](repeating: 0, count: centres.count)) { $0[$1] += 1 }
    let order = sizes.indices.filter { sizes[$0] > 0 }.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
    self.centres = order.map { centres[$0] }
    let own = ClusterWords(chosen, assigned, clusters: centres.count)
    names = order.enumerated().map { place, cluster in
      (["cluster \(place + 1)"] + own.words(of: cluster)).joined(separator: " ")
    }
  }

  /// Returns the place in `names` of the cluster that a text is nearest to; nil where there are none.
  public func cluster(of text: String) -> Int? {
    guard !centres.isEmpty else { return nil }
    let bytes = Array(text.utf8)
    let hashed = HashedTexts([bytes], words: [TextWords.hashes(bytes[...])])
    return Self.nearest(Self.point(hashed, 0, rarity), centres)
  }

  private typealias Point = [(column: Int32, weight: Float)]

  /// What each text has tells none apart (Sparck Jones 1972).
  private static func rarity(_ texts: HashedTexts) -> [Float] {
    var having = [Float](repeating: 0, count: HashedTexts.width)
    for text in 0..<texts.count { for place in texts.range(text) { having[Int(texts.columns[place])] += 1 } }
    return having.map { logf((Float(texts.count) + 1) / ($0 + 0.5)) }
  }

  private static func point(_ texts: HashedTexts, _ text: Int, _ rarity: [Float]) -> Point {
    var point = texts.range(text).map { place in
      (column: texts.columns[place], weight: texts.counts[place].squareRoot() * rarity[Int(texts.columns[place])])
    }
    let length = point.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
    if length > 0 { for place in point.indices { point[place].weight /= length } }
    return point
  }

  private static func likeness(_ point: Point, _ centre: [Float]) -> Float {
    point.reduce(0) { $0 + $1.weight * centre[Int($1.column)] }
  }

  private static func nearest(_ point: Point, _ centres: [[Float]]) -> Int {
    var best = (place: 0, likeness: -Float.infinity)
    for (place, centre) in centres.enumerated() {
      let likeness = likeness(point, centre)
      if likeness > best.likeness { best = (place, likeness) }
    }
    return best.place
  }

  /// Returns first centres: texts drawn by how far they are from those drawn before (Arthur and Vassilvitskii 2007).
  private static func spread(_ points: [Point], _ wanted: Int, _ generator: inout SeededGenerator) -> [[Float]] {
    var centres: [[Float]] = []
    var far = [Double](repeating: 1, count: points.count)
    while centres.count < wanted {
      let total = far.reduce(0, +)
      guard total > 1e-6 else { break }
      var left = generator.unit() * total
      let chosen = far.firstIndex { distance in
        left -= distance
        return left < 0
      }
      let centre = dense([points[chosen ?? 0]])
      centres.append(centre)
      for (place, point) in points.enumerated() {
        far[place] = min(far[place], max(0, 1 - Double(likeness(point, centre))))
      }
    }
    return centres
  }

  private static func means(_ points: [Point], _ assigned: [Int], _ count: Int) -> [[Float]] {
    var members = [[Point]](repeating: [], count: count)
    for (point, cluster) in zip(points, assigned) { members[cluster].append(point) }
    return members.map(dense)
  }

  private static func dense(_ points: [Point]) -> [Float] {
    var centre = [Float](repeating: 0, count: HashedTexts.width)
    for point in points { for entry in point { centre[Int(entry.column)] += entry.weight } }
    let length = centre.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? centre.map { $0 / length } : centre
  }
}

/// The words that are more frequent in one cluster than in the others.
struct ClusterWords {
  private var having: [String: [Int]] = [:]
  private var sizes: [Int]

  init(_ texts: [[UInt8]], _ assigned: [Int], clusters: Int) {
    sizes = [Int](repeating: 0, count: clusters)
    for (text, cluster) in zip(texts, assigned) {
      sizes[cluster] += 1
      let words = text.split { !TextWords.isWord($0) }.map { word in
        String(decoding: word.map(TextWords.lowered), as: UTF8.self)
      }
      for word in Set(words) where word.utf8.count < 24 {
        having[word, default: [Int](repeating: 0, count: clusters)][cluster] += 1
      }
    }
  }

  /// Returns at most three words, by how much the cluster's share of texts that have them says of the cluster.
  func words(of cluster: Int) -> [String] {
    let all = Double(max(1, sizes.reduce(0, +)))
    let scored = having.compactMap { word, counts -> (score: Double, word: String)? in
      guard counts[cluster] > 1 else { return nil }
      let share = Double(counts[cluster]) / Double(max(1, sizes[cluster]))
      let score = share * log(share / (Double(counts.reduce(0, +)) / all))
      return score > 1e-9 ? (score, word) : nil
    }
    return scored.sorted { ($1.score, $0.word) < ($0.score, $1.word) }.prefix(3).map(\.word)
  }
}
