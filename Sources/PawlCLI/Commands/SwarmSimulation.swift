import CPawlSystem
import PawlCore
import PawlSimulation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `pawl simulate --swarm`: how busy the engine keeps many workers, and what that costs it.
struct SwarmSimulation {
  private static let options: Set = [
    "swarm", "workers", "trials", "seed", "effects", "noise", "sigma", "attempt-time", "json", "directory", "help",
  ]

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let names = SimulateCommand.specification.allOptions.map(\.name)
    if let other = names.first(where: { arguments.has($0) && !options.contains($0) }) {
      throw UsageError(
        "`--\(other)` does not go with `--swarm`",
        hints: [
          "`--swarm` takes `--workers`, `--trials`, `--sigma`, `--effects`, `--noise`, `--attempt-time`, `--seed`"
        ])
    }
    let plan = try plan(arguments, console: console)
    guard let (outcome, kill) = try SwarmKill.run(plan, nanoseconds: processorNanoseconds) else {
      throw UsageError("this swarm cannot be simulated")
    }
    let result = SwarmResult(plan: plan, outcome: outcome, kill: kill, peakMemory: Bytes(pawl_own_peak_bytes()))
    console.output(arguments.has("json") ? try JSONText.encode(result) + "\n" : result.text)
    return 0
  }

  private static func plan(_ arguments: ParsedArguments, console: Console) throws -> SwarmPlan {
    let workers = try arguments.integer("workers", atLeast: 1) ?? 1_000
    let trials = try arguments.integer("trials", atLeast: 10) ?? 100_000
    guard workers <= 10_000 else { throw UsageError("`--workers \(workers)` is more than the 10000 of a swarm") }
    guard trials <= 10_000_000 else { throw UsageError("`--trials \(trials)` is more than 10000000") }
    var plan = SwarmPlan(workers: workers, trials: trials)
    plan.seed = try SimulationWishes.seed(arguments)
    plan.sigma = try arguments.number("sigma") ?? plan.sigma
    guard plan.sigma >= 1e-9, plan.sigma <= 1e9 else {
      throw UsageError("`--sigma \(plan.sigma)` is out of all proportion", hints: ["`--sigma 1` is usual"])
    }
    plan.attemptSeconds = try arguments.seconds("attempt-time") ?? plan.attemptSeconds
    guard plan.attemptSeconds >= 0.1, plan.attemptSeconds <= 1e7 else {
      throw UsageError("`--attempt-time` of a swarm is from 0.1 s to 100 d")
    }
    if let noise = arguments.value("noise") {
      plan.noise = try one(
        SimulationWishes.names(noise, of: NoiseModel.allCases.map { ($0.rawValue, $0) }, option: "noise"), "noise")
    }
    if arguments.has("effects") {
      plan.effects = try one(SimulatedEffects.list(arguments, console: console), "effects").distribution
    }
    return plan
  }

  private static func one<Value>(_ values: [Value], _ option: String) throws -> Value {
    guard let value = values.first, values.count == 1 else {
      throw UsageError("`--swarm` takes one value for `--\(option)`")
    }
    return value
  }

  /// The thread's own time: what else the machine does is not the engine's cost.
  private static func processorNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
  }
}
