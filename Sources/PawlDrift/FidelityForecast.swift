#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How many more generations a model can have before too few of its canaries are left; nil where there is no end in sight.
public struct FidelityForecast: Sendable, Codable, Hashable {
  /// The share that a generation keeps, all generations so far taken together.
  public var rate: FidelityLedger.Share
  /// The last generation that is not below the floor, counted from now, at that rate.
  public var generations: Int?
  /// The same at the lowest rate that the canaries allow.
  public var fewest: Int?
  /// The same at the highest.
  public var most: Int?
}

extension FidelityLedger {
  /// The generations left until the floor, if losses go on as they were; nil before the first generation.
  ///
  /// The rate is the pooled count of all generations, with its exact interval; where the model stands is counted, not guessed.
  public var forecast: FidelityForecast? {
    // What comes from a file may be any number; no sum of these overflows.
    let asked = entries.reduce(0) { $0 + max(0, min($1.asked, 1 << 40)) }
    let kept = entries.reduce(0) { $0 + max(0, min($1.kept, 1 << 40)) }
    guard let last = entries.last,
      let interval = BinomialInterval.exact(hits: kept, of: asked, confidence: confidence)
    else { return nil }
    let rate = Share(value: Double(kept) / Double(asked), low: interval.lowerBound, high: interval.upperBound)
    let now = min(1, Double(last.standing) / Double(baseline))
    return FidelityForecast(
      rate: rate, generations: left(from: now, at: rate.value), fewest: left(from: now, at: rate.low),
      most: left(from: now, at: rate.high))
  }

  private func left(from now: Double, at rate: Double) -> Int? {
    guard now >= floor else { return 0 }
    guard rate < 1, floor > 0 else { return nil }
    guard rate > 0 else { return 0 }
    // A hair's breadth forgives the logarithm's rounding where the floor is met exactly.
    let generations = log(floor / now) / log(rate) + 1e-9
    return generations < 1e9 ? Int(generations) : nil
  }

  /// Returns how many canaries tell `share` from the floor: so many that the exact interval's lower end is above it.
  ///
  /// Nil where the share is not above the floor, or where more than a million would be needed.
  public static func canariesNeeded(share: Double, floor: Double, confidence: Double = 0.95) -> Int? {
    guard share > floor, share <= 1, floor >= 0, confidence > 0, confidence < 1 else { return nil }
    func tells(_ count: Int) -> Bool {
      let right = share * Double(count)
      let tail = (1 - confidence) / 2
      return BinomialInterval.exact(right: right, wrong: Double(count) - right, tail: tail).lowerBound > floor
    }
    guard tells(BinomialInterval.most) else { return nil }
    var few = 0
    var enough = BinomialInterval.most
    while enough - few > 1 {
      let middle = (few + enough) / 2
      if tells(middle) { enough = middle } else { few = middle }
    }
    return enough
  }

  /// A sentence where there are fewer canaries than it takes to tell where the model stands from the floor; nil where there are enough.
  public var shortage: String? {
    guard let standing, standing.value > floor, standing.low <= floor else { return nil }
    let seen =
      "`\(baseline)` canaries cannot tell the share kept now, `\(Figures.percent(standing.value))`, from the floor"
    let needed = Self.canariesNeeded(share: standing.value, floor: floor, confidence: confidence)
    guard let needed else { return seen + " of `\(Figures.percent(floor))`" }
    return seen + " of `\(Figures.percent(floor))`: `\(needed)` would"
  }
}
