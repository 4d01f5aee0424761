public import PawlCore
import PawlStatistics

/// One head-versus-champion test on fresh paired seeds.
///
/// Pairs count in the order of their index, whatever order they finish in, and the test looks after each: it certifies as soon as
/// the e-value reaches `1 / alpha`, so that stopping early costs nothing. A pair with a crashed half is void.
public struct Certification: Sendable, Codable, Hashable {
  /// Where the test stands.
  public enum State: Sendable, Codable, Hashable {
    /// The lowest pair, from 0, of which a half is still missing.
    case running(nextPair: Int)
    case certified
    case failed
  }

  /// A pair that counts, with both values.
  public struct Pair: Sendable, Codable, Hashable {
    public let index: Int
    public let candidate: Double
    public let champion: Double
  }

  private enum Half: Sendable, Codable, Hashable {
    case measured(Double)
    case crashed
    init(_ value: Double?) {
      if let value, value.isFinite { self = .measured(max(-1e150, min(1e150, value))) } else { self = .crashed }
    }
  }

  private struct Arrival: Sendable, Codable, Hashable {
    let index: Int
    var candidate: Half?
    var champion: Half?
  }

  public let number: Int
  public let candidate: TrialID
  public let champion: TrialID
  /// This test's share of the study's alpha.
  public let alpha: Double
  public private(set) var state = State.running(nextPair: 0)
  /// The pairs that the decision rests on, in the order of their index, void ones left out.
  public private(set) var pairs: [Pair] = []
  private let rule: RatchetRule
  private let direction: Direction
  /// Pairs that are not complete, or wait for an earlier one; ordered by index.
  private var arrivals: [Arrival] = []
  private var nextPair = 0
  private var candidateCrashes = 0
  private var evidence = PairedEProcess()
  private var resolution = Resolution()

  /// Crashes of the candidate after which the test fails.
  private static let allowedCrashes = 1
  /// Pairs after which a mean difference that is not positive ends the test.
  private static let pairsBeforeFutility = 4
  /// A clear effect passes the first threshold at the third pair, where its interval is six times wider than at the fourth.
  public static let leastPairs = 4

  public init(
    number: Int, candidate: TrialID, champion: TrialID, alpha: Double, rule: RatchetRule, direction: Direction
  ) {
    self.number = number
    self.candidate = candidate
    self.champion = champion
    self.alpha = alpha
    self.rule = rule
    self.direction = direction
  }

  /// Counts what came of one half of a pair, or of both.
  ///
  /// An argument left out, or the literal nil, is a half that this call is not about; an optional that holds nil is a half that
  /// ran and has no measurement. The first result of a half stands; results after the decision change nothing.
  public mutating func record(pair: Int, candidate: Double?? = nil, champion: Double?? = nil) {
    guard case .running = state, pair >= nextPair else { return }
    let place = arrivals.firstIndex { $0.index >= pair } ?? arrivals.count
    if place == arrivals.count || arrivals[place].index != pair { arrivals.insert(Arrival(index: pair), at: place) }
    if let candidate { arrivals[place].candidate = arrivals[place].candidate ?? Half(candidate) }
    if let champion { arrivals[place].champion = arrivals[place].champion ?? Half(champion) }
    while case .running = state, let first = arrivals.first, first.index == nextPair,
      let candidate = first.candidate, let champion = first.champion
    {
      arrivals.removeFirst()
      count(candidate: candidate, champion: champion)
    }
  }

  private mutating func count(candidate: Half, champion: Half) {
    switch (candidate, champion) {
    case (.measured(let candidate), .measured(let champion)):
      pairs.append(Pair(index: nextPair, candidate: candidate, champion: champion))
      resolution.add(candidate)
      resolution.add(champion)
      evidence.floor = resolution.differenceDeviation
      evidence.add(direction.improvement(of: candidate, over: champion))
    case (.crashed, .measured): candidateCrashes += 1
    // Where the champion fails too, the candidate is not to blame.
    case (_, .crashed): break
    }
    nextPair += 1
    if evidence.eValue >= threshold, pairs.count >= min(Certification.leastPairs, rule.maximumPairs) {
      state = .certified
    } else if candidateCrashes > Certification.allowedCrashes || nextPair >= rule.maximumPairs {
      state = .failed
    } else if pairs.count >= Certification.pairsBeforeFutility, evidence.moments.mean <= 0 {
      state = .failed
    } else {
      state = .running(nextPair: nextPair)
    }
    if state == .certified || state == .failed { arrivals = [] }
  }

  /// The evidence against "the candidate is no better", over the pairs that count.
  public var eValue: Double { evidence.eValue }

  /// What the e-value must reach: `1 / alpha`.
  public var threshold: Double { alpha > 0 ? min(1e300, 1 / alpha) : 1e300 }

  /// The mean paired difference, positive is better; nil before the first pair that counts.
  public var effect: Double? { pairs.isEmpty ? nil : evidence.moments.mean }

  /// The anytime-valid confidence sequence for the effect; nil while it is unbounded.
  ///
  /// Each bound holds at this test's own level, or at half of the study's alpha where that is stricter, so that both together
  /// hold at 1 - alpha of the study; under e-LOND's levels the lower bound is above zero exactly when the test certifies.
  public var interval: ClosedRange<Double>? { evidence.interval(alpha: min(alpha, rule.alpha / 2)) }
}
