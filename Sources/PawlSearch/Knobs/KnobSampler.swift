import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Draws the places to try next: which knobs, and where to.
struct KnobSampler {
  let dimensions: [Dimension]
  let history: KnobHistory
  let observations: Int
  private(set) var generator: SeededGenerator
  /// For each dimension, whether a lower or a higher value than the parent's was ever tried.
  private let tried: [(lower: Bool, higher: Bool)]
  private let weights: [Double]
  /// From 0 to 1; at 0 nothing is widened.
  private let breadth: Double
  static let draws = 24

  init(dimensions: [Dimension], history: [KnobObservation], seed: UInt64, breadth: Double) {
    self.breadth = breadth.isFinite ? min(max(breadth, 0), 1) : 0
    self.dimensions = dimensions
    self.history = KnobHistory(history)
    observations = history.count
    generator = SeededGenerator(seed: seed)
    let good = self.history.good
    // A sample of the rest is enough to see what was tried.
    let bad = self.history.bad.prefix(64)
    var tried: [(Bool, Bool)] = []
    var weights: [Double] = []
    for dimension in dimensions {
      let base = dimension.unit(dimension.base) ?? 0.5
      var sides = (lower: false, higher: false)
      func moved(_ observations: some Sequence<KnobObservation>) -> Double {
        var count = 0.0
        var changed = 0.0
        for observation in observations {
          guard let value = observation.knobs[dimension.knob.name], let unit = dimension.unit(value) else { continue }
          count += 1
          guard value != dimension.base else { continue }
          changed += 1
          if unit < base { sides.lower = true } else if unit > base { sides.higher = true }
        }
        return (changed + 0.5) / (count + 1)
      }
      let share = moved(good)
      let rest = moved(bad)
      tried.append(sides)
      weights.append(0.5 + 2 * share / (share + rest))
    }
    self.tried = tried
    self.weights = weights
  }

  /// One knob up or down by a step that matters, untried knobs first; nil once each was tried on both sides.
  mutating func warmStart() -> [Int: Double]? {
    var moves: [(dimension: Int, sign: Double)] = []
    var second: [(dimension: Int, sign: Double)] = []
    for (index, sides) in tried.enumerated() {
      let options = [sides.lower ? nil : -1.0, sides.higher ? nil : 1.0].compactMap { $0 }
      let fresh = options.count == 2
      for sign in options where step(index, sign) != nil {
        if fresh { moves.append((index, sign)) } else { second.append((index, sign)) }
      }
    }
    if moves.isEmpty { moves = second }
    guard !moves.isEmpty else { return nil }
    // A knob first, then its direction, so that one-sided knobs are as likely as others.
    let knobs = moves.map(\.dimension).reduce(into: [Int]()) { if $0.last != $1 { $0.append($1) } }
    let knob = knobs[below(knobs.count)]
    let options = moves.filter { $0.dimension == knob }
    let move = options[below(options.count)]
    return step(move.dimension, move.sign).map { [move.dimension: $0] }
  }

  /// A factor of two on a logarithmic scale, a third of the range on an even one, any other value of a category.
  private func step(_ index: Int, _ sign: Double) -> Double? {
    let dimension = dimensions[index]
    guard let base = dimension.unit(dimension.base) else { return 0.5 }
    let size: Double
    switch dimension.knob.domain {
    case .powerOfTwo, .choices, .boolean, .numbers: size = 1 / Double(max(dimension.count ?? 1, 1))
    case .integer(let range, let log):
      let width = 1 / Double(dimension.count ?? 1)
      let even = max(width, 1.0 / 3)
      size =
        log && range.lowerBound > 0
        ? max(width, 1 / log2((Double(range.upperBound) + 0.5) / (Double(range.lowerBound) - 0.5)) * 0.98) : even
    case .real(let range, let log):
      size = log && range.lowerBound > 0 ? 1 / log2(range.upperBound / range.lowerBound) : 1.0 / 3
    case .nearOne(let range):
      size = 1 / max(log2((1 - range.lowerBound) / (1 - range.upperBound)), 1)
    }
    let unit = min(max(base + sign * size * (1 + breadth), 0), 1)
    // At an end of its range a knob has one direction only.
    guard let moved = dimension.value(at: unit), moved.value != dimension.base else { return nil }
    return unit
  }

  /// The knobs to change: few as a rule, those first that nobody has tried or whose changes have helped.
  mutating func subset(widened: Bool) -> [Int] {
    let all = Array(dimensions.indices)
    guard !widened, generator.unit() < 0.7 * (1 - 0.7 * breadth) else { return all }
    let untried = all.filter { !tried[$0].lower && !tried[$0].higher }
    var size = 1
    while size < all.count, generator.unit() < 0.5 + 0.3 * breadth { size += 1 }
    var chosen: [Int] = []
    if let first = untried.isEmpty ? nil : untried[below(untried.count)] { chosen.append(first) }
    while chosen.count < size {
      let open = all.filter { !chosen.contains($0) }
      var rest = generator.unit() * open.reduce(0) { $0 + weights[$1] }
      var pick = open[open.count - 1]
      for index in open {
        rest -= weights[index]
        if rest < 0 {
          pick = index
          break
        }
      }
      chosen.append(pick)
    }
    return chosen.sorted()
  }

  /// The best of some draws from the good group's density, by `log l - log g` summed over the subset.
  mutating func draw(_ subset: [Int]) -> [Int: Double] {
    let badLimit = max(32, min(KnobHistory.badLimit, 1_200 / max(subset.count, 1)))
    let estimators = subset.map { index in
      let dimension = dimensions[index]
      func points(_ observations: some Sequence<KnobObservation>) -> [Double] {
        observations.compactMap { $0.knobs[dimension.knob.name].flatMap(dimension.unit) }
      }
      let categories = dimension.isCategorical ? dimension.count : nil
      return (
        good: ParzenEstimator(points: points(history.good), categories: categories, widening: 1 + 2 * breadth),
        bad: ParzenEstimator(points: points(history.bad.prefix(badLimit)), categories: categories)
      )
    }
    var best: (score: Double, units: [Double])?
    for _ in 0..<Self.draws {
      var score = 0.0
      var units: [Double] = []
      units.reserveCapacity(subset.count)
      for estimator in estimators {
        let unit = estimator.good.draw(using: &generator)
        score += log(estimator.good.density(unit) / estimator.bad.density(unit))
        units.append(unit)
      }
      if best.map({ score > $0.score }) ?? true { best = (score, units) }
    }
    return Dictionary(uniqueKeysWithValues: zip(subset, best?.units ?? []))
  }

  /// Anywhere at all.
  mutating func anywhere(_ subset: [Int]) -> [Int: Double] {
    var places: [Int: Double] = [:]
    for index in subset { places[index] = generator.unit() }
    return places
  }

  mutating func below(_ bound: Int) -> Int { generator.below(bound) }
}
