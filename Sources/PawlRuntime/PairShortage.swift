import PawlCore
import PawlEngine
import PawlStatistics

/// A study whose `ratchet.max_pairs` no certificate can be reached with, however clear the effect.
struct PairShortage: Sendable, Hashable {
  let problem: String
  let remedy: String

  /// Nil where the pairs suffice. `seconds` is the mean wall time of an attempt, where it is known.
  init?(most: Int, level: Double, seconds: Double? = nil, workers: Int = 1) {
    let least = StudyState.leastPairs(level: level)
    guard least.map({ $0 > most }) ?? true else { return nil }
    let asked =
      "`ratchet.max_pairs: \(most)` allows no certificate, which takes an e-value of \((1 / level).formatted(digits: 3))"
    guard let least else {
      problem = "\(asked): no number of pairs up to 1000 can reach that"
      remedy = "a greater `ratchet.alpha` in pawl.yaml"
      return
    }
    let rounds = Double((2 * least + workers - 1) / max(1, workers))
    let time = seconds.map { ", about \(($0 * rounds).asDuration)" } ?? ""
    problem = "\(asked): that needs \(least) pairs or more, \(2 * least) attempts\(time)"
    remedy = "`ratchet: {max_pairs: \(max(least, RatchetRule().maximumPairs))}` in pawl.yaml"
  }
}

extension RatchetRule {
  /// What the first certificate of a study lacks; nil where it lacks nothing, and where no certificates are asked for.
  var pairShortage: PairShortage? {
    guard policy == .evidence else { return nil }
    return PairShortage(most: maximumPairs, level: AlphaSchedule(alpha: alpha).level(test: 1, discoveries: 0))
  }
}

extension StudyState {
  /// What to tell a person whose study can reach no certificate; nil where it can.
  func pairShortage(workers: Int) -> String? {
    guard let rule = configuration?.ratchet, rule.policy == .evidence, session?.start.order == nil else { return nil }
    return PairShortage(
      most: rule.maximumPairs, level: 1 / nextThreshold, seconds: meanAttemptSeconds, workers: max(1, workers)
    ).map { "\($0.problem); the search goes on without: \($0.remedy) changes that" }
  }
}
