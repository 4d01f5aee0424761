import PawlCore

/// Effects of changes on two neighbouring rungs against each other: what carried over, what did not, and what is awaited.
enum TransferPlot {
  /// Nil where nothing was tried on both, and nothing waits.
  static func svg(_ transfer: LadderSummary.Transfer, _ ladder: LadderSummary, width: Int, height: Int) -> String? {
    let dots = dots(transfer)
    guard !dots.isEmpty else { return nil }
    let (width, height) = (Double(width), Double(height))
    func name(_ rung: Int) -> String {
      (ladder.rungs.first { $0.number == rung }?.name ?? "rung \(rung)").abbreviated(to: 18)
    }
    let xs = dots.map(\.below) + [0]
    let ys = dots.map { $0.above - $0.error } + dots.map { $0.above + $0.error } + [0.0]
    let frame = PlotFrame(
      plot: .init(left: 78, top: 66, right: width - 20, bottom: height - 50), height: height,
      xAxis: axis(xs, count: 5), yAxis: axis(ys, count: 6), inset: 0)
    let plot = LadderPlot(
      width: width, height: height, title: "Effects on \(name(transfer.rung)) against \(name(transfer.rung - 1))",
      hint: "positive is better")
    var body = LadderPlot.legend(
      [("certified", "certified"), ("failed", "not certified"), ("base", "denied"), ("awaited", "expected")].filter {
        entry in
        dots.contains { $0.kind == entry.0 }
      }, right: width - 14, y: 44)
    let power = frame.yAxis.exponent
    if power != 0 { body += "<text class=\"tick\" x=\"14\" y=\"48\">\(NumberStyle.times(power))</text>" }
    let factor = frame.xAxis.exponent == 0 ? "" : " (\(NumberStyle.times(frame.xAxis.exponent)))"
    body += frame.svg(xTitle: "effect on \(name(transfer.rung - 1))\(factor)")
    if frame.yAxis.low < 0 {
      body += "<path class=\"axis\" d=\"M\(frame.plot.left.px) \(frame.y(0).px)H\(frame.plot.right.px)\"/>"
    }
    if frame.xAxis.low < 0 {
      body += "<path class=\"axis\" d=\"M\(frame.x(0).px) \(frame.plot.top.px)V\(frame.plot.bottom.px)\"/>"
    }
    // Where above is as much as below.
    let (from, to) = (max(frame.xAxis.low, frame.yAxis.low), min(frame.xAxis.high, frame.yAxis.high))
    var space = LabelSpace(
      frame.plot,
      taken: dots.flatMap { dot -> [PlotLayout.Box] in
        let point = frame.point(dot)
        let (low, high) = (frame.y(dot.above - dot.error), frame.y(dot.above + dot.error))
        return [
          .init(around: point, reach: 6), .init(left: point.x - 3, top: high, right: point.x + 3, bottom: low),
        ]
      })
    if from < to {
      body +=
        "<path class=\"line soft dashed\" d=\"M\(frame.x(from).px) \(frame.y(from).px)L\(frame.x(to).px) \(frame.y(to).px)\"/>"
      let place = from + (to - from) * 0.72
      body += space.label("as much above as below", x: frame.x(place), y: frame.y(place) + 6, distance: 14)
    }
    for dot in dots {
      let point = frame.point(dot)
      let bar =
        dot.error > 0
        ? (low: frame.y(dot.above - dot.error), high: frame.y(dot.above + dot.error)) : nil
      body += LadderPlot.mark(dot.kind, x: point.x, y: point.y, bar: bar, words: dot.words)
    }
    for dot in dots {
      let point = frame.point(dot)
      body += space.label(dot.label, x: point.x, y: point.y)
    }
    return plot.svg(body)
  }

  struct Dot {
    let kind: String
    let below: Double
    let above: Double
    let error: Double
    let label: String
    let words: String
  }

  private static func dots(_ transfer: LadderSummary.Transfer) -> [Dot] {
    let tested = transfer.points.compactMap { point -> Dot? in
      guard let above = point.above, above.isFinite, point.below.isFinite else { return nil }
      let error = point.standardError.map { " ± \($0.short)" } ?? ""
      return Dot(
        kind: point.standing == .certified ? "certified" : point.standing == .denied ? "base" : "failed",
        below: point.below, above: above,
        error: finite(point.standardError), label: point.trials.shortLabel,
        words: "test \(point.test), \(point.trials.words): \(above.short)\(error) of \(point.below.short) below, "
          + point.standing.rawValue)
    }
    let awaited = transfer.waiting.compactMap { waiting -> Dot? in
      guard waiting.expected.isFinite, waiting.below.isFinite else { return nil }
      return Dot(
        kind: "awaited", below: waiting.below, above: waiting.expected, error: finite(waiting.deviation),
        label: waiting.trials.shortLabel,
        words: "\(waiting.trials.words) waits: \(waiting.expected.short) ± \(waiting.deviation.short) expected")
    }
    return awaited + tested
  }

  private static func finite(_ value: Double?) -> Double { value.flatMap { $0.isFinite ? $0 : nil } ?? 0 }

  private static func axis(_ values: [Double], count: Int) -> PlotAxis {
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let pad = (high - low) * 0.1
    return PlotAxis(low: low < 0 ? low - pad : low, high: high > 0 ? high + pad : high, count: count)
  }
}

extension PlotFrame {
  fileprivate func point(_ dot: TransferPlot.Dot) -> PlotLayout.Point { .init(x: x(dot.below), y: y(dot.above)) }
}

extension [TrialID] {
  /// The trials of a change as a mark's label.
  var shortLabel: String {
    guard let first, let last, count > 1 else { return first?.description ?? "" }
    return "\(first)…\(last)"
  }

  /// As in `trial 4` and `trials 4, 5, 9 and 3 more`.
  var words: String {
    let shown = prefix(count > 5 ? 3 : 5).map(\.description).joined(separator: ", ")
    return (count == 1 ? "trial " : "trials ") + shown + (count > 5 ? " and \(count - 3) more" : "")
  }
}
