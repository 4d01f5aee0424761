import PawlCore
import PawlRatchet

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A study without processes: effects drawn from a mixture, measurements with normal noise, a budget of attempts.
struct StudySimulation {
  /// Standard deviation of one measurement, in units of the typical effect.
  let sigma: Double
  let attempts: Int
  let seed: UInt64
  var effects = Effects.mixed

  enum Effects { case mixed, nothing }

  /// The effect of change number `trial`: 10 % improve, 30 % do nothing, 60 % hurt; sizes are exponential with mean 1.
  func effect(of trial: Int) -> Double {
    var generator = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(trial))
    guard effects == .mixed else { return 0 }
    let part = generator.unit()
    let size = -log(1 - generator.unit())
    return part < 0.1 ? size : part < 0.4 ? 0 : -size
  }

  func noise(of trial: Int, replicate: Int) -> Double {
    var generator = SeededGenerator(
      seed: seed &* 7_000_003 &+ UInt64(trial) &* 65_537 &+ UInt64(replicate) &+ 0x5eed_0000_0000)
    let radius = sqrt(-2 * log(1 - generator.unit()))
    return sigma * radius * cos(2 * .pi * generator.unit())
  }

  /// The true progress of the head that "keep any better run" makes: one attempt each, against the best number seen.
  func anyBetter() -> Double {
    var truth = 0.0
    var best = noise(of: 0, replicate: 0)
    for trial in 1..<attempts {
      let quality = truth + effect(of: trial)
      let measured = quality + noise(of: trial, replicate: 0)
      if measured > best {
        best = measured
        truth = quality
      }
    }
    return truth
  }

  /// The true progress of the head under the ratchet, which knows neither sigma nor the effects.
  func ratchet(rule: RatchetRule = RatchetRule()) -> (progress: Double, trials: Int, ratchet: HeadRatchet) {
    var ratchet = HeadRatchet(direction: .maximize, rule: rule)
    var truths = [TrialID.baseline: 0.0]
    var replicates: [TrialID: Int] = [:]
    var spent = 0
    func measure(_ trial: TrialID) {
      let replicate = replicates[trial, default: 0]
      replicates[trial] = replicate + 1
      spent += 1
      ratchet.record((truths[trial] ?? 0) + noise(of: trial.rawValue, replicate: replicate), for: trial)
    }
    for _ in 0..<4 { measure(.baseline) }
    var trial = 0
    while spent < attempts {
      trial += 1
      let candidate = TrialID(rawValue: trial)
      truths[candidate] = (truths[ratchet.head] ?? 0) + effect(of: trial)
      measure(candidate)
      judging: while true {
        switch ratchet.judge(candidate, inFlight: 0) {
        case .replicateCandidate, .wait, .rebase:
          guard spent < attempts else { break judging }
          measure(candidate)
        case .replicateHead:
          guard spent < attempts else { break judging }
          measure(ratchet.head)
        case .decided(let verdict, let evidence):
          ratchet.close(candidate, evidence: evidence)
          if verdict == .kept { ratchet.moveHead(to: candidate) }
          break judging
        }
      }
    }
    return (truths[ratchet.head] ?? 0, trial, ratchet)
  }
}
