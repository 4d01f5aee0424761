import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How much better each generation's outputs are than generation 0's, out of pairs judged in both orders (Bradley and Terry 1952).
///
/// A strength is the log odds of winning against the reference. A pair is one comparison, whatever its two orders say; a tie, and a
/// winner that changes with the order, count half for either side, which makes intervals too wide rather than too narrow.
public struct BradleyTerry: Sendable, Codable, Hashable {
  /// One generation against another.
  public struct Strength: Sendable, Codable, Hashable {
    /// Log odds of winning; above 0 is better.
    public let value: Double
    /// The standard error, from the observed information.
    public let deviation: Double

    /// Returns the interval of `value`.
    public func interval(confidence: Double = 0.95) -> ClosedRange<Double> {
      let half = Normal.quantile(0.5 + 0.5 * max(0, min(0.999_999, confidence))) * deviation
      return (value - half)...(value + half)
    }

    /// The share of pairs that it would win, 0...1, with its interval.
    public var winShare: Double { logistic(value) }
    public func winInterval(confidence: Double = 0.95) -> ClosedRange<Double> {
      let bounds = interval(confidence: confidence)
      return logistic(bounds.lowerBound)...logistic(bounds.upperBound)
    }

    /// Returns whether it is worse by more than `margin`, one-sided at `alpha`: a constraint that a champion must not break.
    public func isWorse(by margin: Double = 0, alpha: Double = 0.05) -> Bool {
      value + Normal.quantile(1 - alpha) * deviation < -margin
    }
  }

  /// What all are held against: log strength 0.
  public let reference: Int
  /// Ascending; with the reference.
  public let generations: [Int]
  /// How many pairs each was in, in the order of `generations`.
  public let pairs: [Int]
  /// Whether some side never won against the rest, so that no finite strength is the likeliest.
  ///
  /// Each two that were compared then have half a win each way added (as Jeffreys' prior for one pair), which pulls towards 0.
  public let isPenalised: Bool
  private var logs: [Double]
  /// Of all against the reference; empty where the observed information cannot be inverted.
  private var covariance: [[Double]] = []

  /// Throws `tooFew` where there is no pair of two, or a generation was compared with the reference neither itself nor through others.
  public init(_ judgements: [PairJudgement], reference: Int = 0) throws(JudgingError) {
    let judgements = judgements.filter { $0.left != $0.right }
    let generations = Set(judgements.flatMap { [$0.left, $0.right] } + [reference]).sorted()
    guard generations.count > 1 else {
      throw JudgingError(
        .tooFew, "no pair of two generations was judged: there is no preference",
        hints: ["ask about outputs of two generations for one prompt"])
    }
    let places = Dictionary(uniqueKeysWithValues: generations.enumerated().map { ($1, $0) })
    let count = generations.count
    var wins = Array(repeating: Array(repeating: 0.0, count: count), count: count)
    var pairs = Array(repeating: 0, count: count)
    for judgement in judgements {
      guard let left = places[judgement.left], let right = places[judgement.right] else { continue }
      wins[left][right] += judgement.leftScore
      wins[right][left] += 1 - judgement.leftScore
      pairs[left] += 1
      pairs[right] += 1
    }
    let base = places[reference] ?? 0
    let apart = Self.reached(from: base, count) { wins[$0][$1] + wins[$1][$0] > 0 }
    if let lone = apart.firstIndex(of: false) {
      throw JudgingError(
        .tooFew,
        "generation `\(generations[lone])` was compared with generation `\(reference)` neither itself nor through others",
        hints: ["judge pairs of these two, or of each with a third"])
    }
    let isFinite =
      !Self.reached(from: base, count) { wins[$0][$1] > 0 }.contains(false)
      && !Self.reached(from: base, count) { wins[$1][$0] > 0 }.contains(false)
    if !isFinite {
      let seen = wins
      for i in 0..<count {
        for j in 0..<count where seen[i][j] + seen[j][i] > 0 { wins[i][j] += 0.5 }
      }
    }
    self.reference = reference
    self.generations = generations
    self.pairs = pairs
    isPenalised = !isFinite
    logs = Self.minorized(wins)
    polish(wins, base: base)
  }

  /// Returns a generation's strength against `other`, the reference where it is nil; nil for one that was in no pair, or has no error.
  public func strength(of generation: Int, against other: Int? = nil) -> Strength? {
    guard let first = generations.firstIndex(of: generation),
      let second = generations.firstIndex(of: other ?? reference), !covariance.isEmpty
    else { return nil }
    let variance = covariance[first][first] + covariance[second][second] - 2 * covariance[first][second]
    return Strength(value: logs[first] - logs[second], deviation: max(0, variance).squareRoot())
  }

  /// Returns which are reached from one over edges.
  private static func reached(from start: Int, _ count: Int, edge: (Int, Int) -> Bool) -> [Bool] {
    var isReached = Array(repeating: false, count: count)
    isReached[start] = true
    var open = [start]
    while let node = open.popLast() {
      for next in 0..<count where !isReached[next] && edge(node, next) {
        isReached[next] = true
        open.append(next)
      }
    }
    return isReached
  }

  /// Returns log strengths by the MM algorithm (Hunter 2004, equation 3), far enough for Newton's method to end it.
  private static func minorized(_ wins: [[Double]]) -> [Double] {
    let count = wins.count
    var strengths = Array(repeating: 1.0, count: count)
    for _ in 0..<1_000 {
      var change = 0.0
      for i in 0..<count {
        var won = 0.0
        var weight = 0.0
        for j in 0..<count where j != i {
          won += wins[i][j]
          weight += (wins[i][j] + wins[j][i]) / (strengths[i] + strengths[j])
        }
        guard weight > 0, won > 0 else { continue }
        let next = won / weight
        change = max(change, abs(log(next / strengths[i])))
        strengths[i] = next
      }
      if change < 1e-9 { break }
    }
    return strengths.map { log($0) }
  }

  /// Ends the fit by Newton's method, the reference at 0, and leaves the inverse of the observed information.
  private mutating func polish(_ wins: [[Double]], base: Int) {
    let count = logs.count
    let free = (0..<count).filter { $0 != base }
    let shift = logs[base]
    for index in logs.indices { logs[index] -= shift }
    for _ in 0..<30 {
      var gradient = Array(repeating: 0.0, count: count)
      var information = Array(repeating: Array(repeating: 0.0, count: count), count: count)
      for i in 0..<count {
        for j in 0..<count where j != i {
          let total = wins[i][j] + wins[j][i]
          let chance = logistic(logs[i] - logs[j])
          gradient[i] += wins[i][j] - total * chance
          information[i][i] += total * chance * (1 - chance)
          information[i][j] -= total * chance * (1 - chance)
        }
      }
      guard let inverse = Self.inverse(free.map { i in free.map { information[i][$0] } }) else {
        covariance = []
        return
      }
      covariance = Array(repeating: Array(repeating: 0, count: count), count: count)
      for (row, i) in free.enumerated() {
        for (column, j) in free.enumerated() { covariance[i][j] = inverse[row][column] }
      }
      var largest = 0.0
      let steps = free.indices.map { row in free.indices.reduce(0.0) { $0 + inverse[row][$1] * gradient[free[$1]] } }
      for step in steps { largest = max(largest, abs(step)) }
      guard largest > 1e-12 else { return }
      // Log odds are followed by 1 at a time: far from the top Newton's step overshoots.
      let length = min(1, 1 / largest)
      for (row, i) in free.enumerated() { logs[i] += length * steps[row] }
    }
  }

  /// Returns the inverse of a symmetric positive matrix, by Gauss and Jordan with the largest pivot; nil where there is none.
  private static func inverse(_ matrix: [[Double]]) -> [[Double]]? {
    let count = matrix.count
    var rows = matrix.enumerated().map { index, row in row + (0..<count).map { $0 == index ? 1.0 : 0.0 } }
    for column in 0..<count {
      guard let pivot = (column..<count).max(by: { abs(rows[$0][column]) < abs(rows[$1][column]) }),
        abs(rows[pivot][column]) > 1e-300
      else { return nil }
      rows.swapAt(column, pivot)
      let scale = 1 / rows[column][column]
      for index in rows[column].indices { rows[column][index] *= scale }
      for row in 0..<count where row != column && rows[row][column] != 0 {
        let factor = rows[row][column]
        for index in column..<(2 * count) { rows[row][index] -= factor * rows[column][index] }
      }
    }
    return rows.map { Array($0[count...]) }
  }
}
