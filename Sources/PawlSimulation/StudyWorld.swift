import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How much the changes are worth that agents propose, in units of the typical change.
public enum EffectDistribution: Sendable, Hashable {
  /// One in ten improves, three do nothing, six hurt; sizes are exponential with mean 1.
  case exponential
  /// The same shares; sizes are Lomax (Pareto II) with shape 2.5 and mean 1: a few changes are worth most of the progress.
  case heavyTailed
  /// Draws from these effects, positive is better.
  case empirical([Double])
  /// No change does anything: an A/A study.
  case nothing

  public var name: String {
    switch self {
    case .exponential: "exponential"
    case .heavyTailed: "heavy-tailed"
    case .empirical: "empirical"
    case .nothing: "nothing"
    }
  }

  func draw(_ generator: inout SeededGenerator) -> Double {
    let part = generator.unit()
    let uniform = 1 - generator.unit()
    let size: Double
    switch self {
    case .nothing: return 0
    case .empirical(let effects):
      guard !effects.isEmpty else { return 0 }
      return effects[min(effects.count - 1, Int(part * Double(effects.count)))]
    case .exponential: size = -log(uniform)
    case .heavyTailed: size = 1.5 * (pow(uniform, -1 / 2.5) - 1)
    }
    return part < 0.1 ? size : part < 0.4 ? 0 : -size
  }
}

/// How measurements of one and the same code differ; each has the standard deviation sigma over seeds.
public enum NoiseModel: String, Sendable, Hashable, CaseIterable {
  case normal
  /// Each candidate has noise of its own: sigma times a lognormal factor, a third above to a third below most of the time.
  case heteroscedastic
  /// The machine's level moves by a tenth of sigma from attempt to attempt, and stays there (a random walk).
  case drifting
  /// Half of the variance is the seed's, and the same for all candidates.
  case correlatedSeeds = "correlated-seeds"
}

/// A research effort without processes: what every change is worth, and what every measurement comes out as.
///
/// All policies that are run in one world meet the same changes in the same order, and the same luck.
public struct StudyWorld: Sendable {
  public let effects: EffectDistribution
  public let noise: NoiseModel
  /// Standard deviation of one measurement, in units of the typical change.
  public let sigma: Double
  public let seed: UInt64
  private let drift: [Double]

  /// Prepares for about `attempts` attempts; the machine's level stays where it is after twice as many.
  public init(effects: EffectDistribution, noise: NoiseModel, sigma: Double, seed: UInt64, attempts: Int) {
    self.effects = effects
    self.noise = noise
    self.sigma = sigma
    self.seed = seed
    guard noise == .drifting else {
      drift = []
      return
    }
    var level = 0.0
    drift = (0..<max(1, 2 * attempts)).map { time in
      level += 0.1 * sigma * StudyWorld.normal(seed, 3, UInt64(time))
      return level
    }
  }

  /// What change number `trial` (from 1) is worth, wherever it is applied.
  public func effect(of trial: Int) -> Double {
    var hash = StableHash()
    hash.add(seed)
    hash.add(1)
    hash.add(UInt64(trial))
    var generator = SeededGenerator(seed: hash.value)
    return effects.draw(&generator)
  }

  /// What a measurement of candidate `trial` under `seed` comes out above its truth, as attempt number `time`.
  public func error(of trial: Int, seed measured: UInt64, time: Int) -> Double {
    let own = StudyWorld.normal(seed, 2, UInt64(trial), measured)
    switch noise {
    case .normal: return sigma * own
    case .heteroscedastic:
      // The factor's square has mean 1.
      return sigma * own * exp(0.3 * StudyWorld.normal(seed, 4, UInt64(trial)) - 0.09)
    case .drifting: return sigma * own + drift[min(max(0, time), drift.count - 1)]
    case .correlatedSeeds: return sigma * 0.707_106_781_186_547_5 * (own + StudyWorld.normal(seed, 5, measured))
    }
  }

  /// A standard normal number that depends on `numbers` alone (Box and Muller 1958).
  private static func normal(_ numbers: UInt64...) -> Double {
    var hash = StableHash()
    for number in numbers { hash.add(number) }
    var generator = SeededGenerator(seed: hash.value)
    let radius = sqrt(-2 * log(1 - generator.unit()))
    return radius * cos(2 * .pi * generator.unit())
  }
}
