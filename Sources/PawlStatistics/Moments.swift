/// Count, mean and spread of a stream of numbers, in one pass (Welford 1962; merged as Chan, Golub and LeVeque 1983).
public struct Moments: Sendable, Codable, Hashable {
  public private(set) var count = 0
  /// Zero while `count` is zero.
  public private(set) var mean = 0.0
  /// The sum of squared deviations from the mean.
  public private(set) var squaredDeviations = 0.0

  public init() {}

  public init(_ values: some Sequence<Double>) {
    for value in values { add(value) }
  }

  /// Counts one number; one that is not finite is ignored, and magnitudes above 1e150 are cut so that squares stay finite.
  public mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    let bounded = max(-1e150, min(1e150, value))
    count += 1
    let delta = bounded - mean
    mean += delta / Double(count)
    squaredDeviations += delta * (bounded - mean)
  }

  /// Counts all that `other` counted.
  public mutating func merge(_ other: Moments) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let total = Double(count) + Double(other.count)
    let delta = other.mean - mean
    squaredDeviations += other.squaredDeviations + delta * delta * Double(count) / total * Double(other.count)
    mean += delta * Double(other.count) / total
    count += other.count
  }

  /// The unbiased sample variance, nil below two numbers.
  public var variance: Double? {
    count > 1 ? squaredDeviations / Double(count - 1) : nil
  }
}
