import PawlCore
import PawlRatchet

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What one decision costs with many behind it: the head ratchet alone, without processes or journal.
struct DecisionTime {
  private var ratchet = HeadRatchet(direction: .maximize, rule: RatchetRule())
  private var generator = SeededGenerator(seed: 1)
  private var trials = 0
  private var head = 0.0

  /// Prints median and maximum, in microseconds of processor time, of what one more trial costs after `trials` others.
  static func run(trials: Int, repeats: Int) {
    var bench = DecisionTime()
    for _ in 0..<4 { bench.measure(.baseline, worth: 0) }
    for _ in 0..<trials { bench.decide() }
    var times = (0..<repeats).map { _ in
      let began = processorMicroseconds()
      bench.decide()
      return processorMicroseconds() - began
    }
    times.sort()
    guard let most = times.last else { return }
    print("\(trials) \(times[times.count / 2].formatted(digits: 3)) \(most.formatted(digits: 3))")
  }

  /// The thread's own time: what else the machine does is not the decision's cost.
  private static func processorMicroseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
  }

  private mutating func measure(_ trial: TrialID, worth: Double) {
    // Six uniform numbers are normal enough to keep a ratchet busy.
    let noise = (0..<6).reduce(-3.0) { sum, _ in sum + generator.unit() } * 1.4
    ratchet.record(worth + noise, for: trial)
  }

  /// One candidate from its first measurement to its verdict: an exponential effect, one in ten for the better, as noisy as it is large.
  private mutating func decide() {
    trials += 1
    let part = generator.unit()
    let size = 3 * generator.unit() * generator.unit()
    let worth = head + (part < 0.1 ? size : part < 0.4 ? 0 : -size)
    let trial = TrialID(rawValue: trials)
    ratchet.open(trial, parent: ratchet.head)
    measure(trial, worth: worth)
    while true {
      switch ratchet.judge(trial, inFlight: 0) {
      case .decided(let verdict, let evidence):
        ratchet.close(trial, evidence: evidence)
        if verdict == .kept {
          ratchet.moveHead(to: trial)
          head = worth
        }
        return
      case .replicateHead: measure(ratchet.head, worth: head)
      case .replicateCandidate, .wait, .rebase: measure(trial, worth: worth)
      }
    }
  }
}
