#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a model still can, generation by generation: the share of frozen questions (canaries) that it keeps.
public struct FidelityLedger: Sendable, Codable, Hashable {
  /// One generation's answers.
  public struct Entry: Sendable, Codable, Hashable {
    /// From 1.
    public var generation: Int
    /// Canaries that were right in the generation before, the baseline's own in the first.
    public var asked: Int
    /// How many of these are right still.
    public var kept: Int
    /// How many of the baseline's canaries are right now, those that came back included.
    public var standing: Int
    public init(generation: Int, asked: Int, kept: Int, standing: Int) {
      self.generation = generation
      self.asked = max(0, asked)
      self.kept = max(0, min(kept, asked))
      self.standing = max(0, standing)
    }
  }

  /// A share with its interval.
  public struct Share: Sendable, Codable, Hashable {
    public var value: Double
    public var low: Double
    public var high: Double
  }

  /// How many canaries the baseline got right.
  public let baseline: Int
  /// The least share of these that may be left, 0...1.
  public let floor: Double
  /// The confidence of every interval, 0...1.
  public let confidence: Double
  public private(set) var entries: [Entry] = []

  public init(baseline: Int, floor: Double, confidence: Double = 0.95) throws(DriftError) {
    guard floor >= 0, floor < 1 else {
      throw DriftError(
        .badSetting, "a floor of `\(floor)` is no share below 1", hints: ["set `floor` of `canaries` to 0.95 or so"])
    }
    guard confidence > 0, confidence < 1 else {
      throw DriftError(.badSetting, "a confidence of `\(confidence)` is not between 0 and 1")
    }
    guard baseline > 0 else {
      throw DriftError(
        .tooFew, "the baseline gets none of the canaries right, so none can be lost",
        hints: ["put questions into the `file` of `canaries` that the baseline can answer"])
    }
    self.baseline = baseline
    self.floor = floor
    self.confidence = confidence
  }

  /// Adds a generation; a second entry of one generation takes the place of the first.
  public mutating func record(_ entry: Entry) {
    entries.removeAll { $0.generation == entry.generation }
    let place = entries.firstIndex { $0.generation > entry.generation } ?? entries.endIndex
    entries.insert(entry, at: place)
  }

  /// Counts a generation's answers: ids of canaries that the baseline, the generation before and this one got right.
  public static func entry(
    generation: Int, baseline: Set<String>, before: Set<String>, now: Set<String>
  ) -> Entry {
    let asked = before.intersection(baseline)
    return Entry(
      generation: generation, asked: asked.count, kept: asked.intersection(now).count,
      standing: baseline.intersection(now).count)
  }

  /// The share that one generation kept, with its exact interval; nil where nothing was asked.
  public func share(of entry: Entry) -> Share? { exact(entry.kept, of: entry.asked) }

  /// The share of the baseline's canaries that are right now, with its exact interval; all of them before any generation.
  ///
  /// This is the figure that the floor is for: a canary that was lost and came back counts.
  public var standing: Share? { exact(min(baseline, entries.last?.standing ?? baseline), of: baseline) }

  /// The product of the shares kept over all generations; nil before the first, or where a generation was not asked.
  ///
  /// Its interval puts the generations' exact intervals together on the logarithmic scale by the squares of their half widths
  /// (MOVER: Zou and Donner 2008, Statistics in Medicine 27), as if generations lost canaries independently: close, not exact.
  /// A canary that was lost and came back does not count.
  public var product: Share? {
    guard !entries.isEmpty else { return nil }
    var logValue = 0.0
    var below = 0.0
    var above = 0.0
    for entry in entries {
      guard let share = share(of: entry) else { return nil }
      guard share.value > 0 else { return Share(value: 0, low: 0, high: share.high) }
      logValue += log(share.value)
      below += square(log(share.value) - log(max(share.low, 1e-300)))
      above += square(log(share.high) - log(share.value))
    }
    return Share(
      value: exp(logValue), low: exp(logValue - below.squareRoot()), high: min(1, exp(logValue + above.squareRoot())))
  }

  /// Whether fewer of the baseline's canaries are left than the floor allows: a person must look.
  public var isBelowFloor: Bool {
    guard let last = entries.last else { return false }
    return Double(last.standing) < floor * Double(baseline)
  }

  /// Returns what is left after so many generations that each keep the same share.
  public static func left(after generations: Int, keeping share: Double) -> Double { pow(share, Double(generations)) }

  private func exact(_ hits: Int, of total: Int) -> Share? {
    guard let interval = BinomialInterval.exact(hits: hits, of: total, confidence: confidence) else { return nil }
    return Share(value: Double(hits) / Double(total), low: interval.lowerBound, high: interval.upperBound)
  }

  private func square(_ value: Double) -> Double { value * value }
}
