public import PawlCore

/// How values on the way foretell what an attempt measures in the end, learned from attempts that ran to their end.
///
/// At each of a few places along the way, a straight line through (value there, measurement) of the newest attempts foretells the
/// measurement, with the prediction error of least squares (Draper and Smith 1998, chapter 1). What the values there say nothing about
/// comes out as a wide error, and stops nothing. Values may be of any quantity and in any unit: a curve is held against other curves alone, a
/// measurement against other measurements. A rung on which an attempt was seen to overtake another against its forecast stops
/// nothing at all any more.
public struct CurveBook: Sendable, Codable, Hashable {
  /// One finished attempt: its values at ``places``, nil where it had none yet, its last value, and what it measured.
  struct Course: Sendable, Codable, Hashable {
    let values: [Double?]
    let last: Double
    let final: Double
  }

  /// An attempt that was clearly behind another at a place, and clearly ahead of it in the end.
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
  /// Measurements differ clearly from so many standard deviations of one.
  static let clear = 4.0
  /// A forecast is clearly wrong from so many of its standard errors: of eight attempts, that is chance once in a thousand.
  static let wrong = 5.0

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
  public mutating func record(_ curve: [CurvePoint], final: Double, sigma: Double?, direction: Direction) {
    guard final.isFinite, let last = curve.last, last.step > 0, last.step.isFinite, last.value.isFinite else { return }
    lengths.append(last.step)
    if lengths.count > 31 { lengths.removeFirst() }
    guard let length else { return }
    let course = Course(
      values: Self.places.map { Self.value(of: curve, at: $0 * length) }, last: last.value, final: final)
    if crossing == nil, let sigma, sigma > 0 { crossing = firstCrossing(of: course, sigma, direction) }
    courses.append(course)
    if courses.count > Self.limit { courses.removeFirst() }
  }

  /// Where a new course ended better than was foretold, and has overtaken one that was foretold to end better.
  private func firstCrossing(of course: Course, _ sigma: Double, _ direction: Direction) -> Crossing? {
    for (index, value) in course.values.enumerated() {
      guard let value, let line = Line(courses, at: index) else { continue }
      let (foretold, deviation) = line.foretold(from: value)
      let clear = max(Self.wrong * deviation, Self.clear * sigma)
      guard direction.improvement(of: course.final, over: foretold) > clear else { continue }
      let isOvertaking = courses.contains { other in
        guard let before = other.values[index] else { return false }
        let ahead = direction.improvement(of: line.foretold(from: before).measurement, over: foretold)
        return ahead > 0 && direction.improvement(of: course.final, over: other.final) > Self.clear * sigma
      }
      if isOvertaking { return Crossing(fraction: Self.places[index]) }
    }
    return nil
  }

  /// Interpolates between the points on both sides; nil outside of them.
  private static func value(of curve: [CurvePoint], at step: Double) -> Double? {
    guard let after = curve.firstIndex(where: { $0.step >= step }) else { return nil }
    if curve[after].step == step || after == 0 { return after == 0 && curve[0].step > step ? nil : curve[after].value }
    let (left, right) = (curve[after - 1], curve[after])
    let share = (step - left.step) / (right.step - left.step)
    let value = left.value + share * (right.value - left.value)
    return value.isFinite ? value : nil
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
    guard crossing == nil, point.value.isFinite, let place = place(of: point.step), place.fraction < 1,
      let line = Line(courses, at: place.index)
    else { return nil }
    // Later than its place the value is nearer to the end than those it is compared with: that errs in the attempt's favour.
    let (measurement, deviation) = line.foretold(from: point.value)
    return Forecast(measurement: measurement, deviation: deviation, rest: 1 - place.fraction)
  }
}

/// The line of least squares through (value at a place, measurement).
private struct Line {
  private let count: Double
  private var (x, y) = (0.0, 0.0)
  /// Sums of squares: of the values about their mean, and of what the line leaves over.
  private var (spread, residual) = (0.0, 0.0)
  private let slope: Double

  /// Returns nil where too little is known, and where those that are ahead at the place are behind at the end of the same curves.
  init?(_ courses: [CurveBook.Course], at index: Int) {
    let known = courses.compactMap { course in
      course.values[index].map { (x: $0, last: course.last, y: course.final) }
    }
    guard known.count >= CurveBook.leastCourses else { return nil }
    count = Double(known.count)
    var last = 0.0
    for item in known {
      x += item.x / count
      y += item.y / count
      last += item.last / count
    }
    var (joint, along) = (0.0, 0.0)
    for item in known {
      spread += (item.x - x) * (item.x - x)
      joint += (item.x - x) * (item.y - y)
      along += (item.x - x) * (item.last - last)
    }
    guard spread > 0, along > 0 else { return nil }
    slope = joint / spread
    for item in known {
      let error = item.y - y - slope * (item.x - x)
      residual += error * error
    }
  }

  func foretold(from value: Double) -> (measurement: Double, deviation: Double) {
    let reach = value - x
    let variance = residual / (count - 2) * (1 + 1 / count + reach * reach / spread)
    return (y + slope * reach, variance.squareRoot())
  }
}
