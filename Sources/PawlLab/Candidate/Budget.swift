internal import PawlRefereeProtocol

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a candidate may spend, as the referee said; it holds clocks of its own, and what these say here only ends the loop in time.
struct Budget {
  private let operations: Double
  private let steps: Double
  private let cpuSeconds: Double
  private let wallSeconds: Double
  private let began = seconds(CLOCK_MONOTONIC)
  private var before = Spending(operations: 0, cpu: 0, wall: 0)
  private var dearest = Spending(operations: 0, cpu: 0, wall: 0)

  private struct Spending {
    var operations: Double
    var cpu: Double
    var wall: Double
  }

  init(_ hello: Hello) {
    operations = Double(hello.operations)
    steps = Double(hello.steps)
    cpuSeconds = Double(hello.cpuMicroseconds) * 1e-6
    wallSeconds = Double(hello.wallMicroseconds) * 1e-6
  }

  private var spent: Spending {
    Spending(
      operations: Double(Meter.spent), cpu: seconds(CLOCK_PROCESS_CPUTIME_ID), wall: seconds(CLOCK_MONOTONIC) - began)
  }

  /// Returns the share that is spent after so many steps: of whichever limit is closest.
  func fraction(step: Int) -> Double { fraction(spent, step: step) }

  private func fraction(_ spent: Spending, step: Int) -> Double {
    let shares = [
      (spent.operations, operations), (Double(step), steps), (spent.cpu, cpuSeconds), (spent.wall, wallSeconds),
    ]
    return min(1, shares.reduce(0) { $1.1 > 0 ? max($0, $1.0 / $1.1) : $0 })
  }

  /// Returns the share that is spent, or nil when what is left does not pay for one more step like those before. The first is not known before it is taken.
  mutating func next(step: Int) -> Double? {
    let spent = spent
    if step > 0 {
      // A step's time varies with what else the machine does, so the estimate forgets.
      dearest.operations = max(dearest.operations, spent.operations - before.operations)
      dearest.cpu = step == 1 ? spent.cpu - before.cpu : 0.8 * dearest.cpu + 0.2 * (spent.cpu - before.cpu)
      dearest.wall = step == 1 ? spent.wall - before.wall : 0.8 * dearest.wall + 0.2 * (spent.wall - before.wall)
    }
    before = spent
    if steps > 0 && Double(step) >= steps { return nil }
    if step > 0 {
      if operations > 0 && spent.operations + dearest.operations > operations { return nil }
      if cpuSeconds > 0 && spent.cpu + dearest.cpu > cpuSeconds { return nil }
      if wallSeconds > 0 && spent.wall + dearest.wall > wallSeconds { return nil }
    }
    return fraction(spent, step: step)
  }
}

/// Returns what a clock shows, in seconds (clock_gettime(2)).
func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
