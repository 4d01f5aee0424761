import PawlCore

/// Certified gains as they add up, for each rung by itself: a staircase over the compute used, with its interval.
enum GainsPlot {
  private static let inks = ["accent", "good", "careful", "soft", "bad"]

  /// Nil where nothing was certified.
  static func svg(_ ladder: LadderSummary, metric: MetricRule, width: Int, height: Int) -> String? {
    let gains = ladder.gains.filter { $0.total.effect.isFinite && $0.computeSeconds.isFinite }
    guard let end = gains.map(\.computeSeconds).max() else { return nil }
    let used = ladder.rungs.reduce(0) { $0 + ($1.wallSeconds.isFinite ? $1.wallSeconds : 0) }
    let (unit, seconds) = unit(max(end, used))
    let (width, height) = (Double(width), Double(height))
    let names = ladder.rungs.map { PlotLayout.width(of: $0.name.abbreviated(to: 16)) * 1.1 }.max() ?? 0
    let values = gains.flatMap { [$0.total.effect, $0.total.lower, $0.total.upper] }.filter(\.isFinite) + [0]
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let frame = PlotFrame(
      plot: .init(left: 78, top: 44, right: width - (ladder.climbs ? names + 24 : 22), bottom: height - 50),
      height: height, xAxis: PlotAxis(low: 0, high: max(end, used) / seconds, count: max(3, Int(width / 110))),
      yAxis: PlotAxis(low: low, high: high + (high - low) * 0.06, count: max(3, Int(height / 60))), inset: 0)
    let factor = frame.yAxis.exponent == 0 ? "" : " (\(NumberStyle.times(frame.yAxis.exponent)))"
    let plot = LadderPlot(
      width: width, height: height, title: "Certified gain in \(metric.name.abbreviated(to: 24))\(factor)",
      hint: "with the sum of the intervals")
    var body = frame.svg(xTitle: "compute used by all attempts, \(unit)")
    if frame.yAxis.low < 0 {
      body += "<path class=\"axis\" d=\"M\(frame.plot.left.px) \(frame.y(0).px)H\(frame.plot.right.px)\"/>"
    }
    var ends: [(name: String, ink: String, y: Double)] = []
    for (place, rung) in ladder.rungs.enumerated() {
      let own = gains.filter { $0.rung == rung.number }
      guard let last = own.last else { continue }
      let ink = inks[place % inks.count]
      let place = { (gain: LadderSummary.Gain) in frame.x(gain.computeSeconds / seconds) }
      func stairs(_ value: (LadderSummary.Total) -> Double) -> [PlotLayout.Point] {
        var points: [PlotLayout.Point] = []
        for gain in own {
          points.append(.init(x: place(gain), y: points.last?.y ?? frame.y(0)))
          points.append(.init(x: place(gain), y: frame.y(value(gain.total))))
        }
        points.append(.init(x: frame.plot.right, y: points.last?.y ?? 0))
        return points
      }
      if own.allSatisfy({ $0.total.lower.isFinite && $0.total.upper.isFinite }) {
        let band = stairs(\.upper) + stairs(\.lower).reversed()
        body += "<path class=\"tint \(ink)\" d=\"\(ProgressPlot.path(band))Z\"/>"
      }
      body +=
        "<path class=\"line main \(ink)\" d=\"\(ProgressPlot.path(stairs(\.effect)))\"><title>\(rung.name.escaped)</title></path>\n"
      for gain in own {
        let words = "certificate \(gain.certificate), trial \(gain.trial), \(gain.at.readable): \(gain.effect.short), "
        body += LadderPlot.mark(
          "certified", x: place(gain), y: frame.y(gain.total.effect), bar: nil, radius: 4,
          words: words + "\(gain.total.effect.short) in all, \(gain.total.lower.short) to \(gain.total.upper.short)")
      }
      ends.append((rung.name.abbreviated(to: 16), ink, frame.y(last.total.effect)))
    }
    if ladder.climbs {
      for (end, y) in zip(ends, LinePlot.spread(ends.map(\.y), by: 16, above: frame.plot.bottom)) {
        body +=
          "<text class=\"end main \(end.ink)\" x=\"\((frame.plot.right + 8).px)\" y=\"\((y + 4).px)\">\(end.name.escaped)</text>\n"
      }
    }
    return plot.svg(body)
  }

  private static func unit(_ seconds: Double) -> (name: String, seconds: Double) {
    switch seconds {
    case ..<300: ("in seconds", 1)
    case ..<18_000: ("in minutes", 60)
    case ..<400_000: ("in hours", 3_600)
    default: ("in days", 86_400)
    }
  }
}
