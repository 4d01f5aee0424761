import PawlCore

/// Where everything in a progress plot goes, in pixels; pure geometry, without a word of SVG.
struct PlotLayout {
  struct Point: Hashable {
    var x: Double
    var y: Double
  }
  struct Box: Hashable {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double
    func overlaps(_ other: Box) -> Bool {
      left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }
    func contains(_ point: Point) -> Bool {
      point.x >= left && point.x <= right && point.y >= top && point.y <= bottom
    }
    func grown(by margin: Double) -> Box {
      Box(left: left - margin, top: top - margin, right: right + margin, bottom: bottom + margin)
    }
  }
  enum Kind: Hashable { case baseline, kept, discarded, inconclusive, pending }
  enum Clip: Hashable { case none, above, below }
  struct Dot {
    let index: Int
    let kind: Kind
    let point: Point
    let clip: Clip
    let certified: Bool
  }

  /// Left free at both ends of x, so that a dot there is whole.
  static let inset = 12.0

  let width: Double
  let height: Double
  /// The area of the data.
  let plot: Box
  let xAxis: PlotAxis
  let yAxis: PlotAxis
  /// One for each trial with a value, by ascending x.
  let dots: [Dot]
  /// Trials that crashed, by ascending x, on a rail under the plot.
  let crashes: [(index: Int, point: Point)]
  /// Corners of the head's staircase from the baseline to the right edge; x never falls.
  let staircase: [Point]
  /// Half the height of the noise band, one sigma; nil where the noise is not known.
  let noise: Double?

  init(_ input: ReportInput, width: Int, height: Int, legendRows: Int) {
    self.width = Double(width)
    self.height = Double(height)
    let trials = input.trials
    let hasCrashes = trials.contains { Self.crashed($0) }
    plot = Box(
      left: 78, top: 34 + 20 * Double(legendRows), right: self.width - 22, bottom: self.height - (hasCrashes ? 70 : 50))
    let heads = Set(input.headPath)
    let certified = Set(input.certificates.filter(\.holds).map(\.candidate))
    var values: [TrialID: Double] = [:]
    for trial in trials { if let mean = trial.mean, mean.isFinite { values[trial.id] = mean } }
    let range = PlotRange(
      heads: input.headPath.compactMap { values[$0] },
      others: trials.compactMap { heads.contains($0.id) ? nil : $0.mean }, sigma: input.sigma)
    let yAxis = PlotAxis(low: range.low, high: range.high, count: max(2, Int((plot.bottom - plot.top) / 55)))
    let last = Double(max(trials.last?.id.rawValue ?? 0, 4))
    let xAxis = PlotAxis(
      low: 0, high: last, count: min(12, max(2, Int((plot.right - plot.left) / 80))), whole: true)
    self.yAxis = yAxis
    self.xAxis = xAxis

    let inset = PlotLayout.inset
    let (left, right, top, bottom) = (plot.left + inset, plot.right - inset, plot.top, plot.bottom)
    func x(_ id: TrialID) -> Double {
      left + (right - left) * min(1, max(0, Double(id.rawValue) / last))
    }
    func y(_ value: Double) -> Double {
      bottom - (bottom - top) * (PlotRange.bounded(value) - yAxis.low) / (yAxis.high - yAxis.low)
    }
    var dots: [Dot] = []
    var crashes: [(index: Int, point: Point)] = []
    for (index, trial) in trials.enumerated() {
      let isKept = heads.contains(trial.id) || trial.verdict == .kept
      guard isKept || trial.id.rawValue.isMultiple(of: input.dotStride) || input.dotStride < 2 else { continue }
      guard let value = values[trial.id], !Self.crashed(trial) else {
        if Self.crashed(trial) { crashes.append((index, Point(x: x(trial.id), y: bottom + 13))) }
        continue
      }
      let kind: Kind =
        trial.id == .baseline
        ? .baseline
        : isKept
          ? .kept : trial.verdict == .discarded ? .discarded : trial.verdict == .inconclusive ? .inconclusive : .pending
      let place = y(value)
      let clip: Clip = place < top ? .above : place > bottom ? .below : .none
      dots.append(
        Dot(
          index: index, kind: kind,
          point: Point(x: x(trial.id), y: clip == .above ? top + 5 : clip == .below ? bottom - 5 : place), clip: clip,
          certified: trial.certified || certified.contains(trial.id)))
    }
    self.dots = dots
    self.crashes = crashes

    var corners: [Point] = []
    for id in input.headPath {
      guard let value = values[id] else { continue }
      let place = min(max(y(value), top), bottom)
      // With several workers a later head can have a lower number: the staircase still never goes back.
      let step = max(x(id), corners.last?.x ?? 0)
      if let last = corners.last { corners.append(Point(x: step, y: last.y)) }
      corners.append(Point(x: step, y: place))
    }
    if let last = corners.last { corners.append(Point(x: plot.right, y: last.y)) }
    staircase = corners
    noise = input.sigma.flatMap { sigma in
      let pixels = sigma / (yAxis.high - yAxis.low) * (bottom - top)
      return pixels.isFinite && pixels > 0 ? min(pixels, bottom - top) : nil
    }
  }

  static func crashed(_ trial: TrialSummary) -> Bool {
    guard trial.evidence?.stoppedAt == nil else { return false }
    return trial.state == .crashed || trial.state == .judged && !(trial.mean?.isFinite ?? false)
  }
}
