/// Lines over one axis, each named at its end: a standalone SVG that follows the reader's light or dark scheme.
public struct LinePlot: Sendable {
  /// How a line is drawn; the same ink means the same thing in every picture.
  public enum Ink: String, Sendable, CaseIterable { case good, bad, careful, accent, soft }
  public struct Line: Sendable {
    public var name: String
    public var ink: Ink
    public var isDashed: Bool
    /// Drawn heavier, and above the others.
    public var isMain: Bool
    /// By ascending x; both finite, others are left out.
    public var points: [(x: Double, y: Double)]
    /// How sure each point is: shaded between the two, by ascending x. A line with intervals has dots at its points.
    public var band: [(x: Double, low: Double, high: Double)] = []
    public init(name: String, ink: Ink, isDashed: Bool = false, isMain: Bool = false, points: [(x: Double, y: Double)])
    {
      self.name = name
      self.ink = ink
      self.isDashed = isDashed
      self.isMain = isMain
      self.points = points
    }
  }

  public var title: String
  /// Beside the title: what is better.
  public var hint: String
  public var xTitle: String
  /// At the foot, where it can be long.
  public var note: String
  public var lines: [Line]
  /// A value that everything is held against, as a floor: drawn across the whole picture.
  public struct Level: Sendable {
    public var name: String
    public var y: Double
    public var ink: Ink
    public init(name: String, y: Double, ink: Ink) {
      self.name = name
      self.y = y
      self.ink = ink
    }
  }
  public var levels: [Level] = []
  /// Whether the axes span what is drawn; otherwise they begin at 0.
  public var isFitted = false
  /// Whether equal factors of y have equal heights; values that have no logarithm are left out then.
  public var isLogarithmic = false
  public init(title: String, hint: String, xTitle: String, note: String, lines: [Line]) {
    self.title = title
    self.hint = hint
    self.xTitle = xTitle
    self.note = note
    self.lines = lines
  }

  /// At least 480 by 260 pixels.
  public func svg(width: Int, height: Int) -> String {
    let (width, height) = (min(max(width, 480), 20_000), min(max(height, 260), 20_000))
    let lines = lines.map(drawable).filter { !$0.points.isEmpty }
    let levels = levels.filter { isDrawable($0.y) }
    let names = (lines.map(\.name) + levels.map(\.name)).map { PlotLayout.width(of: $0) * LinePlot.nameScale }.max()
    let frame = PlotFrame(
      plot: .init(left: 78, top: 44, right: Double(width) - (names ?? 0) - 34, bottom: Double(height) - 72),
      height: Double(height) - 20,
      xAxis: xAxis(lines.flatMap { $0.points.map(\.x) }, count: count(each: 90, of: Double(width))),
      yAxis: yAxis(
        lines.flatMap { $0.points.map(\.y) + $0.band.flatMap { [$0.low, $0.high].filter(isDrawable) } }
          + levels.map(\.y),
        count: count(each: 55, of: Double(height))),
      inset: 0)
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" class="pawl-plot" viewBox="0 0 \(width) \(height)" width="\(width)" \
      height="\(height)" role="img" aria-label="\(title.escaped)">
      <style>\(ProgressPlot.style)
      \(LinePlot.style)</style>
      <rect class="paper" width="100%" height="100%"/>

      """
    svg += frame.svg(xTitle: xTitle)
    let factor = frame.yAxis.exponent == 0 ? "" : " (\(NumberStyle.times(frame.yAxis.exponent)))"
    svg += "<text class=\"title\" x=\"14\" y=\"22\">\((title + factor).escaped)"
    svg += "<tspan class=\"hint\" dx=\"10\">\(hint.escaped)</tspan></text>\n"
    svg += "<text class=\"note\" x=\"14\" y=\"\(Double(height - 9).px)\">\(note.escaped)</text>\n"
    if frame.yAxis.low < 0, frame.yAxis.high > 0 {
      svg += "<path class=\"axis\" d=\"M\(frame.plot.left.px) \(frame.y(0).px)H\(frame.plot.right.px)\"/>\n"
    }
    for line in lines where !line.band.isEmpty {
      let upper = line.band.map { PlotLayout.Point(x: frame.x($0.x), y: frame.y($0.high)) }
      let lower = line.band.map { PlotLayout.Point(x: frame.x($0.x), y: min(frame.y($0.low), frame.plot.bottom)) }
      svg += "<path class=\"tint \(line.ink.rawValue)\" d=\"\(ProgressPlot.path(upper + lower.reversed()))Z\"/>\n"
    }
    for level in levels {
      svg += "<path class=\"line dashed \(level.ink.rawValue)\" d=\"M\(frame.plot.left.px) \(frame.y(level.y).px)"
      svg += "H\(frame.plot.right.px)\"><title>\(level.name.escaped)</title></path>\n"
    }
    for line in lines.filter({ !$0.isMain }) + lines.filter(\.isMain) {
      let points = line.points.map { PlotLayout.Point(x: frame.x($0.x), y: frame.y($0.y)) }
      let kind = "line \(line.ink.rawValue)" + (line.isMain ? " main" : "") + (line.isDashed ? " dashed" : "")
      svg += "<path class=\"\(kind)\" d=\"\(ProgressPlot.path(points))\"><title>\(line.name.escaped)</title></path>\n"
      if !line.band.isEmpty, points.count <= LinePlot.mostDots {
        for point in points {
          svg += "<circle class=\"dot \(line.ink.rawValue)\" cx=\"\(point.x.px)\" cy=\"\(point.y.px)\" r=\"3\"/>\n"
        }
      }
    }
    let ends =
      lines.map { (name: $0.name, ink: $0.ink, isMain: $0.isMain, y: frame.y($0.points.last?.y ?? 0)) }
      + levels.map { (name: $0.name, ink: $0.ink, isMain: false, y: frame.y($0.y)) }
    for (end, y) in zip(ends, LinePlot.spread(ends.map(\.y), by: 16, above: frame.plot.bottom + 4)) {
      svg += "<text class=\"end \(end.ink.rawValue)\(end.isMain ? " main" : "")\" "
      svg += "x=\"\((frame.plot.right + 8).px)\" y=\"\((y + 4).px)\">\(end.name.escaped)</text>\n"
    }
    return svg + "</svg>\n"
  }

  /// More than these on a line would hide it.
  private static let mostDots = 100

  private func isDrawable(_ value: Double) -> Bool {
    value.isFinite && value.magnitude < 1e300 && (!isLogarithmic || value > 1e-300)
  }

  /// The line without what is no number; an interval whose low end has no logarithm goes down to the foot of the picture.
  private func drawable(_ line: Line) -> Line {
    var line = line
    line.points = line.points.filter { $0.x.isFinite && isDrawable($0.y) }
    line.band = line.band.filter {
      $0.x.isFinite && $0.low > -1e300 && isDrawable($0.high) && $0.low <= $0.high
    }
    return line
  }

  /// Names are 12 pixels high, and heavy ones are wider.
  private static let nameScale = 1.17

  private func count(each pixels: Double, of size: Double) -> Int { min(10, max(2, Int(size / pixels) - 1)) }

  private func xAxis(_ values: [Double], count: Int) -> PlotAxis {
    let values = isFitted ? values : values + [0]
    let isWhole = !isFitted || values.allSatisfy { Int(exactly: $0) != nil }
    return PlotAxis(low: values.min() ?? 0, high: values.max() ?? 1, count: count, whole: isWhole)
  }

  private func yAxis(_ values: [Double], count: Int) -> PlotAxis {
    if isLogarithmic, let low = values.min(), let high = values.max(),
      let axis = PlotAxis(logLow: low / 1.05, high: high * 1.05, count: count)
    {
      return axis
    }
    let values = isFitted ? values : values + [0]
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let pad = (high - low) * 0.04
    return PlotAxis(low: low < 0 || isFitted ? low - pad : low, high: high + pad, count: count)
  }

  /// Returns places as near to the wanted ones as their order and a distance of `gap` allow.
  static func spread(_ wanted: [Double], by gap: Double, above floor: Double) -> [Double] {
    let order = wanted.indices.sorted { wanted[$0] != wanted[$1] ? wanted[$0] < wanted[$1] : $0 < $1 }
    var places = wanted
    for (above, below) in zip(order, order.dropFirst()) {
      places[below] = max(places[below], places[above] + gap)
    }
    var limit = floor
    for index in order.reversed() {
      places[index] = min(places[index], limit)
      limit = places[index] - gap
    }
    return places
  }

  static let style = """
    .pawl-plot{--accent:#2559c7}
    @media screen and (prefers-color-scheme:dark){.pawl-plot{--accent:#7aa7ff}}
    .pawl-plot .line{fill:none;stroke-width:1.7;stroke-linejoin:round}.pawl-plot .line.main{stroke-width:3}
    .pawl-plot .dashed{stroke-dasharray:5 3.5}
    .pawl-plot .good{stroke:var(--good)}.pawl-plot .bad{stroke:var(--bad)}.pawl-plot .careful{stroke:var(--warn)}
    .pawl-plot .accent{stroke:var(--accent)}.pawl-plot .soft{stroke:var(--soft)}
    .pawl-plot .end{font-size:12px;stroke:none}.pawl-plot .end.main{font-weight:600}
    .pawl-plot .end.good{fill:var(--good)}.pawl-plot .end.bad{fill:var(--bad)}.pawl-plot .end.careful{fill:var(--warn)}
    .pawl-plot .end.accent{fill:var(--accent)}.pawl-plot .end.soft{fill:var(--soft)}
    .pawl-plot .note{fill:var(--soft)}
    .pawl-plot .tint{stroke:none;opacity:.12}.pawl-plot .tint.good{fill:var(--good)}.pawl-plot .tint.accent{fill:var(--accent)}
    .pawl-plot .tint.careful{fill:var(--warn)}.pawl-plot .tint.soft{fill:var(--soft)}.pawl-plot .tint.bad{fill:var(--bad)}
    .pawl-plot .dot{stroke:var(--paper)}.pawl-plot .dot.good{fill:var(--good)}.pawl-plot .dot.bad{fill:var(--bad)}
    .pawl-plot .dot.careful{fill:var(--warn)}.pawl-plot .dot.accent{fill:var(--accent)}.pawl-plot .dot.soft{fill:var(--soft)}
    """
}
