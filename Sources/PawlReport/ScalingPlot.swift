import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Loss against compute on logarithmic axes: what was measured on each rung, both fits, and how far apart they lie.
enum ScalingPlot {
  /// Nil where there is nothing to draw.
  static func svg(_ ladder: LadderSummary, metric: MetricRule, width: Int, height: Int) -> String? {
    guard let scaling = ladder.scaling, !scaling.points.isEmpty,
      let frame = frame(scaling, width: Double(width), height: Double(height))
    else { return nil }
    let plot = LadderPlot(
      width: Double(width), height: Double(height), title: "\(scaling.loss.abbreviated(to: 40)) against compute",
      hint: "↓ lower is better, bars are one standard error")
    var body = "<clipPath id=\"pawl-scaling\"><rect x=\"\(frame.plot.left.px)\" y=\"\(frame.plot.top.px)\" "
    body +=
      "width=\"\((frame.plot.right - frame.plot.left).px)\" height=\"\((frame.plot.bottom - frame.plot.top).px)\"/></clipPath>\n"
    body += frame.svg(xTitle: unit(ladder))
    body += rungs(scaling, ladder, frame)
    body += "<g clip-path=\"url(#pawl-scaling)\">"
    var ends: [(name: String, ink: String, y: Double)] = []
    for (curve, name, ink) in [(scaling.baseline, "baseline", "soft"), (scaling.champion, "champions", "good main")] {
      guard let curve else { continue }
      let points = (0...80).map { step -> PlotLayout.Point in
        let compute = frame.xAxis.low * pow(frame.xAxis.high / frame.xAxis.low, Double(step) / 80)
        return .init(x: frame.x(compute), y: frame.y(curve.loss(at: compute)))
      }
      body +=
        "<path class=\"line \(ink)\" d=\"\(ProgressPlot.path(points))\"><title>\(name): \(words(curve).escaped)</title></path>"
      ends.append((name, ink, points.last?.y ?? 0))
    }
    body += "</g>\n"
    for (end, y) in zip(ends, LinePlot.spread(ends.map(\.y), by: 16, above: frame.plot.bottom)) {
      body +=
        "<text class=\"end \(end.ink)\" x=\"\((frame.plot.right + 8).px)\" y=\"\((max(frame.plot.top + 8, y) + 4).px)\">\(end.name)</text>\n"
    }
    body += gap(scaling, frame)
    for point in scaling.points {
      body += mark(point.baseline, "base", "baseline", at: point.compute, frame)
      if point.champion != point.baseline {
        body += mark(point.champion, "certified", "champion", at: point.compute, frame)
      }
    }
    return plot.svg(body)
  }

  private static func unit(_ ladder: LadderSummary) -> String {
    ladder.rungs.contains(where: \.computeIsSaid)
      ? "compute of an attempt, as pawl.yaml says it" : "seconds of an attempt, mean"
  }

  static func words(_ curve: LadderSummary.Curve) -> String {
    let floor = curve.asymptoteIsAssumed ? "" : "\(curve.asymptote.short) + "
    return "\(floor)\(curve.coefficient.short) C^-\(curve.exponent.short)"
  }

  private static func frame(_ scaling: LadderSummary.Scaling, width: Double, height: Double) -> PlotFrame? {
    let computes = scaling.points.map(\.compute).filter { $0 > 0 && $0.isFinite }
    guard let least = computes.min(), let most = computes.max() else { return nil }
    let room = max(2, most / least)
    // As far as the baseline has to go, unless that would press the rungs together.
    let reach = min((scaling.multiplier?.value ?? 1) * 1.25, room * room)
    let (low, high) = (least / pow(room, 0.14), most * max(pow(room, 0.14), reach))
    var losses = scaling.points.flatMap { point in
      [point.baseline, point.champion].flatMap { level in
        [level.mean - (level.standardError ?? 0), level.mean + (level.standardError ?? 0)]
      }
    }
    for curve in [scaling.baseline, scaling.champion].compactMap(\.self) {
      losses += [curve.loss(at: low), curve.loss(at: high)]
    }
    losses = losses.filter(\.isFinite)
    guard let bottom = losses.min(), let top = losses.max(),
      let xAxis = PlotAxis(logLow: low, high: high, count: max(3, Int(width / 80)))
    else { return nil }
    let count = max(3, Int(height / 70))
    let pad = (top - bottom) * 0.08
    // What is not positive has no place on a logarithmic axis.
    let stretch = bottom > 0 ? pow(top / bottom, 0.08) : 1
    let yAxis =
      PlotAxis(logLow: bottom / stretch, high: top * stretch, count: count)
      ?? PlotAxis(low: bottom - pad, high: top + pad, count: count)
    return PlotFrame(
      plot: .init(left: 78, top: 58, right: width - 92, bottom: height - 50), height: height, xAxis: xAxis,
      yAxis: yAxis,
      inset: 0)
  }

  /// Each rung's name above its compute.
  private static func rungs(_ scaling: LadderSummary.Scaling, _ ladder: LadderSummary, _ frame: PlotFrame) -> String {
    var svg = ""
    var right = -Double.infinity
    for point in scaling.points {
      let name = (ladder.rungs.first { $0.number == point.rung }?.name ?? "rung \(point.rung)").abbreviated(to: 18)
      let (x, half) = (frame.x(point.compute), PlotLayout.width(of: name) * 0.55)
      svg += "<path class=\"grid\" d=\"M\(x.px) \(frame.plot.top.px)V\(frame.plot.bottom.px)\"/>"
      guard x - half > right else { continue }
      svg += "<text class=\"small middle\" x=\"\(x.px)\" y=\"\((frame.plot.top - 7).px)\">\(name.escaped)</text>\n"
      right = x + half + 6
    }
    return svg
  }

  /// From the champion's loss at the largest rung to where the baseline's curve reaches it.
  private static func gap(_ scaling: LadderSummary.Scaling, _ frame: PlotFrame) -> String {
    guard let multiplier = scaling.multiplier, let champion = scaling.champion, multiplier.value > 1 else { return "" }
    let (y, from) = (frame.y(champion.loss(at: multiplier.compute)), frame.x(multiplier.compute))
    let end = multiplier.compute * multiplier.value
    let isBeyond = end > frame.xAxis.high
    let to = isBeyond ? frame.plot.right : frame.x(end)
    var svg = "<path class=\"line good dashed\" d=\"M\(from.px) \(y.px)H\(to.px)\"/>"
    if !isBeyond { svg += "<path class=\"line good\" d=\"M\(to.px) \((y - 5).px)v10\"/>" }
    let text = "\(multiplier.value.short)× the compute"
    let half = PlotLayout.width(of: text) * 0.65
    let middle = min(max((from + to) / 2, frame.plot.left + half), frame.plot.right - half)
    // Clear of both curves: above the baseline's, which is highest at the text's left end.
    let share = (middle - half - frame.plot.left) / (frame.plot.right - frame.plot.left)
    let left = frame.xAxis.low * pow(frame.xAxis.high / frame.xAxis.low, share)
    let above = max(frame.plot.top + 14, (scaling.baseline.map { frame.y($0.loss(at: left)) } ?? y) - 8)
    return svg + "<text class=\"big middle\" x=\"\(middle.px)\" y=\"\(above.px)\">\(text)</text>\n"
  }

  private static func mark(
    _ level: LadderSummary.Level, _ kind: String, _ name: String, at compute: Double, _ frame: PlotFrame
  ) -> String {
    guard level.mean.isFinite else { return "" }
    let bar = level.standardError.flatMap { error -> (low: Double, high: Double)? in
      guard error.isFinite, error > 0 else { return nil }
      return (
        min(frame.plot.bottom, frame.y(level.mean - error)), max(frame.plot.top, frame.y(level.mean + error))
      )
    }
    let error = level.standardError.map { " ± \($0.short)" } ?? ""
    return LadderPlot.mark(
      kind, x: frame.x(compute), y: frame.y(level.mean), bar: bar,
      words: "\(name): \(level.mean.formatted(digits: 6))\(error), \(level.runs.counted("run"))")
  }
}

extension LadderSummary.Curve {
  func loss(at compute: Double) -> Double { asymptote + coefficient * pow(compute, -exponent) }
}
