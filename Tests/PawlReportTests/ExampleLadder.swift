import PawlCore
import PawlReport

/// A ladder of three rungs as a night of work leaves it: most carries over, one stack had to be taken apart, one change waits.
enum ExampleLadder {
  static func summary() -> LadderSummary {
    var rungs: [LadderSummary.Rung] = []
    for (number, name, compute, base, top, error) in [
      (1, "small", 1e14, 1.2874, 1.2531, 0.0008), (2, "medium", 1e15, 1.1120, 1.0893, 0.0006),
      (3, "large", 1e16, 0.9843, 0.9702, 0.0005),
    ] {
      var rung = LadderSummary.Rung(
        number: number, name: name, champion: TrialID(rawValue: 30 / number), championCommit: commit(30 / number))
      rung.compute = compute
      rung.computeIsSaid = true
      rung.baseline = .init(mean: base, standardError: error, runs: 12)
      rung.level = .init(mean: top, standardError: error, runs: 8)
      let (tests, certified) = number == 1 ? (5, 4) : number == 2 ? (5, 3) : (2, 1)
      rung.tests = tests
      rung.certificates = certified
      rung.certified = .init(
        effect: base - top, lower: base - top - 0.004, upper: base - top + 0.004, confidence: 0.9)
      rung.attempts = 300 / (number * number)
      rung.wallSeconds = 18_000
      rungs.append(rung)
    }
    rungs[1].lost = [TrialID(rawValue: 9)]
    rungs[2].running = 12
    return LadderSummary(rungs: rungs, transfers: transfers(), scaling: scaling(rungs), gains: gains())
  }

  static func commit(_ number: Int) -> CommitHash {
    let digits = String(number, radix: 16)
    return CommitHash(rawValue: digits + String(repeating: "c", count: 40 - digits.count))
  }

  private static func transfers() -> [LadderSummary.Transfer] {
    func point(
      _ test: Int, _ trials: ClosedRange<Int>, _ below: Double, _ above: Double?, _ certified: Bool
    ) -> LadderSummary.Point {
      var point = LadderSummary.Point(
        test: test, startedAt: Timestamp(milliseconds: 1_773_100_000_000 + Int64(test) * 900_000),
        trials: trials.map(TrialID.init(rawValue:)), below: below, steps: Double(trials.count), chance: 0.62,
        threshold: 45, champion: .baseline)
      point.above = above
      point.standardError = above == nil ? nil : 0.0012
      point.standing = above == nil ? .running : certified ? .certified : .failed
      point.pairs = above == nil ? nil : 8
      point.eValue = above == nil ? nil : certified ? 214 : 0.4
      return point
    }
    let second = LadderSummary.Transfer(
      rung: 2,
      points: [
        point(2, 2...4, 0.0105, 0.0092, true), point(4, 7...9, 0.0081, -0.0021, false),
        point(5, 7...8, 0.0049, 0.0043, true), point(6, 9...9, 0.0032, -0.0064, false),
        point(9, 12...15, 0.0120, 0.0092, true),
      ],
      conflicts: [
        .init(
          trials: [TrialID(rawValue: 16)], at: Timestamp(milliseconds: 1_773_110_000_000),
          reason: "train.swift conflicts with trial 8")
      ],
      correlation: .init(value: 0.9, lower: 0.12, upper: 0.99, pairs: 5),
      waiting: [
        .init(
          trials: [TrialID(rawValue: 30)], below: 0.0037, steps: 1, expected: 0.0029, deviation: 0.0021, chance: 0.12,
          reason: "chance 12 % of a certificate, asked for 25 %")
      ])
    let third = LadderSummary.Transfer(
      rung: 3, points: [point(7, 2...8, 0.0135, 0.0141, true), point(12, 12...15, 0.0092, nil, false)])
    return [second, third]
  }

  private static func scaling(_ rungs: [LadderSummary.Rung]) -> LadderSummary.Scaling {
    var scaling = LadderSummary.Scaling(
      loss: "val_bpb",
      points: rungs.compactMap { rung in
        guard let baseline = rung.baseline, let level = rung.level, let compute = rung.compute else { return nil }
        return .init(rung: rung.number, compute: compute, baseline: baseline, champion: level)
      })
    scaling.baseline = .init(asymptote: 0.31, coefficient: 14.92, exponent: 0.0847, asymptoteIsAssumed: false)
    scaling.champion = .init(asymptote: 0.33, coefficient: 13.4, exponent: 0.083, asymptoteIsAssumed: false)
    scaling.multiplier = .init(value: 1.46, lower: 1.21, upper: 1.83, compute: 1e16)
    return scaling
  }

  private static func gains() -> [LadderSummary.Gain] {
    var totals: [Int: LadderSummary.Total] = [:]
    return [
      (1, 1, 0.0105), (2, 2, 0.0092), (3, 1, 0.0081), (5, 2, 0.0043), (7, 3, 0.0141), (8, 1, 0.0120), (9, 2, 0.0092),
      (10, 1, 0.0037),
    ].map { number, rung, effect in
      var total = totals[rung] ?? .init(effect: 0, lower: 0, upper: 0, confidence: 1)
      total.effect += effect
      total.lower += effect - 0.0014
      total.upper += effect + 0.0014
      total.confidence -= 0.02
      totals[rung] = total
      return .init(
        certificate: number, rung: rung, trial: TrialID(rawValue: number * 3),
        at: Timestamp(milliseconds: 1_773_100_000_000 + Int64(number) * 900_000),
        computeSeconds: Double(number) * 5_200,
        effect: effect, lower: effect - 0.0014, upper: effect + 0.0014, total: total)
    }
  }
}
