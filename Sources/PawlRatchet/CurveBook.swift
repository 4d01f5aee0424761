public import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How values on the way foretell what an attempt measures in the end, learned from attempts that ran to their end.
///
/// At each of a few places along the way, a straight line through (value there, measurement) of the newest attempts foretells the
/// measurement, with the prediction error of least squares (Draper and Smith 1998, chapter 1). What the values there say nothing about
/// comes out as a wide error, and stops nothing. A rung on which two attempts were seen to cross stops nothing at all.
public struct CurveBook: Sendable, Codable, Hashable {
  /// One finished attempt: its values at ``places``, nil where it had none yet, and what it measured.
  struct Course: Sendable, Codable, Hashable {
    let values: [Double?]
    let final: Double
  }

  /// Two attempts, one clearly ahead at a place and clearly behind in the end.
  public struct Crossing: Sendable, Codable, Hashable {
    /// Of the whole way.
    public let fraction: Double
  }

  /// Parts of the way at which attempts are compared.
  static let places = [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]
  /// Finished attempts from which anything is foretold.
  static let leastCourses = 8
  /// The newest so many are kept.
  static let limit = 64
  /// Differences count as clear from so many standard deviations of a measurement.
  static let clear = 4.0

  private(set) var courses: [Course] = []
  /// The newest attempts' last steps; their median is how long the way is.
  private var lengths: [Double] = []
  public private(set) var crossing: Crossing?

  public init() {}

  /// Steps of a whole attempt; nil before there was one.
  public var length: Double? {
    guard !lengths.isEmpty else { return nil }
    let sorted = lengths.sorted()
    return sorted[sorted.count / 2]
  }

  /// The last place that a step has reached, and which part of the way the step is; nil before the first place.
  private func place(of step: Double) -> (index: Int, fraction: Double)? {
    guard let length, length > 0, step.isFinite else { return nil }
    let fraction = min(1, step / length)
    guard let index = Self.places.lastIndex(where: { $0 <= fraction + 1e-9 }) else { return nil }
    return (index, fraction)
  }

  /// Learns from an attempt that ran to its end.
  ///
  /// - Parameter sigma: standard deviation of one measurement; nil while it is not known, when no crossing is told from noise.
  public mutating func record(_ curve: [CurvePoint], final: Double, sigma: Double?) {
    guard final.isFinite, let last = curve.last?.step, last > 0, last.isFinite else { return }
    lengths.append(last)
    if lengths.count > 31 { lengths.removeFirst() }
    guard let length else { return }
    let course = Course(values: Self.places.map { Self.value(of: curve, at: $0 * length) }, final: final)
    if crossing == nil, let sigma, sigma > 0 { crossing = firstCrossing(of: course, sigma) }
    courses.append(course)
    if courses.count > Self.limit { courses.removeFirst() }
  }

  private func firstCrossing(of course: Course, _ sigma: Double) -> Crossing? {
    for other in courses {
      let apart = course.final - other.final
      guard abs(apart) > Self.clear * sigma else { continue }
      for (index, value) in course.values.enumerated() {
        guard let value, let before = other.values[index], (value - before) * apart < 0 else { continue }
        if abs(value - before) > Self.clear * sigma { return Crossing(fraction: Self.places[index]) }
      }
    }
    return nil
  }

  /// Interpolates between the points on both sides; nil outside of them.
  private static func value(of curve: [CurvePoint], at step: Double) -> Double? {
    guard let after = curve.firstIndex(where: { $0.step >= step }) else { return nil }
    if curve[after].step == step || after == 0 { return after == 0 && curve[0].step > step ? nil : curve[after].value }
    let (left, right) = (curve[after - 1], curve[after])
    let share = (step - left.step) / (right.step - left.step)
    return left.value + share * (right.value - left.value)
  }

  /// What an attempt is expected to measure, going by one value on the way, with its standard error; nil where that is not known.
  public struct Forecast: Sendable, Hashable {
    public let measurement: Double
    public let deviation: Double
    /// The part of the attempt that is still to come.
    public let rest: Double
  }

  /// Returns nil on a rung where curves cross, and where too few attempts were seen to their end.
  public func forecast(_ point: CurvePoint) -> Forecast? {
    guard crossing == nil, point.value.isFinite, let place = place(of: point.step), place.fraction < 1 else {
      return nil
    }
    let known = courses.compactMap { course in course.values[place.index].map { (x: $0, y: course.final) } }
    guard known.count >= Self.leastCourses else { return nil }
    let count = Double(known.count)
    let middle = known.reduce((x: 0.0, y: 0.0)) { ($0.x + $1.x / count, $0.y + $1.y / count) }
    var (spread, joint) = (0.0, 0.0)
    for pair in known {
      spread += (pair.x - middle.x) * (pair.x - middle.x)
      joint += (pair.x - middle.x) * (pair.y - middle.y)
    }
    guard spread > 0 else { return nil }
    let slope = joint / spread
    let residual = known.reduce(0.0) { sum, pair in
      let error = pair.y - middle.y - slope * (pair.x - middle.x)
      return sum + error * error
    }
    // Later than its place the value is nearer to the end than those it is compared with: that errs in the attempt's favour.
    let reach = point.value - middle.x
    let variance = residual / (count - 2) * (1 + 1 / count + reach * reach / spread)
    return Forecast(
      measurement: middle.y + slope * reach, deviation: variance.squareRoot(), rest: 1 - place.fraction)
  }
}
